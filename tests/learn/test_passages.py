"""The annotated passages: what they may not have in common with the articles that are measured on."""

from pathlib import Path

from pipeline.evaluate import ComparedDeal, compared_deal, read_deals
from pipeline.learn.lessons import passage_articles

MODELS = Path(__file__).resolve().parents[2] / "models"


def tells_the_same(one: ComparedDeal, other: ComparedDeal) -> bool:
    """Whether two deals share a party and the amount."""
    if one.amount is None or one.amount != other.amount:
        return False
    names, others = (
        {name for party in (*deal.buyer, *deal.seller) for name in party} for deal in (one, other)
    )
    return bool(names & others)


def test_no_passage_tells_a_deal_of_the_articles_that_are_measured_on(shared: Path) -> None:
    measured = [d for deals in read_deals(shared / "gold" / "dev.jsonl").values() for d in deals]
    told = [
        (article.source, compared_deal(deal))
        for article, deals in passage_articles(MODELS)
        for deal in deals
    ]
    assert len(told) > 1000
    assert [
        source for source, deal in told if any(tells_the_same(deal, other) for other in measured)
    ] == []
