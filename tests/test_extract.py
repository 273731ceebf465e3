"""From an article to its records, with the model and the scorer that come with Torihiki."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.article import Article, make_article
from pipeline.errors import Quarantined
from pipeline.extract import Extractor
from pipeline.ingest import read_paths
from pipeline.record import DealRecord, Kind, Slot, to_gold
from pipeline.values import Qualifier

pytestmark = pytest.mark.model


def read_all(folder: Path) -> list[Article]:
    """The articles of a folder; none may be quarantined."""
    found = list(read_paths([folder]))
    assert not [item for item in found if isinstance(item, Quarantined)]
    return [item for item in found if isinstance(item, Article)]


def names(record: DealRecord, side: str) -> list[set[str]]:
    """All forms of each party of one side."""
    return [{p.name, *p.surfaces} for p in getattr(record, side)]


def test_seed_gives_its_two_records_and_no_other(extractor: Extractor, shared: Path) -> None:
    (article,) = read_all(shared / "seed" / "article.txt")
    first, second = extractor.extract(article).records

    assert [r.kind for r in (first, second)] == [Kind.SUPPLY, Kind.SUPPLY]
    assert "MS" in names(first, "buyer")[0]
    assert "Nebius Group NV" in names(first, "seller")[0]
    assert first.amount is not None
    assert (first.amount.value, first.amount.currency) == (Decimal(17_400_000_000), "USD")
    assert first.amount_max == Decimal(19_400_000_000)
    assert first.term is not None
    assert first.term.value == 60
    assert [c.model for c in first.chips] == ["GB300"]
    assert first.count is not None
    assert (first.count.value, first.count.qualifier) == (Decimal(100_000), Qualifier.AT_LEAST)

    assert len(names(second, "buyer")) == 1
    assert [r & {"CoreWeave", "Nscale", "Lambda"} for r in names(second, "seller")] == [
        {"CoreWeave"},
        {"Nscale"},
        {"Lambda"},
    ]
    assert second.amount is not None
    assert second.amount.value == Decimal(33_000_000_000)
    assert second.amount.qualifier is Qualifier.AT_LEAST
    assert (second.amount_max, second.term, second.chips, second.count) == (None, None, (), None)


def test_every_quote_is_its_slice_of_the_article(extractor: Extractor, shared: Path) -> None:
    articles = read_all(shared / "gold" / "articles")
    for article, extraction in zip(articles, extractor.extract_many(articles), strict=True):
        for record in extraction.records:
            for quotes in record.evidence.values():
                assert all(article.text[q.start : q.end] == q.quote for q in quotes)


def filled(record: DealRecord) -> set[Slot]:
    """The slots of a record that hold something."""
    values = {
        Slot.BUYER: record.buyer,
        Slot.SELLER: record.seller,
        Slot.AMOUNT: record.amount,
        Slot.AMOUNT_MAX: record.amount_max,
        Slot.TERM: record.term,
        Slot.CHIPS: record.chips,
        Slot.COUNT: record.count,
        Slot.CAPACITY: record.capacity_mw,
    }
    return {Slot.KIND, Slot.STATUS, *(slot for slot, value in values.items() if value)}


def test_every_filled_slot_has_evidence_and_confidence(
    extractor: Extractor, repo_root: Path
) -> None:
    articles = read_all(repo_root / "data" / "raw")
    records = [r for e in extractor.extract_many(articles) for r in e.records]
    assert records
    for record in records:
        assert filled(record) == {s for s, q in record.evidence.items() if q}
        assert 0 <= record.confidence <= 1


def test_the_same_article_gives_the_same_records(extractor: Extractor) -> None:
    text = "富士通は3日、防衛省から衛星通信網を80億円で受注したと発表した。"
    first = extractor.extract(make_article(text, source="a"))
    second = extractor.extract(make_article(text, source="b"))
    assert first.records == second.records
    assert len({r.id for r in first.records}) == len(first.records) == 1


HOSTILE = [
    pytest.param("", id="nothing"),
    pytest.param("\ud800億ドル", id="lone surrogate"),
    pytest.param("富士通" * 30_000 + "は30億円で受注した", id="beyond the tokeniser's limit"),
    pytest.param("😀" * 5_000 + "30億円を投資", id="emoji"),
    pytest.param("|" * 3_000 + "30億円", id="bars"),
    pytest.param("\x00\x01富士通\x00が30億円で受注\x02", id="control characters"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_extract_raises_on_no_text(extractor: Extractor, text: str) -> None:
    extractor.extract(make_article(text, source="hostile"))


def test_gold_form_has_the_guideline_slots(extractor: Extractor) -> None:
    text = "富士通は3日、防衛省から衛星通信網を80億円で受注したと発表した。"
    (record,) = extractor.extract(make_article(text, source="a")).records
    data = json.loads(json.dumps(to_gold(record)))
    assert data["amount"] == {"value": 8_000_000_000, "currency": "JPY", "qualifier": "exact"}
    assert data["evidence"] == [text]
