"""Values from a selection and from what is typed, through the extractor's own parsers."""

from decimal import Decimal

import pytest

from pipeline.errors import ReviewError
from pipeline.record import Kind, Slot, Status
from pipeline.review.edit import SlotValue
from pipeline.review.reading import Reader
from pipeline.span import Span
from pipeline.values import Chip, Count, Money, Qualifier, Term

TEXT = """NVIDIA、さくら電機にGPUを供給
エヌビディアはさくら電機にGB300とH100を約10万個、最大140億ドルで供給する。期間は2026年から5年間。
電力は1.5ギガワットに達し、月額3億円を払う。さくら電機は株式会社月見にも出資した。"""


def select(words: str) -> Span:
    start = TEXT.index(words)
    return Span(start, start + len(words))


def money(
    value: int, currency: str, qualifier: Qualifier = Qualifier.EXACT, per: str | None = None
) -> Money:
    return Money(value=Decimal(value), currency=currency, qualifier=qualifier, per=per)


@pytest.mark.parametrize(
    ("words", "slot", "value", "quote"),
    [
        ("最大140億ドル", Slot.AMOUNT, money(14 * 10**9, "USD", Qualifier.AT_MOST), "最大140億ドル"),
        ("140億ドル", Slot.AMOUNT, money(14 * 10**9, "USD", Qualifier.AT_MOST), "最大140億ドル"),
        ("140億", Slot.AMOUNT, money(14 * 10**9, "USD", Qualifier.AT_MOST), "最大140億ドル"),
        ("個、最大140億ドルで供", Slot.AMOUNT, money(14 * 10**9, "USD", Qualifier.AT_MOST), "最大140億ドル"),
        ("140億ドル", Slot.AMOUNT_MAX, Decimal(14 * 10**9), "最大140億ドル"),
        ("10万個", Slot.COUNT, Count(value=Decimal(100_000), unit="個", qualifier=Qualifier.ABOUT), "約10万個"),
        ("1.5ギガワット", Slot.CAPACITY, Decimal(1500), "1.5ギガワット"),
    ],
)  # fmt: skip
def test_read_selection_reads_numbers_within_their_line(
    reader: Reader, words: str, slot: Slot, value: SlotValue, quote: str
) -> None:
    found = reader.read_selection(TEXT, select(words), slot)
    assert found.value == value
    assert found.evidence is not None
    assert [one.quote for one in found.evidence] == [quote]
    assert all(TEXT[one.start : one.end] == one.quote for one in found.evidence)


def test_a_selected_term_is_its_months(reader: Reader) -> None:
    found = reader.read_selection(TEXT, select("5年間"), Slot.TERM)
    assert isinstance(found.value, Term)
    assert found.value.value == 60


def test_all_selected_chips_are_taken(reader: Reader) -> None:
    found = reader.read_selection(TEXT, select("GB300とH100"), Slot.CHIPS)
    assert isinstance(found.value, tuple)
    assert [chip.model for chip in found.value if isinstance(chip, Chip)] == ["GB300", "H100"]
    assert found.evidence is not None
    assert [one.quote for one in found.evidence] == ["GB300", "H100"]


def test_an_unknown_chip_is_taken_as_written(reader: Reader) -> None:
    found = reader.read_selection(TEXT, select("月見"), Slot.CHIPS)
    assert found.value == (Chip(model="月見"),)


def test_a_known_party_gets_its_canonical_name_and_all_its_surfaces(reader: Reader) -> None:
    found = reader.read_selection(TEXT, select("エヌビディア"), Slot.SELLER)
    assert isinstance(found.value, tuple)
    (party,) = found.value
    assert (party.name, party.gazetteer_id) == ("NVIDIA", "nvidia")  # type: ignore[union-attr]
    assert set(party.surfaces) == {"エヌビディア", "NVIDIA"}  # type: ignore[union-attr]


def test_an_unknown_party_is_taken_as_written_without_blanks(reader: Reader) -> None:
    start = TEXT.index("さくら電機に")
    text = TEXT[:start] + "　さくら電機 " + TEXT[start + 5 :]
    found = reader.read_selection(text, Span(start, start + 7), Slot.BUYER)
    assert isinstance(found.value, tuple)
    assert found.value[0].name == "さくら電機"  # type: ignore[union-attr]
    assert found.evidence is not None
    assert found.evidence[0].start == start + 1


@pytest.mark.parametrize(
    ("words", "slot", "code"),
    [
        ("供給する", Slot.AMOUNT, "unreadable"),
        ("供給する", Slot.TERM, "unreadable"),
        ("供給する", Slot.COUNT, "unreadable"),
        ("供給する", Slot.CAPACITY, "unreadable"),
        ("供給する", Slot.KIND, "not_from_text"),
        (TEXT, Slot.BUYER, "too_long"),
    ],
)
def test_read_selection_says_what_it_cannot_read(
    reader: Reader, words: str, slot: Slot, code: str
) -> None:
    with pytest.raises(ReviewError) as refused:
        reader.read_selection(TEXT, select(words), slot)
    assert refused.value.code == code


def test_an_empty_selection_is_none(reader: Reader) -> None:
    with pytest.raises(ReviewError) as refused:
        reader.read_selection("　 \n", Span(0, 3), Slot.BUYER)
    assert refused.value.code == "no_selection"


@pytest.mark.parametrize(
    ("typed", "slot", "value"),
    [
        ("約140億ドル", Slot.AMOUNT, money(14 * 10**9, "USD", Qualifier.ABOUT)),
        ("月額3億円", Slot.AMOUNT, money(300_000_000, "JPY", per="month")),
        ("１７４億ドル", Slot.AMOUNT, money(174 * 10**8, "USD")),
        ("10万個以上", Slot.COUNT, Count(value=Decimal(100_000), unit="個", qualifier=Qualifier.AT_LEAST)),
        ("3000", Slot.COUNT, Count(value=Decimal(3000), unit="個")),
        ("40", Slot.CAPACITY, Decimal(40)),
        ("4.5GW", Slot.CAPACITY, Decimal(4500)),
        ("200億ドル", Slot.AMOUNT_MAX, Decimal(20_000_000_000)),
        ("investment", Slot.KIND, Kind.INVESTMENT),
        ("cancelled", Slot.STATUS, Status.CANCELLED),
        ("", Slot.AMOUNT, None),
        ("", Slot.BUYER, ()),
    ],
)  # fmt: skip
def test_read_typed(reader: Reader, typed: str, slot: Slot, value: SlotValue) -> None:
    found = reader.read_typed(typed, slot)
    assert (found.value, found.evidence) == (value, None)


def test_several_parties_and_chips_may_be_typed(reader: Reader) -> None:
    parties = reader.read_typed("エヌビディア、月見商事", Slot.BUYER).value
    assert isinstance(parties, tuple)
    assert [p.name for p in parties] == ["NVIDIA", "月見商事"]  # type: ignore[union-attr]
    chips = reader.read_typed("GB300, ZX9", Slot.CHIPS).value
    assert isinstance(chips, tuple)
    assert [c.model for c in chips] == ["GB300", "ZX9"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("typed", "slot"),
    [
        ("たくさん", Slot.AMOUNT),
        ("140億", Slot.AMOUNT),
        ("firm", Slot.KIND),
        ("", Slot.KIND),
        ("そのうち", Slot.TERM),
    ],
)
def test_read_typed_says_what_it_cannot_read(reader: Reader, typed: str, slot: Slot) -> None:
    with pytest.raises(ReviewError) as refused:
        reader.read_typed(typed, slot)
    assert refused.value.code == "unreadable"
