from pathlib import Path

import pytest

from pipeline.assemble.context import clause_ends, clauses_between, mark_after, name_contexts
from pipeline.assemble.party import find_cast
from pipeline.gazetteer.companies import load_companies
from pipeline.gazetteer.names import load_names
from pipeline.sentences import split_sentences
from pipeline.span import Span

MODELS = Path(__file__).resolve().parents[2] / "models"
COMPANIES = load_companies(MODELS)
NAMES = load_names(MODELS)

MARKS = [
    ("富士通は受注した", "富士通", "は"),
    ("富士通(本社東京)が受注した", "富士通", "が"),
    ("富士通社に発注", "富士通", "に"),
    ("「富士通」への投資", "富士通", "への"),
    ("富士通に対して支払う", "富士通", "に"),
    ("富士通より購入", "富士通", "から"),
    ("富士通、受注を発表", "富士通", "、"),
    ("富士通など3社から", "富士通", "から"),
    ("富士通:30億円", "富士通", ":"),
    ("富士通(30億円)が続く", "富士通", "("),
]


@pytest.mark.parametrize(("text", "name", "expected"), MARKS)
def test_mark_after_finds_the_particle(text: str, name: str, expected: str) -> None:
    assert mark_after(text, text.index(name) + len(name)) == expected


def contexts(text: str) -> list[tuple[str, str, int]]:
    cast = find_cast(text, split_sentences(text), {}, COMPANIES, NAMES)
    return [(c.mention.span.of(text), c.mark, c.size) for c in name_contexts(text, cast.mentions)]


def test_names_of_a_list_share_its_particle() -> None:
    text = "NEC、富士通、ソニーから調達した"
    assert contexts(text) == [("NEC", "から", 3), ("富士通", "から", 3), ("ソニー", "から", 3)]


def test_names_with_particles_of_their_own_are_no_list() -> None:
    assert contexts("NECが富士通に払う") == [("NEC", "が", 1), ("富士通", "に", 1)]


def test_amounts_in_brackets_keep_names_apart() -> None:
    text = "NEC(30億円)、富士通(20億円)が続く"
    assert contexts(text) == [("NEC", "(", 1), ("富士通", "(", 1)]


def test_clauses_are_counted_between_two_places() -> None:
    text = "NECが投資しており、富士通は買収した。"
    ends = clause_ends(text, Span(0, len(text)))
    assert clauses_between(ends, text.index("NEC"), text.index("投資")) == 0
    assert clauses_between(ends, text.index("NEC"), text.index("買収")) == 1
