"""Build an extractor from settings: the one place where models/ and GiNZA are read."""

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pipeline.annotate import load_nlp
from pipeline.assemble.scorer import Scorer, scorer_from_data
from pipeline.errors import ModelError
from pipeline.extract import Extractor, data_version
from pipeline.gazetteer.companies import load_companies
from pipeline.gazetteer.names import load_names
from pipeline.gazetteer.triggers import load_triggers
from pipeline.gazetteer.vocabulary import load_vocabulary
from pipeline.settings import Settings

if TYPE_CHECKING:
    from spacy.language import Language

SCORER_FILE = "scorer.json"
_log = logging.getLogger(__name__)


def load_scorer(path: Path) -> Scorer:
    """The trained scorer in a JSON file.

    Raises:
        ModelError: missing, no JSON, or of another format; the message says how to mend it.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); train it with `torihiki learn scorer`"
        raise ModelError(msg) from error
    except ValueError as error:
        msg = f"{path}: no JSON ({error}); train it again with `torihiki learn scorer`"
        raise ModelError(msg) from error
    if not isinstance(data, dict):
        msg = f"{path}: not a scorer; train it again with `torihiki learn scorer`"
        raise ModelError(msg)
    return scorer_from_data(data, str(path))


def _scorer_or_rules(path: Path) -> Scorer | None:
    """The scorer, or None with a warning: the rules work without it and say so on every record."""
    try:
        return load_scorer(path)
    except ModelError as error:
        _log.warning("%s; working by the rules alone", error)
        return None


def load_extractor(
    settings: Settings,
    *,
    use_ner: bool = True,
    use_parse: bool = True,
    use_gazetteer: bool = True,
    use_scorer: bool = True,
    use_gate: bool = True,
) -> Extractor:
    """An extractor as the settings say; some 3 to 6 seconds, most of them for GiNZA.

    Args:
        settings: models_dir and spacy_model are read.
        use_ner, use_parse, use_gazetteer, use_scorer, use_gate: what to leave out, for ablations.

    Raises:
        GazetteerError: a data file that cannot be used.
        ModelError: an annotator that is not installed.
    """
    return _assembled(
        settings,
        nlp=load_nlp(settings.spacy_model) if use_ner or use_parse else None,
        use_ner=use_ner,
        use_parse=use_parse,
        use_gazetteer=use_gazetteer,
        use_scorer=use_scorer,
        use_gate=use_gate,
    )


def extractor_version(settings: Settings) -> str:
    """The version of `load_extractor(settings)`, without the seconds that its model takes.

    Raises:
        GazetteerError: a data file that cannot be used.
    """
    unloaded = cast("Language", object())  # only whether there is a model is asked
    return _assembled(
        settings,
        nlp=unloaded,
        use_ner=True,
        use_parse=True,
        use_gazetteer=True,
        use_scorer=True,
        use_gate=True,
    ).version


def _assembled(
    settings: Settings,
    *,
    nlp: "Language | None",
    use_ner: bool,
    use_parse: bool,
    use_gazetteer: bool,
    use_scorer: bool,
    use_gate: bool,
) -> Extractor:
    models_dir = settings.models_dir
    companies = load_companies(models_dir)
    triggers = load_triggers(models_dir)
    vocabulary = load_vocabulary(models_dir)
    contents = [path.read_bytes() for path in sorted(models_dir.glob("*.toml"))]
    contents.append(settings.spacy_model.encode())  # another model finds other names
    return Extractor(
        nlp=nlp,
        companies=companies if use_gazetteer else None,
        triggers=triggers,
        names=load_names(models_dir),
        vocabulary=vocabulary,
        scorer=_scorer_or_rules(models_dir / SCORER_FILE) if use_scorer else None,
        data_version=data_version(contents),
        use_ner=use_ner,
        use_parse=use_parse,
        use_gate=use_gate,
    )
