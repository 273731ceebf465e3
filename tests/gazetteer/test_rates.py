"""Exchange rates are dated, approximate, and in a file that people edit."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import GazetteerError
from pipeline.gazetteer.rates import load_rates
from pipeline.settings import Settings


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "linking").mkdir()
    return tmp_path


def write(models: Path, text: str) -> Path:
    (models / "linking" / "rates.toml").write_text(text, encoding="utf-8")
    return models


def test_a_quarter_goes_before_its_year_and_years_reach_on_both_sides(models: Path) -> None:
    rates = load_rates(write(models, 'JPY = { 2020 = 107, 2024 = 151, "2024-Q3" = 149 }'))
    assert [
        rates.per_dollar("JPY", day)
        for day in (
            date(2000, 1, 1),
            date(2022, 5, 1),
            date(2024, 6, 30),
            date(2024, 7, 1),
            date(2031, 1, 1),
            None,
        )
    ] == [107, 107, 151, 149, 151, 151]
    assert rates.per_dollar("USD", None) == 1
    assert rates.per_dollar("XAU", date(2024, 1, 1)) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("JPY = { 2024 = 0 }", "above 0"),
        ("JPY = { 24 = 150 }", "is no period"),
        ("yen = { 2024 = 150 }", "must be an ISO 4217 code"),
        ('JPY = { "2024-Q1" = 150 }', "has quarters only"),
        ("JPY = {", "no TOML"),
        ("JPY = {}", "must be an ISO 4217 code"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(models: Path, text: str, fault: str) -> None:
    with pytest.raises(GazetteerError, match=fault) as raised:
        load_rates(write(models, text))
    assert "rates.toml" in str(raised.value)


def test_a_missing_file_is_named(models: Path) -> None:
    with pytest.raises(GazetteerError, match=r"rates\.toml: cannot be read"):
        load_rates(models)


def test_our_rates_cover_the_currencies_of_the_news() -> None:
    rates = load_rates(Settings().models_dir)
    common = ["JPY", "USD", "EUR", "GBP", "CNY", "KRW", "TWD", "INR", "SGD", "AUD", "CAD", "CHF"]
    assert [code for code in common if not rates.per_dollar(code, None)] == []
    yen = rates.per_dollar("JPY", date(2025, 1, 1))
    assert yen is not None
    assert 140 < yen < 160
