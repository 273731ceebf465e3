"""Lines for programs, cells that no spreadsheet runs."""

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from pipeline.export import flat_row, write_csv, write_jsonl
from pipeline.export.columns import COLUMNS
from pipeline.export.files import harmless
from pipeline.record import DealRecord, Party, from_json
from pipeline.store import StoredRecord
from pipeline.values import Money, Qualifier
from tests.store.making import article, record

JAPAN = timezone(timedelta(hours=9))
RECORD = record(article())


def stored(one: DealRecord = RECORD, **options: object) -> StoredRecord:
    """A record as the store gives it."""
    values: dict[str, object] = {
        "source": "news/a.md",
        "url": "https://news.example.jp/a",
        "title": "青空電機、3000個を購入",
        "published": datetime(2025, 9, 1, 7, 0, tzinfo=JAPAN),
        "state": "unreviewed",
        "human_state": None,
        "disagreement": None,
        "version": 1,
        "run_id": 1,
    }
    return StoredRecord(record=one, **(values | options))  # type: ignore[arg-type]


def csv_rows(*records: StoredRecord) -> list[dict[str, str]]:
    """The CSV of records, read back."""
    out = io.BytesIO()
    assert write_csv(records, out) == len(records)
    assert out.getvalue().startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))


def test_jsonl_is_a_record_a_line_that_reads_back() -> None:
    out = io.BytesIO()
    assert write_jsonl([stored(), stored()], out) == 2
    first, second = out.getvalue().decode().splitlines()
    assert first == second
    assert from_json(json.loads(first)) == replace(
        RECORD, slot_confidence=dict(RECORD.slot_confidence)
    )


def test_every_column_is_filled_or_empty() -> None:
    row = flat_row(stored())
    assert set(row) == set(COLUMNS)
    assert row["amount"] == Decimal(12_000_000_000)
    assert (row["buyer"], row["seller_id"]) == (["青空電機"], ["hal"])
    assert (row["buyer_id"], row["chips"]) == ([""], ["HX200"])
    assert (row["term_months"], row["count_unit"]) == (Decimal(60), "個")
    assert row["quote"] == "約120億円"
    assert row["published"] == "2025-09-01T07:00:00+09:00"


def test_a_vague_amount_has_its_bounds_and_no_value() -> None:
    vague = Money(
        low=Decimal(10**9), high=Decimal(10**10), currency="USD", qualifier=Qualifier.VAGUE
    )
    row = flat_row(stored(replace(RECORD, amount=vague)))
    assert (row["amount"], row["amount_low"], row["amount_high"]) == (None, 10**9, 10**10)


def test_csv_has_plain_numbers_and_joined_lists() -> None:
    two = replace(RECORD, buyer=(*RECORD.buyer, Party(name="赤土電機", surfaces=("赤土電機",))))
    (row,) = csv_rows(stored(two))
    assert list(row) == list(COLUMNS)
    assert (row["amount"], row["capacity_mw"]) == ("12000000000", "4.5")
    assert (row["buyer"], row["disagreement"]) == ("青空電機; 赤土電機", "")


def test_csv_of_nothing_is_its_head() -> None:
    assert csv_rows() == []


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        pytest.param("=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1", id="equals"),
        pytest.param("+81 3 1234", "'+81 3 1234", id="plus"),
        pytest.param("-1", "'-1", id="minus"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", id="at"),
        pytest.param("\t=1", "'\t=1", id="tab"),
        pytest.param("\r=1", "'\r=1", id="return"),
        pytest.param("＝1+1", "'＝1+1", id="full-width equals"),
        pytest.param("＠関数", "'＠関数", id="full-width at"),
        pytest.param("青空=電機", "青空=電機", id="not at the beginning"),
        pytest.param("", "", id="empty"),
        pytest.param("「=1」", "「=1」", id="in brackets"),
    ],
)
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    assert harmless(text) == cell


def test_a_hostile_article_makes_harmless_cells() -> None:
    hostile = Party(name='=HYPERLINK("http://evil.example")', surfaces=("x",))
    (row,) = csv_rows(stored(replace(RECORD, buyer=(hostile,)), title="@題\n二行目"))
    assert row["buyer"].startswith("'=")
    assert row["title"] == "'@題\n二行目"
