"""What speaks for and against two tellings being one deal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.link import LinkRecord
from pipeline.link.features import FEATURES, pair_features
from tests.link.making import kit, money, told

BASE = told("base", buyer="青空電機", seller="Haru Robotics", amount="120 USD")

# (another telling than BASE, features that must be there, features that must not)
PAIRS = [
    pytest.param(
        told("a", buyer="株式会社青空電機", seller="ハル・ロボティクス", amount="120 USD"),
        {"both_sides", "same_quantity", "telling_digits", "unknown_party"},
        {"far_quantity", "other_currency"},
        id="the same with names in another script",
    ),
    pytest.param(
        told("a", buyer="青空電機", amount="120 USD"),
        {"one_side_open", "same_quantity"},
        {"both_sides", "one_side_differs"},
        id="one leaves the seller out",
    ),
    pytest.param(
        told("a", seller="ハル・ロボティクス", amount="120 USD"),
        {"one_side_open", "loose_name", "same_quantity"},
        {"both_sides"},
        id="nothing but a name that sounds alike",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="ミナト重工", amount="120 USD"),
        {"one_side_differs", "differs_but_telling_sum"},
        {"both_sides"},
        id="another seller",
    ),
    pytest.param(
        told("a", buyer="Haru Robotics", seller="青空電機", amount="120 USD"),
        {"sides_crossed", "sides_mixed"},
        {"both_sides"},
        id="roles mixed up",
    ),
    pytest.param(
        told("a", seller=("青空電機", "Haru Robotics"), amount="120 USD"),
        {"one_side_open", "sides_mixed"},
        {"both_sides"},
        id="both on one side",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="Haru Robotics", amount=money("17900 JPY", "about")),
        {"same_quantity", "other_currency"},
        {"telling_digits"},
        id="told in yen, at the rate of its day",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="Haru Robotics", amount="140 USD", status="prospective"),
        {"near_quantity", "revision"},
        {"same_quantity", "far_quantity"},
        id="a revised sum",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="Haru Robotics", amount="900 USD"),
        {"far_quantity"},
        {"same_quantity", "near_quantity", "revision"},
        id="quite another sum",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="Haru Robotics", amount="1200 USD"),
        {"slipped_digit"},
        {"far_quantity"},
        id="ten times as much: a slip of 億",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="Haru Robotics", amount=money("100 USD", "at_least")),
        {"within_bound"},
        {"same_quantity"},
        id="1億ドル以上 beside 1.2億ドル",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="Haru Robotics", amount="100..1000 USD"),
        {"within_range"},
        {"far_quantity"},
        id="数億ドル beside 1.2億ドル",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="Haru Robotics"),
        {"no_quantity"},
        {"same_quantity", "far_quantity"},
        id="no sum told",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="Haru Robotics", amount="120 USD", kind="acquisition"),
        {"other_kind", "with_acquisition"},
        set(),
        id="bought instead of supplied",
    ),
    pytest.param(
        told("a", buyer="青空電機", seller="Haru Robotics", amount="120 USD", day=400),
        {"half_years_late"},
        set(),
        id="more than a year later",
    ),
]


@pytest.mark.parametrize(("other", "there", "missing"), PAIRS)
def test_pair_features(other: LinkRecord, there: set[str], missing: set[str]) -> None:
    found = pair_features(kit().tell(BASE), kit().tell(other))
    assert found is not None
    assert there <= {name for name, value in found.items() if value}
    assert missing.isdisjoint(found)


@pytest.mark.parametrize(
    ("one", "other", "feature"),
    [
        ("千葉県に工場を新設する", "印西市の工場に投じる", "same_place"),
        ("インドに工場を新設する", "ドイツの工場に投じる", "other_place"),
        ("2026年に投じる", "2026 年の計画だ", "same_year"),
        ("2025年に投じる", "2026年に投じる", "other_year"),
        ("シリーズBで調達", "Series B ラウンドで調達", "same_round"),
        ("シリーズBで調達", "シリーズCで調達", "other_round"),
        ("上場で調達する", "社債で調達する", "other_event"),
        ("Sakurajima計画に投じる", "Sakurajimaを建てる", "shared_names"),
        ("Sakurajima計画に投じる", "Fujisan計画に投じる", "other_names"),
    ],
)
def test_words_of_the_evidence(one: str, other: str, feature: str) -> None:
    tellings = [
        kit().tell(told(name, buyer="青空電機", says=says))
        for name, says in (("a", one), ("b", other))
    ]
    assert feature in (pair_features(*tellings) or {})


def test_tellings_that_share_no_party_have_no_features() -> None:
    stranger = told("s", buyer="ミナト重工", seller="若葉銀行", amount="120 USD")
    assert pair_features(kit().tell(BASE), kit().tell(stranger)) is None


def test_a_member_is_not_its_consortium() -> None:
    alone = told("a", buyer="青空電機", kind="capex", amount="100..900 USD")
    group = told("b", buyer=("青空電機", "ミナト重工"), kind="capex", amount="100..900 USD")
    found = pair_features(kit().tell(alone), kit().tell(group)) or {}
    assert found["uneven_sides"] > 0
    assert "uneven_range" in found
    twice = pair_features(
        kit().tell(group), kit().tell(told("c", buyer=("ミナト重工", "青空電機")))
    )
    assert "same_consortium" in (twice or {})
    larger = told("d", buyer=("青空電機", "ミナト重工", "若葉銀行"), kind="capex")
    grown = pair_features(kit().tell(group), kit().tell(larger)) or {}
    assert "several_shared" in grown
    assert "same_consortium" not in grown


_names = st.sampled_from(
    ["青空電機", "Haru Robotics", "ハルロボティクス", "OpenAI", "Amazon", "AWS"]
)
_records = st.builds(
    told,
    st.uuids().map(str),
    buyer=st.lists(_names, max_size=2).map(tuple),
    seller=st.lists(_names, max_size=2).map(tuple),
    amount=st.none()
    | st.builds(
        money,
        st.sampled_from(["1 USD", "12 USD", "13.5 USD", "120 USD", "2000 JPY", "10..100 USD"]),
        st.sampled_from(["exact", "about", "at_least", "at_most"]),
    ),
    day=st.integers(0, 900),
    kind=st.sampled_from(["supply", "investment", "capex", "acquisition"]),
    status=st.sampled_from(["firm", "prospective", "cancelled"]),
    says=st.sampled_from(["", "これまでに投じた", "2026年にインドで建てる", "シリーズAのMidori"]),
)


@given(_records, _records)
def test_a_pair_is_symmetric_and_every_feature_has_a_weight(
    one: LinkRecord, other: LinkRecord
) -> None:
    a, b = kit().tell(one), kit().tell(other)
    found = pair_features(a, b)
    assert found == pair_features(b, a)
    assert kit().scorer.score(a, b) == kit().scorer.score(b, a)
    assert set(found or {}) <= set(FEATURES)
