"""Measures of linking agree with those of the outside scorer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluate.linking import LinkTally, measure_links

GOLD = {"a": "1", "b": "1", "c": "1", "d": "2", "e": "3"}


@pytest.mark.parametrize(
    ("found", "pairs", "b_cubed"),
    [
        (GOLD, (1, 1), (1, 1)),
        ({r: r for r in GOLD}, (0, 0), (1, 3 / 5)),
        (dict.fromkeys(GOLD, "x"), (3 / 10, 1), ((9 + 1 + 1) / 25, 1)),
        ({"a": "x", "b": "x", "c": "y", "d": "y", "e": "z"}, (1 / 2, 1 / 3), (4 / 5, 11 / 15)),
    ],
)
def test_measure_links(
    found: dict[str, str], pairs: tuple[float, float], b_cubed: tuple[float, float]
) -> None:
    figures = measure_links(found, GOLD)
    assert (figures.pairs.precision, figures.pairs.recall) == pytest.approx(pairs)
    assert (figures.b_cubed.precision, figures.b_cubed.recall) == pytest.approx(b_cubed)


def test_a_focus_counts_pairs_that_reach_out_of_it_once() -> None:
    tally = LinkTally()
    tally.count(dict.fromkeys(GOLD, "x"), GOLD, focus=["a", "b"])
    figures = tally.figures()
    # ab ac bc of seven pairs with a or b
    assert figures.pairs.precision == pytest.approx(3 / 7)
    assert figures.pairs.recall == 1


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(*[st.sampled_from("123")] * 2)))
def test_folds_counted_together_are_the_whole(deals: dict[str, tuple[str, str]]) -> None:
    gold = {record: g for record, (g, _) in deals.items()}
    found = {record: f for record, (_, f) in deals.items()}
    whole = measure_links(found, gold)
    assert 0 <= whole.b_cubed.f1 <= 1
    assert whole == measure_links(dict(reversed(found.items())), gold)


def test_the_outside_scorer_gives_the_same_figures(shared: Path, tmp_path: Path) -> None:
    gold_rows = [
        {"deal": deal, "records": [f"{r}#0" for r in GOLD if GOLD[r] == deal]}
        for deal in sorted(set(GOLD.values()))
    ]
    found = {"a": "x", "b": "x", "c": "y", "d": "y", "e": "z"}
    links, out, records = (tmp_path / name for name in ("links", "out", "records"))
    links.write_text("\n".join(map(json.dumps, gold_rows)), encoding="utf-8")
    out.write_text(
        "\n".join(json.dumps({"record": f"{r}#0", "deal": d}) for r, d in found.items()),
        encoding="utf-8",
    )
    records.write_text(
        "\n".join(json.dumps({"doc": r, "deals": [{}]}) for r in GOLD), encoding="utf-8"
    )
    ran = subprocess.run(  # noqa: S603 - the scorer beside the gold
        [sys.executable, shared / "gold" / "link_score.py", links, out, records],
        capture_output=True,
        text=True,
        check=True,
    )
    figures = measure_links(found, GOLD)
    expected = [
        f"P {one.precision:.3f}  R {one.recall:.3f}  F1 {one.f1:.3f}"
        for one in (figures.pairs, figures.b_cubed)
    ]
    assert [line[11:] for line in ran.stdout.splitlines()] == expected
