"""One pass over a text: where a number or name may begin, the grammar reads on from there.

A fast scan stops at digits, kanji numerals, Latin words and 半; the rest of the text costs nothing.
Nothing is read twice, so the time is linear in the length of the text.
"""

import re
from datetime import date

from pipeline.gazetteer.vocabulary import Dimension, Unit, Vocabulary
from pipeline.mention import Mention, MentionKind
from pipeline.parse import capacity, chip, count, money, number, percent, term
from pipeline.parse.amount import Amount, read_amount, take_hedges
from pipeline.parse.interval import Interval, read_interval
from pipeline.parse.numeral import KANJI_START, Unread
from pipeline.span import Span
from pipeline.values import Value

_START = re.compile(rf"[0-9A-Za-z{KANJI_START}半]")
_DIGITS = frozenset("0123456789")
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_WORD = re.compile(r"[A-Za-z]++")
# A Latin word with what belongs to its name; digits that an amount goes on with do not.
_NAME = re.compile(r"[A-Za-z]++(?:[-_.'&+/:@]?(?:[A-Za-z]++|[0-9]++(?![0-9,.]*[百千万億兆])))*+")
_ADDRESS = re.compile(r"(?:https?|ftp)://[!-~]+|www\.[!-~]+")
# Digits that write no amount: dates, telephone and version numbers, times, ratios, fractions.
_NO_AMOUNT = re.compile(
    r"[0-9]++(?:[-./:][0-9]++){2,}+"
    r"|[0-9]{1,2}:[0-9]{2}(?![0-9])"
    r"|[0-9]++/[0-9]++(?!\ ?(?:[万億兆]|円|ドル))"
    r"|[0-9]++(?:\.[0-9]++)?(?:対|:)[0-9]++(?:\.[0-9]++)?"
    r"|[0-9]++分の[0-9]++"
    r"|\+[0-9]++"
)
_NAME_TAIL = re.compile(r"[A-Za-z0-9]++")
_KANJI_FRACTION = re.compile(r"[一二三四五六七八九十百千]+(?:分の|対)[一二三四五六七八九十百千]+")

_NO_COUNT_BEFORE = "第"
_IDEOGRAPH = re.compile(r"[々\u4e00-\u9fff]")
_KATAKANA = re.compile(r"[ァ-ヺー]")


class Reader:
    """Reads one normalised text, from left to right."""

    __slots__ = ("floor", "found", "position", "published", "text", "vocabulary")

    def __init__(self, text: str, vocabulary: Vocabulary, published: date | None) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.published = published
        self.position = 0
        self.floor = 0  # the end of the last mention: nothing reaches back over it
        self.found: list[Mention[Value]] = []

    def read(self) -> list[Mention[Value]]:
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
            elif char == "半":
                self._half()
            else:
                self._kanji()
        return self.found

    # ---------------------------------------------------------------- Latin words

    def _word(self) -> None:
        text, start = self.text, self.position
        match = _WORD.match(text, start)
        letters = match.group() if match is not None else text[start]
        end = start + len(letters)
        found = chip.latin_chip_at(text, start, letters, self.vocabulary)
        if found is not None:
            self._add(MentionKind.CHIP, found.chip, found.rule, found.start, found.end)
            self.position = found.end
            return
        if letters in ("http", "https", "ftp", "www"):
            address = _ADDRESS.match(text, start)
            if address is not None:
                self.position = address.end()
                return
        following = text[end : end + 1]
        if following in ("$", "¥", "£") or self._is_currency(letters, end):
            self.position = end
            return
        name = _NAME.match(text, start)
        self.position = name.end() if name is not None else end

    def _is_currency(self, letters: str, end: int) -> bool:
        """Whether `letters` are a currency and an amount follows (USD99, EUR 1.3)."""
        at = end + 1 if self.text[end : end + 1] == " " else end
        if self.text[at : at + 1] not in _DIGITS:
            return False
        return self.vocabulary.currency_before(self.text, end, end - len(letters)) is not None

    # ---------------------------------------------------------------- numerals

    def _digits(self) -> None:
        text, start = self.text, self.position
        word_end = self.vocabulary.word_end(text, start)
        if word_end > start:
            self.position = word_end
            return
        skipped = _NO_AMOUNT.match(text, start)
        if skipped is not None:
            self.position = skipped.end()
            return
        self._amount()

    def _kanji(self) -> None:
        text, start = self.text, self.position
        word_end = self.vocabulary.word_end(text, start)
        if word_end > start:
            self.position = word_end
            return
        fraction = _KANJI_FRACTION.match(text, start)
        if fraction is not None:
            self.position = fraction.end()
            return
        if text[start] == "数":
            self._several()
            return
        self._amount()

    def _half(self) -> None:
        length = term.half_at(self.text, self.position)
        if length is None:
            self.position += 1
            return
        self._add(MentionKind.TERM, length.term, length.rule, length.start, length.end)
        self.position = length.end

    def _amount(self) -> None:
        text, start = self.text, self.position
        amount = read_amount(text, start, self.floor, self.vocabulary)
        if isinstance(amount, Unread):
            self.position = start + amount.length
            return
        if amount.numeral.is_kanji:
            if not self._is_kanji_number(amount):
                self.position = start + 1
                return
        elif amount.unit is None and text[amount.number_end : amount.number_end + 1] in _LETTERS:
            tail = _NAME_TAIL.match(text, amount.number_end)
            self.position = tail.end() if tail is not None else amount.number_end
            return
        self._dispatch(amount)

    def _several(self) -> None:
        """数社, 数年: 数 as the whole numeral; else 数 is part of another word."""
        self.position += 1

    def _is_kanji_number(self, amount: Amount) -> bool:
        """Whether kanji numerals write a number here, and are no part of a word or name."""
        text = self.text
        before = text[amount.number_start - 1 : amount.number_start]
        if amount.unit is not None:
            return True
        after = text[amount.number_end : amount.number_end + 1]
        if after and _IDEOGRAPH.match(after):
            return False
        if len(amount.numeral.text) > 1:
            return True
        return not before or not (_IDEOGRAPH.match(before) or _KATAKANA.match(before))

    # ---------------------------------------------------------------- dimensions

    def _dispatch(self, amount: Amount) -> None:
        unit = amount.unit
        if unit is not None and unit.dimension is Dimension.TIME:
            self._time(amount, unit)
            return
        if unit is None:
            period = term.short_period_at(
                self.text, amount.number_start, amount.low, amount.number_end, self.vocabulary
            )
            if period is not None:
                self._term(period)
                return
        take_hedges(self.text, amount, self.floor)
        interval = read_interval(self.text, amount, self.vocabulary)
        self._measured(interval)

    def _measured(self, interval: Interval) -> None:
        unit = interval.unit
        text = self.text
        before = text[interval.first.number_start - 1 : interval.first.number_start]
        if unit is None:
            kind, value, rule = number.number_mention(interval)
        elif before == _NO_COUNT_BEFORE or unit.dimension is Dimension.LABEL:
            kind, value, rule = number.number_mention(interval, number.RULE_LABEL)
        elif unit.dimension is Dimension.MONEY:
            kind, value, rule = money.money_mention(text, interval, self.floor)
        elif unit.dimension is Dimension.CAPACITY:
            kind, value, rule = capacity.capacity_mention(interval)
        elif unit.dimension is Dimension.PERCENT:
            kind, value, rule = percent.percent_mention(text, interval, self.vocabulary)
        elif unit.dimension is Dimension.TIME:
            self._term(term.read_length(text, interval.first, interval, self.vocabulary))
            return
        else:
            kind, value, rule = count.count_mention(interval)
        self._add(kind, value, rule, interval.start, interval.end)
        self.position = max(interval.end, self.position + 1)

    def _time(self, amount: Amount, unit: Unit) -> None:
        text = self.text
        if unit.form == "年":
            point = term.point_at(text, amount, self.vocabulary)
            if point is not None:
                period = term.period_at(text, point, self.vocabulary) or term.until_at(
                    text, point, self.published
                )
                if period is not None:
                    self._term(period)
                    return
                self._label(amount, number.RULE_DATE)
                return
        if self._is_calendar(amount, unit):
            self._label(amount, number.RULE_DATE)
            return
        take_hedges(text, amount, self.floor)
        interval = read_interval(text, amount, self.vocabulary)
        self._term(term.read_length(text, amount, interval, self.vocabulary))

    def _is_calendar(self, amount: Amount, unit: Unit) -> bool:
        text = self.text
        before = text[amount.number_start - 1 : amount.number_start]
        if before == _NO_COUNT_BEFORE:
            return True
        if unit.form == "日":
            return before == "月"
        return unit.code == "TM" and before == "時"

    def _label(self, amount: Amount, rule: str) -> None:
        alone = Interval(
            first=amount,
            last=None,
            low=amount.low,
            high=amount.high,
            start=amount.number_start,
            end=amount.unit_end,
            unit=amount.unit,
        )
        kind, value, rule = number.number_mention(alone, rule)
        self._add(kind, value, rule, alone.start, alone.end)
        self.position = amount.unit_end

    def _term(self, length: term.Length) -> None:
        self._add(MentionKind.TERM, length.term, length.rule, length.start, length.end)
        self.position = length.end

    def _add(self, kind: MentionKind, value: Value, rule: str, start: int, end: int) -> None:
        self.found.append(Mention(kind=kind, span=Span(start, end), value=value, rule=rule))
        self.floor = end


def read(text: str, vocabulary: Vocabulary, published: date | None) -> list[Mention[Value]]:
    """All mentions of a normalised text in the order of their start, in its own offsets."""
    found = Reader(text, vocabulary, published).read()
    others = [
        Mention(kind=MentionKind.CHIP, span=Span(o.start, o.end), value=o.chip, rule=o.rule)
        for o in chip.other_chips(text, vocabulary)
    ]
    if others:
        taken = [
            mention for mention in found if not any(o.span.overlaps(mention.span) for o in others)
        ]
        found = sorted([*taken, *others], key=lambda mention: mention.span.start)
    return found
