"""Archives, tables and broken things for the tests of readers; all articles are invented."""

import gzip
import io
import json
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pipeline.article import Article
from pipeline.errors import Quarantined

STORIES = (
    "港電機は五日、沖浦造船を60億円で買収すると発表した。",
    "みなと銀行は北海電算に12億円を融資する。期間は五年間。",
    "沖浦市は港電機から水素バス20台を8億円で購入した。",
)
GIGABYTE = 1_000_000_000
_ZERO_BLOCK = 100_000_000


def articles_of(items: Iterable[Article | Quarantined]) -> list[Article]:
    return [item for item in items if isinstance(item, Article)]


def faults_of(items: Iterable[Article | Quarantined]) -> list[Quarantined]:
    return [item for item in items if isinstance(item, Quarantined)]


def json_line(story: str, title: str = "") -> str:
    return json.dumps({"title": title, "body": story}, ensure_ascii=False) + "\n"


def write_tar(path: Path, members: Iterable[tuple[str, bytes]], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def write_zip(path: Path, members: Iterable[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def zeros_deflated(size: int, before: bytes = b"", wbits: int = -zlib.MAX_WBITS) -> Iterator[bytes]:
    """A deflate stream of `before` and `size` zeros, without compressing the same zeros again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    yield packer.compress(before) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = bytes(1_000_000)
    block = b"".join(packer.compress(zeros) for _ in range(_ZERO_BLOCK // len(zeros)))
    block += packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(size // _ZERO_BLOCK):
        yield block
    yield packer.flush()


def gzip_of_zeros(size: int, before: bytes = b"") -> bytes:
    """A gzip file of `before` and `size` zeros; its checksum is false, its growth is not."""
    body = b"".join(zeros_deflated(size, before))
    return gzip.compress(b"")[:10] + body + bytes(8)


def zip_of_zeros(path: Path, size: int, others: Iterable[tuple[str, bytes]]) -> Path:
    """A zip whose member bomb.txt has `size` zeros, beside other members."""
    body = b"".join(zeros_deflated(size))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        info = zipfile.ZipInfo("bomb.txt")
        info.compress_type = zipfile.ZIP_DEFLATED
        info.compress_size, info.file_size, info.CRC = len(body), size, 0
        assert archive.fp is not None
        info.header_offset = archive.fp.tell()
        archive.fp.write(info.FileHeader(zip64=True))
        archive.fp.write(body)
        archive.filelist.append(info)
        archive.NameToInfo[info.filename] = info
        archive.start_dir = archive.fp.tell()
        archive._didModify = True  # type: ignore[attr-defined]
        for name, data in others:
            archive.writestr(name, data)
    return path


def warc_record(
    page: str | bytes,
    *,
    url: str = "https://example.jp/1",
    status: str = "200 OK",
    content_type: str = "text/html; charset=utf-8",
    kind: str = "response",
    lie: int = 0,
) -> bytes:
    """A WARC record of a fetched page; its stated length is off by `lie` bytes."""
    body = page.encode() if isinstance(page, str) else page
    http = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n\r\n".encode() + body
    if kind != "response":
        http = body
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{abs(hash(url))}>\r\n"
        f"WARC-Target-URI: {url}\r\nWARC-Date: 2026-01-05T00:00:00Z\r\n"
        f"Content-Type: {'application/http; msgtype=response' if kind == 'response' else content_type}\r\n"
        f"Content-Length: {len(http) + lie}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def page_of(story: str) -> str:
    return f"<html><head><title>t</title></head><body><h1>見出し</h1><p>{story}</p></body></html>"


def gz_records(records: Iterable[bytes], pack: Callable[[bytes], bytes] = gzip.compress) -> bytes:
    return b"".join(pack(record) for record in records)
