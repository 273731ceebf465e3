"""The figures equal those of the reference scorer that lies beside the annotated articles."""

import copy
import importlib.util
import json
import random
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.evaluate import compare_documents, figures, read_deals
from pipeline.evaluate.deals import compared_documents, fold_chip, fold_party

GOLD = Path(__file__).resolve().parents[2].parent / "shared" / "gold"

pytestmark = pytest.mark.skipif(
    not (GOLD / "score.py").is_file(), reason=f"needs the reference scorer {GOLD / 'score.py'}"
)
_NAMES = [
    "青空電算株式会社",
    "Aozora Inc.",
    "白雲グループ",
    "ABC Co., Ltd.",
    "グループ",
    "株式会社",
]


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference_score", GOLD / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _other_amount(draw: random.Random, amount: dict[str, Any] | None) -> dict[str, Any] | None:
    changed: dict[str, Any] = dict(amount or {"value": 5, "currency": "USD"})
    match draw.randrange(6):
        case 0:
            return None
        case 1:
            changed["currency"] = draw.choice(["JPY", "EUR"])
        case 2:
            changed["per"] = draw.choice(["year", None])
        case 3:
            changed |= {"value": None, "low": draw.choice([1e9, changed.get("low") or 5])}
        case 4 | 5:
            base = changed.get("value") or 7
            changed["value"] = base * draw.choice([1, 1.004, 1.006, 2])
    return changed


def _other_parties(draw: random.Random, parties: list[Any]) -> list[Any]:
    changed: list[Any] = []
    for party in parties:
        match draw.randrange(5):
            case 0:
                continue
            case 1:
                changed.append(draw.choice(party))
            case 2:
                changed.append({"name": party[0], "aliases": party[1:]})
            case _:
                changed.append(party)
    if draw.random() < 0.3:
        changed.append(draw.choice(_NAMES))
    draw.shuffle(changed)
    return changed


def _perturb_parties(draw: random.Random, out: dict[str, Any]) -> None:
    for side in ("buyer", "seller"):
        if draw.random() < 0.5:
            out[side] = _other_parties(draw, out[side])
    if draw.random() < 0.1:
        out["buyer"], out["seller"] = out["seller"], out["buyer"]


def _perturbed(draw: random.Random, deal: dict[str, Any]) -> dict[str, Any]:
    out = copy.deepcopy(deal)
    _perturb_parties(draw, out)
    if draw.random() < 0.4:
        out["amount"] = _other_amount(draw, out["amount"])
    for slot in ("amount_max", "term_months", "capacity_mw"):
        if draw.random() < 0.3:
            out[slot] = draw.choice([None, 12, (out[slot] or 100) * draw.choice([1.009, 1.02])])
    if draw.random() < 0.3:
        out["chips"] = draw.sample([*out["chips"], "NVIDIA H100", "GPU", "TPU v7"], 2)
    if draw.random() < 0.3:
        out["count"] = draw.choice([None, {"value": 100}, {"value": None}])
    if draw.random() < 0.2:
        out["kind"] = draw.choice(["supply", "capex", "investment"])
    if draw.random() < 0.2:
        out["status"] = draw.choice(["firm", "prospective"])
    return out


def _predictions(draw: random.Random, gold: dict[str, list[Any]]) -> dict[str, list[Any]]:
    everything = [deal for deals in gold.values() for deal in deals]
    pred: dict[str, list[Any]] = {}
    for doc, deals in gold.items():
        if draw.random() < 0.1:
            continue
        kept = [deal for deal in deals for _ in range(draw.choice([0, 1, 1, 1, 2]))]
        if draw.random() < 0.3:
            kept.append(draw.choice(everything))
        pred[doc] = [_perturbed(draw, deal) for deal in kept]
        draw.shuffle(pred[doc])
    return pred


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("name", ["dev.jsonl", "train.jsonl", "wire_public.jsonl"])
def test_figures_equal_the_reference_on_perturbed_predictions(
    reference: ModuleType, name: str, seed: int
) -> None:
    gold = reference.read(GOLD / name)
    pred = _predictions(random.Random(seed), gold)
    theirs, their_errors = reference.score(gold, pred)
    ours = compare_documents(read_deals(GOLD / name), compared_documents(pred.items()))
    assert {n: f.as_json() for n, f in figures(ours).items()} == theirs
    assert theirs["core"]["f1"] < 1  # the perturbation bites
    ours_wrong = [
        (c.doc, c.outcome, list(c.wrong)) for d in ours.values() for c in d if c.outcome != "right"
    ]
    assert ours_wrong == [(doc, what, slots) for doc, what, slots, _, _ in their_errors]


@pytest.mark.parametrize("name", ["dev.jsonl", "train.jsonl", "wire_public.jsonl"])
def test_names_and_chips_fold_as_the_reference_folds_them(reference: ModuleType, name: str) -> None:
    rows = [
        json.loads(line) for line in (GOLD / name).read_text(encoding="utf-8").split("\n") if line
    ]
    deals = [deal for row in rows for deal in row["deals"]]
    names = {n for d in deals for p in (*d["buyer"], *d["seller"]) for n in p}
    for text in (*names, *_NAMES):
        for form in (text, f"{text}株式会社", f"{text} Holdings, Inc.", f"(株){text}グループ社"):
            assert fold_party(form) == reference.fold(form), form
    for chip in {c for d in deals for c in d["chips"]}:
        for form in (chip, f"NVIDIA製{chip}", f"{chip}チップ"):
            assert fold_chip(form) == reference.chip_key(form), form
