"""`torihiki evaluate` through the command line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from tests.learn.stories import story

runner = CliRunner()


def row(doc: str, *deals: dict[str, Any]) -> str:
    return json.dumps({"doc": doc, "deals": deals}, ensure_ascii=False)


def deal(buyer: str, value: int, **more: Any) -> dict[str, Any]:
    amount = {"value": value, "currency": "JPY", "qualifier": "exact"}
    return {"kind": "supply", "status": "firm", "buyer": [[buyer]], "amount": amount, **more}


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    lines = [row("news/a.md", deal("青空電算", 100), deal("黒潮", 7)), row("news/b.md")]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def predicted(tmp_path: Path) -> Path:
    path = tmp_path / "pred.jsonl"
    wrong = deal("白雲", 3, confidence=0.2)
    path.write_text(
        f"{row('news/a.md', deal('青空電算', 100, confidence=0.9))}\n{row('news/b.md', wrong)}\n",
        encoding="utf-8",
    )
    return path


def run(*args: object) -> Any:
    return runner.invoke(app, ["evaluate", *map(str, args)])


def test_json_holds_figures_intervals_groups_and_reliability(gold: Path, predicted: Path) -> None:
    result = run(gold, predicted, "--json", "--resamples", 200)
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    found = report["figures"]["deal"]
    assert (found["p"], found["r"], found["predicted"], found["gold"]) == (0.5, 0.5, 2, 2)
    assert found["low"] <= found["f1"] <= found["high"]
    assert set(report["by_source"]) == {"news"}
    assert report["by_kind"]["supply"]["deal"]["gold"] == 2
    assert [b["found"] for b in report["reliability"]["bins"]] == [0.0, 1.0]


def test_tables_show_slots_kinds_sources_and_bins(gold: Path, predicted: Path) -> None:
    result = run(gold, predicted)
    assert result.exit_code == 0
    for word in ("by slot", "buyer", "by kind", "supply", "by source", "news", "reliability"):
        assert word in result.stdout


def test_errors_lists_what_was_missed_and_what_is_spurious(gold: Path, predicted: Path) -> None:
    lines = run(gold, predicted, "--errors").stdout.splitlines()
    assert any(line.startswith("missed") and line.endswith("news/a.md") for line in lines)
    assert any(line.startswith("spurious") and line.endswith("news/b.md") for line in lines)
    assert any("pred" in line and "白雲" in line for line in lines)


def test_a_malformed_line_is_named_with_its_number(gold: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text(f"{row('a')}\n{{'doc': 1}}\n", encoding="utf-8")
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", "from pipeline.cli import main; main()", "evaluate", gold, broken],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"{broken}:2" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param([], "either", id="neither predictions nor articles"),
        pytest.param(["--articles", "/nowhere"], "no such folder", id="missing folder"),
        pytest.param(["PRED", "--ablate", "ner"], "needs --articles", id="ablation of a file"),
        pytest.param(["PRED", "--articles", "."], "either", id="both"),
    ],
)
def test_usage_errors_say_what_to_give(
    gold: Path, predicted: Path, options: list[str], words: str
) -> None:
    result = run(gold, *[predicted if option == "PRED" else option for option in options])
    assert result.exit_code != 0
    assert words in str(result.exception)


@pytest.fixture
def told(tmp_path: Path) -> list[object]:
    """Eight stories as files with their annotation; gives the arguments that name them."""
    lines = []
    for k in range(8):
        text, deals = story(k)
        path = tmp_path / "articles" / ("alpha", "beta")[k % 2] / f"{k}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        lines.append(row(f"{path.parent.name}/{k}.txt", *deals))
    gold = tmp_path / "told.jsonl"
    gold.write_text("\n".join(lines), encoding="utf-8")
    return [gold, "--articles", tmp_path / "articles"]


@pytest.mark.model
def test_articles_are_extracted_and_compared(told: list[object]) -> None:
    result = run(*told, "--json", "--resamples", 100)
    assert result.exit_code == 0, result.exception
    report = json.loads(result.stdout)
    assert report["documents"] == 8
    assert report["figures"]["deal"]["gold"] == 7  # one of the eight tells none
    assert report["figures"]["amount"]["f1"] > 0.8
    assert set(report["by_source"]) == {"alpha", "beta"}
    assert {"supply", "investment", "acquisition", "capex"} <= set(report["by_kind"])
    for groups in (report["by_kind"], report["by_source"]):
        for measures in groups.values():
            core = measures["core"]
            assert core["low"] <= core["f1"] <= core["high"]
    assert report["reliability"]["bins"]
    assert "ablations" not in report


@pytest.mark.model
def test_each_part_is_left_out_in_turn(told: list[object]) -> None:
    result = run(*told, "--ablate", "each", "--resamples", 0)
    assert result.exit_code == 0, result.exception
    table = result.stdout[result.stdout.index("ablations") :]
    for part in ("ner", "parse", "gazetteer", "scorer", "gate"):
        assert f"│ {part} " in table
    assert "low" not in result.stdout


@pytest.mark.model
def test_parts_named_are_left_out_of_all_figures(told: list[object]) -> None:
    parts = [word for part in ("ner", "parse", "scorer") for word in ("--ablate", part)]
    result = run(*told, *parts, "--json", "--resamples", 0)
    assert result.exit_code == 0, result.exception
    report = json.loads(result.stdout)
    assert "ablations" not in report
    assert "low" not in report["figures"]["core"]
    assert report["figures"]["deal"]["gold"] == 7


@pytest.mark.model
def test_an_article_that_cannot_be_read_is_named(told: list[object], tmp_path: Path) -> None:
    (tmp_path / "articles" / "beta" / "3.txt").unlink()
    result = run(*told, "--ablate", "ner", "--ablate", "parse", "--json", "--resamples", 0)
    assert result.exit_code == 1
    assert "3.txt" in result.stderr
    report = json.loads(result.stdout)
    assert report["documents"] == 8  # it counts as read with no deal
