"""Numerals: the digits, kanji and scale words that write one number.

The grammar, over normalised text:

    numeral  = group+ [ 点 kanji-digit+ ]            1億5,000万 · 三百五十億 · 4千8百 · 2億3千430万
    group    = section [ myriad ]                    myriads fall: 兆 億 万; 1万億 is 1万 × 億
    section  = ( [ digits ] small )* [ digits ]      small multipliers fall: 千 百 十
    digits   = arabic | kanji-digit+                 1,234.5 · 二〇二五 · 零五
    vague    = 数 or 何 for a digit                  数十億 · 百数十 · 何千万
    scaled   = arabic [ blank ] scale                6.5bn · 300M · 1.3 billion

A vague numeral has bounds: 数十億 is 1e9 to 1e10, 十数億 1.1e9 to 1.9e9.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

_DIGITS = {char: index for index, char in enumerate("〇一二三四五六七八九")} | {
    "零": 0,
    "壱": 1,
    "壹": 1,
    "弌": 1,
    "弐": 2,
    "弍": 2,
    "貳": 2,
    "貮": 2,
    "参": 3,
    "參": 3,
    "肆": 4,
    "伍": 5,
    "陸": 6,
    "漆": 7,
    "捌": 8,
    "玖": 9,
}
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "阡": 1000}
_MYRIADS = {
    "万": 10**4,
    "萬": 10**4,
    "億": 10**8,
    "兆": 10**12,
    "京": 10**16,
    "垓": 10**20,
}
FORMAL = frozenset("壱壹弌弐弍貳貮参參肆伍陸漆捌玖拾佰仟阡")
"""Kanji that write numbers in deeds; alone they are words (参る, 拾う, 陸地)."""

_VAGUE = "数何"
_SEVERAL_FIRST = (Decimal(1), Decimal(10))  # 数億: from one to ten of them
_SEVERAL_AFTER = (Decimal(1), Decimal(9))  # 十数: eleven to nineteen

_KANJI_DIGIT = "〇一二三五六七八九零壱壹弌弐弍貳貮参參肆伍陸漆捌玖"
_KANJI_SCALE = "十拾百佰千仟阡万萬億兆垓"
KANJI_START = "〇零一二三四五六七八九十百千壱壹弌弐弍貳貮参參肆伍陸漆捌玖拾佰仟阡数何"
"""Kanji that can begin a numeral: no myriad can, since 億 alone is no number."""

_ARABIC = (
    r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,12}+(?![0-9])|[0-9]{1,3}(?:、[0-9]{3}){0,8}、000(?![0-9])|[0-9]++)"
    r"(?:\.[0-9]++)?"
)
_RUN = re.compile(
    rf"""
    (?: {_ARABIC}
      | [{_KANJI_DIGIT}{_KANJI_SCALE}]
      | 四(?!半期)
      | 京(?![都浜阪葉成王急セ大畿東])
      | [{_VAGUE}](?=[十百千万億兆])
      | (?<=[十百千])数
      | (?<=[0-9])\ [百千万億兆](?:\ (?=[0-9]))?  # 3 万 4,500: blanks on both sides or none
      | (?<=[〇零一二三四五六七八九十百])点(?=[〇零一二三四五六七八九])
    ){{1,48}}
    """,
    re.VERBOSE,
)
_LONGEST = 48  # characters; 10^24 in words has forty, what is longer is a table or a joke
_LONG_REST = re.compile(rf"[0-9,{_KANJI_DIGIT}{_KANJI_SCALE}四京数何]+")
_TOKEN = re.compile(rf"{_ARABIC}|.", re.DOTALL)

_SCALES = {
    "k": 10**3,
    "thousand": 10**3,
    "m": 10**6,
    "mm": 10**6,
    "mn": 10**6,
    "million": 10**6,
    "b": 10**9,
    "bn": 10**9,
    "billion": 10**9,
    "t": 10**12,
    "tn": 10**12,
    "trn": 10**12,
    "trillion": 10**12,
}
_SCALE = re.compile(
    r" ?(?:([KMBT])|((?i:thousand|million|billion|trillion|bn|mn|tn|trn|mm))|([kmbt]))"
    r"(?![A-Za-z0-9])"
)


@dataclass(frozen=True, slots=True)
class Numeral:
    """One number as written.

    Attributes:
        text: the characters that write it, from the place where it was read.
        low: the number, or its lower bound where it is vague.
        high: the number, or its upper bound where it is vague.
        scale: the multiplier behind plain digits (億 in 400億, 千万 in 3千万), which the lower end of
            a range may share; 1 where the number is not of that form.
        has_multiplier: whether any 十, 百, 万, 億 … is in it.
        is_kanji: whether no Arabic digit is in it.
    """

    text: str
    low: Decimal
    high: Decimal
    scale: int
    has_multiplier: bool
    is_kanji: bool

    @property
    def is_vague(self) -> bool:
        """Whether the words give bounds only."""
        return self.low != self.high


@dataclass(frozen=True, slots=True)
class Unread:
    """A run of numeral characters that writes no number; `length` characters to go on behind."""

    length: int


def read_numeral(text: str, position: int) -> Numeral | Unread:
    """Read the numeral that begins at `position` of a normalised text.

    Args:
        text: normalised text.
        position: where a digit or a kanji of `KANJI_START` stands.

    Returns:
        The longest numeral there, or how far to go on where the characters write none.

    Raises:
        Nothing.

    Example: 「1億5,000万円」 at 0 → 150000000, reading 「1億5,000万」.
    """
    match = _RUN.match(text, position)
    if match is None:
        return _SEVERAL if text[position] == "数" else Unread(1)
    run = match.group()
    if len(run) >= _LONGEST:
        rest = _LONG_REST.match(text, position)
        return Unread(max(len(run), len(rest.group()) if rest else 0))
    numeral = evaluate(run)
    if numeral is None:
        return Unread(1)
    if position and text[position - 1] == "." and numeral.text.isdigit():
        return _below_point(text, position, numeral)
    return numeral


def _below_point(text: str, position: int, numeral: Numeral) -> Numeral:
    """The digits of .08 as what they are: a decimal without its nought."""
    if position > 1 and text[position - 2] not in _BEFORE_POINT:
        return numeral
    below = Decimal(f"0.{numeral.text}")
    return replace(numeral, low=below, high=below)


def scale_at(text: str, position: int, *, is_money: bool) -> tuple[int, int]:
    """The scale word (bn, M, billion …) at `position` and where it ends; (1, position) if none.

    Args:
        text: normalised text.
        position: right behind Arabic digits.
        is_money: whether a currency stands before them; small k, m, b, t and MM count only then.
    """
    match = _SCALE.match(text, position)
    if match is None:
        return 1, position
    word = match.group().strip()
    capital, small = match.group(1), match.group(3)
    if not is_money:
        if small not in (None, "k") or word in ("MM", "mm"):
            return 1, position
        if (capital or small) and match.group().startswith(" "):
            return 1, position
    return _SCALES[word.lower()], match.end()


_BEFORE_POINT = frozenset(" \n\t(=:、。")
_SEVERAL = Numeral("数", *_SEVERAL_FIRST, 1, has_multiplier=False, is_kanji=True)


@lru_cache(maxsize=32768)
def evaluate(run: str) -> Numeral | None:
    """The numeral that the longest beginning of `run` writes, or None where none does."""
    if run.isascii() and run.isdigit():
        number = Decimal(run)
        return Numeral(run, number, number, 1, has_multiplier=False, is_kanji=False)
    reading = _Reading()
    end = 0
    for match in _TOKEN.finditer(run):
        token = match.group()
        if not reading.take(token):
            break
        end = match.end()
    return reading.numeral(run[:end])


class _Reading:
    """The state of reading one numeral from left to right."""

    __slots__ = (
        "arabic",
        "bounds",
        "digits",
        "groups",
        "has_point",
        "last_myriad",
        "last_small",
        "multipliers",
        "pending",
        "section",
        "total",
    )

    def __init__(self) -> None:
        zero = Decimal(0)
        self.total = (zero, zero)  # of the groups before the last myriad
        self.section: tuple[Decimal, Decimal] | None = None  # of the small multipliers since
        self.pending: tuple[Decimal, Decimal] | None = None  # digits not yet multiplied
        self.digits = ""  # the kanji digits of `pending`
        self.has_point = False
        self.groups = 0  # how many times digits were written
        self.arabic = False
        self.last_small = 10**4
        self.last_myriad = 10**24
        self.multipliers: list[int] = []

    def take(self, piece: str) -> bool:
        """Take the next piece; False where it cannot follow, and the numeral ends before it."""
        if piece == " ":
            return True
        if len(piece) > 1 and piece[0] == " ":
            piece = piece.strip()
        if piece[0].isdecimal():
            return self._take_arabic(piece)
        if piece in _DIGITS:
            return self._take_digit(piece)
        if piece in _SMALL:
            return self._take_small(_SMALL[piece])
        if piece in _MYRIADS:
            return self._take_myriad(_MYRIADS[piece])
        if piece in _VAGUE:
            return self._take_vague()
        return self._take_point(piece)

    def _take_arabic(self, piece: str) -> bool:
        if self.pending is not None:
            return False
        number = Decimal(piece.replace(",", "").replace("、", ""))
        self.pending = (number, number)
        self.arabic = True
        self.groups += 1
        return True

    def _take_digit(self, piece: str) -> bool:
        if self.pending is not None and not self.digits:
            return False
        self.groups += self.pending is None
        self.digits += str(_DIGITS[piece])
        number = Decimal(self.digits)
        self.pending = (number, number)
        return True

    def _take_vague(self) -> bool:
        if self.pending is not None:
            return False
        is_first = self.section is None and self.total[1] == 0
        self.pending = _SEVERAL_FIRST if is_first else _SEVERAL_AFTER
        return True

    def _take_point(self, piece: str) -> bool:
        """点 as decimal point, behind kanji digits or a small multiplier: 五点三, 八十点四."""
        if piece != "点" or self.has_point or not (self.digits or self.section is not None):
            return False
        self.digits = f"{self.digits or '0'}."
        self.has_point = True
        return True

    def _take_small(self, small: int) -> bool:
        if small >= self.last_small:
            return False
        if self.pending is None and self.section is not None and self.multipliers[-1] < small:
            return False
        if len(self.digits.lstrip("0")) > 1 and not self.has_point:
            return False  # 二五百 is no number
        if self.pending is None:
            self.groups += 1
        low, high = self.pending or (Decimal(1), Decimal(1))
        before = self.section or (Decimal(0), Decimal(0))
        self.section = (before[0] + low * small, before[1] + high * small)
        self.last_small = small
        self._end_digits(small)
        return True

    def _take_myriad(self, myriad: int) -> bool:
        if self.pending is None and self.section is None:
            return self._multiply(myriad)
        if myriad >= self.last_myriad:
            return False
        low, high = self._group()
        self.total = (self.total[0] + low * myriad, self.total[1] + high * myriad)
        self.section = None
        self.last_small = 10**4
        self.last_myriad = myriad
        self._end_digits(myriad)
        return True

    def _multiply(self, myriad: int) -> bool:
        """A myriad right behind a greater number: 1万億 is 1万 times 億."""
        if len(self.multipliers) != 1 or not self.total[1] or myriad <= self.last_myriad:
            return False
        self.total = (self.total[0] * myriad, self.total[1] * myriad)
        self.multipliers.append(myriad)
        return True

    def _end_digits(self, multiplier: int) -> None:
        self.pending = None
        self.digits = ""
        self.has_point = False
        self.multipliers.append(multiplier)

    def _group(self) -> tuple[Decimal, Decimal]:
        """The number since the last myriad."""
        low, high = self.section or (Decimal(0), Decimal(0))
        more = self.pending or (Decimal(0), Decimal(0))
        return low + more[0], high + more[1]

    def numeral(self, text: str) -> Numeral | None:
        """What was read, or None where the pieces write no number (億, 万)."""
        if self.pending is None and not self.multipliers:
            return None
        low, high = self._group()
        shared = 1
        if self.groups == 1 and self.pending is None:
            for multiplier in self.multipliers:
                shared *= multiplier
        return Numeral(
            text.rstrip(),
            self.total[0] + low,
            self.total[1] + high,
            shared,
            has_multiplier=bool(self.multipliers),
            is_kanji=not self.arabic,
        )


def numeral_parts(text: str) -> tuple[tuple[str, int, int], ...]:
    """The digits and multipliers of a numeral as (rule, start, end), for explanations."""
    parts: list[tuple[str, int, int]] = []
    for match in _TOKEN.finditer(text):
        piece = match.group().strip()
        if piece in _SMALL or piece in _MYRIADS:
            rule = f"multiplier {_SMALL.get(piece) or _MYRIADS[piece]}"
        elif piece in _VAGUE:
            rule = "several"
        else:
            rule = "digits"
        if piece:
            parts.append((rule, match.start(), match.end()))
    return tuple(parts)
