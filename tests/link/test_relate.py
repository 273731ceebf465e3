"""Deals that hang together: a part, an enlargement, a cancellation; and those that do not."""

import pytest

from pipeline.link import LinkRecord
from pipeline.link.deal import make_deal
from pipeline.link.outline import Outline, outline_of
from pipeline.link.relate import Relation, related_deals
from tests.link.making import told


def outline(record: LinkRecord) -> Outline:
    return outline_of(make_deal(f"deal of {record.id}", [record]))


ROUND = told(
    "round",
    buyer=("青空電機", "ミナト重工", "若葉銀行"),
    seller="春風ロボティクス",
    amount="900 USD",
    kind="investment",
)
CONTRACT = told("contract", buyer="青空電機", seller="Haru Robotics", amount="300 USD")

# (a deal, another, what the first is to the second)
PAIRS = [
    pytest.param(
        told(
            "a",
            buyer="ミナト重工",
            seller="春風ロボティクス",
            amount="100 USD",
            kind="investment",
            day=9,
        ),
        ROUND,
        Relation.PART_OF,
        id="an investor's part of a round",
    ),
    pytest.param(
        ROUND,
        told(
            "a",
            buyer="ミナト重工",
            seller="春風ロボティクス",
            amount="100 USD",
            kind="investment",
            day=9,
        ),
        Relation.HAS_PART,
        id="the round of an investor's part",
    ),
    pytest.param(
        told(
            "a",
            buyer="ミナト重工",
            seller="春風ロボティクス",
            amount="100 USD",
            kind="investment",
            day=700,
        ),
        ROUND,
        None,
        id="an investment two years after the round",
    ),
    pytest.param(
        told(
            "a",
            buyer="別府海運",
            seller="春風ロボティクス",
            amount="100 USD",
            kind="investment",
            day=9,
        ),
        ROUND,
        None,
        id="an investor that the round does not name",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="Haru Robotics", amount="800 USD", day=200),
        CONTRACT,
        Relation.SUCCESSOR_OF,
        id="an enlarged contract",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="Haru Robotics", amount="310 USD", day=200),
        CONTRACT,
        None,
        id="a contract about as large",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="ミナト重工", amount="800 USD", day=200),
        CONTRACT,
        None,
        id="a larger contract with somebody else",
    ),
    pytest.param(
        CONTRACT,
        told("a", buyer="青空電機", seller="Haru Robotics", status="cancelled", day=90),
        Relation.CANCELLED_BY,
        id="called off later",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="Haru Robotics", amount="300 USD", day=99),
        told("b", buyer="青空電機", seller="Haru Robotics", status="cancelled", day=90),
        None,
        id="signed after another was called off",
    ),
]


@pytest.mark.parametrize(("one", "other", "relation"), PAIRS)
def test_related_deals(one: LinkRecord, other: LinkRecord, relation: Relation | None) -> None:
    found = related_deals(outline(one), [outline(one), outline(other)])
    assert [r.relation for r in found] == ([relation] if relation else [])
    assert all(r.deal_id == f"deal of {other.id}" for r in found)


def test_a_company_s_own_spending_is_part_of_a_consortium_s_only_where_told_together() -> None:
    own = told("a", buyer="青空電機", kind="capex", amount="100 USD")
    together = told(
        "b",
        buyer=("青空電機", "ミナト重工"),
        kind="capex",
        amount="900 USD",
        says="合計",
        article="x",
    )
    assert related_deals(outline(own), [outline(together)]) == ()
    both_in_one = [
        told(name, buyer=buyer, kind="capex", amount=amount, source="news/both.md", day=1)
        for name, buyer, amount in (
            ("c", "青空電機", "100 USD"),
            ("d", ("青空電機", "ミナト重工"), "900 USD"),
        )
    ]
    part = outline_of(make_deal("part", [own, both_in_one[0]]))
    whole = outline_of(make_deal("whole", [together, both_in_one[1]]))
    assert [r.relation for r in related_deals(part, [whole])] == [Relation.PART_OF]
