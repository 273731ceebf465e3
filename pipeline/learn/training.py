"""Train candidates from material: lay out, train, measure, write with card."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.active import Choice
from pipeline.errors import ModelError
from pipeline.evaluate import figures
from pipeline.extract import Extractor
from pipeline.learn.candidates import named_scorer, save_scorer
from pipeline.learn.confidence import train_confident
from pipeline.learn.dataset import Document
from pipeline.learn.lessons import passage_articles, taught
from pipeline.learn.replay import Laid, compare_replayed, lay_out
from pipeline.learn.sources import Material
from pipeline.learn.split import Part
from pipeline.load import load_extractor
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.learn.tagger.build import Built
    from pipeline.learn.tagger.options import TaggerOptions

Say = Callable[[str], None]


def laid_out(
    extractor: Extractor, documents: Sequence[Document], say: Say, what: str
) -> list[Laid]:
    """Documents laid out, with a word about what takes so long."""
    characters = sum(len(document.article.text) for document in documents)
    say(f"{what}: laying out {len(documents):,} articles, {characters:,} characters …")
    return list(lay_out(extractor, documents))


def plain_extractor(settings: Settings) -> Extractor:
    """The extractor without trained parts, to lay articles out."""
    return load_extractor(settings, choice=Choice())


def laid_out_unnamed(settings: Settings, documents: Sequence[Document]) -> list[Laid]:
    """Documents laid out as if models/companies.toml knew nobody.

    Who learns from an article both ways relies less on who is known: most firms of tomorrow's news
    are not. docs/extraction.md has what it gives.
    """
    extractor = load_extractor(settings, choice=Choice(), use_gazetteer=False)
    return list(lay_out(extractor, documents))


def train_candidate(
    found: Material,
    settings: Settings,
    models_dir: Path,
    *,
    at: datetime,
    everything: bool = False,
    say: Say = lambda _: None,
) -> Path:
    """Train a scorer and write it as a candidate; gives its folder.

    It learns from train and validation, and is measured on test.

    Args:
        found: what to learn from.
        settings: of the extractor that lays the articles out.
        models_dir: the folder of models to write under.
        at: now.
        everything: learn from the test part too, without any figure.
        say: told what is being done.

    Raises:
        ModelError: no completely reviewed article to learn from.
    """
    parts = tuple(Part) if everything else (Part.TRAIN, Part.VALIDATION)
    documents = [d for part in parts for d in found.parts[part] if d.complete]
    if not any(document.deals for document in documents):
        msg = "no completely reviewed article with a deal to learn from; review more"
        raise ModelError(msg)
    extractor = plain_extractor(settings)
    laid = laid_out(extractor, documents, say, "train")
    unnamed = laid_out_unnamed(settings, documents)
    say("train: lessons and passages …")
    lessons = taught(extractor, settings.models_dir, passages=False)
    passages = lay_out(
        extractor,
        [
            Document(article=article, deals=tuple(deals), complete=True, group="")
            for article, deals in passage_articles(settings.models_dir)
        ],
    )
    scorer = named_scorer(train_confident([*laid, *passages, *unnamed], lessons, version=""), at)
    measured: dict[str, Any] = {}
    held_out = [] if everything else [d for d in found.parts[Part.TEST] if d.complete]
    if held_out:
        compared = compare_replayed(laid_out(extractor, held_out, say, "test"), scorer)
        measured = {f"{name} F1": figure.f1 for name, figure in figures(compared).items()}
        say(f"core F1 {measured['core F1']:.3f} on {len(held_out)} articles it has not seen")
    card = {
        "made_at": at.isoformat(timespec="seconds"),
        "data": found.name,
        "articles": len(documents),
        "deals": sum(len(document.deals) for document in documents),
        "figures": measured or {"measured on": "nothing"},
    }
    return save_scorer(scorer, models_dir, card, [d.article.id for d in documents])


def train_tagger_candidate(
    found: Material,
    settings: Settings,
    models_dir: Path,
    work: Path,
    options: "TaggerOptions",
    *,
    at: datetime,
    progress: bool = False,
    say: Say = lambda _: None,
) -> "Built":
    """Train a tagger and write it as a candidate.

    Args:
        found: what to learn from; articles reviewed in part count too.
        settings: of the extractor that lays the articles out.
        models_dir: the folder of models to write under.
        work: for checkpoints.
        options: size, length and base.
        at: now.
        progress: show a progress bar.
        say: told what is being done.

    Raises:
        ModelError: torch is not installed, or there is nothing to learn from.
    """
    from pipeline.learn.tagger.build import build_tagger

    extractor = plain_extractor(settings)
    train = laid_out(extractor, found.parts[Part.TRAIN], say, "train")
    validation = laid_out(extractor, found.parts[Part.VALIDATION], say, "validation")
    say("train: lessons and passages …")
    return build_tagger(
        train,
        taught(extractor, settings.models_dir),
        validation,
        models_dir,
        work,
        options,
        data=found.name,
        at=at,
        progress=progress,
        say=say,
    )
