"""`torihiki deals`: list, show, changes, export, link by hand."""

import csv
import io
import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.errors import SettingsError, StoreError
from pipeline.record import Status
from pipeline.store import open_store
from pipeline.store.linking import link_pending
from tests.link.making import kit
from tests.store.test_linking import save, story

STORIES = [
    story("talks", status=Status.PROSPECTIVE),
    story("signed", value=140, day=40),
    story("other", buyer="ミナト重工", seller="=HYPERLINK(1)", value=900, day=10),
]


@pytest.fixture
def url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """A database with two deals; it became known at once what was signed after talks."""
    file = tmp_path / "deals.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    url = f"sqlite:///{file}"
    with open_store(url) as store:
        for one in STORIES:
            link_pending(store, kit(), article_ids=save(store, [one]))
    return url


def run(url: str, *arguments: object) -> Result:
    return CliRunner().invoke(app, ["deals", *map(str, arguments), "--db", url])


def listed(url: str, *arguments: object) -> list[dict[str, Any]]:
    result = run(url, "--json", *arguments)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_deals_are_listed_those_told_of_last_first(url: str) -> None:
    assert [deal["articles"] for deal in listed(url)] == [2, 1]
    table = run(url).stdout
    assert "青空電機" in table
    assert "1.4億 USD" in table


@pytest.mark.parametrize(
    ("options", "articles"),
    [
        (["--company", "ミナト"], [1]),
        (["--since", "2025-11-01"], [2]),
        (["--min-amount", "5億ドル"], [1]),
        (["--min-amount", "1e8"], [2, 1]),
        (["--kind", "capex"], []),
        (["--kind", "supply", "--status", "firm"], [2, 1]),
        (["--limit", "1"], [2]),
    ],
)
def test_deals_can_be_chosen(url: str, options: Sequence[str], articles: list[int]) -> None:
    assert [deal["articles"] for deal in listed(url, *options)] == articles


def test_no_deal_is_said_so(url: str) -> None:
    assert "no such deal" in run(url, "--company", "別府").stdout


def test_an_amount_that_is_none_is_refused(url: str) -> None:
    assert isinstance(run(url, "--min-amount", "たくさん").exception, SettingsError)


def test_show_tells_values_reasons_and_the_time_line(url: str) -> None:
    deal, _ = listed(url)
    shown = run(url, "show", deal["id"][:8]).stdout
    for words in ("買い手 buyer: 青空電機", "told as firm", "1.2億 USD (1,", "初出 first told"):
        assert words in shown
    data = json.loads(run(url, "show", deal["id"], "--json").stdout)
    assert data["related"] == []
    assert {k: v for k, v in data.items() if k != "related"} == deal
    graph = json.loads(run(url, "show", deal["id"], "--jsonld").stdout)
    assert graph["identifier"] == deal["id"]


def test_a_deal_that_is_not_there_is_an_error(url: str) -> None:
    result = run(url, "show", "dffff")
    assert isinstance(result.exception, StoreError)
    assert "`torihiki deals` lists them" in str(result.exception)


def test_changes_tell_news_and_no_repetition(url: str) -> None:
    rows = [json.loads(line) for line in run(url, "changes", "--json").stdout.splitlines()]
    assert [row["change"] for row in rows] == ["new", "amount", "status", "new"]
    text = run(url, "changes").stdout
    assert "1.2億 USD → 1.4億 USD" in text
    assert "見込み prospective → 確定 firm" in text
    assert run(url, "changes", "--since", "2999-01-01").stdout == ""


def test_export_writes_every_form(url: str, tmp_path: Path) -> None:
    for form in ("jsonl", "jsonld", "csv", "xlsx", "parquet"):
        result = run(url, "export", "--format", form, "--out", tmp_path / f"x.{form}")
        assert result.exit_code == 0, result.output
    lines = (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()
    ids = [json.loads(line)["id"] for line in lines]
    graph = json.loads((tmp_path / "x.jsonld").read_text(encoding="utf-8"))
    assert [node["identifier"] for node in graph["@graph"]] == ids
    raw = (tmp_path / "x.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == ids
    assert [row["amount"] for row in rows] == ["140000000", "900000000"]
    assert rows[1]["seller"] == "'=HYPERLINK(1)"  # no spreadsheet runs it
    sheet = load_workbook(tmp_path / "x.xlsx").active
    assert sheet is not None
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == ids
    table = pq.read_table(tmp_path / "x.parquet").to_pylist()
    assert [row["amount"] for row in table] == [Decimal(140_000_000), Decimal(900_000_000)]
    assert json.loads(table[0]["json"])["id"] == ids[0]


def test_export_to_the_terminal(url: str) -> None:
    assert len(run(url, "export", "--company", "ミナト").stdout.splitlines()) == 1
    refused = run(url, "export", "--format", "xlsx")
    assert isinstance(refused.exception, SettingsError)
    assert "--out" in str(refused.exception)


def test_people_link_and_part(url: str) -> None:
    first, second = (deal["records"][0]["id"] for deal in listed(url))
    result = run(url, "link", first, second, "--by", "sato", "--note", "同じ契約")
    assert result.exit_code == 0, result.output
    assert [deal["articles"] for deal in listed(url)] == [3]
    run(url, "unlink", first, second, "--by", "sato")
    assert [deal["articles"] for deal in listed(url)] == [2, 1]
    missing = run(url, "link", first, "0" * 20, "--by", "sato")
    assert isinstance(missing.exception, StoreError)


def test_update_catches_up_and_links_anew(url: str) -> None:
    with open_store(url) as store:
        save(store, [story("late", value=140, day=50)])
    assert run(url, "update").stdout.startswith("1 記録")
    assert listed(url)[0]["articles"] == 3
    ids = [deal["id"] for deal in listed(url)]
    assert "0 取引 deals changed" in run(url, "update", "--anew").stdout
    assert [deal["id"] for deal in listed(url)] == ids
