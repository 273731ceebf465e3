"""The trigger table alone, without model and scorer: the examples that stand in the data file."""

from pathlib import Path

import pytest

from pipeline.article import make_article
from pipeline.extract import Extractor
from pipeline.gazetteer.companies import load_companies
from pipeline.gazetteer.names import load_names
from pipeline.gazetteer.triggers import TriggerExample, load_triggers
from pipeline.gazetteer.vocabulary import load_vocabulary

MODELS = Path(__file__).resolve().parents[2] / "models"
TRIGGERS = load_triggers(MODELS)


@pytest.fixture(scope="module")
def rules() -> Extractor:
    """An extractor that works by the rules alone."""
    return Extractor(
        nlp=None,
        companies=load_companies(MODELS),
        triggers=TRIGGERS,
        names=load_names(MODELS),
        vocabulary=load_vocabulary(MODELS),
        scorer=None,
    )


@pytest.mark.parametrize("example", TRIGGERS.examples, ids=lambda e: e.text[:24])
def test_examples_of_the_trigger_table_hold(rules: Extractor, example: TriggerExample) -> None:
    (record,) = rules.extract(make_article(example.text, source="example")).records
    buyers = [{p.name, *p.surfaces} for p in record.buyer]
    sellers = [{p.name, *p.surfaces} for p in record.seller]
    assert record.kind == example.kind
    assert all(any(name in forms for forms in buyers) for name in example.buyer)
    assert all(any(name in forms for forms in sellers) for name in example.seller)
    assert len(buyers) == len(example.buyer)
    assert len(sellers) == len(example.seller)


NO_DEALS = [
    "富士通の売上高は30億円だった。",
    "オープンAIの評価額は5000億ドルに達した。",
    "NECの時価総額は3兆円を超えた。",
    "料金は月額20ドルだ。",
    "富士通は2025年に発表した。",
]


@pytest.mark.parametrize("text", NO_DEALS)
def test_revenue_valuation_and_prices_are_no_deals(rules: Extractor, text: str) -> None:
    assert rules.extract(make_article(text, source="example")).records == ()
