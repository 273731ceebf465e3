"""Values as people read them, in Japanese or English.

The Japanese form is what the parsers read back to the same value, so that it can stand in a field
to be corrected by hand.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from pipeline.record import Slot, decimal_text
from pipeline.store.review_stats import AmountPoint
from pipeline.store.rows import JAPAN
from pipeline.values import Chip, Count, Money, Qualifier, Quantity, Term

_CURRENCIES = {
    "JPY": "円",
    "USD": "ドル",
    "EUR": "ユーロ",
    "GBP": "ポンド",
    "CNY": "元",
    "KRW": "ウォン",
    "TWD": "台湾ドル",
    "HKD": "香港ドル",
    "INR": "ルピー",
}
_MYRIADS = ((10**12, "兆"), (10**8, "億"), (10**4, "万"))
_SHORT = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
_JAPANESE_BOUNDS = {
    Qualifier.ABOUT: "約{}",
    Qualifier.AT_LEAST: "{}以上",
    Qualifier.AT_MOST: "最大{}",
}
_ENGLISH_BOUNDS = {
    Qualifier.ABOUT: "about {}",
    Qualifier.AT_LEAST: "at least {}",
    Qualifier.AT_MOST: "up to {}",
}
_PER_JAPANESE = {"year": "年{}", "month": "月{}"}
_MONTHS_A_YEAR = 12
_MEGAWATTS_A_GIGAWATT = 1000


def number_ja(value: Decimal) -> str:
    """A number in 兆, 億 and 万: 17400000000 is 174億, 12345 is 1万2345."""
    sign, rest, parts = "-" if value < 0 else "", abs(value), ""
    for factor, name in _MYRIADS:
        whole = int(rest // factor)
        if whole:
            parts += f"{whole}{name}"
            rest -= whole * factor
    if rest or not parts:
        parts += decimal_text(rest)
    return sign + parts


def number_en(value: Decimal) -> str:
    """A number with thousands parted; from a million on in words: 17.4 billion."""
    for factor, name in _SHORT:
        if abs(value) >= factor:
            return f"{decimal_text(value / factor)} {name}"
    return f"{value:,f}" if value == value.to_integral_value() else decimal_text(value)


def exact_digits(value: Decimal) -> str:
    """All digits, thousands parted: 17,400,000,000."""
    whole, _, fraction = decimal_text(value).partition(".")
    return f"{int(whole):,}" + (f".{fraction}" if fraction else "")


def _quantity(quantity: Quantity, language: str, unit: Callable[[str], str]) -> str:
    write = number_ja if language == "ja" else number_en
    if quantity.value is not None:
        bounds = _JAPANESE_BOUNDS if language == "ja" else _ENGLISH_BOUNDS
        return bounds.get(quantity.qualifier, "{}").format(unit(write(quantity.value)))
    ends = [write(one) for one in (quantity.low, quantity.high) if one is not None]
    return unit(("〜" if language == "ja" else "–").join(ends) or "?")


def money(value: Money, language: str) -> str:
    """最大174億ドル, 年3億円; in English: up to USD 17.4 billion."""
    if language == "ja":
        name = _CURRENCIES.get(value.currency, value.currency)
        text = _quantity(value, language, lambda n: n + name)
        return _PER_JAPANESE.get(value.per or "", "{}").format(text)
    text = _quantity(value, language, lambda n: f"{value.currency} {n}")
    return f"{text} per {value.per}" if value.per else text


def amount_text(point: AmountPoint, language: str) -> str:
    """The amount of a point in the dashboard; of a vague one its lower bound."""
    return money(Money(value=Decimal(point.amount), currency=point.currency), language)


def term(value: Term, language: str) -> str:
    """5年間, 1年6か月, 2027年から…; in English: 5 years."""
    months = value.value
    if months is None and (value.low is not None or value.high is not None):
        return _quantity(
            value, language, lambda n: f"{n}か月" if language == "ja" else f"{n} months"
        )
    if months is None:
        ends = [value.start or "", value.end or ""]
        return "〜".join(ends) if any(ends) else value.duration or "?"
    years, rest = divmod(months, _MONTHS_A_YEAR)
    if language == "ja":
        text = (f"{int(years)}年" if years else "") + (f"{decimal_text(rest)}か月" if rest else "")
        text = f"{text or '0か月'}間" if not rest else text
        return _JAPANESE_BOUNDS.get(value.qualifier, "{}").format(text)
    parts = [f"{int(years)} year{'s' if years != 1 else ''}"] if years else []
    parts += [f"{decimal_text(rest)} month{'s' if rest != 1 else ''}"] if rest else []
    return _ENGLISH_BOUNDS.get(value.qualifier, "{}").format(" ".join(parts) or "0 months")


def count(value: Count, language: str) -> str:
    """10万個以上; in English: at least 100,000 個."""
    blank = "" if language == "ja" else " "
    return _quantity(value, language, lambda n: f"{n}{blank}{value.unit}")


def capacity(megawatts: Decimal, language: str) -> str:
    """4.5GW, 40MW, the same in both languages."""
    blank = "" if language == "ja" else " "
    if megawatts >= _MEGAWATTS_A_GIGAWATT:
        return f"{decimal_text(megawatts / _MEGAWATTS_A_GIGAWATT)}{blank}GW"
    return f"{decimal_text(megawatts)}{blank}MW"


def plain(value: Decimal, language: str) -> str:
    """A bare number."""
    return number_ja(value) if language == "ja" else number_en(value)


def slot_text(slot: Slot, value: Any, language: str) -> str:
    """A slot's value in one line; "" where it is empty. Kind and status are codes still."""
    match value:
        case None | ():
            return ""
        case tuple():
            return ("、" if language == "ja" else ", ").join(
                one.model if isinstance(one, Chip) else one.name for one in value
            )
        case Money():
            return money(value, language)
        case Term():
            return term(value, language)
        case Count():
            return count(value, language)
        case Decimal():
            return (capacity if slot is Slot.CAPACITY else plain)(value, language)
    return str(value)


def slot_detail(slot: Slot, value: Any) -> str:
    """What stands beside a value in small print: all digits, a term's dates; often ""."""
    match value:
        case Money() | Count() if value.value is not None and value.value >= 10**4:
            return exact_digits(value.value) + (
                f" {value.currency}" if isinstance(value, Money) else ""
            )
        case Term() if value.start or value.end:
            return f"{value.start or ''} → {value.end or ''}"
        case Decimal() if slot is Slot.AMOUNT_MAX:
            return exact_digits(value)
    return ""


def editable(slot: Slot, value: Any) -> str:
    """What stands in the field where a value is corrected by hand."""
    if slot is Slot.AMOUNT_MAX and value is not None:
        return decimal_text(value)
    return slot_text(slot, value, "ja")


def day(at: datetime | str | None) -> str:
    """A day as 2026-11-24: of the source's own zone where it is text, else Japan's."""
    if at is None:
        return ""
    return at[:10] if isinstance(at, str) else at.astimezone(JAPAN).date().isoformat()


def moment(at: datetime) -> str:
    """Day and time in Japan: 2026-11-24 15:04:05."""
    return at.astimezone(JAPAN).strftime("%Y-%m-%d %H:%M:%S")


def percent(share: float | None) -> str:
    """93%, or – where it is not known."""
    return "–" if share is None else f"{share:.0%}"
