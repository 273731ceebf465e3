"""Build an extractor from settings: the one place where models/ and GiNZA are read."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pipeline.active import DEFAULT_SCORER, Choice, Pointer, read_active
from pipeline.annotate import load_nlp
from pipeline.assemble.scorer import Scorer, scorer_from_data
from pipeline.errors import ModelError
from pipeline.extract import Extractor, data_version
from pipeline.gazetteer.companies import load_companies
from pipeline.gazetteer.names import load_names
from pipeline.gazetteer.triggers import load_triggers
from pipeline.gazetteer.vocabulary import load_vocabulary
from pipeline.modelfile import read_card
from pipeline.settings import Settings
from pipeline.tagger.model import KIND as TAGGER
from pipeline.tagger.model import Tagger, load_tagger

if TYPE_CHECKING:
    from spacy.language import Language

SCORER_FILE = DEFAULT_SCORER
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


def choose(settings: Settings) -> Choice:
    """The trained models that settings name.

    Raises:
        ModelError: `models/active.json` is damaged, or a tagger is wanted and none is named.
    """
    models_dir = settings.models_dir
    default = models_dir / SCORER_FILE
    if settings.trained == "rules":
        return Choice()
    if settings.trained == "scorer":
        return Choice(scorer=default)
    active = read_active(models_dir).now.choice(models_dir)
    if settings.trained == "active":
        return active
    tagger = settings.tagger_dir or active.tagger
    if tagger is None:
        msg = (
            f"trained is {settings.trained!r}, but there is no tagger; set tagger_dir to a folder"
            " that `torihiki learn tagger` wrote"
        )
        raise ModelError(msg)
    if settings.trained == "tagger":
        return Choice(tagger=tagger, weight=1.0)
    return Choice(scorer=active.scorer or default, tagger=tagger, weight=tagger_weight(tagger))


def tagger_weight(folder: Path) -> float:
    """How much a tagger counts beside the scorer, as its training found best; see its card.

    Raises:
        ModelError: no tagger, or a damaged one.
    """
    return float(read_card(folder, TAGGER).get("weight", 0.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """Trained parts as loaded; `failed` names those that should be there and cannot be used."""

    scorer: Scorer | None
    tagger: Tagger | None
    weight: float
    failed: tuple[str, ...]


def _trained_parts(settings: Settings, choice: Choice | None) -> _Parts:
    """Load what is chosen; what cannot be used is warned of, left out, and named on every record."""
    failed: list[str] = []
    try:
        wanted = choice or choose(settings)
    except ModelError as error:
        _log.warning("%s; working with the scorer of Torihiki", error)
        failed.append("choice")
        wanted = Pointer().choice(settings.models_dir)
    scorer, tagger = None, None
    if wanted.scorer is not None:
        try:
            scorer = load_scorer(wanted.scorer)
        except ModelError as error:
            _log.warning("%s; working without it, by the rules", error)
            failed.append("scorer")
    if wanted.tagger is not None:
        try:
            tagger = load_tagger(wanted.tagger, threads=1)
        except ModelError as error:
            _log.warning("%s; working without it", error)
            failed.append("tagger")
    return _Parts(scorer=scorer, tagger=tagger, weight=wanted.weight, failed=tuple(failed))


def load_extractor(
    settings: Settings,
    *,
    use_ner: bool = True,
    use_parse: bool = True,
    use_gazetteer: bool = True,
    use_scorer: bool = True,
    use_gate: bool = True,
    choice: Choice | None = None,
) -> Extractor:
    """An extractor as the settings say; some 3 to 6 seconds, most of them for GiNZA.

    Args:
        settings: models_dir, spacy_model, model_names, trained and tagger_dir are read.
        use_ner: False leaves the model's names out although the settings want them.
        use_parse: False leaves its dependencies out.
        use_gazetteer: False leaves models/companies.toml out.
        use_scorer: False leaves all trained parts out.
        use_gate: False sends every sentence to the model.
        choice: trained models to use instead of those that settings name.

    Raises:
        GazetteerError: a data file that cannot be used.
        ModelError: an annotator that is not installed.
    """
    return _assembled(
        settings,
        nlp=load_nlp(settings.spacy_model)
        if use_parse or (use_ner and settings.model_names)
        else None,
        use_ner=use_ner,
        use_parse=use_parse,
        use_gazetteer=use_gazetteer,
        use_gate=use_gate,
        choice=choice if use_scorer else Choice(),
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
        use_gate=True,
        choice=None,
    ).version


def _assembled(
    settings: Settings,
    *,
    nlp: "Language | None",
    use_ner: bool,
    use_parse: bool,
    use_gazetteer: bool,
    use_gate: bool,
    choice: Choice | None,
) -> Extractor:
    parts = _trained_parts(settings, choice)
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
        scorer=parts.scorer,
        tagger=parts.tagger,
        tagger_weight=parts.weight,
        failed=parts.failed,
        data_version=data_version(contents),
        use_ner=use_ner and settings.model_names,
        use_parse=use_parse,
        use_gate=use_gate,
    )
