"""Let two extractors read held-out articles and compare what they find."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import ModelError
from pipeline.evaluate import Compared
from pipeline.learn.candidates import Candidate
from pipeline.learn.dataset import Document
from pipeline.learn.promotion import Comparison, compare_extractors
from pipeline.learn.replay import Laid, compare_replayed, tag
from pipeline.load import load_scorer
from pipeline.tagger.model import load_tagger


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one extractor found in annotated articles.

    Attributes:
        version: of the extractor.
        compared: article id → its deals compared with the annotated ones.
        characters: of all articles.
        seconds: that laying out, trained parts and assembly took.
    """

    version: str
    compared: dict[str, list[Compared]]
    characters: int
    seconds: float

    @property
    def speed(self) -> float:
        """Characters a second."""
        return self.characters / self.seconds if self.seconds else 0.0


def measure(laid: Sequence[Laid], candidate: Candidate, *, layout_seconds: float = 0.0) -> Measured:
    """What a candidate finds in annotated articles.

    Args:
        laid: the articles, laid out once for all candidates.
        candidate: whose trained parts are loaded.
        layout_seconds: that laying out took; counts in the speed of each.

    Raises:
        ModelError: the candidate's models cannot be loaded, or there is no article.
    """
    choice = candidate.choice
    scorer = load_scorer(choice.scorer) if choice.scorer else None
    tagger = load_tagger(choice.tagger, threads=1) if choice.tagger else None
    began = time.perf_counter()
    tags = tag(tagger, laid) if tagger else None
    compared = compare_replayed(laid, scorer, tags, choice.weight)
    seconds = time.perf_counter() - began
    names = [f"scorer-{scorer.version}" if scorer else "no-scorer"]
    if tagger:
        names.append(f"tagger-{tagger.version}*{choice.weight:g}")
    return Measured(
        version="+".join(names),
        compared=compared,
        characters=sum(len(item.document.article.text) for item in laid),
        seconds=seconds + layout_seconds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Articles that neither of two extractors has learned from.

    Attributes:
        documents: what to compare on.
        left_out: how many were left out because one of the two has seen them.
    """

    documents: tuple[Document, ...]
    left_out: int


def held_out(documents: Sequence[Document], *candidates: Candidate) -> HeldOut:
    """The completely reviewed articles that no candidate has learned from.

    Raises:
        ModelError: none is left.
    """
    seen = frozenset().union(*(candidate.seen for candidate in candidates))
    complete = [document for document in documents if document.complete]
    kept = tuple(document for document in complete if document.article.id not in seen)
    if not kept:
        msg = (
            f"no article to compare on: of {len(documents)}, {len(complete)} are reviewed"
            " completely and all of those were learned from; review more, or give other files"
        )
        raise ModelError(msg)
    return HeldOut(documents=kept, left_out=len(complete) - len(kept))


def compare_measured(
    first: Measured, second: Measured, *, resamples: int = 2000, seed: int = 0
) -> Comparison:
    """Two extractors' findings in the same articles, compared by paired bootstrap."""
    return compare_extractors(
        first.compared,
        second.compared,
        versions=(first.version, second.version),
        resamples=resamples,
        seed=seed,
    )
