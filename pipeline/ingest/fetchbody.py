"""Bodies of answers, unpacked while they come in and never larger than told (gzip, br, deflate)."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Protocol

import brotli

ACCEPT_ENCODING = "gzip, br"
GZIP_MAGIC = b"\x1f\x8b"
_PIECE = 65_536


class BodyError(Exception):
    """A body that cannot be used; the message says why."""


class BodyTooLargeError(BodyError):
    """More bytes than allowed, packed or unpacked."""


class _Unpacker(Protocol):
    def unpack(self, data: bytes) -> Iterator[bytes]:
        """What `data` unpacks to, in pieces of bounded size."""

    def finish(self) -> None:
        """Complain where the body breaks off."""


class _Zlib:
    """gzip (also of several members) and deflate (also without its header, as some send it)."""

    def __init__(self, *, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._head = b""
        self._inner = zlib.decompressobj(31) if is_gzip else None

    def unpack(self, data: bytes) -> Iterator[bytes]:
        if self._inner is None:
            data = self._head = self._head + data
            if len(data) < 2:
                return
            self._inner = zlib.decompressobj(15 if _has_zlib_header(data) else -15)
        more = bool(data)
        while more:
            piece = self._piece(self._inner, data)
            yield piece
            data = self._inner.unconsumed_tail
            # A full piece may leave output behind even where all input is taken.
            more = bool(data) or len(piece) == _PIECE
            if self._inner.eof:
                data = self._inner.unused_data
                if not (self._is_gzip and data.startswith(GZIP_MAGIC)):
                    return  # what follows the end is padding
                self._inner = zlib.decompressobj(31)
                more = True

    @staticmethod
    def _piece(inner: "zlib._Decompress", data: bytes) -> bytes:
        try:
            return inner.decompress(data, _PIECE)
        except zlib.error as error:
            msg = f"its compression is broken ({error})"
            raise BodyError(msg) from error

    def finish(self) -> None:
        if self._inner is None or not self._inner.eof:
            msg = "it breaks off before its compression ends"
            raise BodyError(msg)


def _has_zlib_header(data: bytes) -> bool:
    return data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()
        self._began = False

    def unpack(self, data: bytes) -> Iterator[bytes]:
        self._began = self._began or bool(data)
        try:
            piece = self._inner.process(data, output_buffer_limit=_PIECE)
            yield piece
            # It takes all input and keeps back output that is over the limit.
            while piece and not self._inner.is_finished():
                piece = self._inner.process(b"", output_buffer_limit=_PIECE)
                yield piece
        except brotli.error as error:
            msg = f"its compression is broken ({error})"
            raise BodyError(msg) from error

    def finish(self) -> None:
        if self._began and not self._inner.is_finished():
            msg = "it breaks off before its compression ends"
            raise BodyError(msg)


def read_body(chunks: Iterable[bytes], content_encoding: str, limit: int) -> bytes:
    """The whole body, unpacked; stops reading as soon as it is known to be too large.

    Args:
        chunks: as they come from the wire.
        content_encoding: the header of that name, "" where there is none.
        limit: the most bytes, both as sent and unpacked.

    Raises:
        BodyTooLargeError: larger than `limit`.
        BodyError: broken compression, or one that was not asked for.
    """
    unpackers = _unpackers(content_encoding)
    body = bytearray()
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > limit:
            raise _too_large(limit)
        for piece in _through(chunk, unpackers):
            body += piece
            if len(body) > limit:
                raise _too_large(limit)
    for unpacker in unpackers:
        unpacker.finish()
    return bytes(body)


def gunzip(data: bytes, limit: int) -> bytes:
    """A file that is gzip itself (sitemap.xml.gz), unpacked.

    Raises:
        BodyError: broken, or larger than `limit`.
    """
    return read_body([data], "gzip", limit)


def _too_large(limit: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"it is larger than {limit:,} bytes")


def _unpackers(content_encoding: str) -> list[_Unpacker]:
    names = [name.strip().lower() for name in content_encoding.split(",")]
    found: list[_Unpacker] = []
    for name in reversed([name for name in names if name not in {"", "identity"}]):
        if name in {"gzip", "x-gzip"}:
            found.append(_Zlib(is_gzip=True))
        elif name == "deflate":
            found.append(_Zlib(is_gzip=False))
        elif name == "br":
            found.append(_Brotli())
        else:
            msg = f"it comes in the encoding {name!r}, which was not asked for"
            raise BodyError(msg)
    if len(found) > 2:
        msg = f"it is packed {len(found)} times"
        raise BodyError(msg)
    return found


def _through(chunk: bytes, unpackers: list[_Unpacker]) -> Iterator[bytes]:
    if not unpackers:
        yield chunk
        return
    first, *rest = unpackers
    for piece in first.unpack(chunk):
        yield from _through(piece, rest)
