"""Reviewed records for other programs, every one with where it comes from and who decided it."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipeline.record import DealRecord, Evidence, Slot, decimal_text, from_json, to_json
from pipeline.store.reconcile import differing_slots
from pipeline.store.review_export import Provenance

_AROUND = 24  # characters before and after a quote, to find it again in a changed page
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PARQUET_ROWS = 5000


class ExportFormat(StrEnum):
    """What the export writes."""

    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


MEDIA_TYPES: Mapping[ExportFormat, str] = {
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
}


def to_row(found: Provenance) -> dict[str, Any]:
    """One record as JSON: the record, its article, its review, and W3C selectors of its quotes.

    Source: Web Annotation Data Model, TextPositionSelector and TextQuoteSelector.
    """
    record = found.record
    return {
        **to_json(record),
        "article": {
            "id": record.article_id,
            "title": found.title,
            "source": found.source,
            "url": found.url,
            "published": found.published,
        },
        "review": {
            "state": found.state,
            "reason": found.reason,
            "origin": found.origin,
            "version": found.version,
            "decided_by": found.decided_by,
            "decided_at": found.decided_at.isoformat() if found.decided_at else None,
            "changed_slots": list(_changed(found)),
            "extracted": found.machine,
            "events": [
                {
                    "id": event["id"],
                    "action": event["action"],
                    "actor": event["actor"] or "system",
                    "blind": bool(event["track"]),
                    "at": event["at"].isoformat(),
                }
                for event in found.events
            ],
        },
        "selectors": {
            slot.value: [_selectors(found.text, quote) for quote in quotes]
            for slot, quotes in record.evidence.items()
        },
    }


def _changed(found: Provenance) -> Iterator[str]:
    if found.machine is not None:
        for slot in differing_slots(from_json(found.machine), found.record):
            yield slot.value


def _selectors(text: str, quote: Evidence) -> list[dict[str, Any]]:
    return [
        {"type": "TextPositionSelector", "start": quote.start, "end": quote.end},
        {
            "type": "TextQuoteSelector",
            "exact": quote.quote,
            "prefix": text[max(0, quote.start - _AROUND) : quote.start],
            "suffix": text[quote.end : quote.end + _AROUND],
        },
    ]


def to_flat(found: Provenance) -> dict[str, str | float | int | None]:
    """One record as a line of a table: plain values, decimal strings for numbers that are exact."""
    record = found.record
    amount, term, count = record.amount, record.term, record.count
    return {
        "id": record.id,
        "state": found.state,
        "reason": found.reason,
        "kind": record.kind.value,
        "status": record.status.value,
        "buyer": " / ".join(party.name for party in record.buyer),
        "seller": " / ".join(party.name for party in record.seller),
        "amount": _text(amount.value) if amount else None,
        "amount_low": _text(amount.low) if amount else None,
        "amount_high": _text(amount.high) if amount else None,
        "currency": amount.currency if amount else None,
        "amount_qualifier": amount.qualifier.value if amount else None,
        "amount_per": amount.per if amount else None,
        "amount_max": _text(record.amount_max),
        "term_months": _text(term.value) if term else None,
        "term_start": term.start if term else None,
        "term_end": term.end if term else None,
        "chips": " / ".join(chip.model for chip in record.chips),
        "count": _text(count.least) if count else None,
        "count_unit": count.unit if count else None,
        "count_qualifier": count.qualifier.value if count else None,
        "capacity_mw": _text(record.capacity_mw),
        "confidence": round(record.confidence, 4),
        "evidence": _quotes(record),
        "title": found.title,
        "published": found.published,
        "source": found.source,
        "url": found.url,
        "article_id": record.article_id,
        "origin": found.origin,
        "changed_slots": " / ".join(_changed(found)),
        "decided_by": found.decided_by,
        "decided_at": found.decided_at.isoformat() if found.decided_at else None,
        "extractor_version": record.extractor_version,
        "version": found.version,
    }


COLUMNS = [
    "id",
    "state",
    "reason",
    "kind",
    "status",
    "buyer",
    "seller",
    "amount",
    "amount_low",
    "amount_high",
    "currency",
    "amount_qualifier",
    "amount_per",
    "amount_max",
    "term_months",
    "term_start",
    "term_end",
    "chips",
    "count",
    "count_unit",
    "count_qualifier",
    "capacity_mw",
    "confidence",
    "evidence",
    "title",
    "published",
    "source",
    "url",
    "article_id",
    "origin",
    "changed_slots",
    "decided_by",
    "decided_at",
    "extractor_version",
    "version",
]
_NUMBERS = {"confidence": float, "version": int}


def _text(value: Any) -> str | None:
    return None if value is None else decimal_text(value)


def _quotes(record: DealRecord) -> str:
    quotes = [one for slot in Slot for one in record.evidence.get(slot, ())]
    return " / ".join(dict.fromkeys(one.quote for one in sorted(quotes)))


def safe_cell(value: Any) -> Any:
    """A cell that no spreadsheet runs as a formula: such a text gets an apostrophe before it."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def write_jsonl(found: Iterable[Provenance]) -> Iterator[bytes]:
    """A JSON object a line."""
    for one in found:
        yield (json.dumps(to_row(one), ensure_ascii=False) + "\n").encode()


def write_csv(found: Iterable[Provenance]) -> Iterator[bytes]:
    """CSV that Excel opens in Japanese: UTF-8 with its mark, formulas made harmless."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS)
    writer.writeheader()
    yield b"\xef\xbb\xbf" + buffer.getvalue().encode()
    for one in found:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow({name: safe_cell(value) for name, value in to_flat(one).items()})
        yield buffer.getvalue().encode()


def write_xlsx(found: Iterable[Provenance], path: Path) -> None:
    """An Excel file with one sheet; all cells are values, none is a formula."""
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet("deals")
    sheet.freeze_panes = "A2"
    sheet.append(COLUMNS)
    for one in found:
        cells = [safe_cell(value) for value in to_flat(one).values()]
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", c) if isinstance(c, str) else c for c in cells])
    book.save(path)


def write_parquet(found: Iterable[Provenance], path: Path) -> None:
    """A Parquet file with the columns of `COLUMNS`, and the whole record as JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds: Mapping[type, Callable[[], Any]] = {float: pa.float64, int: pa.int64}
    schema = pa.schema(
        [(name, kinds[_NUMBERS[name]]() if name in _NUMBERS else pa.string()) for name in COLUMNS]
        + [("json", pa.string())]
    )
    rows: list[dict[str, Any]] = []
    with pq.ParquetWriter(path, schema) as writer:
        for one in found:
            row = json.dumps(to_row(one), ensure_ascii=False)
            rows.append({**to_flat(one), "json": row})
            if len(rows) == _PARQUET_ROWS:
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                rows = []
        writer.write_table(pa.Table.from_pylist(rows, schema=schema))
