"""Zip, tar and compressed files are read where they lie; broken members do not stop the others."""

import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from pipeline.ingest import ReadOptions, read_paths
from tests.ingest.making import (
    GIGABYTE,
    STORIES,
    articles_of,
    faults_of,
    gzip_of_zeros,
    json_line,
    write_tar,
    write_zip,
    zip_of_zeros,
)

MEMBERS = [(f"posts/2026-01-0{n}.md", story.encode()) for n, story in enumerate(STORIES, start=1)]
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor().compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def pack(path: Path, data: bytes) -> Path:
    path.write_bytes(PACKERS[path.suffix](data))
    return path


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst", ".bz2", ".xz"])
def test_tar_members_are_articles(tmp_path: Path, suffix: str) -> None:
    path = write_tar(tmp_path / "a.tar", MEMBERS)
    if suffix:
        path = pack(tmp_path / f"a.tar{suffix}", path.read_bytes())
    read = list(read_paths([path]))
    assert [item.source for item in read] == [f"{path}!/{name}" for name, _ in MEMBERS]
    assert [article.text for article in articles_of(read)] == list(STORIES)
    assert articles_of(read)[0].published is not None


def test_zip_members_are_articles(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", MEMBERS)
    read = list(read_paths([path]))
    assert [item.source for item in read] == [f"{path}!/{name}" for name, _ in MEMBERS]
    assert [article.text for article in articles_of(read)] == list(STORIES)


@pytest.mark.parametrize("suffix", PACKERS)
def test_compressed_json_lines_are_articles(tmp_path: Path, suffix: str) -> None:
    path = pack(tmp_path / f"a.jsonl{suffix}", "".join(map(json_line, STORIES)).encode())
    read = list(read_paths([path]))
    assert [item.source for item in read] == [f"{path}#line={n}" for n in (1, 2, 3)]


def test_compressed_json_lines_inside_a_zip_are_articles(tmp_path: Path) -> None:
    inner = gzip.compress(json_line(STORIES[0]).encode())
    path = write_zip(tmp_path / "a.zip", [("day.jsonl.gz", inner)])
    (article,) = articles_of(read_paths([path]))
    assert article.source == f"{path}!/day.jsonl.gz#line=1"


def test_members_are_chosen_as_files_in_folders_are(tmp_path: Path) -> None:
    others = [
        ("img/a.png", b"\x89PNG"),
        ("__MACOSX/x.md", b"x"),
        (".git/y.md", b"y"),
        ("d/n.md", b"n"),
    ]
    path = write_zip(tmp_path / "a.zip", [*MEMBERS, *others])
    options = ReadOptions(ignore=("d/",))
    assert len(list(read_paths([path], options=options))) == len(MEMBERS)
    chosen = ReadOptions(include=("posts/*-03.md",))
    assert [a.text for a in articles_of(read_paths([path], options=chosen))] == [STORIES[2]]


def test_zip_names_from_japanese_windows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("PLACE.md", STORIES[0])
    raw = path.read_bytes().replace(b"PLACE.md", "港.md".encode("cp932") + b"x")
    path.write_bytes(
        raw.replace("港.md".encode("cp932") + b"x", "港記.md".encode("cp932")[:8].ljust(8, b"d"))
    )
    (item,) = list(read_paths([path], options=ReadOptions(include=("*",))))
    assert item.source.startswith(f"{path}!/港")


@pytest.mark.parametrize("suffix", PACKERS)
def test_truncated_compressed_lines_give_what_was_whole(tmp_path: Path, suffix: str) -> None:
    lines = "".join(json_line(f"{n}番。{story}") for n in range(3_000) for story in STORIES)
    path = pack(tmp_path / f"a.jsonl{suffix}", lines.encode())
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 9 // 10])
    read = list(read_paths([path]))
    (fault,) = [fault for fault in faults_of(read) if "damaged" in fault.reason]
    assert fault.source == str(path)
    assert "fetch the file again" in fault.reason
    assert len(articles_of(read)) > 100


def test_truncated_tar_gives_the_members_before(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar", MEMBERS)
    path.write_bytes(path.read_bytes()[: 512 * 5 + 20])
    read = list(read_paths([path]))
    assert [article.text for article in articles_of(read)] == list(STORIES[:2])
    assert faults_of(read)


def test_tar_cut_between_members_is_noticed(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar", MEMBERS)
    path.write_bytes(path.read_bytes()[: 512 * 4])
    read = list(read_paths([path]))
    assert [article.text for article in articles_of(read)] == list(STORIES[:2])
    assert "breaks off" in faults_of(read)[0].reason


def test_damaged_zip_member_is_quarantined_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in MEMBERS:
            archive.writestr(name, data)
    path.write_bytes(path.read_bytes().replace("12億円".encode(), "99億円".encode()))
    read = list(read_paths([path]))
    assert [article.text for article in articles_of(read)] == [STORIES[0], STORIES[2]]
    (fault,) = faults_of(read)
    assert fault.source == f"{path}!/{MEMBERS[1][0]}"
    assert "damaged" in fault.reason


@pytest.mark.parametrize("name", ["../../etc/港.md", "/abs/港.md", "C:/港.md", "a\\..\\..\\港.md"])
@pytest.mark.parametrize("write", [write_zip, write_tar], ids=["zip", "tar"])
def test_paths_out_of_the_archive_are_refused(
    tmp_path: Path, name: str, write: Callable[..., Path]
) -> None:
    suffix = ".zip" if write is write_zip else ".tar"
    path = write(tmp_path / f"a{suffix}", [MEMBERS[0], (name, b"evil"), MEMBERS[1]])
    read = list(read_paths([path]))
    assert [article.text for article in articles_of(read)] == list(STORIES[:2])
    (fault,) = faults_of(read)
    assert "out of the archive: refused" in fault.reason


def test_links_out_of_a_tar_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        for name, target in (("in.md", "posts/x.md"), ("out.md", "../../etc/passwd")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
        info = tarfile.TarInfo("ok.md")
        info.size = len(STORIES[0].encode())
        archive.addfile(info, io.BytesIO(STORIES[0].encode()))
    read = list(read_paths([path]))
    assert [fault.source for fault in faults_of(read)] == [f"{path}!/out.md"]
    assert len(articles_of(read)) == 1


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        pytest.param("b.zip", b"PK\x03\x04 is no zip", "no readable zip", id="no zip"),
        pytest.param("b.tar", b"is no tar" * 100, "no readable tar", id="no tar"),
        pytest.param("b.tar", b"", "no readable tar", id="empty tar"),
        pytest.param("b.jsonl.gz", b"is no gzip", "damaged", id="no gzip"),
        pytest.param("b.jsonl.zst", b"is no zstd", "damaged", id="no zstd"),
        pytest.param("b.jsonl.xz", b"is no xz", "damaged", id="no xz"),
        pytest.param("b.tgz", gzip.compress(b"no tar inside" * 100), "no readable tar", id="tgz"),
    ],
)
def test_false_archives_are_quarantined(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    (tmp_path / "a.md").write_text(STORIES[0])
    (tmp_path / name).write_bytes(data)
    read = list(read_paths([tmp_path]))
    assert len(articles_of(read)) == 1
    (fault,) = faults_of(read)
    assert fault.source == str(tmp_path / name)
    assert reason in fault.reason


def test_archives_inside_archives_are_named(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", MEMBERS[:1]).read_bytes()
    path = write_zip(tmp_path / "a.zip", [("inner.zip", inner), MEMBERS[0]])
    read = list(read_paths([path]))
    assert len(articles_of(read)) == 1
    assert "archive inside an archive" in faults_of(read)[0].reason


def test_encrypted_members_are_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", MEMBERS[:2])
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + offset] |= 1
    path.write_bytes(bytes(data))
    read = list(read_paths([path]))
    assert [article.text for article in articles_of(read)] == [STORIES[1]]
    assert "encrypted" in faults_of(read)[0].reason


def zeros_bomb(folder: Path, kind: str) -> tuple[Path, int]:
    """A bomb of 10 GB of zeros of a kind, and how many good articles are beside it."""
    if kind == "zip":
        return zip_of_zeros(folder / "b.zip", 10 * GIGABYTE, MEMBERS), 3
    if kind == "jsonl.gz":
        path = folder / "b.jsonl.gz"
        path.write_bytes(gzip_of_zeros(10 * GIGABYTE, json_line(STORIES[0]).encode()))
        return path, 1
    if kind == "txt.gz":
        path = folder / "b.txt.gz"
        path.write_bytes(gzip_of_zeros(10 * GIGABYTE))
        return path, 0
    if kind == "tar.gz":
        tar = write_tar(folder / "x.tar", MEMBERS[:1]).read_bytes()[:1024]
        info = tarfile.TarInfo("bomb.txt")
        info.size = 10 * GIGABYTE
        path = folder / "b.tar.gz"
        head = tar + info.tobuf(tarfile.GNU_FORMAT)
        path.write_bytes(gzip_of_zeros(10 * GIGABYTE, head))
        return path, 1
    frame = zstandard.ZstdCompressor().compress(bytes(GIGABYTE // 10))
    path = folder / "b.jsonl.zst"
    path.write_bytes(
        zstandard.ZstdCompressor().compress(json_line(STORIES[0]).encode()) + frame * 100
    )
    return path, 1


@pytest.mark.parametrize("kind", ["zip", "jsonl.gz", "jsonl.zst", "txt.gz", "tar.gz"])
def test_bombs_of_ten_gigabytes_are_refused_in_small_memory(tmp_path: Path, kind: str) -> None:
    path, good = zeros_bomb(tmp_path, kind)
    assert path.stat().st_size < 20_000_000
    tracemalloc.start()
    read = list(read_paths([path], options=ReadOptions(max_article_bytes=1_000_000)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(articles_of(read)) == good
    assert faults_of(read)
    for fault in faults_of(read):
        assert "too large" in fault.reason or "bomb" in fault.reason
    assert peak < 60_000_000


def test_overlapping_members_are_refused_as_a_bomb(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [("a.md", bytes(range(256)) * 40)])
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(20):
            again = zipfile.ZipInfo(f"{number}.md")
            first = archive.infolist()[0]
            again.compress_type, again.CRC = first.compress_type, first.CRC
            again.compress_size, again.file_size = 9_000, first.file_size
            again.header_offset = 0
            archive.filelist.append(again)
        archive._didModify = True  # type: ignore[attr-defined]
    (fault,) = faults_of(read_paths([path]))
    assert "overlap" in fault.reason
