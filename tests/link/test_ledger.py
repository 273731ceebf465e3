"""What is one deal follows from the set of tellings: not from their order, not from what once was."""

import random
from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pipeline.link.grouping
import pipeline.link.ledger
from pipeline.link import DealLedger, LinkRecord, MemoryShelf, Telling, decide
from tests.link.making import kit, told

Groups = frozenset[frozenset[str]]


@pytest.fixture(params=[(120, 16), (4, 2)], ids=["real bounds", "tiny bounds"])
def bounds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds so small that a few tellings exceed them, beside the real ones."""
    leaf, window = request.param
    monkeypatch.setattr(pipeline.link.grouping, "LARGEST_LEAF", leaf)
    monkeypatch.setattr(pipeline.link.ledger, "LARGEST_LEAF", leaf)
    monkeypatch.setattr(pipeline.link.ledger, "WINDOW", window)


def new_ledger(*batches: Iterable[Telling]) -> tuple[DealLedger, MemoryShelf]:
    shelf = MemoryShelf()
    ledger = DealLedger(kit().scorer, shelf)
    for batch in batches:
        ledger.add(batch)
    return ledger, shelf


def groups(shelf: MemoryShelf) -> Groups:
    return frozenset(frozenset(members) for _deal, members in shelf.deals())


def tell(*records: LinkRecord) -> list[Telling]:
    return [kit().tell(record) for record in records]


_NAMES = ["青空電機", "Haru Robotics", "ハルロボティクス", "ミナト重工"]
_AMOUNTS = [None, "100 USD", "110 USD", "122 USD", "15000 JPY", "500 USD", "100..1000 USD"]


@st.composite
def tellings(draw: st.DrawFn, most: int = 12) -> list[Telling]:
    """A few tellings of few parties, so that they hang together in many ways."""
    return tell(
        *(
            told(
                f"r{number}",
                article=f"a{draw(st.integers(0, most))}",
                buyer=tuple(draw(st.lists(st.sampled_from(_NAMES), max_size=2))),
                seller=tuple(draw(st.lists(st.sampled_from(_NAMES), max_size=1))),
                amount=draw(st.sampled_from(_AMOUNTS)),
                day=draw(st.sampled_from([0, 1, 40, 100, 300])),
                kind=draw(st.sampled_from(["investment", "supply"])),
                status=draw(st.sampled_from(["firm", "prospective"])),
                says=draw(st.sampled_from(["", "2026年に投じる", "シリーズBで調達", "総額で"])),
            )
            for number in range(draw(st.integers(2, most)))
        )
    )


many = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.usefixtures("bounds")
@many
@given(tellings(), st.randoms(use_true_random=False), st.lists(st.integers(1, 5)))
def test_order_of_arrival_does_not_change_the_groups(
    told_all: list[Telling], dice: random.Random, cuts: Sequence[int]
) -> None:
    _, expected = new_ledger(told_all)
    shuffled = list(told_all)
    dice.shuffle(shuffled)
    batches, start = [], 0
    for cut in (*cuts, len(shuffled)):
        batches.append(shuffled[start : start + cut])
        start += cut
    _, shelf = new_ledger(*batches)
    assert groups(shelf) == groups(expected)


@pytest.mark.usefixtures("bounds")
@many
@given(tellings())
def test_linking_twice_changes_nothing(told_all: list[Telling]) -> None:
    ledger, shelf = new_ledger(told_all)
    before = dict(shelf.deals())
    again = ledger.add(told_all)
    assert dict(shelf.deals()) == before
    assert (again.deals, again.gone) == ({}, {})


@pytest.mark.usefixtures("bounds")
@many
@given(tellings(), st.data())
def test_removing_what_came_restores_deals_and_ids(
    told_all: list[Telling], data: st.DataObject
) -> None:
    late = data.draw(st.sets(st.sampled_from(told_all), min_size=1))
    early = [telling for telling in told_all if telling not in late]
    ledger, shelf = new_ledger(early)
    before = dict(shelf.deals())
    ledger.add(late)
    ledger.remove(telling.id for telling in late)
    assert dict(shelf.deals()) == before


@pytest.mark.usefixtures("bounds")
@many
@given(tellings(), st.data())
def test_people_are_obeyed_whatever_comes(told_all: list[Telling], data: st.DataObject) -> None:
    ids = [telling.id for telling in told_all]
    pairs = data.draw(
        st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids), st.booleans()), max_size=4)
    )
    decisions = [
        decide(one, other, same=same, rank=rank)
        for rank, (one, other, same) in enumerate(pairs)
        if one != other
    ]
    when = [data.draw(st.integers(0, len(told_all))) for _ in decisions]
    ledger, _ = new_ledger()
    beaten = set()
    for number in range(len(told_all) + 1):
        for decision, moment in zip(decisions, when, strict=True):
            if moment == number:
                ledger.decide(decision)
        if number < len(told_all):
            ledger.add([told_all[number]])
    final = {d.pair: d for d in sorted(decisions, key=lambda d: when[decisions.index(d)])}
    for decision in final.values():
        outcome = ledger.decide(decision)
        beaten |= {d.pair for d in outcome.beaten}
    for decision in final.values():
        one, other = (ledger.deal_of(record) for record in decision.pair)
        assert decision.pair in beaten or (one == other) is decision.same


@pytest.mark.usefixtures("bounds")
@many
@given(tellings())
def test_no_article_tells_a_deal_twice(told_all: list[Telling]) -> None:
    _, shelf = new_ledger(told_all)
    article = {telling.id: telling.article for telling in told_all}
    for _deal, members in shelf.deals():
        assert len({article[member] for member in members}) == len(members)


@pytest.mark.usefixtures("bounds")
@many
@given(tellings(), st.data())
def test_outcomes_add_up_to_the_deals(told_all: list[Telling], data: st.DataObject) -> None:
    ledger, shelf = new_ledger()
    kept: dict[str, tuple[str, ...]] = {}
    for telling in told_all:
        outcomes = [ledger.add([telling])]
        if data.draw(st.booleans()):
            outcomes.append(ledger.remove([data.draw(st.sampled_from(told_all)).id]))
        for outcome in outcomes:
            for deal, members in outcome.before.items():
                assert kept[deal] == members
            for deal in outcome.gone:
                del kept[deal]
            kept |= outcome.deals
    assert kept == dict(shelf.deals())


# Particular stories


def deal_ids(ledger: DealLedger, *records: str) -> list[str | None]:
    return [ledger.deal_of(record) for record in records]


def test_a_deal_moves_on_from_talks_to_signing() -> None:
    ledger, _ = new_ledger(
        tell(
            told(
                "talks",
                seller="春風ロボティクス",
                amount="1000 USD",
                kind="investment",
                status="prospective",
                says="春風ロボティクスが10億ドルの調達を交渉",
            ),
            told(
                "signed",
                seller="春風ロボティクス",
                buyer=("青空電機", "ミナト重工"),
                amount="1150 USD",
                kind="investment",
                day=70,
                says="春風ロボティクスが11.5億ドルの調達を完了",
            ),
        )
    )
    one, other = deal_ids(ledger, "talks", "signed")
    assert one == other


def test_an_investor_s_part_is_not_the_round() -> None:
    ledger, _ = new_ledger(
        tell(
            told(
                "round",
                seller="春風ロボティクス",
                buyer=("青空電機", "ミナト重工"),
                amount="1150 USD",
                kind="investment",
            ),
            told(
                "part",
                seller="春風ロボティクス",
                buyer="青空電機",
                amount="400 USD",
                kind="investment",
                day=1,
            ),
        )
    )
    one, other = deal_ids(ledger, "round", "part")
    assert one != other


def test_the_greater_part_keeps_the_id_when_deals_are_joined_and_parted() -> None:
    small = tell(told("s1", buyer="青空電機", seller="Haru Robotics", amount="100 USD"))
    great = tell(
        *(
            told(f"g{n}", buyer="青空電機", seller="Haru Robotics", amount="900 USD", day=n)
            for n in range(3)
        )
    )
    ledger, _ = new_ledger(small, great)
    of_small, of_great = deal_ids(ledger, "s1", "g0")
    assert of_small != of_great
    joined = ledger.decide(decide("s1", "g0", same=True, rank=1))
    assert set(deal_ids(ledger, "s1", "g0", "g1", "g2")) == {of_great}
    assert joined.gone == {of_small: of_great}
    ledger.forget("s1", "g0")
    assert deal_ids(ledger, "s1", "g0") == [of_small, of_great]


def test_a_record_that_a_person_takes_out_leaves_the_id_to_the_others() -> None:
    ledger, _ = new_ledger(
        tell(
            *(
                told(f"r{n}", buyer="青空電機", seller="Haru Robotics", amount="100 USD", day=n)
                for n in range(4)
            )
        )
    )
    (before,) = set(deal_ids(ledger, "r0", "r1", "r2", "r3"))
    for rank, other in enumerate(("r1", "r2", "r3")):
        ledger.decide(decide("r0", other, same=False, rank=rank))
    assert deal_ids(ledger, "r1", "r2", "r3") == [before] * 3
    assert ledger.deal_of("r0") != before


def test_the_older_of_two_contradicting_words_gives_way_and_is_reported() -> None:
    ledger, _ = new_ledger(
        tell(
            *(told(name, buyer=name, amount="1 USD") for name in ("青空電機", "ミナト重工", "若葉"))
        )
    )
    a, b, c = "青空電機", "ミナト重工", "若葉"
    first = decide(a, c, same=False, rank=0)
    ledger.decide(first)
    ledger.decide(decide(a, b, same=True, rank=1))
    outcome = ledger.decide(decide(b, c, same=True, rank=2))
    assert outcome.beaten == (first,)
    assert len(set(deal_ids(ledger, a, b, c))) == 1


def test_a_word_on_a_record_that_is_yet_to_come_waits_for_it() -> None:
    ledger, _ = new_ledger(tell(told("a", buyer="青空電機", amount="1 USD")))
    ledger.decide(decide("a", "b", same=True, rank=0))
    ledger.add(tell(told("b", buyer="ミナト重工", amount="77 USD")))
    one, other = deal_ids(ledger, "a", "b")
    assert one == other


def test_a_record_with_other_content_finds_its_new_deal_under_its_old_home() -> None:
    same: Callable[..., LinkRecord] = lambda name, **more: told(  # noqa: E731
        name, buyer="青空電機", seller="Haru Robotics", **more
    )
    ledger, _ = new_ledger(tell(same("a", amount="100 USD"), same("b", amount="100 USD", day=1)))
    (deal,) = set(deal_ids(ledger, "a", "b"))
    outcome = ledger.add(tell(same("b", amount="9000 USD", day=1)))
    assert ledger.deal_of("a") == deal
    assert ledger.deal_of("b") != deal
    assert outcome.before[str(deal)] == ("a", "b")
    ledger.add(tell(same("b", amount="100 USD", day=1)))
    assert deal_ids(ledger, "a", "b") == [deal, deal]


def test_a_deal_told_very_often_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.link.grouping, "LARGEST_LEAF", 10)
    monkeypatch.setattr(pipeline.link.ledger, "LARGEST_LEAF", 10)
    records = [
        told(
            f"r{n:03}",
            buyer="青空電機",
            seller="Haru Robotics",
            amount="123 USD",
            day=n // 4,
            says="青空電機がHaru Roboticsから1.23億ドルで購入",
            article=f"a{n % 39}",  # one article tells it twice, by an error of extraction
        )
        for n in range(40)
    ]
    ledger, _ = new_ledger(tell(*records))
    sizes = sorted(len(ledger.told_with(r.id)) for r in records)
    assert sizes == [1] + [39] * 39


def test_a_decision_on_one_record_is_refused() -> None:
    with pytest.raises(ValueError, match="give two records"):
        decide("a", "a", same=True, rank=0)
