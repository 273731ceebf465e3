"""JSON and JSON Lines as articles: a line or an array element at a time, in bounded memory."""

import codecs
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from pipeline.article import Article
from pipeline.errors import IngestError, Quarantined
from pipeline.ingest.documents import too_large
from pipeline.ingest.encoding import decode
from pipeline.ingest.fields import article_from_fields
from pipeline.ingest.options import ReadOptions

_CHUNK = 1 << 20
_LISTS = ("articles", "items", "entries", "posts", "data", "results", "docs", "records")
_SPACE = " \t\r\n\ufeff"


def read_json_lines(
    stream: BinaryIO, *, source: str, options: ReadOptions
) -> Iterator[Article | Quarantined]:
    """The article on each line; a bad line is quarantined and the others go on.

    Args:
        stream: JSON Lines, at a line's start.
        source: of the whole; an article's own is `SOURCE#line=N`, lines from 1.
        options: names of fields, limit of size of a line, encoding.
    """
    for number, line in iter_lines(stream, options.max_article_bytes):
        place = f"{source}#line={number}"
        if line is None:
            yield quarantine(IngestError(place, too_large(options)))
        elif line.strip():
            try:
                yield _article_on_line(line, place, options)
            except IngestError as error:
                yield quarantine(error)


def read_json(
    stream: BinaryIO, *, source: str, options: ReadOptions
) -> Iterator[Article | Quarantined]:
    """The articles in a JSON document: an object, an array of objects, or an object with a list.

    An array at the top is read element by element, whatever its length. An article's source is
    `SOURCE#item=N` (from 1), or `SOURCE` itself where the document is one article. A document
    with several values one after another is read as JSON Lines are.
    """
    try:
        for item in _values(stream, source, options):
            if not item.is_element and item.number == 1:
                yield from _top_object(item.value, source, options)
                continue
            place = f"{source}#item={item.number}"
            if item.length > options.max_article_bytes:
                yield quarantine(IngestError(place, too_large(options)))
            else:
                yield _article_of(item.value, place, options)
    except IngestError as error:
        yield quarantine(error)


def iter_lines(stream: BinaryIO, limit: int) -> Iterator[tuple[int, bytes | None]]:
    """Each line with its number from 1; None for a line of more than `limit` bytes, passed over."""
    number = 0
    while line := stream.readline(limit + 1):
        number += 1
        if len(line) > limit and not line.endswith(b"\n"):
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = stream.readline(_CHUNK)
            yield number, None
        else:
            yield number, line


def quarantine(error: IngestError) -> Quarantined:
    """An input that could not be read, as data."""
    return Quarantined(source=error.source, step="ingest", reason=error.reason)


def _article_on_line(line: bytes, source: str, options: ReadOptions) -> Article:
    text, _ = decode(line, declared=options.encoding, source=source)
    try:
        value = json.loads(text)
    except ValueError as error:
        raise IngestError(source, _no_json(error)) from error
    except RecursionError as error:
        raise IngestError(source, "JSON nested too deeply; no article looks so") from error
    return _checked(value, source, options)


def _no_json(error: ValueError) -> str:
    column = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
    return f"no JSON{column} ({getattr(error, 'msg', error)}); mend or delete it"


def _checked(value: object, source: str, options: ReadOptions) -> Article:
    if not isinstance(value, Mapping):
        raise IngestError(source, f"no JSON object but {type(value).__name__}; expected fields")
    return article_from_fields(value, source=source, options=options)


def _article_of(value: object, source: str, options: ReadOptions) -> Article | Quarantined:
    try:
        return _checked(value, source, options)
    except IngestError as error:
        return quarantine(error)


def _top_object(
    value: object, source: str, options: ReadOptions
) -> Iterator[Article | Quarantined]:
    inner = _inner_list(value)
    if inner is None:
        yield _article_of(value, source, options)
        return
    for number, item in enumerate(inner, start=1):
        yield _article_of(item, f"{source}#item={number}", options)


def _inner_list(value: object) -> list[Any] | None:
    """The list of objects in an envelope such as {"articles": […]}."""
    if not isinstance(value, Mapping):
        return None
    for name in _LISTS:
        inner = value.get(name)
        if isinstance(inner, list) and inner and all(isinstance(item, Mapping) for item in inner):
            return inner
    return None


@dataclass(frozen=True, slots=True)
class _Item:
    """A value at the top or in the top array, its number from 1, and its length in characters."""

    number: int
    value: object
    is_element: bool
    length: int


def _values(stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[_Item]:
    reader = _Window(_as_text(stream, source, options), source, options)
    in_array = reader.next_character() == "["
    if in_array:
        reader.skip(1)
    number = 0
    while (character := reader.next_character()) and character != "]":
        if character == "," and in_array:
            reader.skip(1)
            continue
        number += 1
        value, length = reader.take_value()
        yield _Item(number, value, in_array or number > 1, length)
    if number == 0 and not in_array:
        raise IngestError(source, "empty: no text to read; delete it or fill it")
    if in_array and not reader.next_character():
        raise IngestError(source, f"the array breaks off after item {number}; fetch the file again")


def _as_text(stream: BinaryIO, source: str, options: ReadOptions) -> io.TextIOBase:
    head = stream.read(options.max_article_bytes + 1)
    if len(head) <= options.max_article_bytes:
        return io.StringIO(decode(head, declared=options.encoding, source=source)[0])
    name = options.encoding or "utf-8-sig"
    return codecs.getreader(name)(_Chained(head, stream))  # type: ignore[return-value]


class _Chained(io.RawIOBase):
    """What was read already, then the rest of its stream."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = io.BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._head.read(size) or self._rest.read(size)


class _Window:
    """A piece of a long JSON text that grows until it holds the next value whole."""

    def __init__(self, text: io.TextIOBase, source: str, options: ReadOptions) -> None:
        self._text = text
        self._source = source
        self._options = options
        self._buffer = ""
        self._at = 0
        self._decoder = json.JSONDecoder()

    def next_character(self) -> str:
        """The next character that is no white space, or "" at the end."""
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in _SPACE:
                    return self._buffer[self._at]
                self._at += 1
            if not self._grow():
                return ""

    def skip(self, count: int) -> None:
        """Pass over characters that are in the window."""
        self._at += count

    def take_value(self) -> tuple[object, int]:
        """The value that begins here, complete, and its length in characters."""
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                if self._exhausted():
                    raise IngestError(self._source, _no_json(error)) from error
            except RecursionError as error:
                raise IngestError(self._source, "JSON nested too deeply") from error
            else:
                length = end - self._at
                if end < len(self._buffer) or not self._grow():
                    self._at += length
                    return value, length

    def _exhausted(self) -> bool:
        if len(self._buffer) - self._at > self._options.max_article_bytes:
            reason = f"{too_large(self._options)}; the items behind it are not read"
            raise IngestError(self._source, reason)
        return not self._grow()

    def _grow(self) -> bool:
        try:
            more = self._text.read(max(_CHUNK, len(self._buffer) - self._at))
        except UnicodeDecodeError as error:
            reason = f"no {error.encoding} at byte {error.start}; name its encoding"
            raise IngestError(self._source, reason) from error
        self._buffer = self._buffer[self._at :] + more
        self._at = 0
        return bool(more)
