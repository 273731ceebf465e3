"""`torihiki evaluate` through the command line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app

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
