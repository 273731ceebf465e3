"""Parquet files, Arrow files and Hugging Face datasets as articles, in batches of a few rows."""

import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.article import Article
from pipeline.errors import IngestError, Quarantined
from pipeline.ingest.documents import too_large
from pipeline.ingest.fields import article_from_fields, known_fields, require_body_field
from pipeline.ingest.jsontext import quarantine
from pipeline.ingest.options import ReadOptions
from pipeline.ingest.unpack import guard_growth

_BATCH_ROWS = 32
_DATASET_FILES = ("dataset_dict.json", "state.json")
_CARD_KEYS = ("dataset_info:", "configs:")


def read_parquet(
    stream: BinaryIO, *, source: str, options: ReadOptions
) -> Iterator[Article | Quarantined]:
    """The article in each row of a Parquet file; sources are `SOURCE#row=N`, from 1.

    Only columns that can be fields of an article are read.

    Args:
        stream: the file, seekable.
        source: the file's own.
        options: names of columns; limits of size and growth.

    Raises:
        IngestError: no Parquet file, no column that can be a body, or a damaged row group; the
            rows before it were yielded.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = 0
    try:
        file = pq.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 20)
        names = file.schema_arrow.names
        require_body_field(names, source=source, options=options)
        wanted = _wanted_columns(file.schema_arrow, options)
        for group in range(file.num_row_groups):
            _guard_group(file.metadata.row_group(group), source, options)
            for batch in file.iter_batches(_BATCH_ROWS, row_groups=[group], columns=wanted):
                for values in batch.to_pylist():
                    row += 1
                    yield _article_of(values, f"{source}#row={row}", options)
    except (pa.ArrowException, OSError, ValueError) as error:
        place = f"after row {row}" if row else "at its head"
        reason = f"no Parquet or damaged {place} ({_short(error)}); write or fetch it again"
        raise IngestError(source, reason) from error


def read_arrow(
    stream: BinaryIO, *, source: str, options: ReadOptions
) -> Iterator[Article | Quarantined]:
    """The article in each row of an Arrow stream, as `datasets` caches hold them.

    Raises:
        IngestError: no Arrow stream, no column that can be a body, or damage; the rows before
            were yielded.
    """
    import pyarrow as pa

    row = 0
    try:
        head = stream.read(6)
        stream.seek(0)
        opened = pa.ipc.open_file(stream) if head == b"ARROW1" else pa.ipc.open_stream(stream)
        require_body_field(opened.schema.names, source=source, options=options)
        for batch in _batches(opened):
            for start in range(0, batch.num_rows, _BATCH_ROWS):
                for values in batch.slice(start, _BATCH_ROWS).to_pylist():
                    row += 1
                    yield _article_of(values, f"{source}#row={row}", options)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = f"no Arrow or damaged after row {row} ({_short(error)}); write or fetch it again"
        raise IngestError(source, reason) from error


def is_dataset(folder: Path) -> bool:
    """Whether a folder is a saved dataset, or a clone of a hub dataset by its card."""
    if any((folder / name).is_file() for name in _DATASET_FILES):
        return True
    card = folder / "README.md"
    if not card.is_file():
        return False
    with card.open(encoding="utf-8", errors="replace") as file:
        head = file.read(1 << 16)
    if not head.startswith("---"):
        return False
    matter = head[3:].partition("\n---")[0]
    return any(line.startswith(_CARD_KEYS) for line in matter.splitlines())


def read_dataset(folder: Path, *, options: ReadOptions) -> Iterator[Article | Quarantined]:
    """The article in each row of a Hugging Face dataset in a folder, split by split.

    A folder written by `save_to_disk` is memory-mapped; any other is given to `load_dataset`,
    streaming, which knows more formats. Nothing is fetched. Sources are `FOLDER#SPLIT/row=N`.

    Raises:
        IngestError: a folder that `datasets` cannot open, or damage; the rows before were yielded.
    """
    source = str(folder)
    for split, rows, names in _splits(folder):
        place = f"{source}#{split}/" if split else f"{source}#"
        if names:
            require_body_field(names, source=source, options=options)
        number = 0
        try:
            for number, values in enumerate(rows, start=1):
                yield _article_of(values, f"{place}row={number}", options)
        except Exception as error:  # datasets raises whatever its format readers raise
            reason = f"damaged after row {number} ({_short(error)}); save the dataset again"
            raise IngestError(f"{place}row={number + 1}", reason) from error


def _splits(folder: Path) -> list[tuple[str, Iterable[Mapping[str, Any]], list[str]]]:
    import datasets

    saved = any((folder / name).is_file() for name in _DATASET_FILES)
    try:
        if saved:
            loaded: Any = datasets.load_from_disk(str(folder))
        else:
            loaded = datasets.load_dataset(str(folder), streaming=True)
    except Exception as error:  # datasets raises whatever its format readers raise
        reason = f"datasets cannot open it ({_short(error)}); save it again with save_to_disk"
        raise IngestError(str(folder), reason) from error
    splits = loaded.items() if isinstance(loaded, dict) else [("", loaded)]
    return [(str(name), rows, list(rows.column_names or ())) for name, rows in splits]


def _article_of(
    values: Mapping[str, Any], source: str, options: ReadOptions
) -> Article | Quarantined:
    try:
        if any(isinstance(v, str) and len(v) > options.max_article_bytes for v in values.values()):
            return quarantine(IngestError(source, too_large(options)))
        return article_from_fields(values, source=source, options=options)
    except IngestError as error:
        return quarantine(error)


def _wanted_columns(schema: Any, options: ReadOptions) -> list[str]:
    """Columns that may be fields: by name, or because they hold objects."""
    known = known_fields(options)
    return [
        field.name for field in schema if field.name.lower() in known or field.type.num_fields > 0
    ]


def _guard_group(group: Any, source: str, options: ReadOptions) -> None:
    for number in range(group.num_columns):
        column = group.column(number)
        guard_growth(source, column.total_compressed_size, column.total_uncompressed_size, options)


def _batches(opened: Any) -> Iterator[Any]:
    if hasattr(opened, "num_record_batches"):
        for number in range(opened.num_record_batches):
            yield opened.get_batch(number)
    else:
        yield from opened


def _short(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__


def seekable(stream: BinaryIO) -> bool:
    """Whether a stream can be read in any order, as Parquet and zip need."""
    return isinstance(stream, io.IOBase) and stream.seekable()
