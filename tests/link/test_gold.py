"""Against deals that people annotated: all together, and deals that the weights were not made on."""

import json
from collections.abc import Mapping
from math import inf
from pathlib import Path

import pytest

from pipeline.evaluate.linking import measure_links
from pipeline.ingest.dates import date_in_name
from pipeline.learn.linking import Trial, cross_validate, link_all, load_prior
from pipeline.link import Telling, from_gold
from pipeline.settings import Settings
from tests.link.making import kit

Annotated = tuple[list[Telling], Mapping[str, str]]


@pytest.fixture(scope="module")
def annotated(shared: Path) -> Annotated:
    """Tellings of the gold records, and record → annotated deal."""
    tellings = []
    for name in ("dev.jsonl", "train.jsonl"):
        for line in (shared / "gold" / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            named = date_in_name(row["doc"])
            for index, deal in enumerate(row["deals"]):
                day = named.date() if named else None
                record = from_gold(row["doc"], index, deal, kit().namer, published=day)
                tellings.append(kit().tell(record))
    deals = {telling.id: telling.id for telling in tellings}
    for line in (shared / "gold" / "links.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        deals.update({record: row["deal"] for record in row["records"] if record in deals})
    return tellings, deals


def test_deals_found_agree_with_annotated_ones(annotated: Annotated) -> None:
    tellings, deals = annotated
    figures = measure_links(link_all(tellings, kit().scorer), deals)
    assert figures.pairs.f1 >= 0.94
    assert figures.b_cubed.f1 >= 0.95


@pytest.mark.slow
def test_the_prior_alone_measures_as_well_as_training_on_it(annotated: Annotated) -> None:
    """Why the weights are the prior: with few deals to learn from, training gains nothing."""
    tellings, deals = annotated
    trials = [
        Trial(name="prior", strength=inf),
        Trial(name="trained from nothing", strength=1.0, with_prior=False),
    ]
    prior = load_prior(Settings().models_dir)
    figures = cross_validate(tellings, deals, prior, trials, seeds=(0,))
    assert figures["prior"].pairs.f1 >= 0.92
    assert figures["prior"].pairs.f1 > figures["trained from nothing"].pairs.f1 + 0.05
