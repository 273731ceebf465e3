"""Paths and streams to articles: the one entrance for files of every kind."""

import io
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from pipeline.article import Article
from pipeline.errors import IngestError, Quarantined
from pipeline.ingest.documents import PAGE_SUFFIXES, TEXT_SUFFIXES, read_document
from pipeline.ingest.jsontext import quarantine, read_json, read_json_lines
from pipeline.ingest.options import ReadOptions
from pipeline.ingest.walk import walk_files

KNOWN_SUFFIXES = PAGE_SUFFIXES | TEXT_SUFFIXES | {".json", ".jsonl", ".ndjson"}
_DEFAULTS = ReadOptions()
_PEEKED = 1 << 16


def read_paths(
    paths: Iterable[Path], *, options: ReadOptions = _DEFAULTS
) -> Iterator[Article | Quarantined]:
    """The articles in files and folders, one after another, in bounded memory.

    Files are read in the order given, folders in the order of their names. What cannot be read is
    yielded as `Quarantined` with its reason, and the rest goes on. The same text in two files is
    yielded twice; the store knows both as one article.

    Args:
        paths: files and folders; an article's `source` begins with the path as given here.
        options: fields, globs, encoding and limits.
    """
    for path in paths:
        if path.is_dir():
            for found in walk_files(path, options, KNOWN_SUFFIXES):
                if isinstance(found, IngestError):
                    yield quarantine(found)
                else:
                    yield from _read_file(found, options)
        else:
            yield from _read_file(path, options)


def read_stream(
    stream: BinaryIO, name: str, *, options: ReadOptions = _DEFAULTS
) -> Iterator[Article | Quarantined]:
    """The articles on a stream whose kind is found out from its beginning.

    A stream that begins with `{` or `[` is JSON or JSON Lines, with a tag of a page HTML, anything
    else one article in Markdown or plain text.

    Args:
        stream: standard input, or another stream of bytes.
        name: what articles give as their source, `-` for standard input.
        options: fields, encoding and limits.
    """
    buffered = io.BufferedReader(_Raw(stream), _PEEKED)
    head = buffered.peek(_PEEKED).lstrip(b"\xef\xbb\xbf \t\r\n")
    kind = ".txt"
    if head[:1] in {b"{", b"["} and b'"' in head:
        first_line = head.partition(b"\n")[0].rstrip()
        kind = ".jsonl" if first_line[:1] + first_line[-1:] == b"{}" else ".json"
    yield from _guarded(buffered, f"{name}{kind}", name, options)


def _read_file(path: Path, options: ReadOptions) -> Iterator[Article | Quarantined]:
    source = str(path)
    try:
        with path.open("rb") as stream:
            if stat.S_ISDIR(os.fstat(stream.fileno()).st_mode):
                raise IngestError(source, "became a folder while reading; run again")
            yield from _guarded(stream, path.name, source, options)
    except IngestError as error:
        yield quarantine(error)
    except FileNotFoundError:
        yield quarantine(IngestError(source, "no such file (it may have vanished); check the path"))
    except OSError as error:
        yield quarantine(
            IngestError(source, f"cannot be read ({error.strerror}); check its rights")
        )


def _guarded(
    stream: BinaryIO, name: str, source: str, options: ReadOptions
) -> Iterator[Article | Quarantined]:
    try:
        yield from _read_named(stream, name, source, options)
    except IngestError as error:
        yield quarantine(error)


def _read_named(
    stream: BinaryIO, name: str, source: str, options: ReadOptions
) -> Iterator[Article | Quarantined]:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in {".jsonl", ".ndjson"}:
        yield from read_json_lines(stream, source=source, options=options)
    elif suffix == ".json":
        yield from read_json(stream, source=source, options=options)
    else:
        yield read_document(stream, name=name, source=source, options=options)


class _Raw(io.RawIOBase):
    """A binary stream of any sort (a pipe, a socket's file) as a raw one, to be buffered."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
