"""Which amounts repeat another, and which are exchange rates."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.mention import MentionKind
from pipeline.parse import renderings

# sentence, {repeating quote: main quote}
REPEATED = [
    ("62億ドル（約9300億円）を投じる", {"約9300億円": "62億ドル"}),
    ("62億ドル(約9300億円)", {"約9300億円": "62億ドル"}),
    ("62億ドル［約9300億円］", {"約9300億円": "62億ドル"}),
    ("約9300億円（62億ドル）", {"62億ドル": "約9300億円"}),
    ("62億ドル規模（約9300億円）", {"約9300億円": "62億ドル規模"}),
    ("**62億ドル**（約9300億円）", {"約9300億円": "62億ドル"}),
    ("62億ドル（日本円で約9300億円）", {"約9300億円": "62億ドル"}),
    ("62億ドル（1ドル＝150円換算で約9300億円）", {"約9300億円": "62億ドル"}),
    ("62億ドル（約9300億円、1ドル＝150円）", {"約9300億円": "62億ドル"}),
    ("62億ドル、日本円で約9300億円", {"約9300億円": "62億ドル"}),
    ("62億ドル＝約9300億円", {"約9300億円": "62億ドル"}),
    ("6200万ドル（$62 million）", {"$62 million": "6200万ドル"}),
    ("3億シンガポールドル（S$300M）超", {"S$300M": "3億シンガポールドル"}),
    ("40億〜62億ドル（6000億〜9300億円）", {"6000億〜9300億円": "40億〜62億ドル"}),
    (
        "5億ドル（約750億円）と3億ドル（約450億円）",
        {"約750億円": "5億ドル", "約450億円": "3億ドル"},
    ),
]


@pytest.mark.parametrize(("sentence", "pairs"), REPEATED, ids=[row[0] for row in REPEATED])
def test_renderings_pair_the_same_amount(
    mentions_in: Callable[..., Any], sentence: str, pairs: dict[str, str]
) -> None:
    """An amount in another currency in brackets is the one before it once more."""
    mentions = mentions_in(sentence)
    quotes = [one.span.of(sentence) for one in mentions]
    found = {quotes[index]: quotes[main] for index, main in renderings(mentions, sentence).items()}
    assert found == pairs
    assert {quotes[i] for i, one in enumerate(mentions) if one.rule == "money.rendering"} == set(
        pairs
    )


SEPARATE = [
    "62億ドルと9300億円を投じる",
    "62億ドル（うち100億円は補助金）",
    "62億ドル（前年は5000億円）",
    "62億ドル（上限70億ドル）",
    "62億ドルを投じる（9300億円の工場に続く）",
    "62億ドル。約9300億円の別件",
]


@pytest.mark.parametrize("sentence", SEPARATE)
def test_renderings_leave_other_amounts(mentions_in: Callable[..., Any], sentence: str) -> None:
    """Another fact in brackets, or in another clause, is another amount."""
    mentions = mentions_in(sentence)
    assert renderings(mentions, sentence) == {}
    assert all(one.rule == "money" for one in mentions if one.kind is MentionKind.MONEY)


EXCHANGE = [
    "1ドル=150円",
    "1ドル＝約150円",
    "1ドル150円換算",
    "1ユーロ＝1.1ドル",
    "100円＝0.67ドル",
    "1ドルは150円",
]


@pytest.mark.parametrize("sentence", EXCHANGE)
def test_exchange_rates_are_named(mentions_in: Callable[..., Any], sentence: str) -> None:
    """Both sides of an exchange rate carry its rule."""
    assert [one.rule for one in mentions_in(sentence)] == ["money.exchange-rate"] * 2


NO_EXCHANGE = ["3ドル=450円", "1ドルと150円", "1ドルを150円で売る", "1円=1円"]


@pytest.mark.parametrize("sentence", NO_EXCHANGE)
def test_other_pairs_are_no_exchange_rate(mentions_in: Callable[..., Any], sentence: str) -> None:
    """Only one (or a hundred) of a currency against another is a rate."""
    assert "money.exchange-rate" not in [one.rule for one in mentions_in(sentence)]
