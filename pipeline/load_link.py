"""Build what linking needs from settings: the one place where its data files are read."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError
from pipeline.gazetteer.companies import COMPANIES_FILE, load_companies
from pipeline.gazetteer.cues import CUES_FILE, Cues, load_cues
from pipeline.gazetteer.rates import RATES_FILE, load_rates
from pipeline.link.kit import LinkKit
from pipeline.link.record import Namer
from pipeline.link.scorer import Scorer, scorer_from_data
from pipeline.link.telling import Preparer
from pipeline.settings import Settings

WEIGHTS_FILE = Path("linking") / "weights.json"


def load_link_scorer(models_dir: Path) -> Scorer:
    """The scorer of pairs in models/linking/weights.json.

    Raises:
        ModelError: missing, no JSON, or of another format; the message says how to mend it.
    """
    path = models_dir / WEIGHTS_FILE
    mend = "make it again with `torihiki learn link`"
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); {mend}"
        raise ModelError(msg) from error
    except ValueError as error:
        msg = f"{path}: no JSON ({error}); {mend}"
        raise ModelError(msg) from error
    if not isinstance(data, dict):
        msg = f"{path}: not a link scorer; {mend}"
        raise ModelError(msg)
    return scorer_from_data(data, str(path))


def load_link_kit(settings: Settings) -> LinkKit:
    """All that linking knows, as the settings say; well under a second.

    Raises:
        GazetteerError: a data file that cannot be used.
        ModelError: weights that cannot be used.
    """
    models_dir = settings.models_dir
    namer, preparer, cues = load_readers(models_dir)
    return LinkKit(
        namer=namer,
        preparer=preparer,
        scorer=load_link_scorer(models_dir),
        cues=cues,
        data_version=_digest(models_dir / name for name in (COMPANIES_FILE, CUES_FILE, RATES_FILE)),
    )


def load_readers(models_dir: Path) -> tuple[Namer, Preparer, Cues]:
    """What makes tellings of records: all of the kit but the weights.

    Raises:
        GazetteerError: a data file that cannot be used.
    """
    cues = load_cues(models_dir)
    return Namer(load_companies(models_dir)), Preparer(load_rates(models_dir), cues), cues


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
