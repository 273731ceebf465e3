"""Run two extractors over held-out articles and compare what they find."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import ModelError
from pipeline.evaluate import Compared, compare_documents, compared_deal
from pipeline.extract import Extractor
from pipeline.learn.candidates import Candidate
from pipeline.learn.dataset import Document
from pipeline.learn.promotion import Comparison, compare_extractors
from pipeline.learn.replay import Laid, compare_replayed, tag
from pipeline.learn.reviewed import gold_deal
from pipeline.load import load_scorer
from pipeline.tagger.model import load_tagger


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one extractor found in annotated articles.

    Attributes:
        version: of the extractor.
        compared: article id → its deals compared with the annotated ones.
        characters: of all articles.
        seconds: that extraction took.
    """

    version: str
    compared: dict[str, list[Compared]]
    characters: int
    seconds: float

    @property
    def speed(self) -> float:
        """Characters a second."""
        return self.characters / self.seconds if self.seconds else 0.0


def measure(extractor: Extractor, documents: Sequence[Document]) -> Measured:
    """Extract every document and compare the records with its deals."""
    began = time.perf_counter()
    found = list(extractor.extract_many(document.article for document in documents))
    seconds = time.perf_counter() - began
    gold = {d.article.id: [compared_deal(deal) for deal in d.deals] for d in documents}
    pred = {
        extraction.article_id: [
            compared_deal({**gold_deal(record), "confidence": record.confidence})
            for record in extraction.records
        ]
        for extraction in found
    }
    return Measured(
        version=extractor.version,
        compared=compare_documents(gold, pred),
        characters=sum(len(d.article.text) for d in documents),
        seconds=seconds,
    )


def measure_laid(laid: Sequence[Laid], candidate: Candidate) -> Measured:
    """The same on articles laid out before, which takes seconds; speed means nothing then.

    Raises:
        ModelError: the candidate's models cannot be loaded.
    """
    choice = candidate.choice
    scorer = load_scorer(choice.scorer) if choice.scorer else None
    tagger = load_tagger(choice.tagger) if choice.tagger else None
    tags = tag(tagger, laid) if tagger else None
    began = time.perf_counter()
    compared = compare_replayed(laid, scorer, tags, choice.weight)
    names = [f"scorer-{scorer.version}" if scorer else "no-scorer"]
    if tagger:
        names.append(f"tagger-{tagger.version}*{choice.weight:g}")
    return Measured(
        version="+".join(names),
        compared=compared,
        characters=sum(len(item.document.article.text) for item in laid),
        seconds=time.perf_counter() - began,
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
