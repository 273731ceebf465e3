"""One article cut into chunks by separator lines, with copies and second tellings among them.

Crawlers and language tools cut long pages into chunks of a fixed size, in the middle of words, and
store overlapping, repeated or newline-flattened chunks in one file, parted by lines such as
`---END---`. Here the chunks become one text again: a cut word is joined, what was read already is
left out, and what a second telling adds is put where it belongs.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass

SEPARATOR = re.compile(r"^[ \t]*([-=*#_~<]{2,})[ \t]*END[ \t]*[-=*#_~>]{2,}[ \t]*$", re.MULTILINE)
_SENTENCE = re.compile(r"[^。！？!?\n]*(?:[。！？!?]+[」』）)]*|\n|\Z)")
_MAX_CHARACTERS = 2_000_000
_MIN_OVERLAP = 12
_COPIED_SHARE = 0.5


def is_chunked(text: str) -> bool:
    """Whether `text` holds at least one separator line."""
    return SEPARATOR.search(text) is not None


def join_chunks(text: str) -> str:
    """The one article that the chunks of `text` were cut from.

    A chunk that mostly repeats what was read gives only its new sentences, each behind the
    sentence that it follows there; any other chunk goes on where the last one was cut.
    Texts over two million characters are joined without looking for copies.
    """
    chunks = [chunk.strip("\n") for chunk in SEPARATOR.sub("\x00", text).split("\x00")]
    chunks = [chunk for chunk in chunks if chunk.strip()]
    if len(text) > _MAX_CHARACTERS:
        return "".join(chunks)
    read = ""
    for chunk in chunks:
        read = _add(read, chunk) if read else chunk
    return read


@dataclass(frozen=True, slots=True)
class _Squeezed:
    """A text without white space, with the position in the text of each character left."""

    letters: str
    positions: list[int]


def _squeeze(text: str) -> _Squeezed:
    positions = [index for index, char in enumerate(text) if not char.isspace()]
    return _Squeezed("".join(text[index] for index in positions), positions)


def _add(read: str, chunk: str) -> str:
    known = _squeeze(read)
    sentences = _sentences(chunk)
    letters = ["".join(sentence.split()) for sentence in sentences]
    copied = [bool(part) and part in known.letters for part in letters]
    total = sum(map(len, letters))
    share = sum(len(part) for part, is_copy in zip(letters, copied, strict=True) if is_copy)
    if share < _COPIED_SHARE * total:
        return read + chunk[_overlap(known.letters, chunk) :]
    return _weave(read, known, list(zip(sentences, letters, copied, strict=True)))


def _sentences(chunk: str) -> list[str]:
    return [found.group() for found in _SENTENCE.finditer(chunk) if found.group()]


def _overlap(known: str, chunk: str) -> int:
    """How many characters at the start of `chunk` the end of what was read holds already."""
    squeezed = _squeeze(chunk)
    tail = known[-len(squeezed.letters) :]
    for length in range(len(tail), _MIN_OVERLAP - 1, -1):
        if squeezed.letters.startswith(tail[-length:]):
            last = squeezed.positions[length - 1]
            return last + 1
    return 0


def _weave(read: str, known: _Squeezed, parts: list[tuple[str, str, bool]]) -> str:
    """`read` with each run of new sentences put behind the sentence that it follows."""
    letters, cursor = known.letters, 0
    additions: list[tuple[int, str]] = []
    run: list[str] = []
    for sentence, squeezed, is_copy in parts:
        if not is_copy:
            run.append(sentence)
            continue
        additions.append((cursor, "".join(run)))
        run = []
        found = letters.find(squeezed, cursor)
        cursor = (found if found >= 0 else letters.find(squeezed)) + len(squeezed)
    additions.append((cursor, "".join(run)))
    kept = [(at, text) for at, text in additions if text.strip()]
    return _insert(read, known, kept)


def _insert(read: str, known: _Squeezed, additions: list[tuple[int, str]]) -> str:
    tail_start = max(read.rfind(mark) for mark in "。！？!?\n") + 1
    tail = "".join(read[tail_start:].split())
    if tail and any(
        "".join(line.split()).startswith(tail) for _, text in additions for line in text.split("\n")
    ):
        read = read[:tail_start]
    ends = [
        found.end() for found in _SENTENCE.finditer(read) if found.group().strip() and found.end()
    ]
    pieces: list[tuple[int, int, str]] = []
    for order, (at, text) in enumerate(additions):
        position = known.positions[at - 1] + 1 if at else 0
        place = bisect_left(ends, position)
        pieces.append((ends[place] if place < len(ends) else len(read), order, text))
    woven, last = [], 0
    for position, _, text in sorted(pieces):
        woven += [read[last:position], text.rstrip("\n") if text.startswith("\n") else text]
        last = position
    return "".join(woven) + read[last:]
