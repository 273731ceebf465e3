"""CSV, Parquet, Arrow and datasets are read row by row; broken ones say where they break."""

import gzip
import io
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import IngestError, Quarantined
from pipeline.ingest import ReadOptions, read_paths
from pipeline.ingest.csvtable import read_csv
from tests.ingest.making import STORIES, articles_of, faults_of, write_zip

SMALL = ReadOptions(max_article_bytes=300)
ROWS = [{"title": f"{n}号", "body": story, "views": n} for n, story in enumerate(STORIES)]


def rows_of(data: bytes, options: ReadOptions = SMALL) -> list[tuple[str, str]]:
    read = read_csv(io.BytesIO(data), source="a.csv", options=options)
    return [
        (item.source, item.reason if isinstance(item, Quarantined) else item.text) for item in read
    ]


@pytest.mark.parametrize(
    ("delimiter", "encoding"),
    [(",", "utf-8"), (",", "utf-8-sig"), ("\t", "utf-8"), (";", "utf-8"), (",", "cp932")],
)
def test_read_csv_reads_rows(delimiter: str, encoding: str) -> None:
    text = f"id{delimiter}title{delimiter}body\r\n"
    text += "".join(
        f'{n}{delimiter}{n}号{delimiter}"{s}"\r\n' for n, s in enumerate(STORIES, start=1)
    )
    rows = rows_of(text.encode(encoding))
    assert rows == [(f"a.csv#row={n}", f"{n}号\n\n{s}") for n, s in enumerate(STORIES, start=1)]


def test_read_csv_reads_line_ends_inside_quotes() -> None:
    assert rows_of('body\n"一行目。\n二行目。"\n'.encode()) == [
        ("a.csv#row=1", "一行目。\n二行目。")
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param("港,電機,沖浦".encode(), "3 fields under 1 columns", id="too many fields"),
        pytest.param("港".encode() * 200, "too large", id="too long a line"),
        pytest.param(
            "港電機は沖浦を".encode() + b"\xff" + "買う。".encode(), "broken UTF-8", id="bytes"
        ),
        pytest.param(b'""', "empty|no body", id="empty cell"),
    ],
)
def test_read_csv_goes_on_after_a_bad_row(row: bytes, reason: str) -> None:
    data = f"body\n{STORIES[0]}\n".encode() + row + f"\n{STORIES[1]}\n".encode()
    read = list(read_csv(io.BytesIO(data), source="a.csv", options=SMALL))
    assert [article.text for article in articles_of(read)] == list(STORIES[:2])
    (fault,) = faults_of(read)
    assert fault.source == "a.csv#row=2"
    assert any(part in fault.reason for part in reason.split("|"))


def test_read_csv_bounds_a_quote_that_is_never_closed() -> None:
    data = f'body\n"{STORIES[0]}\n'.encode() + f"{STORIES[1]}\n".encode() * 50
    faults = faults_of(read_csv(io.BytesIO(data), source="a.csv", options=SMALL))
    assert any("quotes" in fault.reason or "too large" in fault.reason for fault in faults)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        ("id,company\n1,港\n".encode(), r"no body in its fields \(id, company\).*--body-field"),
    ],
)
def test_read_csv_refuses_a_table_without_bodies(data: bytes, reason: str) -> None:
    with pytest.raises(IngestError, match=reason):
        list(read_csv(io.BytesIO(data), source="a.csv", options=SMALL))


def test_read_csv_takes_a_column_by_option() -> None:
    data = f"見出し,記事\n港,{STORIES[0]}\n".encode()
    options = ReadOptions(body_fields=("記事",))
    assert rows_of(data, options) == [("a.csv#row=1", f"港\n\n{STORIES[0]}")]


def write_parquet(path: Path, rows: list[dict[str, Any]] = ROWS, group: int = 2) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=group, compression="zstd")
    return path


def test_parquet_rows_are_articles(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet")
    read = list(read_paths([path]))
    assert [item.source for item in read] == [f"{path}#row={n}" for n in (1, 2, 3)]
    assert articles_of(read)[0].text == f"0号\n\n{STORIES[0]}"


def test_parquet_with_nested_fields_is_read(tmp_path: Path) -> None:
    path = write_parquet(
        tmp_path / "a.parquet", [{"text": STORIES[0], "metadata": {"title": "港"}}]
    )
    (article,) = articles_of(read_paths([path]))
    assert article.title == "港"


@pytest.mark.parametrize(
    ("rows", "damage", "reason"),
    [
        pytest.param(
            [{"id": 1, "company": "港"}], None, r"no body in its fields (id, company)", id="other"
        ),
        pytest.param(ROWS, "tail", "no Parquet or damaged", id="cut off"),
        pytest.param(ROWS, "middle", "damaged", id="damaged pages"),
        pytest.param(ROWS, "empty", "no Parquet", id="empty"),
    ],
)
def test_broken_parquet_is_quarantined(
    tmp_path: Path, rows: list[dict[str, Any]], damage: str | None, reason: str
) -> None:
    path = write_parquet(tmp_path / "b.parquet", rows)
    (tmp_path / "c.md").write_text(STORIES[0])
    data = bytearray(path.read_bytes())
    if damage == "tail":
        data = data[:-20]
    elif damage == "middle":
        data[4:120] = bytes(116)
    elif damage == "empty":
        data = bytearray()
    path.write_bytes(bytes(data))
    read = list(read_paths([tmp_path]))
    assert [article.text for article in articles_of(read)] == [STORIES[0]]
    (fault,) = faults_of(read)
    assert fault.source == str(path)
    assert reason in fault.reason


def test_parquet_rows_that_are_too_large_are_quarantined(tmp_path: Path) -> None:
    rows = [ROWS[0], {"title": "長", "body": "港" * 400, "views": 1}, ROWS[1]]
    read = list(read_paths([write_parquet(tmp_path / "a.parquet", rows)], options=SMALL))
    assert len(articles_of(read)) == 2
    assert "too large" in faults_of(read)[0].reason


def test_parquet_that_grows_like_a_bomb_is_refused(tmp_path: Path) -> None:
    rows = [{"body": "港" * 24_000_000}]
    path = write_parquet(tmp_path / "a.parquet", rows)
    (fault,) = faults_of(read_paths([path]))
    assert "bomb" in fault.reason


def test_parquet_inside_an_archive_is_named(tmp_path: Path) -> None:
    data = write_parquet(tmp_path / "x.parquet").read_bytes()
    path = write_zip(tmp_path / "a.zip", [("x.parquet", data)])
    (fault,) = faults_of(read_paths([path]))
    assert "unpack it first" in fault.reason


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "saved"
    datasets.Dataset.from_list(ROWS).save_to_disk(str(folder))
    return folder


def test_saved_dataset_is_read(saved: Path) -> None:
    read = list(read_paths([saved]))
    assert [item.source for item in read] == [f"{saved}#row={n}" for n in (1, 2, 3)]
    assert [article.title for article in articles_of(read)] == ["0号", "1号", "2号"]


def test_saved_dataset_of_splits_is_read_inside_a_folder(tmp_path: Path) -> None:
    rows = datasets.Dataset.from_list(ROWS)
    datasets.DatasetDict(train=rows, test=rows).save_to_disk(str(tmp_path / "both"))
    (tmp_path / "a.md").write_text(STORIES[0])
    read = list(read_paths([tmp_path]))
    assert len(articles_of(read)) == 7
    assert f"{tmp_path / 'both'}#test/row=3" in [item.source for item in read]


def test_dataset_card_makes_a_folder_a_dataset(tmp_path: Path) -> None:
    card = "---\nconfigs:\n- config_name: default\n  data_files: data/*.parquet\n---\n# 港の記事\n"
    (tmp_path / "README.md").write_text(card)
    (tmp_path / "data").mkdir()
    write_parquet(tmp_path / "data" / "train.parquet")
    read = list(read_paths([tmp_path]))
    assert [item.source for item in read] == [f"{tmp_path}#train/row={n}" for n in (1, 2, 3)]


def test_any_folder_that_load_dataset_opens_is_read_by_option(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl.gz").write_bytes(
        gzip.compress("".join(f'{{"text": "{story}"}}\n' for story in STORIES).encode())
    )
    read = list(read_paths([tmp_path], options=ReadOptions(as_dataset=True)))
    assert [article.text for article in articles_of(read)] == list(STORIES)


def test_broken_dataset_is_quarantined(saved: Path) -> None:
    for path in saved.glob("*.arrow"):
        path.write_bytes(path.read_bytes()[:100])
    (fault,) = faults_of(read_paths([saved]))
    assert "datasets cannot open it" in fault.reason


def test_dataset_with_other_columns_is_quarantined(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    datasets.Dataset.from_list([{"company": "港"}]).save_to_disk(str(folder))
    (fault,) = faults_of(read_paths([folder]))
    assert "no body in its fields (company)" in fault.reason


def test_arrow_file_of_a_dataset_is_read(saved: Path) -> None:
    (path,) = saved.glob("*.arrow")
    assert [article.title for article in articles_of(read_paths([path]))] == ["0号", "1号", "2号"]


def test_broken_arrow_file_is_quarantined(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    path.write_bytes(b"ARROW1 is no Arrow file")
    (fault,) = faults_of(read_paths([path]))
    assert "no Arrow" in fault.reason
