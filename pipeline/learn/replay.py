"""Articles laid out once, assembled again and again with other trained parts.

The annotator takes nearly all the time of an extraction; what comes after it takes milliseconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.assemble import assemble
from pipeline.assemble.build import build_records
from pipeline.assemble.hints import Hints
from pipeline.assemble.reading import Reading
from pipeline.assemble.scorer import Scorer
from pipeline.errors import ModelError
from pipeline.evaluate import Compared, compare_documents, compared_deal
from pipeline.extract import Extractor
from pipeline.learn.dataset import Document
from pipeline.learn.reviewed import gold_deal
from pipeline.learn.scorer import Labelled
from pipeline.record import DealRecord
from pipeline.tagger.model import Tagger
from pipeline.tagger.windows import CharacterTags, wanted_sentences

VERSION = "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """An article with its layout and the deals that it tells."""

    document: Document
    reading: Reading

    @property
    def labelled(self) -> Labelled:
        """The same, as the scorer is trained on it."""
        return Labelled(
            doc=self.document.article.source, reading=self.reading, deals=self.document.deals
        )


def lay_out(extractor: Extractor, documents: Sequence[Document]) -> Iterator[Laid]:
    """Lay documents out as extraction does, in order."""
    explained = extractor.explain_many(document.article for document in documents)
    for document, found in zip(documents, explained, strict=True):
        yield Laid(document=document, reading=found.reading)


def tag(tagger: Tagger, laid: Sequence[Laid]) -> list[CharacterTags]:
    """What a tagger says of the articles, in order."""
    return tagger.tag_many(
        (
            item.reading.text,
            [s.sentence.span for s in item.reading.sentences],
            wanted_sentences([s.sentence for s in item.reading.sentences], item.reading.kept),
        )
        for item in laid
    )


def replay(item: Laid, scorer: Scorer | None, hints: Hints | None = None) -> tuple[DealRecord, ...]:
    """The records of an article with other trained parts.

    Args:
        item: the article.
        scorer: None for the rules alone.
        hints: of a tagger.
    """
    reading = replace(item.reading, hints=hints)
    deals = assemble(reading, scorer)
    return build_records(item.document.article, reading, deals, version=VERSION, scorer=scorer)


def compare_replayed(
    laid: Sequence[Laid],
    scorer: Scorer | None,
    tags: Sequence[CharacterTags] | None = None,
    weight: float = 0.0,
) -> dict[str, list[Compared]]:
    """What trained parts find in annotated articles, compared with their deals.

    Args:
        laid: the articles.
        scorer: None for the rules alone.
        tags: of a tagger, one an article.
        weight: of the tagger.

    Raises:
        ModelError: there is no article.
    """
    if not laid:
        msg = "no article to measure on"
        raise ModelError(msg)
    hints: list[Hints | None] = (
        [None] * len(laid) if tags is None else [Hints(tags=t, weight=weight) for t in tags]
    )
    gold = {i.document.article.id: [compared_deal(d) for d in i.document.deals] for i in laid}
    pred = {
        item.document.article.id: [
            compared_deal({**gold_deal(record), "confidence": record.confidence})
            for record in replay(item, scorer, told)
        ]
        for item, told in zip(laid, hints, strict=True)
    }
    return compare_documents(gold, pred)
