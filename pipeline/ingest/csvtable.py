"""CSV and TSV as articles, a row at a time, in bounded memory."""

import codecs
import csv
from collections.abc import Iterator
from typing import BinaryIO

from pipeline.article import Article
from pipeline.errors import IngestError, Quarantined
from pipeline.ingest.documents import too_large
from pipeline.ingest.encoding import decode
from pipeline.ingest.fields import article_from_fields, require_body_field
from pipeline.ingest.jsontext import iter_lines, quarantine
from pipeline.ingest.options import ReadOptions

_DELIMITERS = ",\t;|"


def read_csv(
    stream: BinaryIO, *, source: str, options: ReadOptions
) -> Iterator[Article | Quarantined]:
    """The article in each row of a table whose first row names its columns.

    The delimiter (comma, tab, semicolon, bar) is the one that the first row holds most of. A row
    that cannot be read is quarantined; the others go on. Sources are `SOURCE#row=N`, data rows
    from 1.

    Raises:
        IngestError: no column can be an article's body.
    """
    # csv has one limit for the whole process; it is only ever raised, never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), options.max_article_bytes))
    lines = _Lines(stream, source, options)
    head = lines.header()
    delimiter = max(_DELIMITERS, key=head.count)
    names = next(csv.reader([head], delimiter=delimiter), [])
    require_body_field(names, source=source, options=options)
    rows = csv.reader(lines, delimiter=delimiter)
    number = 0
    while True:
        number += 1
        place = f"{source}#row={number}"
        try:
            row = _next_row(rows, lines, place)
            if row is None:
                return
            if row:
                yield article_from_fields(
                    _named(names, row, place, options), source=place, options=options
                )
        except IngestError as error:
            yield quarantine(error)


def _next_row(rows: Iterator[list[str]], lines: "_Lines", place: str) -> list[str] | None:
    try:
        row = next(rows, None)
    except csv.Error as error:
        lines.take_fault()
        raise IngestError(place, f"no CSV row ({error}); mend its quotes") from error
    fault = lines.take_fault()
    if fault:
        raise IngestError(place, fault)
    return row


def _named(names: list[str], row: list[str], place: str, options: ReadOptions) -> dict[str, str]:
    if len(row) > len(names):
        reason = f"{len(row)} fields under {len(names)} columns; mend its quotes or delimiters"
        raise IngestError(place, reason)
    if sum(map(len, row)) > options.max_article_bytes:
        raise IngestError(place, too_large(options))
    return dict(zip(names, row, strict=False))


class _Lines:
    """The lines of a table as text, none longer than the limit; faults are kept for their row."""

    def __init__(self, stream: BinaryIO, source: str, options: ReadOptions) -> None:
        self._lines: Iterator[tuple[int, bytes | None]] = iter_lines(
            stream, options.max_article_bytes
        )
        self._source = source
        self._options = options
        self._name: str | None = None
        self._fault: str | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        _, line = next(self._lines)
        if line is None:
            self._fault = too_large(self._options)
            return "\n"
        try:
            return self._text(line)
        except IngestError as error:
            self._fault = error.reason
            return "\n"

    def header(self) -> str:
        """The first line that is not empty, without a byte order mark."""
        for _, line in self._lines:
            if line is None:
                raise IngestError(self._source, too_large(self._options))
            if line.strip():
                return self._text(line.removeprefix(codecs.BOM_UTF8)).strip("\r\n")
        raise IngestError(self._source, "empty: no text to read; delete it or fill it")

    def take_fault(self) -> str | None:
        """What was wrong with a line since the last call, or None."""
        fault, self._fault = self._fault, None
        return fault

    def _text(self, line: bytes) -> str:
        """The first line that is not ASCII tells the encoding; later ones may differ."""
        if self._name:
            try:
                return line.decode(self._name)
            except UnicodeDecodeError:
                pass
        text, name = decode(line, declared=self._options.encoding, source=self._source)
        if not line.isascii():
            self._name = name
        return text
