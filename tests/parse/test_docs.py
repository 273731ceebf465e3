"""The tables of docs/parsing.md say what the parser does."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.cli.parse import described
from pipeline.mention import MentionKind
from pipeline.settings import PROJECT_ROOT

MARK = "<!-- tests/parse/test_docs.py reads this table -->"


def tables() -> list[list[list[str]]]:
    """The marked tables, as rows of cells without their heads."""
    text = (PROJECT_ROOT / "docs" / "parsing.md").read_text(encoding="utf-8")
    found = []
    for part in text.split(MARK)[1:]:
        lines = part.lstrip("\n").split("\n\n")[0].splitlines()[2:]
        found.append([[cell.strip() for cell in line.strip("|").split("|")] for line in lines])
    return found


READ, NOT_READ = tables()


@pytest.mark.parametrize(("text", "quote", "kind", "reading"), READ, ids=[row[0] for row in READ])
def test_docs_show_what_is_read(
    mentions_in: Callable[..., Any], text: str, quote: str, kind: str, reading: str
) -> None:
    """Each row is what the parser reads."""
    found = [(one.span.of(text), described(one)) for one in mentions_in(text) if one.kind == kind]
    assert (quote, reading) in found


@pytest.mark.parametrize("text", [text for row in NOT_READ for text in row[0].split(" · ")])
def test_docs_show_what_is_not_read(mentions_in: Callable[..., Any], text: str) -> None:
    """Nothing in the second table is more than a number."""
    assert {one.kind for one in mentions_in(text)} <= {MentionKind.NUMBER}


def test_docs_name_every_rule() -> None:
    """A rule that a mention can carry is explained."""
    text = (PROJECT_ROOT / "docs" / "parsing.md").read_text(encoding="utf-8")
    for module in (PROJECT_ROOT / "pipeline" / "parse").glob("*.py"):
        for line in module.read_text(encoding="utf-8").splitlines():
            if line.startswith("RULE"):
                rule = line.split('"')[1]
                assert f"`{rule}`" in text, (module.name, rule)
