"""One number in every notation; see docs/parsing.md for the grammar."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.parse.numeral import Numeral, Unread, evaluate, read_numeral, scale_at

READ = [
    ("7", "7"),
    ("0042", "42"),
    ("3.5", "3.5"),
    ("12,345", "12345"),
    ("1,234,567.8", "1234567.8"),
    ("4、000", "4000"),
    ("八", "8"),
    ("四十二", "42"),
    ("百", "100"),
    ("千二百三", "1203"),
    ("二〇二六", "2026"),
    ("一九八四", "1984"),
    ("零七", "7"),
    ("六百〇五", "605"),
    ("壱億弐千萬", "120000000"),
    ("参拾", "30"),
    ("3万", "30000"),
    ("2.5億", "250000000"),
    ("6億4,000万", "640000000"),
    ("1兆2345億6789万123", "1234567890123"),
    ("七十八億九千万", "7890000000"),
    ("5千3百", "5300"),
    ("8千万", "80000000"),
    ("2百億", "20000000000"),
    ("30千", "30000"),
    ("2万億", "2000000000000"),
    ("9京", "90000000000000000"),
    ("4垓", "400000000000000000000"),
    ("七点二", "7.2"),
    ("二十点五", "20.5"),
    ("3 万 2,000", "32000"),
    ("760 億", "76000000000"),
]


@pytest.mark.parametrize(("text", "value"), READ, ids=[text for text, _ in READ])
def test_read_numeral_reads_the_whole(text: str, value: str) -> None:
    """A numeral of any notation is its number, all characters taken."""
    numeral = read_numeral(text, 0)
    assert isinstance(numeral, Numeral)
    assert (numeral.text, numeral.low, numeral.high) == (text, Decimal(value), Decimal(value))


VAGUE = [
    ("数十", 10, 100),
    ("数億", 10**8, 10**9),
    ("数千万", 10**7, 10**8),
    ("十数億", 11 * 10**8, 19 * 10**8),
    ("百数十", 110, 190),
    ("二十数", 21, 29),
    ("何百万", 10**6, 10**7),
]


@pytest.mark.parametrize(("text", "low", "high"), VAGUE, ids=[row[0] for row in VAGUE])
def test_read_numeral_bounds_vague_words(text: str, low: int, high: int) -> None:
    """数 and 何 for a digit give bounds."""
    numeral = read_numeral(text, 0)
    assert isinstance(numeral, Numeral)
    assert (numeral.low, numeral.high) == (Decimal(low), Decimal(high))
    assert numeral.is_vague


NOT_READ = ["億", "万", "兆", "万万", "京都", "垓下", "何が", "点"]


@pytest.mark.parametrize("text", NOT_READ)
def test_read_numeral_reads_no_bare_multiplier(text: str) -> None:
    """億, 万 and 兆 alone write no number."""
    assert isinstance(read_numeral(text, 0), Unread)


PARTLY = [
    ("1,1", "1"),
    ("1,23", "1"),
    ("2025、2026", "2025"),
    ("100、200", "100"),
    ("12万34億", "12万34"),
    ("二三百", "二三"),
    ("3百2千", "3百2"),
    ("四四半期", "四"),
    ("1東京", "1"),
    ("1京都", "1"),
]


@pytest.mark.parametrize(("text", "taken"), PARTLY, ids=[row[0] for row in PARTLY])
def test_read_numeral_stops_where_the_number_ends(text: str, taken: str) -> None:
    """What cannot go on with the number is left."""
    numeral = read_numeral(text, 0)
    assert isinstance(numeral, Numeral)
    assert numeral.text == taken


@pytest.mark.parametrize(
    ("text", "scale"),
    [("400億", 10**8), ("3千万", 10**7), ("4百億2", 1), ("三百五十億", 1), ("4", 1)],
)
def test_numeral_shares_only_a_multiplier_behind_plain_digits(text: str, scale: int) -> None:
    """The lower end of 300〜400億 may take 億; that of 3〜百五十億 may not."""
    numeral = evaluate(text)
    assert numeral is not None
    assert numeral.scale == scale


SCALES = [
    ("bn", True, 10**9),
    (" billion", False, 10**9),
    ("B", False, 10**9),
    ("M", False, 10**6),
    ("K", False, 1000),
    ("k", False, 1000),
    ("T", True, 10**12),
    ("m", True, 10**6),
    ("MM", True, 10**6),
    (" trillion", True, 10**12),
    ("m", False, 1),
    ("MM", False, 1),
    ("t", False, 1),
    (" M", False, 1),
    ("Mbps", True, 1),
    ("B2", True, 1),
    ("", True, 1),
]


@pytest.mark.parametrize(("word", "is_money", "scale"), SCALES)
def test_scale_at_reads_small_letters_only_for_money(word: str, is_money: bool, scale: int) -> None:
    """$300m is a sum, 300m a length; a longer word is no scale."""
    assert scale_at(word, 0, is_money=is_money) == (scale, len(word) if scale > 1 else 0)


# --------------------------------------------------------------------- round trips

MYRIADS = ["", "万", "億", "兆", "京", "垓"]
DIGITS = "〇一二三四五六七八九"
FORMAL = str.maketrans("一二三十", "壱弐参拾")


def groups_of(number: int) -> list[tuple[int, str]]:
    """The number in groups of four digits with their myriads, greatest first, empty ones left out."""
    groups = []
    for myriad in MYRIADS:
        number, group = divmod(number, 10**4)
        if group:
            groups.append((group, myriad))
    return groups[::-1]


def kanji_group(group: int) -> str:
    """A group below 10,000 in kanji: 3205 is 三千二百五."""
    text = ""
    for power, small in ((3, "千"), (2, "百"), (1, "十"), (0, "")):
        digit = group // 10**power % 10
        if digit:
            text += ("" if digit == 1 and small else DIGITS[digit]) + small
    return text


def multiplicative(number: int) -> str:
    """三千二百五万千."""
    return "".join(kanji_group(group) + myriad for group, myriad in groups_of(number)) or "〇"


def with_small_multipliers(number: int) -> str:
    """3千2百5万1千."""
    table = {DIGITS[digit]: str(digit) for digit in range(10)}
    text = "".join(kanji_group(group) + myriad for group, myriad in groups_of(number))
    return "".join(table.get(char, char) for char in text) or "0"


NOTATIONS: dict[str, Callable[[int], str]] = {
    "arabic": str,
    "commas": lambda number: f"{number:,}",
    "positional": lambda number: "".join(DIGITS[int(digit)] for digit in str(number)),
    "multiplicative": multiplicative,
    "formal": lambda number: multiplicative(number).translate(FORMAL),
    "mixed": lambda number: (
        "".join(f"{group}{myriad}" for group, myriad in groups_of(number)) or "0"
    ),
    "mixed with commas": lambda number: (
        "".join(f"{group:,}{myriad}" for group, myriad in groups_of(number)) or "0"
    ),
    "small multipliers": with_small_multipliers,
}


@pytest.mark.parametrize("notation", NOTATIONS)
@settings(deadline=None)  # machines are busy
@given(number=st.integers(0, 10**20) | st.sampled_from([10**power for power in range(21)]))
def test_read_numeral_reads_back_every_number_in_every_notation(notation: str, number: int) -> None:
    """A number up to 10^20 written in any notation is read as itself."""
    written = NOTATIONS[notation](number)
    numeral = read_numeral(written, 0)
    assert isinstance(numeral, Numeral), written
    assert numeral.text == written
    assert numeral.low == numeral.high == number


@settings(deadline=None)  # machines are busy
@given(text=st.text(alphabet="0123456789,.、一二四十百千万億兆京数何点半期 "))
def test_read_numeral_always_goes_on(text: str) -> None:
    """Whatever stands there, at least one character and at most all are taken."""
    taken = read_numeral(text + "1", 0)
    length = taken.length if isinstance(taken, Unread) else len(taken.text)
    assert 1 <= length <= len(text) + 1
