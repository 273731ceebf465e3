"""Parquet that DuckDB reads by month; a folder that datasets opens."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import datasets
import duckdb
import pyarrow.parquet as pq
import pytest

from pipeline.export import tables as tables_module
from pipeline.export import write_dataset, write_parquet
from pipeline.export.tables import SCHEMA
from pipeline.record import from_json
from pipeline.store import StoredRecord
from pipeline.values import Money
from tests.export.test_files import RECORD, stored
from tests.store.making import TEXT

JAPAN = timezone(timedelta(hours=9))


def on(*days: tuple[int, int] | None) -> list[StoredRecord]:
    """Records of articles of these days of 2025."""
    return [
        stored(
            replace(RECORD, id=f"{n:020x}"),
            published=datetime(2025, *day, 6, 0, tzinfo=JAPAN) if day else None,
        )
        for n, day in enumerate(days)
    ]


def files(folder: Path) -> dict[str, int]:
    """Rows of each file."""
    return {
        path.relative_to(folder).as_posix(): pq.read_metadata(path).num_rows
        for path in sorted(folder.rglob("*.parquet"))
    }


def test_parquet_has_a_folder_a_month(tmp_path: Path) -> None:
    assert write_parquet(on((8, 31), (9, 1), (9, 30), None), tmp_path) == 4
    assert files(tmp_path) == {
        "month=2025-08/part-0.parquet": 1,
        "month=2025-09/part-0.parquet": 2,
        "month=unknown/part-0.parquet": 1,
    }


def test_a_month_is_the_sources_own(tmp_path: Path) -> None:
    """06:00 on the 1st in Japan is the 31st before in UTC."""
    write_parquet(on((9, 1)), tmp_path)
    assert list(files(tmp_path)) == ["month=2025-09/part-0.parquet"]


def test_more_months_than_are_held_open_get_more_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables_module, "_OPEN_MONTHS", 2)
    monkeypatch.setattr(tables_module, "_ROWS", 1)
    write_parquet(on((1, 1), (2, 1), (3, 1), (1, 2), (1, 3)), tmp_path)
    assert files(tmp_path) == {
        "month=2025-01/part-0.parquet": 1,
        "month=2025-01/part-1.parquet": 2,
        "month=2025-02/part-0.parquet": 1,
        "month=2025-03/part-0.parquet": 1,
    }


def test_duckdb_asks_as_the_guide_says(tmp_path: Path) -> None:
    write_parquet(on((8, 31), (9, 1), (9, 2)), tmp_path)
    rows = duckdb.execute(
        f"""
        SELECT month, currency, count(*) AS deals, sum(amount) AS total
        FROM read_parquet('{tmp_path}/*/*.parquet', hive_partitioning = true)
        WHERE list_contains(seller_id, 'hal') AND published_at < TIMESTAMPTZ '2025-09-01 12:00+00'
        GROUP BY ALL ORDER BY month
        """  # noqa: S608 - our own folder
    ).fetchall()
    assert rows == [
        ("2025-08", "JPY", 1, Decimal("12000000000.0000")),
        ("2025-09", "JPY", 1, Decimal("12000000000.0000")),
    ]


def test_the_whole_record_is_in_the_row(tmp_path: Path) -> None:
    import json

    write_parquet(on((9, 1)), tmp_path)
    (row,) = pq.read_table(tmp_path, schema=SCHEMA).to_pylist()
    assert from_json(json.loads(row["record"])).amount == RECORD.amount
    at = TEXT.index("約120億円")
    said = {"slot": "amount", "start": at, "end": at + 6, "quote": "約120億円"}
    assert row["evidence"][0] == said


def test_a_number_too_large_for_the_column_stays_in_the_record(tmp_path: Path) -> None:
    huge = replace(RECORD, amount=Money(value=Decimal(10) ** 40, currency="JPY"))
    write_parquet([stored(huge)], tmp_path)
    (row,) = pq.read_table(tmp_path, schema=SCHEMA).to_pylist()
    assert row["amount"] is None
    assert '"value": "1' + "0" * 40 in row["record"]


def test_a_dataset_holds_text_and_evidence_that_fit(tmp_path: Path) -> None:
    asked: list[Sequence[str]] = []

    def text_of(ids: Sequence[str]) -> dict[str, str]:
        asked.append(ids)
        return dict.fromkeys(ids, TEXT)

    folder = tmp_path / "set"
    folder.mkdir()
    assert write_dataset(on((9, 1), (9, 2)), folder, text_of) == 2
    loaded = datasets.load_from_disk(str(folder))
    assert isinstance(loaded, datasets.Dataset)
    assert len(loaded) == 2
    assert len(asked) == 1
    for row in loaded:
        assert row["amount"] == Decimal("12000000000.0000")
        for one in row["evidence"]:
            assert row["text"][one["start"] : one["end"]] == one["quote"]
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_nothing_makes_an_empty_export(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    assert write_parquet([], tmp_path) == 0
    assert write_dataset([], tmp_path / "set", lambda _: {}) == 0
    assert len(datasets.load_from_disk(str(tmp_path / "set"))) == 0


def test_every_query_of_the_guide_runs(tmp_path: Path, repo_root: Path) -> None:
    (tmp_path / "deals").mkdir()
    write_parquet(on((8, 31), (9, 1), None), tmp_path / "deals")
    guide = (repo_root / "docs/export.md").read_text(encoding="utf-8")
    queries = re.findall(r"^```sql\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
    assert len(queries) >= 4
    for query in queries:
        found = duckdb.execute(query.replace("deals/*", f"{tmp_path}/deals/*")).fetchall()
        assert found or "nvidia" in query, query
