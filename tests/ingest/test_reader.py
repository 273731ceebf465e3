"""Whatever is put in comes out as articles or as quarantined items with their reasons."""

import errno
import gzip
import io
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import Quarantined
from pipeline.ingest import ReadOptions, read_paths, read_stream
from tests.ingest.making import (
    STORIES,
    articles_of,
    faults_of,
    json_line,
    page_of,
    write_tar,
    write_zip,
)

SHARED = Path(__file__).parents[2].parent / "shared"
CP932 = "㈱港電機は①沖浦造船と②髙島機工を60億円で買収する。"
MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        pytest.param("b.md", b"", "empty", id="empty file"),
        pytest.param("b.md", b" \n\t\n", "empty", id="white space"),
        pytest.param("b.txt", bytes(range(256)) * 10, "binary", id="binary file"),
        pytest.param(
            "b.md", STORIES[0].encode() * 3 + b"\xe6\xff", "broken UTF-8 at byte", id="UTF-8"
        ),
        pytest.param(
            "b.html", b"<html><head><title>x</title></head></html>", "no text", id="no body"
        ),
        pytest.param(
            "b.md", "---\ntitle: [港\n---\n港電機は買う。".encode(), "no YAML at line", id="YAML"
        ),
        pytest.param("b.jsonl", "港電機は買う。\n".encode(), "no JSON at column 1", id="JSONL"),
        pytest.param("b.json", "{港}".encode(), "no JSON at column 2", id="JSON"),
        pytest.param("b.csv", b"a,b\n1,2\n", "no body in its fields", id="CSV"),
        pytest.param("b.md", "港".encode() * 400_000, "raise --max-article-bytes", id="large"),
    ],
)
def test_bad_input_is_quarantined_with_its_reason_and_the_rest_read(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    (tmp_path / "a.md").write_text(STORIES[0])
    (tmp_path / name).write_bytes(data)
    (tmp_path / "c.md").write_text(STORIES[1])
    read = list(read_paths([tmp_path], options=ReadOptions(max_article_bytes=MEGABYTE)))
    assert [article.text for article in articles_of(read)] == list(STORIES[:2])
    (fault,) = faults_of(read)
    assert fault.source.partition("#")[0] == str(tmp_path / name)
    assert fault.step == "ingest"
    assert reason in fault.reason


def test_cp932_with_vendor_characters_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(CP932.encode("cp932"))
    (tmp_path / "b.html").write_bytes(page_of(CP932).encode("cp932"))
    assert [CP932 in article.text for article in articles_of(read_paths([tmp_path]))] == [
        True,
        True,
    ]


def test_a_false_encoding_option_is_not_believed_over_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(STORIES[0])
    (article,) = articles_of(read_paths([tmp_path], options=ReadOptions(encoding="cp932")))
    assert article.text == STORIES[0]


def test_a_file_that_vanishes_after_listing_is_quarantined(tmp_path: Path) -> None:
    for name in ("a.md", "b.md", "c.md"):
        (tmp_path / name).write_text(STORIES[0])
    read = read_paths([tmp_path])
    first = next(read)
    (tmp_path / "b.md").unlink()
    rest = list(read)
    assert not isinstance(first, Quarantined)
    (fault,) = faults_of(rest)
    assert fault.source == str(tmp_path / "b.md")
    assert "vanished" in fault.reason
    assert len(articles_of(rest)) == 1


def test_a_path_that_is_not_there_is_quarantined(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(STORIES[0])
    read = list(read_paths([tmp_path / "x.md", tmp_path / "a.md"]))
    assert [type(item).__name__ for item in read] == ["Quarantined", "Article"]


def test_a_file_without_rights_is_quarantined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "a.md"
    closed.write_text(STORIES[0])
    closed.chmod(0)
    if os.geteuid() == 0:  # root may read everything: refuse in the system's place
        really_open = Path.open

        def refuse(path: Path, *args: Any, **kwargs: Any) -> Any:
            if path == closed:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return really_open(path, *args, **kwargs)

        monkeypatch.setattr(Path, "open", refuse)
    (fault,) = faults_of(read_paths([tmp_path]))
    assert "rights" in fault.reason


def test_the_same_text_in_two_files_is_yielded_twice_with_one_id(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(STORIES[0])
    (tmp_path / "b.txt").write_text(f"\n{STORIES[0]}\r\n")
    first, second = articles_of(read_paths([tmp_path]))
    assert first.id == second.id
    assert first.source != second.source


def lines(count: int, size: int) -> Iterator[bytes]:
    story = json_line(STORIES[0] * (size // 80))
    for _ in range(count):
        yield story.encode()


@pytest.mark.parametrize("name", ["a.jsonl", "a.md", "a.json", "a.csv", "a.html"])
def test_fifty_megabytes_in_one_line_stay_out_of_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        if name == "a.jsonl":
            file.write(json_line(STORIES[1]).encode())
        file.write(b'[{"body": "' if name == "a.json" else b"body\n" if name == "a.csv" else b"")
        for _ in range(50):
            file.write(b"x" * MEGABYTE)
        file.write(b"\n" + json_line(STORIES[0]).encode() if name == "a.jsonl" else b"\n")
    tracemalloc.start()
    read = list(read_paths([path], options=ReadOptions(max_article_bytes=MEGABYTE)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "raise --max-article-bytes" in faults_of(read)[0].reason
    assert len(articles_of(read)) == (2 if name == "a.jsonl" else 0)
    assert peak < 20 * MEGABYTE


def test_a_hundred_megabytes_of_lines_stay_out_of_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        for line in lines(500, 200_000):
            file.write(line)
    assert path.stat().st_size > 90 * MEGABYTE
    tracemalloc.start()
    count = sum(1 for _ in read_paths([path]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 500
    assert peak < 20 * MEGABYTE


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("a.md", "港<!--" * 100_000, id="comments never closed"),
        pytest.param("a.md", "参考: " + "[" * 100_000, id="brackets never closed"),
        pytest.param("a.md", "## 関連記事\n" + ("[" * 3_900 + "\n") * 20, id="bracket lines"),
        pytest.param("a.md", "関連" * 100_000, id="keyword without end"),
        pytest.param("a.md", "港" + " " * 300_000 + "。" + "\n" * 300_000 + "沖", id="white space"),
        pytest.param("a.md", "\n---END---\n".join(["港。沖。" * 1_000] * 40), id="many chunks"),
        pytest.param("a.html", "<p>" + "港<b>電機</b>" * 120_000, id="elements without end"),
        pytest.param("a.html", "<title>" + " - " * 50_000 + "</title>港", id="title without end"),
        pytest.param(
            "a.jsonl", '{"body": "港' + "<![CDATA[" * 50_000 + '"}', id="CDATA never closed"
        ),
    ],
)
def test_hostile_texts_take_no_time(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    code = (
        "import sys, pathlib; from pipeline.ingest import read_paths\n"
        "print([type(item).__name__ for item in read_paths([pathlib.Path(sys.argv[1])])])"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True, check=True, cwd=Path(__file__).parents[2], timeout=60, text=True,
    )  # fmt: skip
    assert done.stdout.strip() == "['Article']"


@pytest.mark.parametrize(
    ("data", "sources"),
    [
        pytest.param(STORIES[0].encode(), ["-"], id="text"),
        pytest.param(f"---\ntitle: 港の話\n---\n{STORIES[0]}".encode(), ["-"], id="Markdown"),
        pytest.param(STORIES[0].encode("cp932"), ["-"], id="cp932"),
        pytest.param("".join(map(json_line, STORIES)).encode(), [f"-#line={n}" for n in (1, 2, 3)], id="JSONL"),
        pytest.param(json_line(STORIES[0]).replace("{", "{\n").encode(), ["-"], id="JSON"),
        pytest.param(("[" + json_line(STORIES[0]) + "]").encode(), ["-#item=1"], id="JSON array"),
        pytest.param(page_of(STORIES[0]).encode(), ["-"], id="HTML"),
        pytest.param("[港電機] 60億円で買収".encode(), ["-"], id="text with bracket"),
        pytest.param(gzip.compress(STORIES[0].encode()), ["-"], id="gzip of text"),
        pytest.param(
            gzip.compress("".join(map(json_line, STORIES[:2])).encode()),
            ["-#line=1", "-#line=2"], id="gzip of JSONL",
        ),
    ],
)  # fmt: skip
def test_read_stream_finds_out_the_kind(data: bytes, sources: list[str]) -> None:
    read = list(read_stream(io.BytesIO(data), "-"))
    assert [item.source for item in read] == sources
    assert not faults_of(read)
    assert any(story in articles_of(read)[0].text for story in (*STORIES, "[港電機]"))


def test_read_stream_reads_a_tar(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar", [("x.md", STORIES[0].encode())])
    with path.open("rb") as stream:
        assert [item.source for item in read_stream(stream, "-")] == ["-!/x.md"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b"\x00\x01" * 99, "binary"), (b"\x1f\x8b cut", "damaged")],
)
def test_read_stream_quarantines_what_it_cannot_read(data: bytes, reason: str) -> None:
    (item,) = list(read_stream(io.BytesIO(data), "-"))
    assert isinstance(item, Quarantined)
    assert (item.source, reason in item.reason) == ("-", True)


def test_read_stream_names_a_zip(tmp_path: Path) -> None:
    data = write_zip(tmp_path / "a.zip", [("x.md", b"x")]).read_bytes()
    (item,) = list(read_stream(io.BytesIO(data), "-"))
    assert isinstance(item, Quarantined)
    assert "save it to a file first" in item.reason


def test_read_stream_reads_a_real_pipe() -> None:
    code = (
        "import sys; from pipeline.ingest import read_stream\n"
        "print([item.text for item in read_stream(sys.stdin.buffer, '-')])"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code],
        input=STORIES[0].encode(), capture_output=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert STORIES[0] in done.stdout.decode()


needs_gold = pytest.mark.skipif(
    not (SHARED / "gold").is_dir(), reason="the gold articles are not beside the repository"
)


@needs_gold
@pytest.mark.parametrize("folder", ["articles", "train_articles", "wire"])
def test_every_gold_file_is_one_article_whose_text_holds_the_evidence(folder: str) -> None:
    root = SHARED / "gold" / folder
    gold = {"articles": "dev", "train_articles": "train", "wire": "wire_public"}[folder]
    read = list(read_paths([root]))
    by_doc = {os.path.relpath(article.source, root): article for article in articles_of(read)}
    assert not faults_of(read)
    assert len(by_doc) == sum(
        1 for path in root.rglob("*") if path.suffix in {".md", ".txt", ".html"}
    )
    for line in (SHARED / "gold" / f"{gold}.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        article = by_doc[entry["doc"].removeprefix(f"{folder}/")]
        for deal in entry["deals"]:
            for quote in deal.get("evidence", []):
                at = article.text.find(quote)
                assert at >= 0, (entry["doc"], quote)
                assert not any(span.start <= at < span.end for span in article.ignored)
