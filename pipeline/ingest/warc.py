"""WARC files, plain or gzipped, as articles: one pass, and past a damaged record to the next.

warcio parses the records. It goes on silently where data is damaged or a length is false; the
classes here make it say so, and a scan for the next record's beginning lets the rest go on.
"""

import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import DecompressingBufferedReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeadersParserException

from pipeline.article import Article
from pipeline.errors import IngestError, Quarantined
from pipeline.ingest.documents import too_large
from pipeline.ingest.encoding import decode
from pipeline.ingest.jsontext import quarantine
from pipeline.ingest.markdown import article_from_text
from pipeline.ingest.options import ReadOptions
from pipeline.ingest.page import article_from_page
from pipeline.ingest.unpack import guard_growth

_GZIP = b"\x1f\x8b\x08"
_RECORD = b"WARC/"
_BLOCK = 1 << 16
_OVERLAP = 16
_PAGES = ("text/html", "application/xhtml+xml")
_TYPES = frozenset({"response", "resource", "conversion"})
_FETCH_AGAIN = "fetch the file again"
_FAULTS = (ArchiveLoadFailed, StatusAndHeadersParserException, EOFError, OSError, ValueError)


def read_warc(
    stream: BinaryIO, *, source: str, options: ReadOptions
) -> Iterator[Article | Quarantined]:
    """The pages in a WARC file that were fetched well (status 200, HTML or plain text).

    A record that is cut off, damaged, too large or of a false length is quarantined; where the
    stream is seekable reading goes on at the next record. Sources are `SOURCE#offset=N`, the
    record's first byte in the file.

    Args:
        stream: at the file's first byte; gzip is recognised.
        source: the file's own.
        options: limits of size and growth.

    Raises:
        IngestError: no WARC at all, or damage in a stream that cannot be sought in.
    """
    start: int | None = 0
    while start is not None:
        records = _Records(stream, source, options)
        try:
            yield from _articles(records, source, options)
        except IngestError as error:
            if not stream.seekable():
                raise
            yield quarantine(error)
            start = _next_record(stream, records.begun + 1)
            if start is not None:
                stream.seek(start)
        else:
            start = None


def _articles(
    records: "_Records", source: str, options: ReadOptions
) -> Iterator[Article | Quarantined]:
    """The articles of records until one is damaged; that one is raised, not yielded."""
    while True:
        records.begun = records.offset
        place = f"{source}#offset={records.begun}"
        try:
            record = next(records, None)
            if record is None:
                records.check_end(place)
                return
            article = _article(record, place, options)
            _finish(records, record, place)
        except (*_FAULTS, zlib.error) as error:
            if isinstance(error, IngestError):
                raise
            reason = f"no WARC record or a damaged one ({_short(error)}); {_FETCH_AGAIN}"
            raise IngestError(place, reason) from error
        if article is not None:
            yield article


def _article(
    record: ArcWarcRecord, place: str, options: ReadOptions
) -> Article | Quarantined | None:
    """The article in a record, None for what is no page; too large a record is raised."""
    kind = _content_type(record)
    if kind is None:
        return None
    media, charset = kind
    data = record.content_stream().read(options.max_article_bytes + 1)
    if len(data) > options.max_article_bytes:
        raise IngestError(place, too_large(options))
    if not data.strip():
        return quarantine(IngestError(place, "empty: no text to read in this record"))
    url = record.rec_headers.get_header("WARC-Target-URI")
    try:
        is_page = media in _PAGES
        text, _ = decode(data, declared=charset, is_html=is_page, source=place)
        if is_page:
            return article_from_page(text, source=place, url=url, name=url or "")
        return article_from_text(text, source=place, url=url, name=url or "")
    except IngestError as error:
        return quarantine(error)


def _content_type(record: ArcWarcRecord) -> tuple[str, str | None] | None:
    """Media type and charset of a record to read, or None for one to pass over."""
    if record.rec_type not in _TYPES:
        return None
    headers = record.http_headers
    if headers is not None and headers.get_statuscode() != "200":
        return None
    stated = headers.get_header("Content-Type") if headers is not None else record.content_type
    media, _, parameters = (stated or "").partition(";")
    media = media.strip().lower()
    if media not in _PAGES and media != "text/plain":
        return None
    charset = parameters.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    return media, charset or None


def _finish(records: "_Records", record: ArcWarcRecord, place: str) -> None:
    """Read on to the record's end and make sure that it is where its length says."""
    records.read_to_end()
    missing = getattr(record.raw_stream, "limit", 0)
    if missing:
        reason = f"cut off, or its length is false: {missing:,} bytes missing; {_FETCH_AGAIN}"
        raise IngestError(place, reason)


def _next_record(stream: BinaryIO, start: int) -> int | None:
    """The offset of the next beginning of a record at or behind `start`, or None."""
    stream.seek(0)
    mark = _GZIP if stream.read(3) == _GZIP else _RECORD
    stream.seek(start)
    base, window = start, b""
    while block := stream.read(_BLOCK):
        window += block
        found = window.find(mark)
        while found >= 0:
            if _begins_record(stream, base + found, mark):
                return base + found
            found = window.find(mark, found + 1)
        base += max(0, len(window) - _OVERLAP)
        window = window[-_OVERLAP:]
        stream.seek(base + len(window))
    return None


def _begins_record(stream: BinaryIO, offset: int, mark: bytes) -> bool:
    stream.seek(max(0, offset - 1))
    before = stream.read(min(1, offset))
    head = stream.read(512)
    if mark == _RECORD:
        return before in {b"", b"\n"} and head[5:6].isdigit()
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, 64).startswith(_RECORD)
    except zlib.error:
        return False


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


class _Records(ArchiveIterator):  # type: ignore[misc]
    """warcio's iterator, which says where a record's length is false instead of going on.

    Attributes:
        begun: the offset of the record that is being read.
    """

    def __init__(self, stream: BinaryIO, source: str, options: ReadOptions) -> None:
        super().__init__(stream, no_record_parse=False, verify_http=False)
        self.reader = self._all_reader = _Reader(self.fh, source, options)
        self.begun = self.offset
        self._source = source

    def check_end(self, place: str) -> None:
        """Make sure that the file ended where a record ended."""
        if self._all_reader.is_cut_off:
            raise IngestError(place, f"cut off in the middle of a record; {_FETCH_AGAIN}")

    def _consume_blanklines(self) -> tuple[bytes | None, int]:
        size, first = 0, True
        while line := self.reader.readline():
            if line.strip():
                if first:
                    place = f"{self._source}#offset={self.offset}"
                    reason = "its length is false: more content follows where it should end"
                    raise IngestError(place, f"{reason}; {_FETCH_AGAIN}")
                return line, size
            size += len(line)
            first = False
        return None, size


class _Reader(DecompressingBufferedReader):  # type: ignore[misc]
    """warcio's reader, which raises on damaged data and refuses bombs."""

    decompressor: Any

    def __init__(self, stream: BinaryIO, source: str, options: ReadOptions) -> None:
        super().__init__(stream, block_size=_BLOCK)
        self._source = source
        self._options = options
        self._packed = 0
        self._grown = 0
        self.is_cut_off = False

    def _decompress(self, data: bytes) -> bytes:
        if not self.decompressor or not data:
            return data
        try:
            content: bytes = self.decompressor.decompress(data)
        except zlib.error:
            if self.num_block_read:
                raise
            self.decompressor = None
            return data
        self.is_cut_off = not self.decompressor.eof
        self._packed += len(data) - len(self.decompressor.unused_data)
        self._grown += len(content)
        guard_growth(self._source, self._packed, self._grown, self._options)
        return content
