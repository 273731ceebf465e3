"""Values as people read them; the Japanese form is read back to the same value."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.record import Party, Slot
from pipeline.review.reading import Reader
from pipeline.values import Chip, Count, Money, Qualifier, Term
from pipeline.web.show import (
    capacity,
    editable,
    exact_digits,
    money,
    number_en,
    number_ja,
    percent,
    slot_detail,
    slot_text,
    term,
)
from tests.review.fixtures import load_reader


@pytest.mark.parametrize(
    ("value", "japanese", "english"),
    [
        ("0", "0", "0"),
        ("3000", "3000", "3,000"),
        ("12345", "1万2345", "12,345"),
        ("17400000000", "174億", "17.4 billion"),
        ("1234500000000", "1兆2345億", "1.2345 trillion"),
        ("150000000", "1億5000万", "150 million"),
        ("2.5", "2.5", "2.5"),
        ("-50000", "-5万", "-50,000"),
    ],
)
def test_numbers(value: str, japanese: str, english: str) -> None:
    assert number_ja(Decimal(value)) == japanese
    assert number_en(Decimal(value)) == english


def dollars(value: int, qualifier: Qualifier = Qualifier.EXACT, per: str | None = None) -> Money:
    return Money(value=Decimal(value), currency="USD", qualifier=qualifier, per=per)


@pytest.mark.parametrize(
    ("slot", "value", "japanese", "english"),
    [
        (Slot.AMOUNT, dollars(17_400_000_000), "174億ドル", "USD 17.4 billion"),
        (Slot.AMOUNT, dollars(14 * 10**9, Qualifier.AT_MOST), "最大140億ドル", "up to USD 14 billion"),
        (Slot.AMOUNT, dollars(5_000_000, Qualifier.ABOUT), "約500万ドル", "about USD 5 million"),
        (Slot.AMOUNT, dollars(10**8, Qualifier.AT_LEAST), "1億ドル以上", "at least USD 100 million"),
        (Slot.AMOUNT, dollars(3 * 10**8, per="year"), "年3億ドル", "USD 300 million per year"),
        (Slot.AMOUNT, Money(low=Decimal(10**9), high=Decimal(10**10), currency="JPY", qualifier=Qualifier.VAGUE), "10億〜100億円", "JPY 1 billion–10 billion"),
        (Slot.AMOUNT, Money(value=Decimal(70), currency="SEK"), "70SEK", "SEK 70"),
        (Slot.AMOUNT_MAX, Decimal(2 * 10**10), "200億", "20 billion"),
        (Slot.TERM, Term(value=Decimal(60)), "5年間", "5 years"),
        (Slot.TERM, Term(value=Decimal(18)), "1年6か月", "1 year 6 months"),
        (Slot.TERM, Term(value=Decimal(6)), "6か月", "6 months"),
        (Slot.TERM, Term(value=None, start="2027", end="2031"), "2027〜2031", "2027〜2031"),
        (Slot.TERM, Term(value=None, duration="PT30M"), "PT30M", "PT30M"),
        (Slot.COUNT, Count(value=Decimal(100_000), unit="個", qualifier=Qualifier.AT_LEAST), "10万個以上", "at least 100,000 個"),
        (Slot.CAPACITY, Decimal(4500), "4.5GW", "4.5 GW"),
        (Slot.CAPACITY, Decimal(40), "40MW", "40 MW"),
        (Slot.CHIPS, (Chip(model="GB300"), Chip(model="H100")), "GB300、H100", "GB300, H100"),
        (Slot.BUYER, (Party(name="青空電機", surfaces=()),), "青空電機", "青空電機"),
        (Slot.BUYER, (), "", ""),
        (Slot.AMOUNT, None, "", ""),
    ],
)  # fmt: skip
def test_slot_text(slot: Slot, value: Any, japanese: str, english: str) -> None:
    assert slot_text(slot, value, "ja") == japanese
    assert slot_text(slot, value, "en") == english


def test_small_print() -> None:
    assert slot_detail(Slot.AMOUNT, dollars(17_400_000_000)) == "17,400,000,000 USD"
    assert slot_detail(Slot.AMOUNT, dollars(70)) == ""
    assert (
        slot_detail(Slot.TERM, Term(value=Decimal(60), start="2026", end="2031")) == "2026 → 2031"
    )
    assert slot_detail(Slot.BUYER, ()) == ""
    assert exact_digits(Decimal("1234.50")) == "1,234.5"
    assert (percent(None), percent(0.934)) == ("–", "93%")


@pytest.fixture(autouse=True, scope="module")
def _gazetteers_are_loaded(reader: Reader) -> None:
    """Before hypothesis takes the time of an example."""


CODES = ("JPY", "USD", "EUR", "GBP", "CNY", "KRW", "TWD", "HKD", "INR")
BOUNDED = st.sampled_from([Qualifier.EXACT, Qualifier.ABOUT, Qualifier.AT_LEAST, Qualifier.AT_MOST])
WHOLE = st.integers(1, 10**15).map(Decimal)


@settings(deadline=None)  # machines are busy
@given(WHOLE, st.sampled_from(CODES), BOUNDED)
def test_an_amount_in_its_field_is_read_back(
    value: Decimal, currency: str, qualifier: Qualifier
) -> None:
    amount = Money(value=value, currency=currency, qualifier=qualifier)
    assert load_reader().read_typed(money(amount, "ja"), Slot.AMOUNT).value == amount


@settings(deadline=None)  # machines are busy
@given(WHOLE, st.sampled_from(["個", "台", "基", "GPU"]), BOUNDED)
def test_a_count_in_its_field_is_read_back(value: Decimal, unit: str, qualifier: Qualifier) -> None:
    count = Count(value=value, unit=unit, qualifier=qualifier)
    assert load_reader().read_typed(editable(Slot.COUNT, count), Slot.COUNT).value == count


@settings(deadline=None)  # machines are busy
@given(st.integers(1, 600).map(Decimal))
def test_a_term_in_its_field_is_read_back(months: Decimal) -> None:
    found = load_reader().read_typed(term(Term(value=months), "ja"), Slot.TERM).value
    assert isinstance(found, Term)
    assert found.value == months


@settings(deadline=None)  # machines are busy
@given(st.integers(1, 10**5).map(Decimal))
def test_a_capacity_and_a_ceiling_in_their_fields_are_read_back(value: Decimal) -> None:
    assert load_reader().read_typed(capacity(value, "ja"), Slot.CAPACITY).value == value
    text = editable(Slot.AMOUNT_MAX, value)
    assert load_reader().read_typed(text, Slot.AMOUNT_MAX).value == value
