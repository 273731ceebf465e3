"""Charts: shapes inside their frame, as large as what they count, leading to it."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from pipeline.store.review_stats import AmountPoint, Edge, PartyCount
from pipeline.web.charts import (
    HEIGHT,
    WIDTH,
    amount_dots,
    flow_graph,
    nice_step,
    ranked_bars,
    weekly_bars,
)

MONDAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("largest", "step"), [(0, 1), (1, 1), (4, 1), (7, 2), (40, 10), (51, 20), (999, 200)]
)
def test_nice_step(largest: int, step: int) -> None:
    assert nice_step(largest) == step
    assert nice_step(largest) * 5 >= largest


def test_weekly_bars_are_as_high_as_their_numbers() -> None:
    bars = weekly_bars(
        [(MONDAY, "supply", 4), (MONDAY, "capex", 2), (MONDAY + timedelta(weeks=2), "supply", 1)]
    )
    four, two, one = bars.boxes
    assert (
        four.height
        == pytest.approx(2 * two.height, abs=0.02)
        == pytest.approx(4 * one.height, abs=0.05)
    )
    assert two.y + two.height == pytest.approx(four.y, abs=0.02)  # stacked
    assert four.x == two.x < one.x
    assert parse_qs(four.query) == {
        "state": ["live"], "kind": ["supply"], "since": ["2026-11-02"], "until": ["2026-11-08"],
    }  # fmt: skip
    for box in bars.boxes:
        assert bars.left <= box.x
        assert box.x + box.width <= bars.right
        assert box.y >= 0
        assert box.y + box.height <= bars.base + 0.02


def test_weekly_bars_show_a_year_at_most() -> None:
    weeks = [(MONDAY - timedelta(weeks=i), "supply", 1) for i in range(200)]
    assert len(weekly_bars(weeks).boxes) == 53
    assert weekly_bars([]).boxes == ()


def test_ranked_bars_are_relative_to_the_largest() -> None:
    parties = [PartyCount(key="a", name="A", number=10), PartyCount(key="b", name="B", number=4)]
    assert [bar.share for bar in ranked_bars(parties)] == [100, 40]
    assert ranked_bars([]) == ()


def point(size: float, day: int) -> AmountPoint:
    return AmountPoint(
        record_id="r", kind="supply", at=datetime(2026, 3, day, tzinfo=UTC), size=size,
        amount=str(int(size)), currency="USD", parties="A ← B",
    )  # fmt: skip


def test_amount_dots_rise_with_their_order_of_magnitude() -> None:
    dots = amount_dots([point(1e9, 1), point(1e7, 9), point(1e8, 30)])
    high, low, middle = dots.dots
    assert high.y < middle.y < low.y
    assert middle.y == pytest.approx((high.y + low.y) / 2, abs=0.02)
    assert high.x < low.x < middle.x
    assert all(0 <= one.x <= WIDTH and 0 <= one.y <= HEIGHT for one in dots.dots)
    assert {"7", "8", "9"} <= {tick.label for tick in dots.y_ticks}
    assert len(amount_dots([point(1e9, 1)]).dots) == 1
    assert amount_dots([]).dots == ()


def test_flow_bands_fill_their_nodes() -> None:
    def edge(buyer: str, seller: str, number: int) -> Edge:
        return Edge(
            buyer=PartyCount(key=buyer, name=buyer, number=number),
            seller=PartyCount(key=seller, name=seller, number=number),
            number=number,
        )

    flow = flow_graph([edge("a", "x", 3), edge("a", "y", 2), edge("b", "x", 1)])
    assert [(n.party.key, n.party.number) for n in flow.buyers] == [("a", 5), ("b", 1)]
    assert [(n.party.key, n.party.number) for n in flow.sellers] == [("x", 4), ("y", 2)]
    heights = {b.edge.number: b.height for b in flow.bands}
    assert heights[3] + heights[2] == pytest.approx(flow.buyers[0].height, abs=0.05)
    assert heights[3] + heights[1] == pytest.approx(flow.sellers[0].height, abs=0.05)
    query = parse_qs(next(b for b in flow.bands if b.edge.number == 3).query)
    assert (query["buyer"], query["seller"]) == (["=a"], ["=x"])
    assert flow_graph([]).bands == ()
