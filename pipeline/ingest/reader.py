"""Paths and streams to articles: the one entrance for files of every kind."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from pipeline.article import Article
from pipeline.errors import IngestError, Quarantined
from pipeline.ingest.columns import is_dataset, read_arrow, read_dataset, read_parquet
from pipeline.ingest.csvtable import read_csv
from pipeline.ingest.documents import PAGE_SUFFIXES, TEXT_SUFFIXES, read_document
from pipeline.ingest.jsontext import quarantine, read_json, read_json_lines
from pipeline.ingest.members import Member, tar_members, zip_members
from pipeline.ingest.options import ReadOptions
from pipeline.ingest.unpack import Counted, compression_of, inner_name, unpacked
from pipeline.ingest.walk import walk_files
from pipeline.ingest.warc import read_warc

_LINE_SUFFIXES = {
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".warc": read_warc,
}
_SOUGHT_SUFFIXES = {".parquet": read_parquet, ".arrow": read_arrow}
_ARCHIVE_SUFFIXES = frozenset({".zip", ".tar"})
_SHORT_SUFFIXES = frozenset({".tgz", ".tbz2", ".txz", ".tzst"})
_PLAIN = PAGE_SUFFIXES | TEXT_SUFFIXES | _LINE_SUFFIXES.keys()
KNOWN_SUFFIXES = frozenset(
    _PLAIN
    | _SOUGHT_SUFFIXES.keys()
    | _ARCHIVE_SUFFIXES
    | _SHORT_SUFFIXES
    | {f"{name}{packed}" for name in _PLAIN | {".tar"} for packed in (".gz", ".zst", ".bz2", ".xz")}
)
_DEFAULTS = ReadOptions()
_PEEKED = 1 << 16
_MAGIC = (
    (b"\x1f\x8b", ".gz"),
    (b"\x28\xb5\x2f\xfd", ".zst"),
    (b"BZh", ".bz2"),
    (b"\xfd7zXZ", ".xz"),
    (b"PK\x03\x04", ".zip"),
    (b"WARC/", ".warc"),
)


def read_paths(
    paths: Iterable[Path], *, options: ReadOptions = _DEFAULTS
) -> Iterator[Article | Quarantined]:
    """The articles in files, folders, archives and datasets, one after another, in bounded memory.

    Paths are read in the order given, folders in the order of their names. What cannot be read is
    yielded as `Quarantined` with its reason, and the rest goes on. The same text in two files is
    yielded twice; the store knows both as one article.

    Args:
        paths: files and folders; an article's `source` begins with the path as given here, then
            `!/member` of an archive, then `#line=`, `#item=`, `#row=` or `#offset=` in a file of
            many articles.
        options: fields, globs, encoding and limits.
    """
    for path in paths:
        if path.is_dir():
            yield from _read_folder(path, options)
        else:
            yield from _read_file(path, options)


def read_stream(
    stream: BinaryIO, name: str, *, options: ReadOptions = _DEFAULTS
) -> Iterator[Article | Quarantined]:
    """The articles on a stream whose kind is found out from its beginning.

    Compressed data is unpacked, a tar stream and WARC are recognised; text that begins with `{` or
    `[` is JSON or JSON Lines, with the tag of a page HTML, anything else one article in Markdown
    or plain text.

    Args:
        stream: standard input, or another stream of bytes.
        name: what articles give as their source, `-` for standard input.
        options: fields, encoding and limits.
    """
    buffered = io.BufferedReader(Counted(stream), _PEEKED)
    try:
        file_name = _sniffed(buffered.peek(_PEEKED))
        while packed := compression_of(file_name):
            unwrapped = unpacked(buffered, packed, source=name, options=options)
            buffered = io.BufferedReader(Counted(unwrapped), _PEEKED)
            file_name = _sniffed(buffered.peek(_PEEKED))
        yield from _read_named(buffered, file_name, name, options)
    except IngestError as error:
        yield quarantine(error)


def _sniffed(head: bytes) -> str:
    """A file name whose ending fits the beginning of a stream."""
    for magic, suffix in _MAGIC:
        if head.startswith(magic):
            return f"stream{suffix}"
    if head[257:262] == b"ustar":
        return "stream.tar"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] in {b"{", b"["} and b'"' in text:
        first_line = text.partition(b"\n")[0].rstrip()
        is_line = first_line[:1] + first_line[-1:] == b"{}"
        return "stream.jsonl" if is_line else "stream.json"
    return "stream.txt"


def _read_folder(folder: Path, options: ReadOptions) -> Iterator[Article | Quarantined]:
    try:
        if options.as_dataset or is_dataset(folder):
            yield from read_dataset(folder, options=options)
            return
    except IngestError as error:
        yield quarantine(error)
        return
    for found in walk_files(folder, options, KNOWN_SUFFIXES, is_dataset):
        if isinstance(found, IngestError):
            yield quarantine(found)
        elif found.is_dir():
            yield from _read_folder(found, options)
        else:
            yield from _read_file(found, options)


def _read_file(path: Path, options: ReadOptions) -> Iterator[Article | Quarantined]:
    source = str(path)
    try:
        with path.open("rb") as stream:
            yield from _read_named(stream, path.name, source, options)
    except IngestError as error:
        yield quarantine(error)
    except FileNotFoundError:
        yield quarantine(IngestError(source, "no such file (it may have vanished); check the path"))
    except OSError as error:
        yield quarantine(
            IngestError(source, f"cannot be read ({error.strerror}); check its rights")
        )


def _read_named(
    stream: BinaryIO, name: str, source: str, options: ReadOptions, *, nested: bool = False
) -> Iterator[Article | Quarantined]:
    """The articles in a stream of the kind that its file name tells.

    Raises:
        IngestError: nothing (more) can be read from the stream.
    """
    suffix = PurePosixPath(name).suffix.lower()
    packed = compression_of(name)
    if packed and PurePosixPath(inner_name(name)).suffix.lower() != ".warc":
        inner = unpacked(stream, packed, source=source, options=options)
        yield from _read_named(inner, inner_name(name), source, options, nested=nested)
    elif suffix in _ARCHIVE_SUFFIXES:
        yield from _read_archive(stream, suffix, source, options, nested=nested)
    elif suffix in _SOUGHT_SUFFIXES:
        if not stream.seekable():
            reason = f"{suffix} cannot be read from inside an archive or stream; unpack it first"
            raise IngestError(source, reason)
        yield from _SOUGHT_SUFFIXES[suffix](stream, source=source, options=options)
    elif packed:
        yield from read_warc(stream, source=source, options=options)
    elif suffix in _LINE_SUFFIXES:
        yield from _LINE_SUFFIXES[suffix](stream, source=source, options=options)
    else:
        yield read_document(stream, name=name, source=source, options=options)


def _read_archive(
    stream: BinaryIO, suffix: str, source: str, options: ReadOptions, *, nested: bool
) -> Iterator[Article | Quarantined]:
    if nested:
        raise IngestError(source, "an archive inside an archive; unpack the outer one first")
    if suffix == ".zip":
        if not stream.seekable():
            raise IngestError(source, "zip cannot be read from a stream; save it to a file first")
        members = zip_members(stream, source=source, options=options, known=KNOWN_SUFFIXES)
    else:
        members = tar_members(stream, source=source, options=options, known=KNOWN_SUFFIXES)
    for member in members:
        if isinstance(member, IngestError):
            yield quarantine(member)
        else:
            yield from _read_member(member, options)


def _read_member(member: Member, options: ReadOptions) -> Iterator[Article | Quarantined]:
    try:
        yield from _read_named(member.stream, member.name, member.source, options, nested=True)
    except IngestError as error:
        yield quarantine(error)
