"""Chips: models and families of AI processors, from the catalogue and from open patterns."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipeline.gazetteer.vocabulary import ChipVendor, Vocabulary
from pipeline.values import Chip

RULE_LISTED = "chip"
RULE_OPEN = "chip.pattern"
RULE_COMPARED = "chip.compared"

_SOFT_WORD = 3  # letters; a shorter word keeps its blanks and hyphens as listed
_LETTERS = re.compile(r"[A-Za-z]+")
_SPACE = re.compile(r"[ -]")
_PIECES = re.compile(r"[A-Za-z]+|[0-9]+|[^A-Za-z0-9\s\-]+|[\s\-]+")
_END = r"(?![A-Za-z0-9]|\.[0-9])"
_PLURAL_END = rf"(?:s(?![A-Za-z0-9])|{_END})"
_COMPARED = re.compile(
    r"(?:チップ|GPU|シリーズ|[」』\"])?(?:の(?:約|およそ|最大)?[0-9.一二三四五六七八九十数]+(?:倍|分の)|(?:と|に)?比べ|に比べ|比で|比[0-9]|より|を上回|に匹敵|並み|相当の|同等)"
)
_CONTEXT = re.compile(
    r"GPU|CPU|TPU|チップ|アーキテクチャ|プロセッサ|アクセラレータ|半導体|世代|シリーズ|サーバ|インスタンス|スーパーチップ|プラットフォーム|基|枚|個"
)
_CONTEXT_REACH = 14  # characters around a cautious name


@dataclass(frozen=True, slots=True)
class FoundChip:
    """A chip at `start` to `end` of the text, with the rule that read it."""

    start: int
    end: int
    chip: Chip
    rule: str


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to write a chip; `chip` is None for an open pattern, whose match is the model."""

    pattern: re.Pattern[str]
    vendor: ChipVendor
    chip: Chip | None
    is_cautious: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The chips of a vocabulary, ready to be found.

    Attributes:
        heads: forms by the leading letters, lower case, of what they match.
        others: finds the forms that begin with no Latin letter.
    """

    heads: Mapping[str, tuple[_Form, ...]]
    others: re.Pattern[str]
    other_forms: Mapping[str, tuple[_Form, ...]]


@lru_cache(maxsize=8)
def catalogue(vocabulary: Vocabulary) -> Catalogue:
    """The chips of `vocabulary`, compiled once."""
    heads: dict[str, list[_Form]] = defaultdict(list)
    others: dict[str, tuple[_Form, ...]] = {}
    for vendor in vocabulary.chips:
        for written, form in _forms(vendor):
            if not written[0].isascii():
                others[written] = (*others.get(written, ()), form)
                continue
            for head in {_head(written), _head(_SPACE.sub("", written))}:
                heads[head].append(form)
        for letters, rest in vendor.patterns.items():
            form = _Form(
                re.compile(rf"{re.escape(letters)}(?:{rest}){_PLURAL_END}"),
                vendor,
                None,
                is_cautious=False,
            )
            if letters.isascii():
                heads[letters.lower()].append(form)
            else:
                others[letters] = (*others.get(letters, ()), form)
    names = sorted(others, key=len, reverse=True)
    found = "|".join(re.escape(name) for name in names) or r"(?!)"
    return Catalogue(
        heads={head: tuple(forms) for head, forms in heads.items()},
        others=re.compile(found),
        other_forms=others,
    )


def _head(written: str) -> str:
    """The leading letters of a name, by which it is looked up."""
    match = _LETTERS.match(written)
    return "" if match is None else match.group().lower()


def _forms(vendor: ChipVendor) -> Iterator[tuple[str, _Form]]:
    for names, is_family in ((vendor.models, False), (vendor.families, True)):
        for name in names:
            chip = Chip(model=name, vendor=vendor.name, is_family=is_family)
            yield name, _form(name, chip, vendor)
    families = frozenset(vendor.families)
    for alias, name in vendor.aliases.items():
        chip = Chip(model=name, vendor=vendor.name, is_family=name in families)
        yield alias, _form(alias, chip, vendor)


def _form(written: str, chip: Chip, vendor: ChipVendor) -> _Form:
    flags = re.IGNORECASE if re.match(r"[A-Za-z]{4,}", written) else re.NOFLAG
    return _Form(
        re.compile(_flexible(written) + (_PLURAL_END if written[-1].isascii() else ""), flags),
        vendor,
        chip,
        written in vendor.cautious,
    )


def _flexible(written: str) -> str:
    """A pattern of a name whose blanks and hyphens may be left out or put in."""
    out: list[str] = []
    pieces = _PIECES.findall(written)
    for index, piece in enumerate(pieces):
        if piece.strip(" -") == "":
            out.append(r"[ \-]?")
            continue
        out.append(re.escape(piece))
        following = pieces[index + 1] if index + 1 < len(pieces) else ""
        if len(piece) >= _SOFT_WORD and piece.isalpha() and following.isdigit():
            out.append(r"[ \-]?")
    return "".join(out)


def latin_chip_at(
    text: str, position: int, letters: str, vocabulary: Vocabulary
) -> FoundChip | None:
    """The chip whose Latin name begins at `position`.

    Args:
        text: normalised text.
        position: where a word begins.
        letters: the Latin letters from there, up to the first other character.
        vocabulary: the chips.

    Returns:
        The longest model or family that stands there, or None.
    """
    forms = catalogue(vocabulary).heads.get(letters.lower())
    return None if forms is None else _longest(text, position, forms)


def other_chips(text: str, vocabulary: Vocabulary) -> Iterator[FoundChip]:
    """The chips whose names begin in katakana or kanji (ブラックウェル, 昇騰910C)."""
    known = catalogue(vocabulary)
    end = 0
    for match in known.others.finditer(text):
        if match.start() < end or _goes_on(text, match.start(), match.end()):
            continue
        found = _longest(text, match.start(), known.other_forms[match.group()])
        if found is not None:
            end = found.end
            yield found


_TAILS = (
    "チップ",
    "アーキテクチャ",
    "プラットフォーム",
    "サーバ",
    "シリーズ",
    "ファミリー",
    "ウルトラ",
    "ベース",
)


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether a katakana name is only part of a longer katakana word."""
    if not _is_katakana(text[start]):
        return False
    return (start > 0 and _is_katakana(text[start - 1])) or (
        end < len(text) and _is_katakana(text[end]) and not text.startswith(_TAILS, end)
    )


def _is_katakana(char: str) -> bool:
    return "ァ" <= char <= "ヺ" or char == "ー"


def _longest(text: str, position: int, forms: tuple[_Form, ...]) -> FoundChip | None:
    best: tuple[int, _Form] | None = None
    for form in forms:
        match = form.pattern.match(text, position)
        if match is None or (best is not None and match.end() <= best[0]):
            continue
        if form.is_cautious and not _has_context(text, position, match.end(), form.vendor):
            continue
        best = (match.end(), form)
    if best is None:
        return None
    end, form = best
    if text[end - 1] == "s" and form.chip is not None and not form.chip.model.endswith("s"):
        end -= 1
    chip = form.chip
    rule = RULE_LISTED
    if chip is None:
        model = text[position:end].removeprefix(f"{form.vendor.name} ")
        chip = Chip(model=model, vendor=form.vendor.name)
        rule = RULE_OPEN
    if _COMPARED.match(text, end):
        rule = RULE_COMPARED
    return FoundChip(position, end, chip, rule)


def _has_context(text: str, start: int, end: int, vendor: ChipVendor) -> bool:
    before = text[max(0, start - _CONTEXT_REACH) : start]
    after = text[end : end + _CONTEXT_REACH]
    if any(name in before for name in vendor.names):
        return True
    return _CONTEXT.search(before) is not None or _CONTEXT.search(after) is not None
