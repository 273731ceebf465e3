"""Text as the parsers read it, with the way back to every source character.

Normalisation is local: the text is cut into clusters (a character with the marks that combine with
it), and each cluster is folded by itself. So a span of the normalised text that falls on cluster
borders maps to a source span that normalises to exactly it, and the map is monotone.

What is folded: NFKC (full-width letters and digits, half-width katakana, compatibility ideographs,
㈱, ㍉ …), Kangxi and CJK radicals to the ideographs they look like, the wave dashes to 〜, hyphens
and minus signs to the ASCII hyphen, the longer dashes to — (which is no minus: 和解—48万冊).

What is kept as written: marks whose folding would put a digit beside a number (², ①, ½, ㎡, ㏠), since
10² is not 102. A mark that means something only between digits (the 、 of 1、000, the ー of 10ー20) is
read by the numeral grammar instead: a fold that looks at its neighbours would not be local.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from pipeline.span import Span

_WAVE = "〜"
_FOLDS = {
    "〜": _WAVE,  # U+301C
    "～": _WAVE,  # U+FF5E: the same dash in another code page
    "∼": _WAVE,
    "∾": _WAVE,
    "˜": "~",  # NFKC would make it a space and a mark
    "‐": "-",
    "‑": "-",
    "‒": "—",
    "–": "—",
    "―": "—",
    "−": "-",
    "﹣": "-",
    "－": "-",
    "⁃": "-",
    "․": ".",
    "⺠": "民",
    "⻑": "長",
    "⻄": "西",
    "⻘": "青",
    "⻝": "食",
    "⻤": "鬼",
    "⻩": "黄",
    "⻫": "斉",
    "⻭": "歯",
    "⻯": "竜",
    "⻲": "亀",
}
# Half-width sound marks and the later letters of Hangul syllables: no combining class, but NFKC
# joins them to what stands before.
_BACKWARD = frozenset(
    map(
        chr,
        [0xFF9E, 0xFF9F, *range(0x1160, 0x1200), *range(0xD7B0, 0xD7FC), *range(0xFFA0, 0xFFDD)],
    )
)
_BASIC = 0x10000
_SCANNED = 0x30000  # planes 0 to 2; above lie private use, tags and unassigned characters


def _folded_char(char: str) -> str:
    """One character as normalised, alone."""
    fold = _FOLDS.get(char)
    if fold is not None:
        return fold
    folded = unicodedata.normalize("NFKC", char)
    if folded != char and not unicodedata.category(char).startswith("Nd"):
        if any(digit in folded for digit in "0123456789") and not _is_letterlike(char):
            return char
        if "⁄" in folded:
            return char
    return folded


def _is_letterlike(char: str) -> bool:
    """Whether `char` is a decimal digit or a letter in another width or style."""
    return unicodedata.category(char) in ("Nd", "Lu", "Ll", "Lm", "Lo")


@lru_cache(maxsize=4096)
def _folded(cluster: str) -> str:
    """A cluster as normalised."""
    if len(cluster) == 1:
        return _folded_char(cluster)
    return unicodedata.normalize("NFC", "".join(_folded_char(char) for char in cluster))


def _class_of(chars: list[int]) -> str:
    """Code points as the inside of a character class, runs joined."""
    parts: list[str] = []
    start = previous = chars[0]
    for char in [*chars[1:], -1]:
        if char == previous + 1:
            previous = char
            continue
        parts.append(f"\\U{start:08x}-\\U{previous:08x}")
        start = previous = char
    return "".join(parts)


def _changing_pattern() -> tuple[re.Pattern[str], frozenset[str]]:
    """What matches the clusters that normalisation may change, and all marks that combine."""
    changing: list[int] = []
    marked = set(map(ord, _BACKWARD))
    for code in range(0x80, _SCANNED):
        if 0xD800 <= code <= 0xDFFF or 0xAC00 <= code <= 0xD7A3 or 0x4E00 <= code <= 0x9FFF:
            continue  # surrogates, Hangul syllables and ideographs stay
        char = chr(code)
        folded = _folded_char(char)
        if unicodedata.combining(folded[0]) or folded[0] in _BACKWARD:
            marked.add(code)
        elif folded != char:
            changing.append(code)
    marks = _class_of(sorted(marked))
    # One leading class, so that the regex engine skips all else at full speed; it is fast for the
    # basic plane and one range, slow for many ranges above. A mark that follows a character outside
    # the class is found without it; `normalise` takes that character along.
    above = f"\\U{_BASIC:08x}-\\U{_SCANNED - 1:08x}"
    basic = _class_of([code for code in sorted({*changing, *marked}) if code < _BASIC])
    pattern = re.compile(f"[{basic}{above}][{marks}]*")
    return pattern, frozenset(map(chr, marked))


_CHANGING, _MARK_SET = _changing_pattern()


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """`text`, and where each stretch of it came from.

    Attributes:
        text: the normalised characters.
        source_length: characters of the source.
        starts: where each stretch begins in `text`, ascending, the first at 0.
        sources: where the same stretch begins in the source.
        kept: whether the stretch is as the source has it (then it maps character by character);
            otherwise it is one folded cluster, which maps only as a whole.
    """

    text: str
    source_length: int
    starts: tuple[int, ...]
    sources: tuple[int, ...]
    kept: tuple[bool, ...]

    def source_span(self, start: int, end: int) -> Span:
        """The source characters that `text[start:end]` came from.

        Args:
            start: first character, in `text`.
            end: behind the last character, in `text`.

        Returns:
            The smallest source span that holds them: a cluster that the span cuts is taken whole.
            An empty span maps to an empty one.

        Raises:
            ValueError: where start and end are no span of `text`.
        """
        if not 0 <= start <= end <= len(self.text):
            msg = f"no span of {len(self.text)} normalised characters: {start} to {end}"
            raise ValueError(msg)
        first = self._source_start(start)
        return Span(first, first if start == end else self._source_end(end))

    def source_of_each(self) -> tuple[list[int], list[int]]:
        """For every character of `text`, where what it came from begins and ends in the source."""
        starts: list[int] = []
        ends: list[int] = []
        bounds = (*self.starts[1:], len(self.text))
        sources = (*self.sources[1:], self.source_length)
        for start, bound, source, following, kept in zip(
            self.starts, bounds, self.sources, sources, self.kept, strict=True
        ):
            length = bound - start
            if kept:
                starts.extend(range(source, source + length))
                ends.extend(range(source + 1, source + length + 1))
            else:
                starts.extend([source] * length)
                ends.extend([following] * length)
        return starts, ends

    def _source_start(self, position: int) -> int:
        if position == len(self.text):
            return self.source_length
        index = bisect_right(self.starts, position) - 1
        offset = position - self.starts[index]
        return self.sources[index] + (offset if self.kept[index] else 0)

    def _source_end(self, position: int) -> int:
        index = bisect_right(self.starts, position - 1) - 1
        if self.kept[index]:
            return self.sources[index] + position - self.starts[index]
        return self.sources[index + 1] if index + 1 < len(self.sources) else self.source_length


def normalise(text: str) -> NormalisedText:
    """Fold `text` for reading, keeping the way back to it.

    Args:
        text: any characters, lone surrogates included.

    Returns:
        The normalised text with its map. Equal texts give equal results.

    Raises:
        Nothing.

    Example: 「約１９４億㌦～」 → 「約194億ドル〜」, where ドル maps to the one character ㌦.
    """
    builder = _Builder(text)
    for match in _CHANGING.finditer(text):
        begin, end = match.span()
        if begin > builder.done and text[begin] in _MARK_SET:
            begin -= 1
        cluster = text[begin:end]
        fold = _folded(cluster)
        if fold != cluster:
            builder.fold(begin, end, fold)
    return builder.finished()


class _Builder:
    """Collects the stretches of a normalised text, from left to right."""

    __slots__ = ("done", "kept", "length", "pieces", "sources", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.done = 0
        self.length = 0
        self.pieces: list[str] = []
        self.starts: list[int] = []
        self.sources: list[int] = []
        self.kept: list[bool] = []

    def fold(self, begin: int, end: int, fold: str) -> None:
        """Take the source as it is up to `begin`, then `fold` for `begin` to `end`."""
        one_for_one = end - begin == 1 == len(fold)
        if begin > self.done:
            self._open(self.done, kept=True)
            self.pieces.append(self.text[self.done : begin])
            self.length += begin - self.done
        self._open(begin, kept=one_for_one)
        self.pieces.append(fold)
        self.length += len(fold)
        self.done = end

    def _open(self, source: int, *, kept: bool) -> None:
        """Begin a stretch, unless the last one goes on: what maps one for one needs no other."""
        if kept and self.kept and self.kept[-1]:
            return
        self.starts.append(self.length)
        self.sources.append(source)
        self.kept.append(kept)

    def finished(self) -> NormalisedText:
        """The rest of the source as it is, and all of it together."""
        if self.done < len(self.text) or not self.starts:
            self._open(self.done, kept=True)
            self.pieces.append(self.text[self.done :])
        return NormalisedText(
            text="".join(self.pieces),
            source_length=len(self.text),
            starts=tuple(self.starts),
            sources=tuple(self.sources),
            kept=tuple(self.kept),
        )
