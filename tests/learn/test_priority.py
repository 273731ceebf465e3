"""What a look at a record is worth: doubt, news, and money."""

import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.errors import ModelError
from pipeline.learn.priority import (
    LEAST_REVIEWS,
    Priority,
    learn_priority,
    load_priority,
    novelty,
    save_priority,
)
from pipeline.learn.reviewed import ReviewedRecord, Verdict
from pipeline.record import DealRecord, Kind
from pipeline.values import Money
from tests.learn.articles import article, record


def deal(
    key: int, *, confidence: float = 0.8, kind: Kind = Kind.SUPPLY, yen: float = 1e9
) -> DealRecord:
    return record(
        article(),
        key=f"{key}",
        confidence=confidence,
        kind=kind,
        amount=Money(value=Decimal(yen), currency="JPY"),
    )


def review(of: DealRecord, verdict: Verdict) -> ReviewedRecord:
    return ReviewedRecord(
        article_id=of.article_id,
        before=of,
        after=None if verdict is Verdict.REJECTED else of,
        verdict=verdict,
    )


def reviews(count: int) -> list[ReviewedRecord]:
    """Acquisitions are mostly wrong, however sure the extractor is; the rest is mostly right."""
    draw = random.Random(7)
    found = []
    for k in range(count):
        kind = draw.choice([Kind.ACQUISITION, Kind.SUPPLY])
        wrong = draw.random() < (0.9 if kind is Kind.ACQUISITION else 0.1)
        verdict = Verdict.REJECTED if wrong else Verdict.ACCEPTED
        found.append(review(deal(k, kind=kind, confidence=draw.uniform(0.6, 0.9)), verdict))
    return found


def test_before_any_review_the_least_sure_and_largest_come_first() -> None:
    plain = Priority()
    assert plain.worth(deal(1, confidence=0.3)) > plain.worth(deal(1, confidence=0.9))
    assert plain.worth(deal(1, yen=1e12)) > plain.worth(deal(1, yen=1e9))
    assert plain.worth(replace(deal(1), amount=None)) > 0


def test_it_learns_what_reviewers_correct() -> None:
    learned = learn_priority(reviews(200))
    assert learned.model is not None
    acquisition, supply = deal(1, kind=Kind.ACQUISITION), deal(1, kind=Kind.SUPPLY)
    assert learned.wrong(acquisition) > 0.7
    assert learned.wrong(supply) < 0.3
    assert learned.worth(acquisition) > learned.worth(supply)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param([], id="none"),
        pytest.param(reviews(LEAST_REVIEWS - 1), id="too few"),
        pytest.param([review(deal(k), Verdict.ACCEPTED) for k in range(100)], id="never wrong"),
    ],
)
def test_too_few_reviews_teach_nothing_but_names(found: list[ReviewedRecord]) -> None:
    learned = learn_priority(found)
    assert learned.model is None
    assert learned.wrong(deal(1, confidence=0.8)) == pytest.approx(0.2)


def test_a_record_of_new_parties_counts_more() -> None:
    learned = learn_priority([review(deal(1), Verdict.ACCEPTED)])
    assert learned.known == {"青空電算", "黒潮重工"}
    known, new = deal(2), replace(deal(2), buyer=(), seller=())
    assert novelty(known, learned.known) == 0
    assert novelty(new, learned.known) == 1
    half = replace(known, seller=(replace(known.seller[0], name="白雲通信"),))
    assert novelty(half, learned.known) == 0.5
    assert learned.worth(half) > learned.worth(known)


def test_rejected_records_make_no_party_known() -> None:
    assert learn_priority([review(deal(1), Verdict.REJECTED)]).known == frozenset()


def test_what_was_learned_is_read_back(tmp_path: Path) -> None:
    learned = learn_priority(reviews(200))
    path = tmp_path / "learned" / "priority.json"
    save_priority(learned, path)
    again = load_priority(path)
    assert (again.known, again.reviews) == (learned.known, learned.reviews)
    for kind in Kind:
        assert again.wrong(deal(1, kind=kind)) == pytest.approx(
            learned.wrong(deal(1, kind=kind)), abs=1e-3
        )
    save_priority(Priority(), path)
    assert load_priority(path) == Priority()
    assert [p.name for p in path.parent.iterdir()] == ["priority.json"]


def test_without_a_file_confidence_decides(tmp_path: Path) -> None:
    assert load_priority(tmp_path / "priority.json") == Priority()


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 7}', '{"format": 1, "model": {}}'])
def test_a_damaged_file_is_named_with_its_mend(tmp_path: Path, content: str) -> None:
    path = tmp_path / "priority.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"priority\.json: .*learn queue"):
        load_priority(path)
