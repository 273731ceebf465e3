"""One pass over a text: where a number or name may begin, the grammar reads on from there.

A fast scan stops at digits, kanji numerals, Latin words and 半; the rest of the text costs nothing.
Nothing is read more than a bounded number of times, so the time is linear in the length of the text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.gazetteer.vocabulary import Dimension, Unit, Vocabulary
from pipeline.mention import Mention, MentionKind
from pipeline.parse import capacity, chip, count, dates, money, number, percent, term
from pipeline.parse.amount import Amount, read_amount, take_hedges
from pipeline.parse.interval import Interval, alone, read_interval
from pipeline.parse.numeral import FORMAL, KANJI_START, Unread
from pipeline.span import Span
from pipeline.values import Value

_START = re.compile(rf"[0-9A-Za-z{KANJI_START}半]")
_DIGITS = frozenset("0123456789")
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_WORD = re.compile(r"[A-Za-z]++")
# A Latin word with what belongs to its name; digits that an amount goes on with do not.
_NAME = re.compile(r"[A-Za-z]++(?:[-_.'&+/:@]?(?:[A-Za-z]++|[0-9]++(?![0-9,.]*[百千万億兆])))*+")
_ADDRESS = re.compile(r"(?:https?|ftp)://[!-~]+|www\.[!-~]+")
# Digits that write no amount: dates, telephone and version numbers, times, ratios.
_NO_AMOUNT = re.compile(
    r"[0-9]++(?:[-./:][0-9]++){2,}+"
    r"|[0-9]{1,2}:[0-9]{2}(?![0-9])"
    r"|[0-9]++/[0-9]++(?!\ ?(?:[万億兆]|円|ドル))"
    r"|[0-9]++(?:\.[0-9]++)?(?:対|:)[0-9]++(?:\.[0-9]++)?"
)
_NAME_TAIL = re.compile(r"[A-Za-z0-9]++")
_KANJI_RATIO = re.compile(r"[一二三四五六七八九十百千]{1,8}+対[一二三四五六七八九十百千]{1,8}+")

_ORDINAL = "第"
# What makes 数 behind it the end of a word: 利用者数, 台数.
_COUNTED = re.compile(
    r"[A-Za-z0-9ァ-ヺー人件台個本枚社株者員店総多少複指係関変整実点戸票部品口車軒倍奇偶素無有半過大手頭画波度級基序階段字語打代次桁行列曲名機校坪色席室]"
)
_AFTER_TIME = re.compile(r"[年月週日回]")
_IDEOGRAPH = re.compile(r"[々\u4e00-\u9fff]")
_KATAKANA = re.compile(r"[ァ-ヺー]")


@dataclass(frozen=True, slots=True)
class Found:
    """A mention in normalised offsets, and what the grammar read it from."""

    mention: Mention[Value]
    source: "Interval | term.Length | chip.FoundChip | None"


class Reader:
    """Reads one normalised text, from left to right."""

    __slots__ = ("floor", "found", "near", "position", "published", "text", "vocabulary")

    def __init__(self, text: str, vocabulary: Vocabulary, published: date | None) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.published = published
        self.position = 0
        self.floor = 0  # the end of the last mention: nothing reaches back over it
        self.near = None if published is None else published.year
        self.found: list[Found] = []

    def read(self) -> list[Found]:
        """All mentions, in the order of the text."""
        search = _START.search
        text = self.text
        while (match := search(text, self.position)) is not None:
            self.position = match.start()
            char = text[self.position]
            if char in _DIGITS:
                self._digits()
            elif char in _LETTERS:
                self._word()
            elif char in "半四" and (length := term.word_at(text, self.position)) is not None:
                self._term(length)
            elif char == "半":
                self.position += 1
            else:
                self._kanji()
        return self.found

    # -------------------------------------------------------------- Latin words

    def _word(self) -> None:
        text, start = self.text, self.position
        match = _WORD.match(text, start)
        letters = match.group() if match is not None else text[start]
        end = start + len(letters)
        found = chip.latin_chip_at(text, start, letters, self.vocabulary)
        if found is not None:
            self._add(MentionKind.CHIP, found.chip, found.rule, Span(found.start, found.end), found)
            self.position = found.end
            return
        if letters in ("http", "https", "ftp", "www"):
            address = _ADDRESS.match(text, start)
            if address is not None:
                self.position = address.end()
                return
        if text[end : end + 1] in ("$", "¥", "£") or self._is_currency(letters, end):
            self.position = end
            return
        name = _NAME.match(text, start)
        self.position = name.end() if name is not None else end

    def _is_currency(self, letters: str, end: int) -> bool:
        """Whether `letters` are a currency and an amount follows (USD99, EUR 1.3, Rs.500)."""
        at = end
        while self.text[at : at + 1] in (" ", ".") and at < end + 2:
            at += 1
        if self.text[at : at + 1] not in _DIGITS:
            return False
        stop = end + 1 if self.text[end : end + 1] == "." else end
        return self.vocabulary.currency_before(self.text, stop, end - len(letters)) is not None

    # -------------------------------------------------------------- numerals

    def _digits(self) -> None:
        text, start = self.text, self.position
        end = self.vocabulary.word_end(text, start)
        if end <= start:
            skipped = _NO_AMOUNT.match(text, start)
            end = skipped.end() if skipped is not None else start
        if end > start:
            self.position = end
        elif not self._fraction():
            self._amount()

    def _kanji(self) -> None:
        text, start = self.text, self.position
        end = self.vocabulary.word_end(text, start)
        if end <= start:
            ratio = _KANJI_RATIO.match(text, start)
            end = ratio.end() if ratio is not None else start
        if end > start:
            self.position = end
        elif not self._fraction():
            self._amount()

    def _fraction(self) -> bool:
        """Read 3分の2, where it stands."""
        fraction = number.fraction_at(self.text, self.position)
        if fraction is None:
            return False
        value, end = fraction
        span = Span(self.position, end)
        self._add(MentionKind.NUMBER, value, number.RULE_FRACTION, span, None)
        self.position = end
        return True

    def _amount(self) -> None:
        text, start = self.text, self.position
        amount = read_amount(text, start, self.floor, self.vocabulary)
        if isinstance(amount, Unread):
            self.position = start + amount.length
            return
        if amount.unit is None and not amount.numeral.has_multiplier:
            tail = _NAME_TAIL.match(text, amount.number_end)
            if tail is not None:  # 5G, 3D, 4K60: a name that begins with digits
                self.position = tail.end()
                return
        take_hedges(text, amount, self.floor)
        if amount.numeral.is_kanji and not self._is_kanji_number(amount):
            self.position = start + 1
            return
        if amount.unit is not None and amount.unit.dimension is Dimension.TIME:
            self._time(amount, amount.unit)
        else:
            self._measured(amount)

    def _is_kanji_number(self, amount: Amount) -> bool:
        """Whether kanji numerals write a number here, and are no part of a word or name."""
        text = self.text
        start = amount.numeral_start
        before = text[start - 1 : start]
        written = amount.numeral.text
        if written == "数":
            return self._is_several(amount, before)
        if written in FORMAL:
            return amount.unit is not None and amount.unit.dimension is Dimension.MONEY
        if amount.unit is not None and amount.unit.dimension is Dimension.COUNT:
            return written.strip("〇") != ""  # 〇〇社 leaves the name out
        if amount.unit is not None or amount.before or amount.after:
            return True
        if amount.number_start < start:  # a sign or currency
            return True
        if len(written) > 1:
            return amount.numeral.has_multiplier or not self._is_ideograph(amount.number_end)
        if self._is_ideograph(amount.number_end):
            return False
        return not before or not (_IDEOGRAPH.match(before) or _KATAKANA.match(before))

    def _is_several(self, amount: Amount, before: str) -> bool:
        """Whether 数 alone is a number: 数社, 今後数年, but 利用者数, 人数分, 数で."""
        unit = amount.unit
        if unit is None or (unit.dimension is Dimension.LABEL and unit.form not in ("倍", "桁")):
            return False
        if before and _AFTER_TIME.match(before):
            return unit.form != "分"
        return not before or not _COUNTED.match(before)

    def _is_ideograph(self, position: int) -> bool:
        return _IDEOGRAPH.match(self.text, position) is not None

    # -------------------------------------------------------------- dimensions

    def _measured(self, amount: Amount) -> None:
        text = self.text
        if amount.unit is None and not amount.before:
            year = dates.bare_year_at(text, amount)
            period = None if year is None else term.short_period_at(text, year)
            if period is not None:
                self._term(period)
                return
        interval = read_interval(text, amount, self.vocabulary)
        unit = interval.unit
        if unit is not None and unit.dimension is Dimension.TIME:
            if self._is_calendar(amount, unit):  # 8月12〜14日
                self._date_part(amount)
            else:
                self._term(term.read_length(text, interval, self.vocabulary))
            return
        kind, value, rule = self._quantity(interval, unit)
        self._add(kind, value, rule, Span(interval.start, interval.end), interval)
        self.position = interval.end

    def _quantity(self, interval: Interval, unit: Unit | None) -> tuple[MentionKind, Value, str]:
        if unit is None:
            return number.number_mention(interval)
        if unit.dimension is Dimension.LABEL or self._is_ordinal(interval.first):
            return number.number_mention(interval, number.RULE_LABEL)
        if unit.dimension is Dimension.MONEY:
            return money.money_mention(self.text, interval)
        if unit.dimension is Dimension.CAPACITY:
            return capacity.capacity_mention(interval)
        if unit.dimension is Dimension.PERCENT:
            return percent.percent_mention(self.text, interval)
        return count.count_mention(interval)

    def _time(self, amount: Amount, unit: Unit) -> None:
        text = self.text
        if unit.form == "年":
            point = dates.point_at(text, amount, self.near)
            if point is not None:
                self._date(amount, point)
                return
        if self._is_calendar(amount, unit):
            self._date_part(amount)
            return
        interval = read_interval(text, amount, self.vocabulary)
        self._term(term.read_length(text, interval, self.vocabulary))

    def _is_calendar(self, amount: Amount, unit: Unit) -> bool:
        """Whether an amount of time names a time instead: 10日, 第3四半期, 9時30分, 21世紀."""
        if self._is_ordinal(amount):
            return True
        if unit.form == "日":
            return dates.is_day(self.text, amount)
        if unit.form == "世紀":
            return dates.is_century(self.text, amount)
        start = amount.number_start
        return unit.form == "分" and self.text[start - 1 : start] == "時"

    def _is_ordinal(self, amount: Amount) -> bool:
        """Whether 第 stands before the number."""
        before = self.text[max(0, amount.number_start - 2) : amount.number_start].rstrip(" ")
        return before.endswith(_ORDINAL)

    def _date(self, amount: Amount, point: dates.Point) -> None:
        period = term.period_at(self.text, point, self.vocabulary) or term.until_at(
            self.text, point, self.published
        )
        if period is not None:
            self._term(period)
        else:
            self._date_part(amount)

    def _date_part(self, amount: Amount) -> None:
        """A number of the calendar: the year of 2025年, the day of 10日, the 3 of 第3四半期."""
        amount.start, amount.end = amount.number_start, amount.unit_end
        amount.before = amount.after = ()
        interval = alone(amount)
        kind, value, rule = number.number_mention(interval, number.RULE_DATE)
        self._add(kind, value, rule, Span(interval.start, interval.end), interval)
        self.position = interval.end

    def _term(self, length: term.Length) -> None:
        span = Span(length.start, length.end)
        self._add(MentionKind.TERM, length.term, length.rule, span, length)
        self.position = length.end
        for part in length.parts:
            _, value, rule = number.number_mention(alone(part), number.RULE_TERM_PART)
            end = part.number_end
            self._add(MentionKind.NUMBER, value, rule, Span(part.number_start, end), alone(part))
        self.floor = length.end

    def _add(
        self,
        kind: MentionKind,
        value: Value,
        rule: str,
        span: Span,
        source: "Interval | term.Length | chip.FoundChip | None",
    ) -> None:
        self.found.append(Found(Mention(kind=kind, span=span, value=value, rule=rule), source))
        self.floor = span.end


def read(text: str, vocabulary: Vocabulary, published: date | None) -> Sequence[Found]:
    """All mentions of a normalised text in the order of their start, in its own offsets."""
    found = Reader(text, vocabulary, published).read()
    chips = [
        Found(
            Mention(
                kind=MentionKind.CHIP, span=Span(one.start, one.end), value=one.chip, rule=one.rule
            ),
            one,
        )
        for one in chip.other_chips(text, vocabulary)
    ]
    if not chips:
        return found
    return _merged(found, chips)


def _merged(found: list[Found], chips: list[Found]) -> list[Found]:
    """Both lists in the order of the text; what overlaps a chip gives way to it."""
    merged: list[Found] = []
    waiting = iter(chips)
    current = next(waiting, None)
    for one in found:
        span = one.mention.span
        while current is not None and current.mention.span.end <= span.start:
            merged.append(current)
            current = next(waiting, None)
        if current is None or not current.mention.span.overlaps(span):
            merged.append(one)
    if current is not None:
        merged.append(current)
    merged.extend(waiting)
    return sorted(merged, key=lambda one: one.mention.span.start)
