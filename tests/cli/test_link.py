"""`torihiki link` and `torihiki learn link`, as other programs call them."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.errors import IngestError, ModelError, SettingsError
from tests.conftest import REPO_ROOT

DEAL = {
    "kind": "investment",
    "status": "firm",
    "buyer": [],
    "seller": [["春風ロボティクス"]],
    "amount": {"value": 123_000_000, "currency": "USD", "qualifier": "exact"},
    "amount_max": None,
    "term_months": None,
    "chips": [],
    "count": None,
    "capacity_mw": None,
    "evidence": ["春風ロボティクスが1億2300万ドルを調達した。"],
}
OTHER = DEAL | {"seller": [["ミナト重工"]], "evidence": ["ミナト重工が調達した。"]}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["link", *map(str, arguments)])


def write(path: Path, lines: Sequence[object]) -> Path:
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def deals(result: Result) -> dict[str, str]:
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(list(row) == ["record", "deal"] for row in rows)
    return {row["record"]: row["deal"] for row in rows}


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return write(
        tmp_path / "records.jsonl",
        [
            {"doc": "a/2025-10-01-one.md", "deals": [DEAL, OTHER]},
            {"doc": "b/2025-10-02-two.md", "deals": [DEAL]},
            {"doc": "c/empty.md", "deals": []},
        ],
    )


def test_every_record_has_a_line_in_the_order_of_the_files(records: Path) -> None:
    found = deals(run(records))
    assert list(found) == [
        "a/2025-10-01-one.md#0",
        "a/2025-10-01-one.md#1",
        "b/2025-10-02-two.md#0",
    ]
    first, other, second = found.values()
    assert first == second != other


def test_records_may_stand_in_several_files(records: Path, tmp_path: Path) -> None:
    more = write(tmp_path / "more.jsonl", [{"doc": "d.md", "deals": [DEAL]}])
    found = deals(run(records, more))
    assert found["d.md#0"] == found["b/2025-10-02-two.md#0"]


@pytest.mark.parametrize(
    "party", ["春風ロボティクス", {"name": "春風ロボティクス", "aliases": ["Harukaze"]}]
)
def test_parties_may_be_texts_or_objects(records: Path, tmp_path: Path, party: object) -> None:
    more = write(tmp_path / "m.jsonl", [{"doc": "d.md", "deals": [DEAL | {"seller": [party]}]}])
    found = deals(run(records, more))
    assert found["d.md#0"] == found["b/2025-10-02-two.md#0"]


def test_dates_come_from_the_articles_under_root(tmp_path: Path) -> None:
    root = tmp_path / "articles"
    for name, date in (("one.md", "2020-01-05"), ("two.md", "2025-10-02")):
        (root / name).parent.mkdir(exist_ok=True)
        text = f"---\ntitle: 調達\ndate: {date}\n---\n本文はここにある。\n"
        (root / name).write_text(text, encoding="utf-8")
    weak = DEAL | {"amount": DEAL["amount"] | {"value": 120_000_000}}  # type: ignore[operator]
    lines = [{"doc": "one.md", "deals": [DEAL]}, {"doc": "two.md", "deals": [weak]}]
    file = write(tmp_path / "r.jsonl", lines)
    assert len(set(deals(run(file)).values())) == 1
    assert len(set(deals(run(file, "--root", root)).values())) == 2


def test_articles_that_are_not_there_are_counted(records: Path, tmp_path: Path) -> None:
    result = run(records, "--root", tmp_path)
    assert result.exit_code == 0
    assert "2 of 2 articles are not under --root" in result.stderr


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "records.jsonl:4: no JSON"),
        ({"deals": []}, "records.jsonl:4: not a line of records"),
        ({"doc": "x.md", "deals": [{"kind": "gift"}]}, "records.jsonl:4: deal 0 of x.md"),
        ({"doc": "c/empty.md", "deals": [DEAL]}, "stands in"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_and_the_rest_goes_on(
    records: Path, line: object, fault: str
) -> None:
    text = line if isinstance(line, str) else json.dumps(line)
    records.write_text(records.read_text(encoding="utf-8") + text + "\n", encoding="utf-8")
    result = run(records)
    assert result.exit_code == 1
    assert fault in result.stderr
    assert len(deals(result)) == 3


@pytest.mark.parametrize("arguments", [("missing.jsonl",), ("--root", "missing")])
def test_what_is_not_there_ends_with_its_name(
    records: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(records.parent)
    result = run("records.jsonl", *arguments)
    assert isinstance(result.exception, IngestError)
    assert "missing" in str(result.exception)


def test_why_tells_the_reasons(records: Path) -> None:
    result = run(records, "--why", "a/2025-10-01-one.md#0", "b/2025-10-02-two.md#0")
    assert "probability 0.9" in result.stdout
    assert "+4.00  same_quantity" in result.stdout
    missing = run(records, "--why", "x#0", "y#0")
    assert isinstance(missing.exception, IngestError)


@pytest.mark.e2e
def test_the_gold_records_link_as_asked(shared: Path, tmp_path: Path) -> None:
    gold = shared / "gold"
    files = [gold / "dev.jsonl", gold / "train.jsonl"]
    out = tmp_path / "out.jsonl"
    command: list[str | Path] = [
        sys.executable,
        "-c",
        "from pipeline.cli import main; main()",
        "link",
        *files,
    ]
    with out.open("w", encoding="utf-8") as stream:
        subprocess.run(command, stdout=stream, check=True, timeout=60)  # noqa: S603 - ourselves
    scored = subprocess.run(  # noqa: S603 - the scorer beside the gold
        [sys.executable, gold / "link_score.py", gold / "links.jsonl", out, *files],
        capture_output=True,
        text=True,
        check=True,
    )
    pairs, b_cubed = (float(line.split()[-1]) for line in scored.stdout.splitlines())
    assert pairs >= 0.90
    assert b_cubed >= 0.94


# torihiki learn link


def learn(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["learn", "link", *map(str, arguments)])


def test_learn_link_writes_weights_that_link_reads(tmp_path: Path) -> None:
    from pipeline.load_link import load_link_scorer
    from pipeline.settings import Settings

    result = learn("--out", tmp_path)
    assert result.exit_code == 0
    made = load_link_scorer(tmp_path)
    assert made == load_link_scorer(Settings().models_dir)  # what is in force is the prior's
    assert made.version in (tmp_path / "linking" / "weights.md").read_text(encoding="utf-8")


def test_learn_link_trains_and_measures(tmp_path: Path) -> None:
    lines: list[Any] = []
    for number in range(12):
        name = f"会社{number}号"
        deal = DEAL | {"seller": [[name]], "evidence": [f"{name}が調達した。"]}
        lines += [{"doc": f"{name}-{part}.md", "deals": [deal]} for part in "ab"]
    records = write(tmp_path / "r.jsonl", lines)
    groups = [
        {"deal": str(n), "records": [f"会社{n}号-a.md#0", f"会社{n}号-b.md#0"]} for n in range(12)
    ]
    links = write(tmp_path / "l.jsonl", groups)
    result = learn(records, "--links", links, "--strength", "10", "--dry-run")
    assert result.exit_code == 0
    assert "12 deals told more than once" in result.stdout
    assert not (tmp_path / "linking").exists()


def test_learn_link_does_not_need_the_weights_that_it_makes(
    records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a feature was added the old weights cannot be used: that must not stop it."""
    models = tmp_path / "models"
    shutil.copytree(REPO_ROOT / "models", models)
    (models / "linking" / "weights.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("TORIHIKI_MODELS_DIR", str(models))
    assert isinstance(run(records).exception, ModelError)
    links = write(tmp_path / "l.jsonl", [])
    assert learn(records, "--links", links).exit_code == 0
    assert run(records).exit_code == 0


def test_learn_link_wants_both_or_neither(records: Path) -> None:
    assert isinstance(learn(records).exception, SettingsError)
