"""Which names may be parties of an amount, and which lengths and chips may belong to a deal."""

from pathlib import Path

import pytest

from pipeline.assemble.candidate import names_in_scope, score_candidate
from pipeline.assemble.casting import cast_parties
from pipeline.assemble.deal import Deal, _merge_parties
from pipeline.assemble.reading import Reading, read_article
from pipeline.assemble.scorer import FITS, OTHER, LinearModel, Scorer
from pipeline.assemble.slots import (
    chips_in_scope,
    find_chips,
    find_term,
    terms_in_scope,
)
from pipeline.gazetteer.companies import load_companies
from pipeline.gazetteer.names import load_names
from pipeline.gazetteer.triggers import load_triggers
from pipeline.gazetteer.vocabulary import load_vocabulary
from pipeline.parse import find_mentions
from pipeline.sentences import split_sentences
from pipeline.view import make_view

MODELS = Path(__file__).resolve().parents[2] / "models"
COMPANIES = load_companies(MODELS)
NAMES = load_names(MODELS)
TRIGGERS = load_triggers(MODELS)
VOCABULARY = load_vocabulary(MODELS)
FILLER = "街の話題は続く。"


def read(text: str) -> Reading:
    """An article laid out by the patterns alone, no sentence gated away."""
    view = make_view(text)
    sentences = split_sentences(view.text)
    return read_article(
        view,
        sentences,
        range(len(sentences)),
        {},
        find_mentions(view.text, VOCABULARY),
        COMPANIES,
        TRIGGERS,
        NAMES,
    )


def scope(text: str) -> set[str]:
    """Names in scope of the last anchor of the article that is money or power."""
    reading = read(text)
    return {
        n.mention.span.of(reading.text) for _, n in names_in_scope(reading, reading.anchors[-1])
    }


def test_investors_told_far_behind_a_round_are_in_scope() -> None:
    text = (
        "青空電機は3億ドルの資金調達を発表した。"
        + FILLER * 20
        + "このラウンドにはソニーが参加した。"
    )
    assert scope(text) == {"ソニー"} | scope("青空電機は3億ドルの資金調達を発表した。")


def test_investors_are_not_looked_for_where_no_round_is_told() -> None:
    text = "富士通は3億ドルの施設を建設する。" + FILLER * 20 + "次の行事にはソニーが参加した。"
    assert "ソニー" not in scope(text)


def test_the_topic_of_a_sentence_further_up_is_in_scope() -> None:
    text = (
        "街の話題から。NECの話ではない。富士通は強気だ。"
        + FILLER * 5
        + "計300億円の施設を建設する。"
    )
    assert "富士通" in scope(text)
    assert "NEC" not in scope(text)


def test_whom_the_article_tells_of_most_is_in_scope_of_a_table() -> None:
    text = (
        "次の話題\n\n富士通の発表が続く。富士通の狙いを読む。富士通の社長に聞く。NECの話もある。\n\n"
        + (FILLER * 4 + "\n\n") * 3
        + "| 相手 | 容量 |\n| --- | --- |\n| ソニー | 5GW |\n"
    )
    assert "富士通" in scope(text)


def filling(**weights: float) -> Scorer:
    """A scorer whose filling looks at the given features only."""
    nothing = LinearModel(classes=("none",), weights={}, bias=(0.0,))
    model = LinearModel(
        classes=(FITS, OTHER),
        weights={name.replace("_", ":", 1): (value, -value) for name, value in weights.items()},
        bias=(0.0, 0.0),
    )
    return Scorer(version="t", anchors=nothing, roles=nothing, filling=model)


def told(reading: Reading, kind: str = "supply") -> Deal:
    lead = score_candidate(reading, reading.anchors[0], None)
    return Deal(candidates=[lead], kind=kind, probability=1.0)


TERM_TEXT = "富士通は3年間で30億ドルの契約をNECと結び、別に5年間の研究も始める。"


def test_lengths_of_a_telling_sentence_are_in_scope_of_the_term() -> None:
    reading = read(TERM_TEXT)
    months = [term.value.value for _, term in terms_in_scope(reading, told(reading))]
    assert months == [36, 60]


@pytest.mark.parametrize(
    ("weights", "months"),
    [
        ({"term_place=before": 5.0, "term_place=after": -5.0}, 36),
        ({"term_place=before": -5.0, "term_place=after": 5.0}, 60),
        ({"term_bias": -5.0}, None),
    ],
)
def test_the_filling_model_chooses_the_term(weights: dict[str, float], months: int | None) -> None:
    reading = read(TERM_TEXT)
    term = find_term(reading, told(reading), filling(**weights))
    assert (term.value.value if term else None) == months


CHIP_TEXT = "富士通はNECに「H100」を30億ドルで発注した。「B200」も検討する。"


def test_chips_of_the_sentence_beside_are_in_scope_and_the_model_decides() -> None:
    reading = read(CHIP_TEXT)
    deal = told(reading)
    assert {c.value.model for _, c in chips_in_scope(reading, deal)} == {"H100", "B200"}
    all_fit = find_chips(reading, deal, filling(chip_bias=5.0))
    none_fits = find_chips(reading, deal, filling(chip_bias=-5.0))
    by_rule = find_chips(reading, deal, None)
    assert [c.value.model for c in all_fit] == ["H100", "B200"]
    assert none_fits == []
    assert [c.value.model for c in by_rule] == ["H100"]


def casting(buyer: float, seller: float) -> Scorer:
    """A scorer that holds every name rather for a buyer, with the seller close behind or not."""
    nothing = LinearModel(classes=("none",), weights={}, bias=(0.0,))
    roles = LinearModel(classes=("buyer", "none", "seller"), weights={}, bias=(buyer, 0.0, seller))
    return Scorer(version="t", anchors=nothing, roles=roles, casting=roles)


@pytest.mark.parametrize(
    ("kind", "seller", "sides"),
    [
        pytest.param("supply", 1.0, (1, 1), id="one-of-two-supplies"),
        pytest.param("supply", -9.0, (2, 0), id="nobody-looks-like-a-supplier"),
        pytest.param("capex", 1.0, (2, 0), id="two-build-together"),
    ],
)
def test_of_two_buyers_of_a_supply_the_likelier_seller_supplies(
    kind: str, seller: float, sides: tuple[int, int]
) -> None:
    reading = read("富士通とNECは30億ドルの契約を結んだ。")
    candidates = told(reading, kind).candidates
    parties = cast_parties(reading, candidates, kind, 0.5, casting(2.0, seller))
    assert (len(parties["buyer"]), len(parties["seller"])) == sides


def test_own_plants_have_no_seller_whatever_is_joined_to_them() -> None:
    reading = read("富士通とNECは30億ドルの施設を建てる。容量は150MWだ。")
    first, second = (score_candidate(reading, anchor, None) for anchor in reading.anchors)
    buyer, seller = (v for v in first.votes[:4] if v.role == "buyer")
    own = Deal(candidates=[first], kind="capex", probability=1.0, parties={"buyer": [buyer]})
    power = Deal(candidates=[second], kind="supply", probability=1.0, parties={"seller": [seller]})
    _merge_parties(own, power)
    assert not own.entities("seller")
    lease = Deal(candidates=[first], kind="supply", probability=1.0, parties={"buyer": [buyer]})
    _merge_parties(lease, power)
    assert lease.entities("seller") == {seller.entity}
