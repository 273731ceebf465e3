"""JSON and JSON Lines are read value by value; bad ones are quarantined with their place."""

import io
import json
import re

import pytest

from pipeline.errors import Quarantined
from pipeline.ingest.jsontext import iter_lines, read_json, read_json_lines
from pipeline.ingest.options import ReadOptions
from tests.ingest.making import STORIES, articles_of, faults_of, json_line

SMALL = ReadOptions(max_article_bytes=200)


def lines_of(data: bytes, options: ReadOptions = SMALL) -> list[tuple[str, str]]:
    read = read_json_lines(io.BytesIO(data), source="a.jsonl", options=options)
    return [
        (item.source, item.reason if isinstance(item, Quarantined) else item.text) for item in read
    ]


def test_read_json_lines_gives_each_line_its_place() -> None:
    data = "".join(map(json_line, STORIES[:2])).encode()
    assert lines_of(data) == [("a.jsonl#line=1", STORIES[0]), ("a.jsonl#line=2", STORIES[1])]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(b'{"body": "\xe6\xb8\xaf"', "no JSON at column", id="cut off"),
        pytest.param("港電機\n".encode(), "no JSON at column 1", id="no JSON"),
        pytest.param(b'["a", "b"]', "no JSON object but list", id="a list"),
        pytest.param(b'{"body": "\xff\xfe\xe6\xb8\xaf\xe9\x9b\xbb\xe6\xa9\x9f\xe3\x81\xaf\xe6\xb2\x96"}',
                     "UTF-8|encoding", id="broken UTF-8"),
        pytest.param(b"{" + b'"a":{' * 3000, "too large", id="too long"),
        pytest.param(b'{"title": "x"}', "no body", id="no body"),
    ],
)  # fmt: skip
def test_read_json_lines_goes_on_after_a_bad_line(bad: bytes, reason: str) -> None:
    data = (
        json_line(STORIES[0]).encode()
        + bad.rstrip(b"\n")
        + b"\n\n"
        + json_line(STORIES[1]).encode()
    )
    read = list(read_json_lines(io.BytesIO(data), source="a.jsonl", options=SMALL))
    assert [article.text for article in articles_of(read)] == list(STORIES[:2])
    (fault,) = faults_of(read)
    assert fault.source == "a.jsonl#line=2"

    assert re.search(reason, fault.reason)


def test_read_json_lines_refuses_deep_nesting() -> None:
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    ((_, reason),) = lines_of(deep, ReadOptions())
    assert "nested too deeply" in reason


def test_read_json_lines_reads_cp932() -> None:
    data = "".join(map(json_line, STORIES)).encode("cp932")
    assert [text for _, text in lines_of(data)] == list(STORIES)


def test_iter_lines_never_holds_a_long_line() -> None:
    stream = io.BytesIO(b"a\n" + b"x" * 50 + b"\nb\n" + b"y" * 50)
    assert list(iter_lines(stream, 10)) == [(1, b"a\n"), (2, None), (3, b"b\n"), (4, None)]


def test_iter_lines_takes_a_line_of_exactly_the_limit() -> None:
    assert list(iter_lines(io.BytesIO(b"0123456789\n1"), 10)) == [(1, b"0123456789\n"), (2, b"1")]


ROWS = [{"title": f"{n}号", "body": story} for n, story in enumerate(STORIES)]


@pytest.mark.parametrize(
    ("value", "sources"),
    [
        pytest.param(ROWS[0], ["a.json"], id="one object"),
        pytest.param(ROWS, [f"a.json#item={n}" for n in (1, 2, 3)], id="array"),
        pytest.param({"articles": ROWS[:2]}, ["a.json#item=1", "a.json#item=2"], id="envelope"),
        pytest.param({"version": "1", "items": ROWS[:1]}, ["a.json#item=1"], id="JSON Feed"),
        pytest.param([], [], id="empty array"),
    ],
)
def test_read_json_finds_the_articles(value: object, sources: list[str]) -> None:
    data = json.dumps(value, ensure_ascii=False, indent=1).encode()
    read = list(read_json(io.BytesIO(data), source="a.json", options=ReadOptions()))
    assert [item.source for item in read] == sources
    assert not faults_of(read)


def test_read_json_reads_an_array_longer_than_one_article_may_be() -> None:
    rows = [{"body": f"{story} {n}"} for n in range(200) for story in STORIES]
    data = json.dumps(rows, ensure_ascii=False).encode()
    assert len(data) > 50 * SMALL.max_article_bytes
    read = list(read_json(io.BytesIO(data), source="a.json", options=SMALL))
    assert [article.text for article in articles_of(read)] == [row["body"] for row in rows]


@pytest.mark.parametrize(
    ("data", "good", "reason"),
    [
        pytest.param(b"", 0, "empty", id="empty"),
        pytest.param(b"  \n", 0, "empty", id="white space"),
        pytest.param(b"{]", 0, "no JSON at column", id="no JSON"),
        pytest.param(
            b'[{"body": "\xe6\xb8\xaf"}, {"body": "\xe6', 1, "no JSON|UTF-8|encoding", id="cut off"
        ),
        pytest.param(
            b'[{"body": "\xe6\xb8\xaf"}', 1, "breaks off after item 1", id="no end of array"
        ),
        pytest.param(
            b'[{"body": "\xe6\xb8\xaf"}, 5]', 1, "no JSON object but int", id="a number inside"
        ),
        pytest.param(b'[{"body": "' + b"x" * 5000 + b'"}]', 0, "too large", id="element too large"),
    ],
)
def test_read_json_says_what_is_wrong(data: bytes, good: int, reason: str) -> None:

    read = list(read_json(io.BytesIO(data), source="a.json", options=SMALL))
    (fault,) = faults_of(read)
    assert re.search(reason, fault.reason)
    if "UTF-8" not in reason:
        assert len(articles_of(read)) == good
