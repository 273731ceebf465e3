"""WARC records are read with their offset; what is damaged is quarantined and the next is found."""

import gzip
import io
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.ingest import ReadOptions, read_paths
from pipeline.ingest.warc import read_warc
from tests.ingest.making import (
    GIGABYTE,
    STORIES,
    articles_of,
    faults_of,
    gz_records,
    gzip_of_zeros,
    page_of,
    warc_record,
    write_tar,
)

RECORDS = [
    warc_record(page_of(story), url=f"https://example.jp/{n}") for n, story in enumerate(STORIES)
]
INFO = warc_record("software: test\r\n", kind="warcinfo", content_type="application/warc-fields")


def write(path: Path, records: list[bytes]) -> Path:
    path.write_bytes(gz_records(records) if path.suffix == ".gz" else b"".join(records))
    return path


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_records_are_articles_with_address_and_offset(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, [INFO, *RECORDS])
    read = articles_of(read_paths([path]))
    assert [article.url for article in read] == [f"https://example.jp/{n}" for n in range(3)]
    assert [article.text for article in read] == [f"見出し\n\n{story}" for story in STORIES]
    for article in read:
        offset = int(article.source.partition("#offset=")[2])
        data = path.read_bytes()[offset:]
        head = gzip.GzipFile(fileobj=io.BytesIO(data)).read(5) if name.endswith(".gz") else data[:5]
        assert head == b"WARC/"


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(warc_record("x", status="404 Not Found"), id="not found"),
        pytest.param(warc_record("x", status="301 Moved"), id="moved"),
        pytest.param(warc_record(b"\x89PNG", content_type="image/png"), id="image"),
        pytest.param(warc_record("GET /", kind="request"), id="request"),
        pytest.param(warc_record("x", kind="metadata"), id="metadata"),
    ],
)
def test_records_that_are_no_pages_are_passed_over(tmp_path: Path, record: bytes) -> None:
    path = write(tmp_path / "a.warc", [record, RECORDS[0]])
    (article,) = list(read_paths([path]))
    assert article.source.endswith(f"#offset={len(record)}")


def test_the_day_of_the_crawl_is_not_the_day_of_the_page(tmp_path: Path) -> None:
    dated = warc_record(page_of(STORIES[1]), url="https://example.jp/2026/01/05/x")
    path = write(tmp_path / "crawl-20250505.warc", [RECORDS[0], dated])
    days = [article.published for article in articles_of(read_paths([path]))]
    assert days == [None, datetime(2026, 1, 5)]  # noqa: DTZ001


def test_charset_of_the_header_is_used(tmp_path: Path) -> None:
    page = page_of("㈱港電機は①と②を買う。").encode("cp932")
    record = warc_record(page, content_type="text/html; charset=Shift_JIS")
    (article,) = articles_of(read_paths([write(tmp_path / "a.warc", [record])]))
    assert "㈱港電機は①と②を買う。" in article.text


def test_text_records_are_read(tmp_path: Path) -> None:
    record = warc_record(STORIES[0], kind="conversion", content_type="text/plain")
    (article,) = articles_of(read_paths([write(tmp_path / "a.warc", [record])]))
    assert (article.text, article.url) == (STORIES[0], "https://example.jp/1")


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
@pytest.mark.parametrize("lie", [-40, -1, 5, 30, 100_000], ids=lambda lie: f"{lie:+d}")
def test_a_lying_length_quarantines_its_record_alone(tmp_path: Path, name: str, lie: int) -> None:
    false = warc_record(page_of("虚偽"), url="https://example.jp/false", lie=lie)
    path = write(tmp_path / name, [RECORDS[0], false, RECORDS[1], RECORDS[2]])
    read = list(read_paths([path]))
    assert [a.url for a in articles_of(read)] == [f"https://example.jp/{n}" for n in range(3)]
    (fault,) = faults_of(read)
    first = gz_records(RECORDS[:1]) if name.endswith(".gz") else RECORDS[0]
    assert fault.source == f"{path}#offset={len(first)}"
    assert "length is false" in fault.reason or "damaged" in fault.reason


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_garbage_between_records_is_passed_over(tmp_path: Path, name: str) -> None:
    head = gz_records(RECORDS[:1]) if name.endswith(".gz") else RECORDS[0]
    tail = gz_records(RECORDS[1:]) if name.endswith(".gz") else b"".join(RECORDS[1:])
    path = tmp_path / name
    path.write_bytes(head + b"garbage \x00\xff\r\n" * 300 + tail)
    read = list(read_paths([path]))
    urls = [article.url for article in articles_of(read)]
    assert urls[-2:] == ["https://example.jp/1", "https://example.jp/2"]
    assert faults_of(read)


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_file_that_breaks_off_gives_what_was_whole(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, RECORDS)
    path.write_bytes(path.read_bytes()[:-150])
    read = list(read_paths([path]))
    assert len(articles_of(read)) == 2
    assert len(faults_of(read)) == 1


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_what_is_no_warc_is_quarantined(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"is no WARC at all\n" * 50)
    (fault,) = list(read_paths([path]))
    assert fault.source.startswith(str(path))


def test_a_bomb_is_refused_and_the_next_record_read(tmp_path: Path) -> None:
    head = RECORDS[0].partition(b"\r\n\r\n")[0]
    head = head.replace(head[head.rfind(b" ") + 1 :], str(10 * GIGABYTE).encode())
    http = b"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    bomb = gzip_of_zeros(10 * GIGABYTE, head + http)
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gz_records(RECORDS[:1]) + bomb + gz_records(RECORDS[1:]))
    read = list(read_paths([path]))
    assert len(articles_of(read)) == 3
    (fault,) = faults_of(read)
    assert "too large" in fault.reason or "bomb" in fault.reason


def test_a_stream_that_cannot_be_sought_ends_at_the_damage(tmp_path: Path) -> None:
    false = warc_record(page_of("虚偽"), lie=30)
    data = b"".join([RECORDS[0], false, *RECORDS[1:]])
    path = write_tar(tmp_path / "a.tar", [("x.warc", data), ("y.md", STORIES[0].encode())])
    read = list(read_paths([path]))
    assert [a.source.partition("!/")[2][:6] for a in articles_of(read)] == ["x.warc", "y.md"]
    assert len(faults_of(read)) == 1


def test_reading_says_nothing_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [warc_record(page_of("虚偽"), lie=lie) for lie in (-5, 5)]
    list(read_warc(io.BytesIO(b"".join(records)), source="a", options=ReadOptions()))
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
