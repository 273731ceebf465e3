"""Names in one sentence that the gazetteer does not know, by how Japanese news writes names.

Latin capitals; katakana or a quoted word beside a word for a firm; kanji with the ending of an
institution; a legal form. Whether such a name plays a role in a deal is decided later, from its
context.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.annotate import Annotation
from pipeline.gazetteer.names import NameWords
from pipeline.span import Span

_LATIN_WORD = (
    r"[A-Z][A-Za-z0-9&.'’+-]*|[a-z]{1,3}[A-Z][A-Za-z0-9]*|[a-z]\d+[a-z]|[A-Z0-9]{1,4}[A-Z][A-Za-z]*"
)
_LATIN_NAME = re.compile(
    rf"(?<![A-Za-z0-9_$@#/.\-])(?:{_LATIN_WORD})"
    rf"(?:[ ](?:{_LATIN_WORD}|of|and|the|for|de|at|&|\+(?!\d))(?![A-Za-z0-9]))*"
    r"(?:,? (?:Inc|Corp|Ltd|LLC|PLC|plc|SAS|S\.A|N\.V|AG|SE|GmbH)\b\.?)?"
)
_TRAILING_WORD = re.compile(r"(?: (?:of|and|the|for|de|at|&|\+))+$")
# With what is written in Latin letters or digits within it: SKハイニックス, オープンAI, ハット8.
_KATAKANA_NAME = re.compile(
    r"(?<![A-Za-z0-9ァ-ヴー])(?:[A-Z]{1,6})?[ァ-ヴー][ァ-ヴー・&]{2,}"
    r"(?:AI|[A-Z]{1,3}(?![A-Za-z])|\d{1,2}(?![\d,.%万億兆年月日時分週期個基枚台社棟人名カか]))?"
)
_KANJI_NAME = re.compile(r"(?<![一-鿿々ァ-ヴー])[一-鿿々]{2,8}(?:[ァ-ヴー][ァ-ヴー・&]+)?")
_LIST_JOINT = re.compile(r"[、・×&]|と|や|及び|および")
_NO_LETTERS = re.compile(r"[A-Z0-9・&]+")
_QUOTED_NAME = re.compile(r"[「『]([^「」『』\n]{2,24})[」』]")
_LEGAL_NAME = re.compile(
    r"株式会社[^\s、。,()「」のがはをにとへで]{2,20}|[^\s、。,()「」のがはをにとへで]{2,20}株式会社"
)
_SPEECH = re.compile(r"[。、!?]|です|ます|する|した")
_SHORTEST_KATAKANA = 3
_LONGEST_PROPOSAL = 40  # characters of a name that the model proposes


@dataclass(frozen=True, slots=True)
class RawName:
    """A name as found: where, how written, by which pattern, and whose where that is known."""

    span: Span
    surface: str
    origin: str
    gazetteer_id: str | None = None


def _is_noise(surface: str, words: NameWords) -> bool:
    parts = surface.split()
    if all(
        part.strip(".") in words.not_latin or part.isdigit() or len(part) == 1 for part in parts
    ):
        return True
    return len(surface) < 2 or bool(re.fullmatch(r"[A-Z]?\d[\w.]*|[A-Z]", surface))


def _beside_firm(text: str, start: int, end: int, words: NameWords) -> bool:
    """Whether a word for a firm, or what firms do, stands right beside text[start:end]."""
    before, after = text[max(0, start - 16) : start], text[end : end + 40]
    return bool(words.firm_before.search(before) or words.firm_after.match(after))


def _quoted(text: str, words: NameWords) -> Iterator[RawName]:
    for match in _QUOTED_NAME.finditer(text):
        inner = match.group(1)
        if _beside_firm(text, match.start(), match.end() - 1, words) and not _SPEECH.search(inner):
            yield RawName(Span(*match.span(1)), inner, "quote")


_JOINED = re.compile(r"[一-鿿々ァ-ヴー]$")


def _is_tail(text: str, start: int, words: NameWords) -> bool:
    """Whether a name at `start` is the tail of a longer word: the NEXT of 富岳NEXT, not 米IBM."""
    before = text[max(0, start - 8) : start]
    return bool(_JOINED.search(before)) and not words.prefix.search(before)


def _latin(text: str, words: NameWords) -> Iterator[RawName]:
    for match in _LATIN_NAME.finditer(text):
        surface = _TRAILING_WORD.sub("", match.group()).rstrip(".-'’&+ ")
        if surface and not _is_noise(surface, words) and not _is_tail(text, match.start(), words):
            yield RawName(Span(match.start(), match.start() + len(surface)), surface, "latin")


def _without_title(name: str, words: NameWords) -> str:
    """ティム・クライン of ティム・クラインCEO; オープンAI is whole."""
    letters = re.search("[A-Z]+$", name)
    if letters is None or letters.group() == "AI" or letters.group() not in words.not_latin:
        return name
    return name[: letters.start()]


def _has_initials(name: str, words: NameWords) -> bool:
    """Whether katakana begins with letters that are no common word: GMOインターネット, not AIアシスタント."""
    initials = re.match("[A-Z]{2,}", name)
    return initials is not None and initials.group() not in words.not_latin


def _katakana(text: str, words: NameWords) -> Iterator[RawName]:
    """Katakana beside a word for a firm, and whoever stands in a row with such a name."""
    runs: list[Span] = []
    for match in _KATAKANA_NAME.finditer(text):
        surface = _without_title(match.group().strip("・&"), words)
        plain = _NO_LETTERS.sub("", surface)
        if len(plain) < _SHORTEST_KATAKANA or words.common_katakana.fullmatch(plain):
            continue
        start = match.start() + match.group().index(surface)
        runs.append(Span(start, start + len(surface)))
    firm = [
        _beside_firm(text, run.start, run.end, words) or _has_initials(run.of(text), words)
        for run in runs
    ]
    for order in (range(1, len(runs)), range(len(runs) - 2, -1, -1)):
        step = order.step
        for n in order:
            left, right = sorted((runs[n - step], runs[n]))
            joint = text[left.end : right.start]
            firm[n] = firm[n] or (firm[n - step] and _LIST_JOINT.fullmatch(joint) is not None)
    for run, is_firm in zip(runs, firm, strict=True):
        if is_firm:
            yield RawName(run, run.of(text), "katakana")


def _who_speaks(text: str, words: NameWords) -> Iterator[RawName]:
    """Kanji before は and a day (青空電算は9日、), unless it is a word for anybody."""
    for match in _KANJI_NAME.finditer(text):
        if words.said_on.match(text, match.end()) and not words.nobody_speaks.search(match.group()):
            yield RawName(Span(*match.span()), match.group(), "kanji")


def pattern_names(text: str, words: NameWords) -> list[RawName]:
    """Names that the patterns see in a sentence; they may overlap."""
    institutions = (
        match
        for match in words.institution.finditer(text)
        if not words.nobody.fullmatch(match.group())
    )
    return [
        *(RawName(Span(*m.span()), m.group(), "legal") for m in _LEGAL_NAME.finditer(text)),
        *_quoted(text, words),
        *_latin(text, words),
        *(RawName(Span(*m.span()), m.group(), "kanji") for m in institutions),
        *_who_speaks(text, words),
        *_katakana(text, words),
    ]


def model_names(annotation: Annotation, text: str, words: NameWords) -> list[RawName]:
    """Names that the model proposes for a sentence."""
    found = []
    for entity in annotation.entities:
        surface = entity.span.of(text)
        place = entity.label in ("Country", "Province")
        if place or len(surface) > _LONGEST_PROPOSAL or _is_noise(surface, words):
            continue
        if words.common_katakana.fullmatch(surface) or re.fullmatch(r"[\d年月日時分%]+", surface):
            continue
        found.append(RawName(entity.span, surface, "model"))
    return found
