"""Line by line: JSONL for programs, CSV for Excel."""

import csv
import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import IO, Any

from pipeline.export.columns import COLUMNS, Form, flat_row, record_text
from pipeline.record import decimal_text
from pipeline.store import StoredRecord

# Excel takes a cell that begins so for a formula, also full-width where it is Japanese.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BETWEEN = "; "


def write_jsonl(records: Iterable[StoredRecord], out: IO[bytes]) -> int:
    """A DealRecord a line, UTF-8 (docs/record.schema.json); how many were written."""
    number = 0
    for stored in records:
        out.write(record_text(stored).encode() + b"\n")
        number += 1
    return number


def write_csv(records: Iterable[StoredRecord], out: IO[bytes]) -> int:
    """A row a record, as Excel opens it: UTF-8 with BOM, no cell that it would take for a formula.

    A list is one cell, its parts between "; ". A text that begins with = + - @ gets an apostrophe
    before it, for the articles are other people's text, and a formula could do harm.

    Returns:
        how many records were written.
    """
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    number = 0
    for stored in records:
        writer.writerow(_cells(flat_row(stored)))
        number += 1
    text.detach()
    return number


def _cells(row: Mapping[str, Any]) -> list[str]:
    return [cell(row[name], form) for name, form in COLUMNS.items()]


def cell(value: Any, form: Form) -> str:
    """A value as CSV text; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return decimal_text(value)
    if form is Form.SHARE:
        return f"{value:.4f}"
    if form is Form.FLAG:
        return "yes" if value else ""
    if form is Form.TIME:
        return str(value.isoformat())
    return harmless(_BETWEEN.join(value) if form is Form.LIST else str(value))


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
