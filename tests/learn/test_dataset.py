"""Reviews as a Hugging Face dataset, read back by the library itself."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from datasets import load_dataset

from pipeline.errors import ModelError
from pipeline.learn.dataset import Exported, export_dataset, read_documents, read_info
from pipeline.learn.reviewed import ReviewedArticle, ReviewedRecord, Verdict
from pipeline.learn.split import Part
from pipeline.record import Party, Slot
from pipeline.span import Span
from tests.learn.articles import accepted, article, evidence, record

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
OTHER = "白雲通信は青空電算と提携した。120億円を黒潮重工に投じるとの報道は否定した。"


def corrected() -> ReviewedArticle:
    """The reviewer took the buyer out and put another in; a second record was no deal."""
    of = article(OTHER, source="news/b.md")
    before = record(of)
    after = replace(
        before,
        buyer=(Party(name="白雲通信", surfaces=("白雲通信",)),),
        evidence={**before.evidence, Slot.BUYER: evidence(OTHER, "白雲通信")},
    )
    fixed = ReviewedRecord(
        article_id=of.id,
        before=before,
        after=after,
        verdict=Verdict.CORRECTED,
        extractor_version="rules-test",
        deal_id="deal-7",
    )
    wrong = ReviewedRecord(
        article_id=of.id,
        before=record(of, key="b"),
        after=None,
        verdict=Verdict.REJECTED,
        extractor_version="rules-test",
        reason="forecast",
    )
    return ReviewedArticle(article=of, records=(fixed, wrong), complete=False)


def many(count: int) -> list[ReviewedArticle]:
    texts = [f"青空電算{k}は黒潮重工に120億円を出資する。" for k in range(count)]
    items = [article(text, source=f"news/{k}.md") for k, text in enumerate(texts)]
    return [
        accepted(of) if k % 3 else ReviewedArticle(article=of, records=())
        for k, of in enumerate(items)
    ]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    out = tmp_path_factory.mktemp("datasets")
    reviewed = [accepted(article()), corrected()]
    return export_dataset(reviewed, out, at=AT)


def load(exported: Exported, name: str, cache: Path) -> list[dict[str, object]]:
    found = load_dataset(str(exported.folder), name, cache_dir=str(cache))
    assert set(found) == {part for part, rows in exported.counts[name].items() if rows}
    return [dict(row) for part in found.values() for row in part]


def test_load_dataset_reads_every_configuration(exported: Exported, tmp_path: Path) -> None:
    for name, by_part in exported.counts.items():
        assert len(load(exported, name, tmp_path)) == sum(by_part.values()) > 0


def test_load_dataset_knows_the_three_parts(tmp_path: Path) -> None:
    result = export_dataset(many(40), tmp_path / "out", at=AT)
    parts = load_dataset(str(result.folder), "documents", cache_dir=str(tmp_path / "cache"))
    assert {part: len(rows) for part, rows in parts.items()} == result.counts["documents"]
    assert set(parts) == {"train", "validation", "test"}


def test_records_hold_verdict_before_and_after(exported: Exported, tmp_path: Path) -> None:
    rows = load(exported, "records", tmp_path)
    found = {(r["verdict"], r["reason"], r["before"] is None, r["after"] is None) for r in rows}
    assert found == {
        ("accepted", "", False, False),
        ("corrected", "", False, False),
        ("rejected", "forecast", False, True),
    }
    fixed = next(r for r in rows if r["verdict"] == "corrected")
    assert (fixed["deal_id"], fixed["extractor_version"]) == ("deal-7", "rules-test")
    assert json.loads(str(fixed["after"]))["buyer"][0]["name"] == "白雲通信"


def test_spans_and_roles_quote_their_article(exported: Exported, tmp_path: Path) -> None:
    texts = {r["article_id"]: str(r["text"]) for r in load(exported, "documents", tmp_path)}
    for name in ("spans", "roles"):
        for row in load(exported, name, tmp_path):
            start, end = int(str(row["start"])), int(str(row["end"]))
            assert texts[row["article_id"]][start:end] == row["quote"]


def test_spans_tell_what_a_reviewer_took_out(exported: Exported, tmp_path: Path) -> None:
    fixed = next(r for r in corrected().records if r.verdict is Verdict.CORRECTED)
    rows = [
        (r["slot"], r["quote"], r["right"])
        for r in load(exported, "spans", tmp_path)
        if r["record_id"] == fixed.record.id
    ]
    assert ("buyer", "白雲通信", True) in rows
    assert ("buyer", "青空電算", False) in rows
    assert ("amount", "120億円", True) in rows


def test_roles_are_none_where_a_reviewer_took_them_away(exported: Exported, tmp_path: Path) -> None:
    fixed = next(r for r in corrected().records if r.verdict is Verdict.CORRECTED)
    rows = {
        r["quote"]: r["role"]
        for r in load(exported, "roles", tmp_path)
        if r["record_id"] == fixed.record.id
    }
    assert rows == {"白雲通信": "buyer", "黒潮重工": "seller", "青空電算": "none"}


def test_card_says_what_is_in_it(exported: Exported) -> None:
    card = (exported.folder / "README.md").read_text(encoding="utf-8")
    assert exported.version in card
    assert "1 accepted, 1 corrected, 1 rejected" in card
    assert "config_name: records" in card
    assert "2026-11-20T09:30:00+00:00" in card


def test_documents_are_read_back_as_they_were(tmp_path: Path) -> None:
    of = replace(
        article(), published=AT, url="https://example.org/a", ignored=(Span(0, 3), Span(5, 9))
    )
    done = export_dataset([accepted(of)], tmp_path, at=AT)
    (document,) = read_documents(done.folder, Part.TRAIN)
    assert document.article == of
    assert document.complete
    assert document.deals[0]["amount"]["value"] == 12_000_000_000


def test_the_same_reviews_are_one_version(tmp_path: Path) -> None:
    first = export_dataset(many(12), tmp_path, at=AT)
    before = (first.folder / "dataset.json").read_bytes()
    later = AT.replace(day=21)
    again = export_dataset(list(reversed(many(12))), tmp_path, at=later)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.folder == first.folder
    assert (first.folder / "dataset.json").read_bytes() == before
    other = export_dataset([*many(12), corrected()], tmp_path, at=AT)
    assert other.version != first.version


def test_dry_run_counts_and_writes_nothing(tmp_path: Path) -> None:
    result = export_dataset(many(12), tmp_path / "out", at=AT, dry_run=True)
    assert sum(result.counts["documents"].values()) == 12
    assert not (tmp_path / "out").exists()


def test_no_group_lies_in_two_parts(tmp_path: Path) -> None:
    result = export_dataset(many(40), tmp_path, at=AT)
    groups = {part: {d.group for d in read_documents(result.folder, part)} for part in Part}
    assert not groups[Part.TRAIN] & groups[Part.TEST]
    assert not groups[Part.TRAIN] & groups[Part.VALIDATION]
    assert result.counts["documents"]["test"] > 0


def test_an_export_of_nothing_is_a_dataset(tmp_path: Path) -> None:
    result = export_dataset([], tmp_path, at=AT)
    assert read_documents(result.folder, Part.TRAIN) == []


def test_an_interrupted_export_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.learn.dataset._write_parquet", full)
    with pytest.raises(OSError, match="No space"):
        export_dataset(many(3), tmp_path, at=AT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "learn export", id="missing"),
        pytest.param("{", "learn export", id="no JSON"),
        pytest.param('{"format": 0}', "export again", id="older format"),
    ],
)
def test_what_is_no_dataset_is_refused(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        (tmp_path / "dataset.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=words):
        read_info(tmp_path)


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    done = export_dataset(many(3), tmp_path, at=AT)
    (done.folder / "documents" / "train.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(ModelError, match=r"train\.parquet"):
        read_documents(done.folder, Part.TRAIN)
