"""An article as paragraphs of pieces, each with the slots whose evidence it is.

Pure: offsets in, pieces out. Templates escape every piece; nothing here makes HTML. Characters
are Python's (code points), as everywhere; the page's script counts the same way.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from pipeline.record import Evidence, Slot

# Marks that turn the direction of writing: shown as what they are, and walled in.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONGEST_PARAGRAPH = 2000  # characters; a longer line goes on in the next paragraph without a gap


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters that belong together; `slots` are those whose evidence covers them.

    Attributes:
        start: offset in the article.
        control: name of the one direction mark that it is (U+202E), or "".
        anchors: slots whose quote begins here.
    """

    start: int
    text: str
    slots: tuple[Slot, ...] = ()
    control: str = ""
    anchors: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of the article, or a part of a very long one.

    Attributes:
        start: offset in the article of its first character.
        pieces: its characters in order, all of them.
        heading: it is the article's title.
        breaks: the line ends here; False where the next paragraph goes on with it.
    """

    start: int
    pieces: tuple[Piece, ...]
    heading: bool = False
    breaks: bool = True

    @property
    def marked(self) -> bool:
        """Whether it holds evidence."""
        return any(piece.slots for piece in self.pieces)


def paragraphs(
    text: str, evidence: Mapping[Slot, Iterable[Evidence]], *, title: str = ""
) -> tuple[Paragraph, ...]:
    """The article in paragraphs.

    Together their characters are the text without its line feeds, which stand between
    paragraphs that end a line.

    Args:
        text: source text.
        evidence: the record's, with offsets into `text`.
        title: a first line that is this is a heading.
    """
    marks = sorted(
        (quote.start, quote.end, slot) for slot, quotes in evidence.items() for quote in quotes
    )
    found = []
    for start, end, breaks in _lines(text):
        heading = start == 0 and bool(title) and text[start:end] == title
        pieces = tuple(_pieces(text, start, end, marks))
        found.append(Paragraph(start, pieces, heading=heading, breaks=breaks))
    return tuple(found)


def _lines(text: str) -> Iterable[tuple[int, int, bool]]:
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        while end - start > LONGEST_PARAGRAPH:
            yield start, start + LONGEST_PARAGRAPH, False
            start += LONGEST_PARAGRAPH
        yield start, end, True
        start = end + 1


def _pieces(text: str, start: int, end: int, marks: list[tuple[int, int, Slot]]) -> Iterable[Piece]:
    near = [(a, b, slot) for a, b, slot in marks if a < end and b > start]
    cuts = {start, end}
    for a, b, _ in near:
        cuts |= {max(a, start), min(b, end)}
    for match in _DIRECTION.finditer(text, start, end):
        cuts |= {match.start(), match.end()}
    ordered = sorted(cuts)
    for a, b in pairwise(ordered):
        covering = {slot for s, e, slot in near if s <= a and b <= e}
        begins = {slot for s, _, slot in near if s == a}
        mark = _DIRECTION.fullmatch(text, a, b)
        yield Piece(
            a,
            text[a:b],
            slots=tuple(slot for slot in Slot if slot in covering),
            control=f"U+{ord(text[a]):04X}" if mark else "",
            anchors=tuple(slot for slot in Slot if slot in begins),
        )
