from pathlib import Path

import pytest

from pipeline.gate import DropReason, gate, has_quantity, without_gate
from pipeline.gazetteer.triggers import load_triggers
from pipeline.sentences import split_sentences
from pipeline.span import Span
from pipeline.view import make_view

MODELS = Path(__file__).resolve().parent.parent / "models"
TRIGGERS = load_triggers(MODELS)

QUANTITIES = [
    "総額174億ドルの契約",
    "三百億円を投じる",
    "$1.1Bを調達",
    "€13億を出資",
    "数十億ドルを投資",
    "4.5ギガワットの電力",
    "1GWの容量",
    "GPUを10万個以上",
    "サーバー64台を発注",
    "500 million dollars",
    "NT$300億",
]
NO_QUANTITIES = ["契約を結んだ。", "2025年に発表した。", "第3四半期の業績", "GPT-5を公開"]


@pytest.mark.parametrize("text", QUANTITIES)
def test_has_quantity_sees_money_goods_and_power(text: str) -> None:
    assert has_quantity(text)


@pytest.mark.parametrize("text", NO_QUANTITIES)
def test_has_quantity_leaves_dates_and_versions(text: str) -> None:
    assert not has_quantity(text)


def reasons(source: str, ignored: tuple[Span, ...] = ()) -> list[str]:
    view = make_view(source)
    sentences = split_sentences(view.text)
    decision = gate(view, sentences, TRIGGERS, ignored)
    dropped = dict(decision.dropped)
    return ["kept" if i in decision.kept else dropped[i].name for i in range(len(sentences))]


def test_gate_keeps_a_quantity_with_a_deal_word() -> None:
    assert reasons("富士通は30億円で受注した。") == ["kept"]


def test_gate_keeps_a_quantity_whose_deal_word_is_close_by() -> None:
    assert reasons("富士通が受注した。金額は30億円。") == ["NO_QUANTITY", "kept"]


def test_gate_drops_a_quantity_far_from_any_deal_word() -> None:
    text = "昼食は900円だった。" + "空は青い。" * 5 + "富士通が受注した。"
    assert reasons(text)[0] == "NO_DEAL_WORD"


def test_without_gate_keeps_all_that_is_part_of_the_story() -> None:
    links = "富士通は30億円で受注した。"
    view = make_view("空は青い。" + links)
    ignored = (Span(5, 5 + len(links)),)
    decision = without_gate(view, split_sentences(view.text), ignored)
    assert (decision.kept, decision.dropped) == ((0,), ((1, DropReason.IGNORED),))


def test_gate_drops_what_is_no_part_of_the_story() -> None:
    text = "富士通は30億円で受注した。"
    assert reasons(text, (Span(0, len(text)),)) == [DropReason.IGNORED.name]


def test_gate_counts_every_dropped_sentence_once() -> None:
    view = make_view("空は青い。\n昼食は900円だった。\n海も青い。")
    sentences = split_sentences(view.text)
    decision = gate(view, sentences, TRIGGERS)
    assert sum(decision.counts().values()) + len(decision.kept) == len(sentences)
