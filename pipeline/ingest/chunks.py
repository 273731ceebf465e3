"""One article cut into chunks by separator lines, with copies and second tellings among them.

Crawlers and language tools cut long pages into chunks of a fixed size, in the middle of words, and
store overlapping, repeated or newline-flattened chunks in one file, parted by lines such as
`---END---`. Here the chunks become one text again: a cut word is joined, what was read already is
left out, and what a second telling adds is put where it belongs.
"""

import re
from bisect import bisect_left

SEPARATOR = re.compile(r"^[ \t]*([-=*#_~<]{2,})[ \t]*END[ \t]*[-=*#_~>]{2,}[ \t]*$", re.MULTILINE)
_SENTENCE = re.compile(r"[^。！？!?\n]*(?:[。！？!?]+[」』）)]*|\n|\Z)")
_STRUCTURE = re.compile(r"[ \t]*(?:#{1,6}[ \t]|-{3,}|[-*+][ \t]|\||>)")
_LINE = re.compile(r"[^\n]*\n*")
_ENDINGS = frozenset("。！？!?」』）)")
_MAX_CHARACTERS = 200_000
_MIN_OVERLAP, _MAX_OVERLAP = 12, 20_000
_MIN_COPIED_LINE = 150
_COPIED_SHARE = 0.5


def is_chunked(text: str) -> bool:
    """Whether `text` holds at least one separator line."""
    return SEPARATOR.search(text) is not None


def join_chunks(text: str) -> str:
    """The one article that the chunks of `text` were cut from.

    A chunk, or a long line in one, that mostly repeats what was read gives only its new sentences,
    each behind the sentence that it follows there. Any other chunk goes on where the last one was
    cut. Texts over 200,000 characters are joined without looking for copies.
    """
    chunks = [chunk.strip("\n") for chunk in SEPARATOR.sub("\x00", text).split("\x00")]
    chunks = [chunk for chunk in chunks if chunk.strip()]
    if len(text) > _MAX_CHARACTERS:
        return "".join(chunks)
    reader = _Reader()
    for chunk in chunks:
        reader.take(chunk)
    return reader.text.rstrip("\n")


class _Reader:
    """Takes chunks one by one; `text` is the article so far."""

    def __init__(self) -> None:
        self.text = ""
        self._letters = ""
        self._goes_on = False  # the last chunk was put at the end, so the next one goes on there

    def take(self, chunk: str) -> None:
        """Add what is new in a chunk."""
        parts = self._parts(chunk)
        if self._is_copy(parts):
            self._weave(parts)
            self._goes_on = False
            return
        overlap = self._overlap(chunk)
        rest = chunk[overlap:]
        if self.text and not overlap:
            rest = self._gap(chunk) + rest
            self.text = self.text.rstrip("\n")
        for found in _LINE.finditer(rest):
            self._take_line(found.group())
        self._goes_on = True

    def _take_line(self, line: str) -> None:
        """A line of a new chunk, which may be a run-together copy of the lines before it."""
        if len(line) >= _MIN_COPIED_LINE:
            parts = self._parts(line)
            if self._is_copy(parts):
                self._weave(parts)
                return
        self.text += line
        self._letters += _squeeze(line)

    def _parts(self, chunk: str) -> list[tuple[str, str, bool]]:
        """The sentences of a chunk, each with its letters and whether they were read already."""
        sentences = [found.group() for found in _SENTENCE.finditer(chunk) if found.group()]
        letters = [_squeeze(sentence) for sentence in sentences]
        return [
            (sentence, part, bool(part) and part in self._letters)
            for sentence, part in zip(sentences, letters, strict=True)
        ]

    @staticmethod
    def _is_copy(parts: list[tuple[str, str, bool]]) -> bool:
        total = sum(len(letters) for _, letters, _ in parts)
        copied = sum(len(letters) for _, letters, is_known in parts if is_known)
        return total > 0 and copied >= _COPIED_SHARE * total

    def _overlap(self, chunk: str) -> int:
        """How many characters at the start of `chunk` the end of what was read holds already."""
        letters = _squeeze(chunk)
        tail = self._letters[-min(len(letters), _MAX_OVERLAP) :] if letters else ""
        start = tail.find(letters[:_MIN_OVERLAP])
        while 0 <= start <= len(tail) - _MIN_OVERLAP:
            if letters.startswith(tail[start:]):
                return _positions(chunk)[len(tail) - start - 1] + 1
            start = tail.find(letters[:_MIN_OVERLAP], start + 1)
        return 0

    def _gap(self, chunk: str) -> str:
        """Nothing inside a cut word or sentence; else the end of a paragraph."""
        ended = self.text.rstrip()[-1:] in _ENDINGS
        return "\n\n" if ended or not self._goes_on or _STRUCTURE.match(chunk) else ""

    def _weave(self, parts: list[tuple[str, str, bool]]) -> None:
        """Put each run of new sentences behind the sentence that it follows."""
        cursor, run = 0, ""
        additions: list[tuple[int, str]] = []
        for sentence, letters, is_known in parts:
            if not is_known:
                run += sentence
                continue
            additions.append((cursor, run))
            run = ""
            found = self._letters.find(letters, cursor)
            cursor = (found if found >= 0 else self._letters.find(letters)) + len(letters)
        additions.append((cursor, run))
        self._insert([(at, text) for at, text in additions if text.strip()])

    def _insert(self, additions: list[tuple[int, str]]) -> None:
        """Put texts behind the sentences that end at or after some numbers of letters."""
        if not additions:
            return
        positions = _positions(self.text)
        self._drop_cut_tail(additions)
        ends = [found.end() for found in _SENTENCE.finditer(self.text) if found.group().strip()]
        placed = []
        for order, (at, text) in enumerate(additions):
            place = bisect_left(ends, positions[at - 1] + 1 if at else 0)
            placed.append((ends[place] if place < len(ends) else len(self.text), order, text))
        woven, last = "", 0
        for position, _, text in sorted(placed):
            woven += self.text[last:position]
            woven += text.rstrip("\n") if text.startswith("\n") else text
            last = position
        self.text = woven + self.text[last:]
        self._letters = _squeeze(self.text)

    def _drop_cut_tail(self, additions: list[tuple[int, str]]) -> None:
        """Leave out the word that the last chunk was cut in, where an addition has it whole."""
        start = max(self.text.rfind(mark) for mark in "。！？!?\n") + 1
        tail = _squeeze(self.text[start:])
        lines = [_squeeze(line) for _, text in additions for line in text.split("\n")]
        if tail and any(line.startswith(tail) for line in lines):
            self.text = self.text[:start]


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _positions(text: str) -> list[int]:
    """Where in a text its characters that are no white space stand."""
    return [index for index, char in enumerate(text) if not char.isspace()]
