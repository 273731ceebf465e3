"""From reviewed articles to a tagger that can be used: examples, training, weight, export."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.evaluate import figures
from pipeline.learn.candidates import LEARNED, content_version, model_card, write_seen
from pipeline.learn.replay import Laid, compare_replayed, tag
from pipeline.learn.scorer import Labelled, train_scorer
from pipeline.learn.tagger.examples import Example, article_examples
from pipeline.learn.tagger.export import export_float, export_tagger
from pipeline.learn.tagger.options import TaggerOptions, plan_digest
from pipeline.learn.tagger.training import Trained, train_tagger
from pipeline.tagger.model import KIND, Network, Tagger, onnx_network

WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What came of a training.

    Attributes:
        folder: of the candidate.
        version: of the tagger.
        figures: mention F1 on validation, core F1 by weight.
        epochs: passes done.
        resumed: whether it went on from a checkpoint.
    """

    folder: Path
    version: str
    figures: dict[str, float]
    epochs: float
    resumed: bool


def lesson_examples(lessons: Sequence[Labelled], options: TaggerOptions) -> list[Example]:
    """The labelled windows of made-up lessons, whose deals are all known."""
    return [
        example
        for lesson in lessons
        for example in article_examples(
            lesson.doc,
            lesson.reading,
            lesson.deals,
            complete=True,
            window=options.window,
            overlap=options.overlap,
        )
    ]


def examples_of(laid: Sequence[Laid], options: TaggerOptions) -> list[Example]:
    """The labelled windows of articles."""
    return [
        example
        for item in laid
        for example in article_examples(
            item.document.article.source,
            item.reading,
            item.document.deals,
            complete=item.document.complete,
            window=options.window,
            overlap=options.overlap,
        )
    ]


def _tagger(trained: Trained, options: TaggerOptions, network: Network) -> Tagger:
    return Tagger(
        version="candidate",
        tokenizer=trained.tokenizer,
        network=network,
        max_tokens=options.max_tokens,
        window=options.window,
        overlap=options.overlap,
    )


def weigh(
    tagger: Tagger, train: Sequence[Laid], lessons: Sequence[Labelled], validation: Sequence[Laid]
) -> dict[float, float]:
    """Weight of the tagger beside the scorer → core F1 on the validation articles.

    The scorer is trained anew on the train articles only: the one in force may know the others.
    """
    scorer = train_scorer([item.labelled for item in train], lessons, version="weighing")
    tags = tag(tagger, validation)
    return {
        weight: figures(compare_replayed(validation, scorer, tags, weight))["core"].f1
        for weight in WEIGHTS
    }


def best_weight(by_weight: dict[float, float]) -> float:
    """The weight with the highest F1; of equals the smallest."""
    return max(by_weight, key=lambda weight: (by_weight[weight], -weight))


def build_tagger(
    train: Sequence[Laid],
    lessons: Sequence[Labelled],
    validation: Sequence[Laid],
    models_dir: Path,
    work: Path,
    options: TaggerOptions,
    *,
    data: str,
    at: datetime,
    progress: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Built:
    """Train a tagger, weigh it beside the scorer, and write it as a candidate.

    Args:
        train: articles to learn from.
        lessons: what to learn from beside them.
        validation: articles that tell when to stop, and how much the tagger is to count.
        models_dir: the folder of models.
        work: for checkpoints; an interrupted training goes on from there.
        options: size, length and base.
        data: name of the articles, for the card.
        at: now, for the version and the card.
        progress: show a progress bar.
        say: told what is being done.

    Raises:
        ModelError: torch is not installed, nothing to learn from, or the export went wrong.
    """
    own = examples_of(train, options)
    parts = [*own, *lesson_examples(lessons, options)], examples_of(validation, options)
    say(
        f"{len(parts[0]):,} windows to learn from ({len(own):,} of articles),"
        f" {len(parts[1]):,} to validate"
    )
    trained = train_tagger(*parts, work, options, progress=progress)
    say(f"mention F1 {trained.validation['f1']:.3f} after {trained.epochs:.0f} epochs; exporting")
    version = content_version([plan_digest(options, *parts), _weights_digest(trained)], at)
    folder = models_dir / LEARNED / f"{KIND}-{version}"
    texts = _texts_to_check(parts[0])
    scratch = work / "weighing.onnx"
    export_float(trained, texts, scratch, limit=options.max_tokens)
    by_weight = weigh(_tagger(trained, options, onnx_network(scratch)), train, lessons, validation)
    card: dict[str, Any] = {
        "version": version,
        "made_at": at.isoformat(timespec="seconds"),
        "data": data,
        "articles": len(train),
        "deals": sum(len(item.document.deals) for item in train),
        "weight": best_weight(by_weight),
        "figures": {
            **{f"mention {name}": value for name, value in trained.validation.items()},
            **{f"core F1 at weight {w:g}": f1 for w, f1 in by_weight.items()},
        },
    }
    readme = model_card(f"Tagger {version}", card)
    seen = [item.document.article.id for item in (*train, *validation)]
    if not folder.exists():
        export_tagger(
            trained, texts, folder, options, card, readme, extra=lambda f: write_seen(f, seen)
        )
    return Built(
        folder=folder,
        version=version,
        figures=card["figures"],
        epochs=trained.epochs,
        resumed=trained.resumed_from is not None,
    )


def _weights_digest(trained: Trained) -> str:
    digest = hashlib.sha256()
    for name, values in sorted(trained.model.state_dict().items()):
        digest.update(name.encode())
        digest.update(values.numpy().tobytes())
    return digest.hexdigest()


def _texts_to_check(examples: Sequence[Example]) -> list[str]:
    """Short and long windows, so that padding takes part in the check of the export."""
    ordered = sorted({e.text for e in examples}, key=len)
    return [ordered[-1], *ordered[:: max(1, len(ordered) // 6)]][:8]
