"""Sentences of a reading view, each with the kind of line that it stands in."""

import re
from dataclasses import dataclass
from enum import StrEnum

from pipeline.span import Span


class LineKind(StrEnum):
    """What sort of line a sentence was found in."""

    PROSE = "prose"
    HEADING = "heading"
    ITEM = "item"
    ROW = "row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence, heading, list item or table row.

    Attributes:
        span: characters of the view, without surrounding white space.
        line: what kind of line holds it.
        paragraph: number of its paragraph (blank lines and headings divide).
        heading: index of the nearest heading above it in the list of sentences, or -1.
        level: of a heading, 1 (largest) to 6; 0 for everything else.
    """

    span: Span
    line: LineKind
    paragraph: int
    heading: int = -1
    level: int = 0


_HEADING = re.compile(r"\s*(#{1,6})\s*")
_ITEM = re.compile(r"\s*(?:[-+*•●○■□◆◇▶►・‐]\s*|\d{1,2}[.)]\s+|[①-⑳]\s*|>\s*)+")
_ROW = re.compile(r"\s*\|")
_STOP = re.compile(r"[。！？!?]+[」』）)\]]*|[.](?=\s+[A-Z])")
_CLOSERS = {"「": "」", "『": "』", "(": ")", "（": "）"}
MAX_SENTENCE = 1200


def _sentence_ends(line: str) -> list[int]:
    """Offsets behind each sentence of a line; a stop inside quotes or brackets does not end one."""
    ends: list[int] = []
    open_marks: list[str] = []
    last_start = 0
    index = 0
    while index < len(line):
        mark = line[index]
        if mark in _CLOSERS:
            open_marks.append(_CLOSERS[mark])
        elif open_marks and mark == open_marks[-1]:
            open_marks.pop()
        stop = _STOP.match(line, index) if mark in "。！？!?." else None
        too_long = index - last_start > MAX_SENTENCE
        if stop and (not open_marks or too_long or (mark == "。" and index - last_start > 300)):
            ends.append(stop.end())
            last_start = index = stop.end()
            open_marks.clear()
            continue
        index += 1
    if not ends or ends[-1] < len(line):
        ends.append(len(line))
    return ends


def _pieces(line: str) -> list[tuple[int, int]]:
    """The sentences of one line; a very long one without stops is cut at MAX_SENTENCE."""
    out, start = [], 0
    for end in _sentence_ends(line):
        while end - start > 2 * MAX_SENTENCE:
            out.append((start, start + MAX_SENTENCE))
            start += MAX_SENTENCE
        out.append((start, end))
        start = end
    return out


def split_sentences(text: str) -> tuple[Sentence, ...]:
    """All sentences of a view in text order; white space lines give none. Raises nothing."""
    sentences: list[Sentence] = []
    offset, paragraph, heading = 0, 0, -1
    for raw in text.split("\n"):
        line_start, offset = offset, offset + len(raw) + 1
        if not raw.strip():
            paragraph += 1
            continue
        kind, level, skip = LineKind.PROSE, 0, 0
        if mark := _HEADING.match(raw):
            kind, level, skip = LineKind.HEADING, len(mark.group(1)), mark.end()
            paragraph += 1
        elif _ROW.match(raw):
            kind = LineKind.ROW
        elif mark := _ITEM.match(raw):
            kind, skip = LineKind.ITEM, mark.end()
        for start, end in [(skip, len(raw))] if level else _pieces(raw):
            begin = max(start, skip)
            piece = raw[begin:end]
            lead = len(piece) - len(piece.lstrip())
            piece = piece.strip()
            if not piece:
                continue
            begin += line_start + lead
            sentences.append(
                Sentence(
                    span=Span(begin, begin + len(piece)),
                    line=kind,
                    paragraph=paragraph,
                    heading=heading,
                    level=level,
                )
            )
        if level and sentences and sentences[-1].level:
            heading = len(sentences) - 1
            paragraph += 1
    return tuple(sentences)
