"""Annotated articles as if a reviewer had read them."""

import json
from pathlib import Path

import pytest

from pipeline.errors import IngestError, Quarantined, SettingsError
from pipeline.extract import Extractor
from pipeline.gazetteer.vocabulary import Vocabulary, load_vocabulary
from pipeline.learn.from_annotations import (
    annotated_record,
    read_annotated,
    review_by_annotations,
)
from pipeline.learn.reviewed import Verdict, gold_deal
from pipeline.learn.sources import annotated_articles, from_annotations
from pipeline.learn.split import Part
from pipeline.parse import find_mentions
from pipeline.record import DealRecord, Slot
from pipeline.settings import Settings
from tests.learn.stories import document, story


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return load_vocabulary(Settings().models_dir)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Twelve stories as files, with their annotation; one of them twice, one file missing."""
    lines = []
    for k in range(12):
        text, deals = story(k)
        path = tmp_path / "articles" / "news" / f"{k:03}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        lines.append(json.dumps({"doc": f"news/{k:03}.txt", "deals": deals}, ensure_ascii=False))
    text, deals = story(0)
    (tmp_path / "articles" / "news" / "copy.txt").write_text(text, encoding="utf-8")
    lines.append(json.dumps({"doc": "news/copy.txt", "deals": deals}))
    lines.append(json.dumps({"doc": "news/nowhere.txt", "deals": []}))
    gold = tmp_path / "gold.jsonl"
    gold.write_text("\n".join(lines), encoding="utf-8")
    return gold, tmp_path / "articles"


def record_of(k: int, vocabulary: Vocabulary) -> DealRecord:
    found = document(k)
    mentions = find_mentions(found.article.text, vocabulary)
    return annotated_record(found.article, found.deals[0], mentions, index=0)


def test_evidence_is_where_the_readers_quotes_say_it(vocabulary: Vocabulary) -> None:
    text, _ = story(1)
    found = record_of(1, vocabulary)
    quotes = {slot: [e.quote for e in places] for slot, places in found.evidence.items()}
    assert quotes == {
        Slot.KIND: [text],
        Slot.STATUS: [text],
        Slot.BUYER: ["オープンAI"],
        Slot.SELLER: ["マイクロソフト"],
        Slot.AMOUNT: ["20億ドル"],
    }
    for places in found.evidence.values():
        assert all(text[e.start : e.end] == e.quote for e in places)


def test_slots_are_those_of_the_annotation(vocabulary: Vocabulary) -> None:
    deal = {
        **document(0).deals[0],
        "amount": {
            "value": None,
            "low": 1e9,
            "high": 1e10,
            "currency": "USD",
            "qualifier": "vague",
        },
        "amount_max": 5e10,
        "term_months": 60,
        "chips": ["GB300"],
        "count": {"value": 1000, "qualifier": "at_least", "unit": "基"},
        "capacity_mw": 4.5,
        "evidence": ["記事にない文"],
    }
    found = annotated_record(document(0).article, deal, (), index=3)
    assert found.evidence == {}
    written = gold_deal(found)
    for slot in ("amount_max", "term_months", "chips", "capacity_mw", "amount", "count"):
        assert written[slot] == deal[slot], slot


def test_a_reviewer_accepts_corrects_rejects_and_adds(vocabulary: Vocabulary) -> None:
    from dataclasses import replace

    right = record_of(0, vocabulary)
    of = document(0).article
    wrong_seller = replace(right, id="w", seller=())
    other = replace(
        record_of(1, vocabulary),
        id="o",
        article_id=of.id,
        buyer=(replace(right.buyer[0], name="x", surfaces=("x",)),),
        seller=(),
    )
    cases = [
        ([right], [right], {Verdict.ACCEPTED: 1}),
        ([right], [wrong_seller], {Verdict.CORRECTED: 1}),
        ([right], [], {Verdict.MISSED: 1}),
        ([], [right], {Verdict.REJECTED: 1}),
        ([right], [other, right], {Verdict.ACCEPTED: 1, Verdict.REJECTED: 1}),
        ([right], [other], {Verdict.MISSED: 1, Verdict.REJECTED: 1}),
        ([], [], {}),
    ]
    for annotated, extracted, expected in cases:
        found = review_by_annotations(of, annotated, extracted)
        verdicts = [review.verdict for review in found.records]
        assert {verdict: verdicts.count(verdict) for verdict in verdicts} == expected
        assert len(found.deals) == len(annotated)


def test_the_extractor_is_reviewed_by_annotations(quick: Extractor, vocabulary: Vocabulary) -> None:
    found = document(0)
    extracted = quick.extract(found.article).records
    (review,) = review_by_annotations(found.article, [record_of(0, vocabulary)], extracted).records
    assert review.verdict is Verdict.ACCEPTED
    assert review.extractor_version == quick.version


def test_read_annotated_yields_what_cannot_be_read(
    files: tuple[Path, Path], vocabulary: Vocabulary
) -> None:
    items = list(read_annotated(*files, vocabulary))
    failed = [item for item in items if isinstance(item, Quarantined)]
    assert len(items) == 14
    assert ["nowhere.txt" in item.source for item in failed] == [True]


def test_material_is_split_and_holds_each_text_once(
    files: tuple[Path, Path], vocabulary: Vocabulary
) -> None:
    found = from_annotations(*files, vocabulary)
    assert len(found.failed) == 1
    assert found.name == "gold.jsonl"
    assert len(found.all()) == 12
    assert {part: len(found.parts[part]) for part in Part} == {
        Part.TRAIN: 10,
        Part.VALIDATION: 1,
        Part.TEST: 1,
    }
    assert all(document.article.source.startswith("news/") for document in found.all())


def test_a_missing_folder_and_a_broken_line_are_named(
    files: tuple[Path, Path], vocabulary: Vocabulary, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="no such folder"):
        annotated_articles(files[0], tmp_path / "nowhere", vocabulary)
    files[0].write_text('{"doc": 1}\n', encoding="utf-8")
    with pytest.raises(IngestError, match=r"gold\.jsonl:1"):
        annotated_articles(*files, vocabulary)
