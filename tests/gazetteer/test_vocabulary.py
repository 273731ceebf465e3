"""Reading models/{currencies,units,chips}.toml, and what a mistake in them says."""

import shutil
from pathlib import Path

import pytest

from pipeline.errors import GazetteerError
from pipeline.gazetteer.vocabulary import Dimension, Vocabulary, load_vocabulary
from pipeline.parse import find_mentions
from pipeline.settings import PROJECT_ROOT

MODELS = PROJECT_ROOT / "models"


@pytest.fixture(scope="module")
def shipped() -> Vocabulary:
    """The vocabulary that users get."""
    return load_vocabulary(MODELS)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A copy of the three files, to be changed."""
    for name in ("currencies", "units", "chips"):
        shutil.copy(MODELS / f"{name}.toml", tmp_path)
    return tmp_path


# ISO 4217 as of 2025, without metals, testing codes and units of account of funds.
ISO_4217 = [
    "AED",
    "AFN",
    "ALL",
    "AMD",
    "AOA",
    "ARS",
    "AUD",
    "AWG",
    "AZN",
    "BAM",
    "BBD",
    "BDT",
    "BGN",
    "BHD",
    "BIF",
    "BMD",
    "BND",
    "BOB",
    "BRL",
    "BSD",
    "BTN",
    "BWP",
    "BYN",
    "BZD",
    "CAD",
    "CDF",
    "CHF",
    "CLP",
    "CNY",
    "COP",
    "CRC",
    "CUP",
    "CVE",
    "CZK",
    "DJF",
    "DKK",
    "DOP",
    "DZD",
    "EGP",
    "ERN",
    "ETB",
    "EUR",
    "FJD",
    "FKP",
    "GBP",
    "GEL",
    "GHS",
    "GIP",
    "GMD",
    "GNF",
    "GTQ",
    "GYD",
    "HKD",
    "HNL",
    "HTG",
    "HUF",
    "IDR",
    "ILS",
    "INR",
    "IQD",
    "IRR",
    "ISK",
    "JMD",
    "JOD",
    "JPY",
    "KES",
    "KGS",
    "KHR",
    "KMF",
    "KPW",
    "KRW",
    "KWD",
    "KYD",
    "KZT",
    "LAK",
    "LBP",
    "LKR",
    "LRD",
    "LSL",
    "LYD",
    "MAD",
    "MDL",
    "MGA",
    "MKD",
    "MMK",
    "MNT",
    "MOP",
    "MRU",
    "MUR",
    "MVR",
    "MWK",
    "MXN",
    "MYR",
    "MZN",
    "NAD",
    "NGN",
    "NIO",
    "NOK",
    "NPR",
    "NZD",
    "OMR",
    "PAB",
    "PEN",
    "PGK",
    "PHP",
    "PKR",
    "PLN",
    "PYG",
    "QAR",
    "RON",
    "RSD",
    "RUB",
    "RWF",
    "SAR",
    "SBD",
    "SCR",
    "SDG",
    "SEK",
    "SGD",
    "SHP",
    "SLE",
    "SOS",
    "SRD",
    "SSP",
    "STN",
    "SVC",
    "SYP",
    "SZL",
    "THB",
    "TJS",
    "TMT",
    "TND",
    "TOP",
    "TRY",
    "TTD",
    "TWD",
    "TZS",
    "UAH",
    "UGX",
    "USD",
    "UYU",
    "UZS",
    "VES",
    "VND",
    "VUV",
    "WST",
    "XAF",
    "XCD",
    "XCG",
    "XOF",
    "XPF",
    "YER",
    "ZAR",
    "ZMW",
    "ZWG",
]


@pytest.mark.parametrize("code", ISO_4217)
def test_every_currency_is_read_by_its_code(shipped: Vocabulary, code: str) -> None:
    """Each ISO 4217 code is understood before and behind a number."""
    for sentence in (f"{code} 25", f"25{code}", f"{code}25億"):
        [money] = find_mentions(sentence, shipped)
        assert getattr(money.value, "currency", None) == code, sentence


def test_every_currency_has_a_japanese_name(shipped: Vocabulary) -> None:
    """Behind a number each currency can be written in Japanese."""
    named = {
        unit.code
        for units in shipped.suffixes.values()
        for unit in units
        if unit.dimension is Dimension.MONEY and not unit.form.isascii()
    }
    assert set(ISO_4217) <= named


def test_every_form_reads_back_as_its_unit(shipped: Vocabulary) -> None:
    """No form is shadowed by another of the same spelling."""
    for units in shipped.suffixes.values():
        for unit in units:
            assert shipped.unit_at(unit.form, 0) is unit, unit.form


def test_a_unit_is_one_line(models: Path) -> None:
    """A counter added to units.toml is read at once."""
    assert find_mentions("12綛", load_vocabulary(models)) != ()
    before = find_mentions("12綛", load_vocabulary(models))[0]
    with (models / "units.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[count]]\nforms = ["綛"]\n')
    after = find_mentions("12綛", load_vocabulary(models))[0]
    assert (str(before.kind), str(after.kind)) == ("number", "count")


def test_a_currency_is_one_table(models: Path) -> None:
    """A currency added to currencies.toml is read with all its forms."""
    with (models / "currencies.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[[currency]]\ncode = "QQQ"\nname = "試"\nnames = ["試貨"]\nsymbols = ["Q#"]\n'
        )
    vocabulary = load_vocabulary(models)
    for sentence in ("3億試貨", "Q#3億", "QQQ 3億", "3億QQQ"):
        [money] = find_mentions(sentence, vocabulary)
        assert getattr(money.value, "currency", None) == "QQQ"


def test_what_may_not_follow_ends_a_form(models: Path) -> None:
    """Behind ! stands what makes the form part of another word."""
    with (models / "units.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[count]]\nforms = ["綛!糸,布"]\n')
    vocabulary = load_vocabulary(models)
    kinds = [str(find_mentions(text, vocabulary)[0].kind) for text in ("9綛", "9綛糸", "9綛布")]
    assert kinds == ["count", "number", "number"]


MISTAKES = [
    ("currencies", "[[currency]\n", "currencies.toml: no TOML"),
    ("currencies", '[[currency]]\ncode = "yen"\nname = "円"\nnames = []\n', "code"),
    ("currencies", '[[currency]]\ncode = "QQQ"\nnames = []\n', "QQQ): Field required"),
    ("units", '[[time]]\nforms = ["刹那"]\niso = "Z"\n', "iso"),
    ("units", '[[count]]\nforms = ["綛"]\ncolour = "red"\n', "colour"),
    ("chips", '[[vendor]]\nname = "X"\nnames = ["X"]\n[vendor.patterns]\nX = "(1"\n', "no regular"),
]


@pytest.mark.parametrize(
    ("name", "addition", "message"), MISTAKES, ids=[f"{row[0]} {row[2]}" for row in MISTAKES]
)
def test_load_vocabulary_names_the_mistake(
    models: Path, name: str, addition: str, message: str
) -> None:
    """A file that cannot be used is named with the entry and what is wrong with it."""
    with (models / f"{name}.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{addition}")
    with pytest.raises(GazetteerError) as raised:
        load_vocabulary(models)
    assert f"{name}.toml" in str(raised.value)
    assert message in str(raised.value)


def test_load_vocabulary_names_a_missing_file(models: Path) -> None:
    """A folder without the files says which is missing and which setting names the folder."""
    (models / "units.toml").unlink()
    with pytest.raises(GazetteerError, match=r"units\.toml.*TORIHIKI_MODELS_DIR"):
        load_vocabulary(models)


def test_load_vocabulary_names_a_file_in_another_encoding(models: Path) -> None:
    """A file that is not UTF-8 says so."""
    text = (models / "units.toml").read_text(encoding="utf-8")
    (models / "units.toml").write_bytes(text.encode("cp932", "replace"))
    with pytest.raises(GazetteerError, match="no TOML in UTF-8"):
        load_vocabulary(models)
