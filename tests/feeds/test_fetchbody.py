"""Bodies of answers are unpacked within bounds."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest.fetchbody import BodyError, BodyTooLargeError, gunzip, read_body

TEXT = "青空電機がHX200を3000個購入した。".encode() * 5000


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKED = {
    "": TEXT,
    "identity": TEXT,
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]),
    "GZIP": gzip.compress(TEXT) + b"\0" * 10,
    "deflate": zlib.compress(TEXT),
    " deflate": raw_deflate(TEXT),
    "br": brotli.compress(TEXT, quality=4),
    "br, gzip": gzip.compress(brotli.compress(TEXT, quality=4)),
}


@pytest.mark.parametrize("size", [1, 777, 10**9], ids=["byte by byte", "pieces", "at once"])
@pytest.mark.parametrize("encoding", PACKED)
def test_a_body_is_unpacked_whatever_its_pieces(encoding: str, size: int) -> None:
    packed = PACKED[encoding]
    chunks = (packed[at : at + size] for at in range(0, len(packed), size))
    assert read_body(chunks, encoding, 10**6) == TEXT


BOMBS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda zeros: bytes(brotli.compress(zeros, quality=1)),
    "br, gzip": lambda zeros: gzip.compress(brotli.compress(zeros, quality=1)),
}


@pytest.mark.parametrize("encoding", BOMBS)
def test_a_bomb_is_stopped_at_the_limit(encoding: str) -> None:
    zeros = b"\0" * 50_000_000
    packed = BOMBS[encoding](zeros)
    assert len(packed) < 1_000_000
    with pytest.raises(BodyTooLargeError):
        read_body([packed], encoding, 1_000_000)


def test_an_endless_body_is_read_no_further_than_the_limit() -> None:
    given_out = 0

    def endless() -> Iterator[bytes]:
        nonlocal given_out
        while True:
            given_out += 1
            yield b"x" * 1000

    with pytest.raises(BodyTooLargeError):
        read_body(endless(), "", 10_000)
    assert given_out == 11


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        pytest.param(gzip.compress(TEXT)[:-200], "gzip", id="gzip breaks off"),
        pytest.param(brotli.compress(TEXT)[:-20], "br", id="br breaks off"),
        pytest.param(b"<rss>", "gzip", id="no gzip"),
        pytest.param(b"\x05<rss>", "br", id="no br"),
        pytest.param(b"\xff\xff\xff", "deflate", id="no deflate"),
        pytest.param(TEXT, "zstd", id="not asked for"),
        pytest.param(TEXT, "gzip, gzip, gzip", id="packed too often"),
    ],
)
def test_a_broken_body_is_told(body: bytes, encoding: str) -> None:
    with pytest.raises(BodyError):
        read_body([body], encoding, 10**6)


@given(st.binary(max_size=300_000), st.integers(1, 70_000))
def test_gunzip_gives_back_what_was_packed(data: bytes, size: int) -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as out:
        for at in range(0, len(data), size):
            out.write(data[at : at + size])
    assert gunzip(packed.getvalue(), 10**6) == data
