"""The article as it is read: normalised, and free of marks that stand between the words.

Markdown emphasis, link targets and the blanks that some writers put between Latin and Japanese
letters carry no meaning for a deal, but they keep a particle from standing next to its noun. The
view leaves them out, and knows for each of its characters where it came from. Everything from the
gate to the assembly works in view offsets; only records speak of the source.
"""

import re
from dataclasses import dataclass

from pipeline.normalise import normalise
from pipeline.span import Span

_JAPANESE = "\u3000-\u30ff\u3400-\u9fff\uff00-\uffef々〆"
_DROPPED = re.compile(
    r"""
      \*+                                   # emphasis
    | (?<![A-Za-z0-9])_{1,3}(?=\S) | (?<=\S)_{1,3}(?![A-Za-z0-9])
    | `+ | ~~
    | !\[[^\]\n]*\]\([^)\n]*\)              # images
    | (?<=\])\([^)\s]*(?:\s"[^"\n]*")?\)    # link targets
    | \[\^?\d{1,3}\](?!\()                  # footnote marks
    | <[/!]?[A-Za-z][^<>\n]{0,300}>         # tags left in the text
    | https?://[\w/:%#$&?()~.=+\-,;@!]+     # bare addresses
    | \[(?=[^\]\n]{1,200}\]\() | (?<!\d)\](?=\()  # brackets of links
    | [\u200b-\u200f\u2060\ufeff\u00ad]
    """,
    re.VERBOSE,
)
_BLANKS = re.compile(rf"(?<=[{_JAPANESE}])[ \t]+(?=\S)|(?<=\S)[ \t]+(?=[{_JAPANESE}])")


@dataclass(frozen=True, slots=True)
class ReadingView:
    """`text` as read; character i of it came from source characters `starts[i]` to `ends[i]`."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def source_span(self, start: int, end: int) -> Span:
        """Where the characters `start` to `end` (excluded) of the view stand in the source.

        An empty span gives an empty span. Raises nothing for 0 ≤ start ≤ end ≤ len(text).
        """
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else (self.ends or (0,))[-1]
            return Span(at, at)
        return Span(self.starts[start], self.ends[end - 1])


def _kept_ranges(text: str) -> list[tuple[int, int]]:
    dropped = sorted(
        [m.span() for m in _DROPPED.finditer(text)] + [m.span() for m in _BLANKS.finditer(text)]
    )
    kept, at = [], 0
    for start, end in dropped:
        if start > at:
            kept.append((at, start))
        at = max(at, end)
    if at < len(text):
        kept.append((at, len(text)))
    return kept


def make_view(source: str) -> ReadingView:
    """The reading view of a source text. Raises nothing, whatever the characters are."""
    normalised = normalise(source)
    all_starts, all_ends = normalised.source_of_each()
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _kept_ranges(normalised.text):
        parts.append(normalised.text[start:end])
        starts += all_starts[start:end]
        ends += all_ends[start:end]
    return ReadingView("".join(parts), tuple(starts), tuple(ends))
