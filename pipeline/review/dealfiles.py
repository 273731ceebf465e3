"""Deals as files for other programs: JSON Lines, JSON-LD, CSV, Excel, Parquet."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from pipeline.link.jsonld import CONTEXT, deal_to_jsonld
from pipeline.review.export import safe_cell

_PARQUET_ROWS = 5000

Row = Mapping[str, Any]  # a deal as JSON, with `related`: [{"deal", "relation"}, …]

COLUMNS = (
    "id",
    "kind",
    "status",
    "buyer",
    "seller",
    "amount",
    "amount_low",
    "amount_high",
    "currency",
    "qualifier",
    "per",
    "amount_max",
    "term_months",
    "chips",
    "count",
    "count_unit",
    "capacity_mw",
    "conflicts",
    "first_published",
    "last_published",
    "articles",
    "sources",
    "related",
)
_DECIMALS = ("amount", "amount_low", "amount_high", "amount_max", "count", "capacity_mw")


class DealFormat(StrEnum):
    """Forms of a file of deals."""

    JSONL = "jsonl"
    JSONLD = "jsonld"
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


BINARY = frozenset({DealFormat.XLSX, DealFormat.PARQUET})


def flat_row(deal: Row) -> dict[str, Any]:
    """A deal as one row of `COLUMNS`: best values only, lists joined with 、, numbers as text."""

    def value(slot: str) -> Any:
        return deal[slot]["value"] if deal[slot] else None

    money = value("amount") or {}
    count = value("count") or {}
    return {
        "id": deal["id"],
        "kind": value("kind"),
        "status": value("status"),
        "buyer": "、".join(party["name"] for party in deal["buyer"]),
        "seller": "、".join(party["name"] for party in deal["seller"]),
        "amount": money.get("value"),
        "amount_low": money.get("low"),
        "amount_high": money.get("high"),
        "currency": money.get("currency"),
        "qualifier": money.get("qualifier"),
        "per": money.get("per"),
        "amount_max": value("amount_max"),
        "term_months": value("term_months"),
        "chips": "、".join(chip["model"] for chip in deal["chips"]),
        "count": count.get("value"),
        "count_unit": count.get("unit"),
        "capacity_mw": value("capacity_mw"),
        "conflicts": "、".join(deal["conflicts"]),
        "first_published": deal["first_published"],
        "last_published": deal["last_published"],
        "articles": deal["articles"],
        "sources": "\n".join(record["source"] for record in deal["records"]),
        "related": "\n".join(f"{r['relation']} {r['deal']}" for r in deal.get("related", ())),
    }


def write_text(deals: Iterable[Row], form: DealFormat, stream: IO[str]) -> int:
    """Write JSON Lines, JSON-LD or CSV; how many deals were written.

    CSV has a byte-order mark, so that Excel opens it in Japanese; no cell is a formula.
    """
    if form is DealFormat.CSV:
        return _write_csv(deals, stream)
    if form is DealFormat.JSONLD:
        return _write_jsonld(deals, stream)
    number = 0
    for deal in deals:
        number += 1
        stream.write(json.dumps(deal, ensure_ascii=False) + "\n")
    return number


def _write_csv(deals: Iterable[Row], stream: IO[str]) -> int:
    stream.write("\ufeff")
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    number = 0
    for deal in deals:
        number += 1
        writer.writerow({name: safe_cell(cell) for name, cell in flat_row(deal).items()})
    return number


def _write_jsonld(deals: Iterable[Row], stream: IO[str]) -> int:
    context = json.dumps(dict(CONTEXT), ensure_ascii=False)
    stream.write(f'{{"@context": {context}, "@graph": [')
    number = 0
    for number, deal in enumerate(deals, 1):
        node = deal_to_jsonld(deal, deal.get("related", ()), context=False)
        stream.write((",\n" if number > 1 else "\n") + json.dumps(node, ensure_ascii=False))
    stream.write("\n]}\n")
    return number


def write_binary(deals: Iterable[Row], form: DealFormat, path: Path) -> int:
    """Write an Excel or Parquet file; how many deals were written."""
    return (_write_xlsx if form is DealFormat.XLSX else _write_parquet)(deals, path)


def _write_xlsx(deals: Iterable[Row], path: Path) -> int:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet("deals")
    sheet.freeze_panes = "A2"
    sheet.append(list(COLUMNS))
    number = 0
    for deal in deals:
        number += 1
        cells = [safe_cell(cell) for cell in flat_row(deal).values()]
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", c) if isinstance(c, str) else c for c in cells])
    book.save(path)
    return number


def _write_parquet(deals: Iterable[Row], path: Path) -> int:
    """The columns of `COLUMNS`, numbers as decimals, and the whole deal as JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = dict.fromkeys(COLUMNS, pa.string())
    types |= dict.fromkeys(_DECIMALS, pa.decimal128(38, 6))
    types |= {"term_months": pa.float64(), "articles": pa.int64(), "json": pa.string()}
    schema = pa.schema(list(types.items()))
    number = 0
    with pq.ParquetWriter(path, schema) as writer:
        for rows in _batches(_typed_rows(deals)):
            number += len(rows)
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    return number


def _typed_rows(deals: Iterable[Row]) -> Iterator[dict[str, Any]]:
    for deal in deals:
        row = flat_row(deal)
        for name in _DECIMALS:
            row[name] = Decimal(row[name]) if row[name] is not None else None
        months = row["term_months"]
        row["term_months"] = float(months) if months is not None else None
        yield row | {"json": json.dumps(deal, ensure_ascii=False)}


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _PARQUET_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch
