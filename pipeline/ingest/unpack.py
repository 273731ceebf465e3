"""Compressed streams, read piece by piece; bombs and broken data end in an error with its place."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Protocol, cast

from pipeline.errors import IngestError
from pipeline.ingest.options import ReadOptions

COMPRESSED_SUFFIXES = frozenset({".gz", ".zst", ".bz2", ".xz"})
_PATIENCE_BYTES = 64 * 1024 * 1024
_BLOCK = 1 << 16
BROKEN = (
    EOFError,
    OSError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)
"""What the standard library raises on archives that are damaged, encrypted or of unknown method."""


class Readable(Protocol):
    """Anything that gives bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; b"" at the end."""
        ...


def unpacked(
    stream: BinaryIO, suffix: str, *, source: str, options: ReadOptions
) -> io.BufferedReader:
    """The content of a compressed stream, in constant memory.

    Args:
        stream: at the first byte of the compressed data.
        suffix: `.gz`, `.zst`, `.bz2` or `.xz`.
        source: what the stream is, for errors.
        options: `max_ratio` of growth, looked at from 64 MiB of content on.

    Raises:
        IngestError: from its read methods: data that breaks off, is damaged, or grows like a bomb.
    """
    counted = Counted(stream)
    return guarded(_opened(counted, suffix), lambda: counted.count, source=source, options=options)


def guarded(
    inner: Readable, packed: Callable[[], int], *, source: str, options: ReadOptions
) -> io.BufferedReader:
    """A stream whose faults are IngestErrors and whose growth is bounded.

    Args:
        inner: gives the unpacked bytes; what it raises on broken data becomes an IngestError.
        packed: how many packed bytes were taken so far.
        source: what the stream is, for errors.
        options: `max_ratio`.
    """
    return io.BufferedReader(_Guarded(inner, packed, source, options), _BLOCK)


def inner_name(name: str) -> str:
    """The name of what a compressed file holds: `a.jsonl.gz` → `a.jsonl`, `a.tgz` → `a.tar`."""
    path = PurePosixPath(name)
    if path.suffix.lower() in {".tgz", ".tbz2", ".txz", ".tzst"}:
        return f"{path.stem}.tar"
    return path.stem


def compression_of(name: str) -> str | None:
    """The compression that a file name tells (`.gz` also for `.tgz`), or None."""
    suffix = PurePosixPath(name).suffix.lower()
    short = {".tgz": ".gz", ".tbz2": ".bz2", ".txz": ".xz", ".tzst": ".zst"}.get(suffix, suffix)
    return short if short in COMPRESSED_SUFFIXES else None


def guard_growth(source: str, packed: int, grown: int, options: ReadOptions) -> None:
    """Refuse content that is far larger than its packed form.

    Raises:
        IngestError: more than 64 MiB, and over `max_ratio` times the packed bytes.
    """
    if grown > _PATIENCE_BYTES and grown > options.max_ratio * max(packed, 1):
        reason = (
            f"grows to over {grown:,} bytes, more than {options.max_ratio} times its packed size: "
            "refused as a decompression bomb; raise --max-ratio if it is none"
        )
        raise IngestError(source, reason)


class Counted(io.RawIOBase):
    """A stream that knows how many bytes were taken from it."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.count = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`, as io.RawIOBase says."""
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


def _opened(stream: Counted, suffix: str) -> Readable:
    if suffix == ".gz":
        return gzip.GzipFile(fileobj=stream, mode="rb")
    if suffix == ".bz2":
        return bz2.BZ2File(stream, "rb")
    if suffix == ".xz":
        return lzma.LZMAFile(cast("BinaryIO", stream), "rb")
    # pyarrow's stream tells a frame that breaks off from one that ends; zstandard's does not.
    import pyarrow as pa

    file = pa.PythonFile(stream, mode="r")
    return pa.CompressedInputStream(file, "zstd")  # type: ignore[no-any-return]


class _Guarded(io.RawIOBase):
    def __init__(
        self, inner: Readable, packed: Callable[[], int], source: str, options: ReadOptions
    ) -> None:
        self._inner = inner
        self._packed = packed
        self._source = source
        self._options = options
        self._grown = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._inner.read(len(buffer))
        except BROKEN as error:
            reason = f"damaged after {self._grown:,} bytes ({error}); fetch the file again"
            raise IngestError(self._source, reason) from error
        self._grown += len(data)
        guard_growth(self._source, self._packed(), self._grown, self._options)
        buffer[: len(data)] = data
        return len(data)
