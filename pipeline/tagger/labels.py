"""What the tagger says of a character: which slot it fills, and whether a mention begins there.

A quantity that tells a deal is tagged with the kind of the deal; which sort of quantity it is
(money, units, power), and its value, the number grammar reads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from pipeline.span import Span

Floats = npt.NDArray[np.float32]


class Tag(StrEnum):
    """What a mention is to a deal."""

    SUPPLY = "supply"  # a quantity that tells a deal of this kind
    INVESTMENT = "investment"
    ACQUISITION = "acquisition"
    CAPEX = "capex"
    CEILING = "ceiling"  # the higher amount beside the firm one
    TERM = "term"
    CHIP = "chip"
    BUYER = "buyer"
    SELLER = "seller"


KIND_TAGS = (Tag.SUPPLY, Tag.INVESTMENT, Tag.ACQUISITION, Tag.CAPEX)
OUTSIDE = "O"
LABELS: tuple[str, ...] = (OUTSIDE, *(f"{mark}-{tag.value}" for tag in Tag for mark in "BI"))
"""Labels in the order of the network's outputs: outside, then begin and inside of each tag."""

_TAGS = tuple(Tag)


def label_index(tag: Tag, *, begins: bool) -> int:
    """Place in LABELS of a tag's first (or a later) character."""
    return 1 + 2 * _TAGS.index(tag) + (0 if begins else 1)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TaggedSpan:
    """A mention with its tag; `probability` is the mean over its characters."""

    span: Span
    tag: Tag
    probability: float


def _allowed(before: int | None) -> npt.NDArray[np.bool_]:
    """Which labels may follow a label; inside follows begin or inside of its own tag only."""
    allowed = np.ones(len(LABELS), dtype=bool)
    allowed[2::2] = False
    if before:
        inside = before if before % 2 == 0 else before + 1
        allowed[inside] = True
    return allowed


_TRANSITIONS = np.where(np.stack([_allowed(k) for k in range(len(LABELS))]), 0.0, -np.inf)
_FIRST = np.where(_allowed(None), 0.0, -np.inf)


def best_labels(probabilities: Floats) -> list[int]:
    """The likeliest sequence of labels in which no mention lacks its beginning (Viterbi).

    Args:
        probabilities: a row a character, a column a label.
    """
    if not len(probabilities):
        return []
    scores = np.log(np.maximum(probabilities.astype(np.float64), 1e-12))
    total = scores[0] + _FIRST
    came_from: list[npt.NDArray[np.intp]] = []
    for row in scores[1:]:
        paths = total[:, None] + _TRANSITIONS
        came_from.append(paths.argmax(axis=0))
        total = paths.max(axis=0) + row
    labels = [int(total.argmax())]
    for back in reversed(came_from):
        labels.append(int(back[labels[-1]]))
    return labels[::-1]


def _runs(labels: Sequence[int]) -> Iterator[tuple[int, int, Tag]]:
    start: int | None = None
    for at, label in enumerate((*labels, 0)):
        goes_on = label > 0 and label % 2 == 0
        if start is not None and not goes_on:
            yield start, at, _TAGS[(labels[start] - 1) // 2]
            start = None
        if label % 2 == 1:
            start = at


def tagged_spans(probabilities: Floats) -> tuple[TaggedSpan, ...]:
    """The mentions of a text whose characters have these label probabilities, in text order."""
    found = []
    for start, end, tag in _runs(best_labels(probabilities)):
        share = tag_probability(probabilities, Span(start, end), tag)
        found.append(TaggedSpan(span=Span(start, end), tag=tag, probability=share))
    return tuple(found)


def tag_probability(probabilities: Floats, span: Span, tag: Tag) -> float:
    """Mean probability, over the characters of a span, that they belong to a mention of `tag`."""
    first = label_index(tag, begins=True)
    rows = probabilities[span.start : span.end, first : first + 2]
    return float(rows.sum(axis=1).mean()) if len(rows) else 0.0
