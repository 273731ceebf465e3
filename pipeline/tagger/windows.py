"""Windows over a text, small enough for the network, with their place in the text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.sentences import Sentence
from pipeline.span import Span
from pipeline.tagger.labels import LABELS, Floats, Tag, TaggedSpan, tag_probability, tagged_spans


def wanted_sentences(sentences: Sequence[Sentence], kept: Sequence[int]) -> tuple[int, ...]:
    """The sentences that the tagger reads.

    The title, those that can hold a deal, and before each of them the one that may name its parties.

    Args:
        sentences: all sentences of a view.
        kept: indices of those that passed the gate.
    """
    wanted = {0, *kept} if kept else set()
    for index in kept:
        before = index - 1
        if before >= 0 and sentences[before].paragraph == sentences[index].paragraph:
            wanted.add(before)
    return tuple(sorted(wanted))


def make_windows(
    sentences: Sequence[Span], wanted: Sequence[int], *, size: int, overlap: int
) -> tuple[Span, ...]:
    """Spans of at most `size` characters that cover the wanted sentences, in text order.

    Neighbouring sentences share a window, so that a name in one stands beside the amount in the
    next. A sentence longer than a window is cut into several that overlap.

    Args:
        sentences: all sentences of the text, in order.
        wanted: indices of those to cover, ascending.
        size: characters of a window at most.
        overlap: characters that two windows of one long sentence share.

    Raises:
        ValueError: where `overlap` is not smaller than `size`.
    """
    if not 0 <= overlap < size:
        msg = f"windows of {size} characters cannot overlap by {overlap}"
        raise ValueError(msg)
    windows: list[Span] = []
    last = -2
    for index in wanted:
        sentence = sentences[index]
        joined = (
            Span(windows[-1].start, sentence.end)
            if last == index - 1 and windows[-1].start < sentence.start
            else None
        )
        if joined is not None and len(joined) <= size:
            windows[-1] = joined
        else:
            windows += _cut(sentence, size, overlap)
        last = index
    return tuple(windows)


def _cut(sentence: Span, size: int, overlap: int) -> Iterator[Span]:
    start = sentence.start
    while sentence.end - start > size:
        yield Span(start, start + size)
        start += size - overlap
    yield Span(start, sentence.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterTags:
    """What the tagger says about the characters of a text; offsets are those of the text.

    Attributes:
        spans: the parts that it has read, ascending, without overlap.
        probabilities: for each of them a row a character, a column a label of LABELS.
    """

    spans: tuple[Span, ...]
    probabilities: tuple[Floats, ...]

    def mentions(self) -> tuple[TaggedSpan, ...]:
        """All mentions, in text order."""
        return tuple(
            TaggedSpan(
                span=found.span.shifted(span.start), tag=found.tag, probability=found.probability
            )
            for span, rows in zip(self.spans, self.probabilities, strict=True)
            for found in tagged_spans(rows)
        )

    def probability(self, span: Span, tag: Tag) -> float | None:
        """How likely a span is a mention of `tag`; None where the tagger has not read it."""
        for read, rows in zip(self.spans, self.probabilities, strict=True):
            if read.covers(span):
                return tag_probability(rows, span.shifted(-read.start), tag)
        return None


def join_windows(windows: Sequence[Span], read: Sequence[Floats]) -> CharacterTags:
    """Put windows together.

    Where two overlap, each character is taken from the window that has it farther from its edge.

    Args:
        windows: as `make_windows` gives them.
        read: for each a row a character.
    """
    spans: list[Span] = []
    rows: list[Floats] = []
    for span, probabilities in zip(windows, read, strict=True):
        if spans and spans[-1].end > span.start:
            shared = spans[-1].end - span.start
            cut = shared // 2
            rows[-1] = np.concatenate(
                [rows[-1][: len(spans[-1]) - cut], probabilities[shared - cut :]]
            )
            spans[-1] = Span(spans[-1].start, span.end)
        else:
            spans.append(span)
            rows.append(probabilities)
    return CharacterTags(spans=tuple(spans), probabilities=tuple(rows))


def nothing_read() -> CharacterTags:
    """What is said of a text of which nothing was read."""
    return CharacterTags(spans=(), probabilities=())


def empty_rows(characters: int) -> Floats:
    """Rows that say "outside" of every character."""
    rows = np.zeros((characters, len(LABELS)), dtype=np.float32)
    rows[:, 0] = 1.0
    return rows
