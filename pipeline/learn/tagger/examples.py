"""Windows of reviewed articles with the label of every character."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.assemble.reading import Reading
from pipeline.learn.locate import located_names, slot_of
from pipeline.learn.reviewed import GoldDeal
from pipeline.mention import Mention
from pipeline.record import Slot
from pipeline.span import Span
from pipeline.tagger.labels import Tag, label_index
from pipeline.tagger.windows import make_windows, wanted_sentences
from pipeline.values import Value

Labels = npt.NDArray[np.int64]

_ANCHORS = frozenset({Slot.AMOUNT, Slot.COUNT, Slot.CAPACITY})
_OTHERS = {Slot.AMOUNT_MAX: Tag.CEILING, Slot.TERM: Tag.TERM, Slot.CHIPS: Tag.CHIP}
_SIDES = (("buyer", Tag.BUYER), ("seller", Tag.SELLER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A short text with the label (place in LABELS) of each character.

    Attributes:
        doc: the article it is from.
        text: characters of the reading view.
        labels: one a character.
    """

    doc: str
    text: str
    labels: tuple[int, ...]


def _mentions(reading: Reading, index: int) -> list[Mention[Value]]:
    sentence = reading.sentences[index]
    groups: tuple[Sequence[Mention[Value]], ...] = (
        sentence.money,
        sentence.counts,
        sentence.capacities,
        sentence.terms,
        sentence.chips,
    )
    return [mention for group in groups for mention in group]


def _sentence_tags(
    reading: Reading, index: int, deal: GoldDeal
) -> Iterator[tuple[Span, Tag, bool]]:
    """(place, tag, whether it is the quantity that tells the deal) in one sentence."""
    for mention in _mentions(reading, index):
        slot = slot_of(mention, deal)
        if slot in _ANCHORS:
            yield mention.span, Tag(deal["kind"]), True
        elif slot is not None:
            yield mention.span, _OTHERS[slot], False


def _deal_tags(
    reading: Reading, wanted: Sequence[int], deal: GoldDeal
) -> Iterator[tuple[Span, Tag]]:
    """What the wanted sentences say of a deal.

    A term, a chip or a name counts where the sentence or a neighbour tells a quantity of the deal:
    elsewhere it may belong to another one.
    """
    found = {index: list(_sentence_tags(reading, index, deal)) for index in wanted}
    tellers = {index for index, tags in found.items() if any(anchor for _, _, anchor in tags)}
    near = [i for i in wanted if tellers & {i - 1, i, i + 1} or (tellers and i == 0)]
    for index in near:
        yield from ((span, tag) for span, tag, _ in found[index])
        within = [reading.sentences[index].sentence.span]
        for side, tag in _SIDES:
            forms = [form for party in deal[side] for form in party]
            yield from ((span, tag) for span in located_names(reading.text, forms, within))


def _mark(labels: Labels, span: Span, tag: Tag) -> None:
    """Write a tag over characters that nothing has been said about."""
    if not labels[span.start : span.end].any():
        labels[span.start] = label_index(tag, begins=True)
        labels[span.start + 1 : span.end] = label_index(tag, begins=False)


def article_examples(
    doc: str,
    reading: Reading,
    deals: Iterable[GoldDeal],
    *,
    complete: bool,
    window: int,
    overlap: int,
) -> list[Example]:
    """The windows of one article, labelled.

    Where two deals claim the same characters, the first in the list of deals has them.

    Args:
        doc: name of the article.
        reading: its layout.
        deals: what it tells.
        complete: False where it may tell more deals; windows without any tag then teach nothing
            and are left out.
        window: characters of a window at most.
        overlap: characters that two windows of one long sentence share.
    """
    sentences = [s.sentence for s in reading.sentences]
    wanted = wanted_sentences(sentences, reading.kept)
    labels = np.zeros(len(reading.text), dtype=np.int64)
    for deal in deals:
        for span, tag in _deal_tags(reading, wanted, deal):
            _mark(labels, span, tag)
    spans = make_windows([s.span for s in sentences], wanted, size=window, overlap=overlap)
    examples = [
        Example(
            doc=doc,
            text=span.of(reading.text),
            labels=tuple(int(label) for label in labels[span.start : span.end]),
        )
        for span in spans
    ]
    return [example for example in examples if complete or any(example.labels)]
