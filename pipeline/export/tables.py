"""Whole tables: Parquet by month for DuckDB and the like, a datasets folder for learning."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.export.columns import COLUMNS, Form, flat_row, record_text
from pipeline.store import StoredRecord

DIGITS, AFTER_POINT = 38, 4  # of numbers; what does not fit is in `record`
_ROWS = 5_000  # held in memory for each open file
_OPEN_MONTHS = 8  # records come by date, so that few months are written at once
_EVIDENCE = pa.list_(
    pa.struct(
        [
            ("slot", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("quote", pa.string()),
        ]
    )
)
_TYPES: Mapping[Form, pa.DataType] = {
    Form.TEXT: pa.string(),
    Form.LIST: pa.list_(pa.string()),
    Form.NUMBER: pa.decimal128(DIGITS, AFTER_POINT),
    Form.SHARE: pa.float64(),
    Form.TIME: pa.timestamp("us", tz="UTC"),
    Form.FLAG: pa.bool_(),
}
SCHEMA = pa.schema(
    [(name, _TYPES[form]) for name, form in COLUMNS.items()]
    + [("evidence", _EVIDENCE), ("record", pa.string())]
)
"""`evidence`: the quote of every slot with its characters; `record`: the whole record as JSON."""

TextOf = Callable[[Sequence[str]], Mapping[str, str]]


def write_parquet(records: Iterable[StoredRecord], folder: Path) -> int:
    """Parquet files, one folder a month of publication: `month=2025-09/part-0.parquet`.

    Memory is bounded where the records come by date; undated ones are in `month=unknown`.

    Args:
        records: in order of publication.
        folder: is there and empty.

    Returns:
        how many records were written.
    """
    number = 0
    with _Months(folder) as months:
        for stored in records:
            months.add(stored.month, table_row(stored))
            number += 1
    return number


def write_dataset(records: Iterable[StoredRecord], folder: Path, text_of: TextOf) -> int:
    """A folder for `datasets.load_from_disk`: a row a record, with the article's whole text.

    The characters of `evidence` are those of `text`.

    Args:
        records: in any order.
        folder: is there and empty.
        text_of: the texts of articles by their ids.

    Returns:
        how many records were written.
    """
    from datasets import Dataset, disable_progress_bars
    from datasets import Features as AllFeatures

    schema = SCHEMA.append(pa.field("text", pa.string()))
    number = 0
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".torihiki-") as scratch:
        file = Path(scratch) / "records.parquet"
        with pq.ParquetWriter(file, schema) as writer:
            for some in _chunks(records, _ROWS):
                texts = text_of([stored.record.article_id for stored in some])
                rows = [
                    table_row(stored) | {"text": texts[stored.record.article_id]} for stored in some
                ]
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                number += len(rows)
        disable_progress_bars()
        features = AllFeatures.from_arrow_schema(schema)
        dataset = (
            Dataset.from_parquet(
                str(file), cache_dir=str(Path(scratch) / "cache"), features=features
            )
            if number
            else Dataset.from_dict({name: [] for name in schema.names}, features=features)
        )
        # Of nothing the library would write no file at all, and then not open what it wrote.
        dataset.save_to_disk(str(folder), num_shards=None if number else 1)
        del dataset
    return number


def table_row(stored: StoredRecord) -> dict[str, Any]:
    """A record as a row of `SCHEMA`."""
    row = {
        name: _fitting(value) if isinstance(value, Decimal) else value
        for name, value in flat_row(stored).items()
    }
    row["evidence"] = [
        {"slot": slot.value, "start": one.start, "end": one.end, "quote": one.quote}
        for slot, quotes in stored.record.evidence.items()
        for one in quotes
    ]
    row["record"] = record_text(stored)
    return row


def _fitting(value: Decimal) -> Decimal | None:
    """A number in the digits that the column has; None for one that is too large for it."""
    if value.adjusted() >= DIGITS - AFTER_POINT:
        return None
    return value.quantize(Decimal(1).scaleb(-AFTER_POINT))


def _chunks(records: Iterable[StoredRecord], size: int) -> Iterator[list[StoredRecord]]:
    chunk: list[StoredRecord] = []
    for stored in records:
        chunk.append(stored)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class _Months:
    """The open files of a few months; one that comes again later gets a further part."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> "_Months":
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        for month in list(self._waiting):
            self._close(month)

    def add(self, month: str, row: dict[str, Any]) -> None:
        """Put a row to its month."""
        if month not in self._waiting and len(self._waiting) >= _OPEN_MONTHS:
            self._close(next(iter(self._waiting)))
        rows = self._waiting.setdefault(month, [])
        rows.append(row)
        if len(rows) >= _ROWS:
            self._flush(month)

    def _flush(self, month: str) -> None:
        if month not in self._writers:
            folder = self._folder / f"month={month}"
            folder.mkdir(exist_ok=True)
            part = sum(1 for _ in folder.iterdir())
            self._writers[month] = pq.ParquetWriter(folder / f"part-{part}.parquet", SCHEMA)
        self._writers[month].write_table(pa.Table.from_pylist(self._waiting[month], schema=SCHEMA))
        self._waiting[month] = []

    def _close(self, month: str) -> None:
        if self._waiting[month]:
            self._flush(month)
        del self._waiting[month]
        writer = self._writers.pop(month, None)
        if writer is not None:
            writer.close()
