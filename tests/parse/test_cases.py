"""The cases of ../shared/parsing, scored by the script that lies beside them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from pipeline.cli import app

# Cases of other tools that are right for their own purpose and not for news; docs/parsing.md
# gives the reasons. Each names real money that its case, about something else, leaves out.
UNLISTED_MONEY = {
    "ja-timex-duration-1990",
    "recognizers-te-dimension-0088",
    "recognizers-te-dimension-0106",
    "recognizers-te-percent-1339",
}


class Score(NamedTuple):
    """What score.py printed: recall and precision by task, forbidden mentions, all tasks."""

    recall: dict[str, float]
    precision: dict[str, float]
    forbidden: int
    total: float
    wrong: list[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def scored(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Score]:
    """Both files, parsed by the command line and scored."""
    folder = shared / "parsing"
    if not folder.is_dir():
        pytest.skip(f"needs the parsing cases in {folder}")
    return {
        name: score(folder, f"{name}.jsonl", tmp_path_factory.mktemp(name))
        for name in ("news", "peers")
    }


def score(folder: Path, cases: str, scratch: Path) -> Score:
    script = [sys.executable, str(folder / "score.py")]
    lines = subprocess.run(  # noqa: S603 - our own interpreter and script
        [*script, "inputs", str(folder / cases)], capture_output=True, check=True
    ).stdout
    result = CliRunner().invoke(app, ["parse", "--format", "jsonl"], input=lines)
    assert result.exit_code == 0, result.stderr
    out = scratch / "out.jsonl"
    out.write_text(result.stdout, encoding="utf-8")
    printed = subprocess.run(  # noqa: S603 - likewise
        [*script, "score", str(folder / cases), str(out), "--errors"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return read_score(printed)


def read_score(printed: str) -> Score:
    recall: dict[str, float] = {}
    precision: dict[str, float] = {}
    forbidden, total, case = 0, 0.0, ""
    wrong: list[tuple[str, dict[str, Any]]] = []
    for line in printed.splitlines():
        words = line.split()
        if line.startswith("   wrong"):
            wrong.append((case, json.loads(line.removeprefix("   wrong"))))
        elif line.startswith("forbidden mentions returned:"):
            forbidden = int(words[3])
        elif line.startswith("all tasks:"):
            total = float(words[2])
        elif words and words[0] in ("money", "term", "number", "range", "percent"):
            figures = [float(word) for word in words[1:]]
            recall[words[0]] = figures[0]
            precision[words[0]] = figures[1] if len(figures) == 4 else 1.0
        elif not line.startswith(" "):
            case = words[0]
    return Score(recall, precision, forbidden, total, wrong)


def test_news_are_read(scored: dict[str, Score]) -> None:
    """At least 0.98 of all that the news sentences state, and nothing that is forbidden."""
    news = scored["news"]
    assert news.total >= 0.98
    assert news.forbidden == 0
    assert news.recall["money"] >= 0.98
    assert news.precision["money"] >= 0.98


def test_cases_of_other_tools_are_read(scored: dict[str, Score]) -> None:
    """At least 0.985 in every task of the cases that other tools test themselves with."""
    peers = scored["peers"]
    assert peers.total >= 0.985
    assert min(peers.recall.values()) >= 0.985, peers.recall


def test_money_beside_other_tools_cases_is_real(scored: dict[str, Score]) -> None:
    """The only amounts that the cases do not list are amounts all the same."""
    wrong = {case for case, mention in scored["peers"].wrong if mention["kind"] == "money"}
    assert wrong <= UNLISTED_MONEY
