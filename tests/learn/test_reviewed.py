"""What a review is, and the deals that hold after it."""

import pytest

from pipeline.evaluate import compared_deal
from pipeline.learn.reviewed import ReviewedArticle, ReviewedRecord, Verdict, gold_deal
from tests.learn.articles import accepted, article, record


@pytest.mark.parametrize(
    ("verdict", "has_before", "has_after"),
    [
        (Verdict.ACCEPTED, True, True),
        (Verdict.CORRECTED, True, True),
        (Verdict.REJECTED, True, False),
        (Verdict.MISSED, False, True),
    ],
)
def test_a_verdict_fits_its_records(verdict: Verdict, has_before: bool, has_after: bool) -> None:
    one = record(article())
    for before in (True, False):
        for after in (True, False):

            def make(before: bool = before, after: bool = after) -> ReviewedRecord:
                return ReviewedRecord(
                    article_id=one.article_id,
                    before=one if before else None,
                    after=one if after else None,
                    verdict=verdict,
                )

            if (before, after) == (has_before, has_after):
                assert make().record is one
            else:
                with pytest.raises(ValueError, match="amiss"):
                    make()


def test_deals_are_what_holds() -> None:
    of = article()
    rejected = ReviewedRecord(
        article_id=of.id, before=record(of, key="b"), after=None, verdict=Verdict.REJECTED
    )
    kept = accepted(of).records[0]
    deals = ReviewedArticle(article=of, records=(kept, rejected)).deals
    assert [deal["buyer"] for deal in deals] == [[["青空電算"]]]


def test_gold_deal_keeps_every_form_of_a_party() -> None:
    from pipeline.record import Party

    party = Party(name="Aozora", surfaces=("青空電算", "Aozora"), gazetteer_id="aozora")
    deal = gold_deal(record(article(), buyer=(party,)))
    assert deal["buyer"] == [["Aozora", "青空電算"]]
    assert compared_deal(deal).buyer == (frozenset({"aozora", "青空電算"}),)
