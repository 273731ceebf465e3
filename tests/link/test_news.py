"""News of a deal, not repetition."""

from collections.abc import Sequence

import pytest

from pipeline.link import LinkRecord
from pipeline.link.deal import make_deal
from pipeline.link.news import Change, news_of_deal, news_of_end
from pipeline.link.outline import outline_of
from pipeline.values import Money
from tests.link.making import money, told


def deal_told(name: str, amount: Money | str | None = None, **more: object) -> LinkRecord:
    return told(name, buyer="青空電機", seller="Haru Robotics", amount=amount, **more)  # type: ignore[arg-type]


OLD = [deal_told("a", "100 USD", status="prospective")]

STORIES = [
    pytest.param([deal_told("b", "100 USD", day=1, status="prospective")], [], id="told again"),
    pytest.param(
        [deal_told("b", money("101 USD", "about"), day=1, status="prospective")], [], id="rounded"
    ),
    pytest.param([deal_told("b", day=1, status="prospective")], [], id="told without the sum"),
    pytest.param([deal_told("b", "100 USD", day=1)], [Change.STATUS], id="signed"),
    pytest.param(
        [deal_told("b", "140 USD", day=1, status="prospective")], [Change.AMOUNT], id="enlarged"
    ),
    pytest.param(
        [deal_told("b", "140 USD", day=1)], [Change.AMOUNT, Change.STATUS], id="signed and enlarged"
    ),
    pytest.param([deal_told("b", day=5, status="cancelled")], [Change.STATUS], id="called off"),
]


@pytest.mark.parametrize(("more", "changes"), STORIES)
def test_news_of_a_deal(more: Sequence[LinkRecord], changes: list[Change]) -> None:
    before = outline_of(make_deal("d", OLD))
    after = make_deal("d", [*OLD, *more])
    found = news_of_deal(before, after, tuple(r.id for r in more))
    assert [one.change for one in found] == changes
    for one in found:
        assert one.data["before"] != one.data["after"]
        assert one.data["records"] == [r.id for r in more]
        assert one.data["parties"] == "青空電機 ← Haru Robotics"


def test_a_new_deal_is_news_with_its_headline() -> None:
    (new,) = news_of_deal(None, make_deal("d", OLD), ("a",))
    assert new.change is Change.NEW
    assert new.data["status"] == "prospective"
    assert new.data["amount"]["value"] == "100000000"


def test_a_deal_that_was_part_of_another_is_a_split() -> None:
    (split,) = news_of_deal(None, make_deal("d", OLD), (), "e")
    assert (split.change, split.data["from"]) == (Change.SPLIT, "e")


def test_a_sum_that_becomes_known_is_news() -> None:
    before = outline_of(make_deal("d", [deal_told("a")]))
    (one,) = news_of_deal(before, make_deal("d", [deal_told("a"), deal_told("b", "5 USD")]), ("b",))
    assert (one.change, one.data["before"]) == (Change.AMOUNT, None)


@pytest.mark.parametrize(("into", "change"), [("e", Change.MERGED), (None, Change.GONE)])
def test_an_end(into: str | None, change: Change) -> None:
    one = news_of_end("d", into, "A ← B")
    assert (one.change, one.data.get("into")) == (change, into)
