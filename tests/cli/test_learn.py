"""`torihiki learn` through the command line."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import TorihikiError
from pipeline.settings import PROJECT_ROOT
from tests.learn.stories import story

runner = CliRunner()


def run(*args: object) -> Any:
    return runner.invoke(app, ["learn", *map(str, args)])


def write(folder: Path, numbers: range) -> list[object]:
    """Stories as files with their annotation; gives the options that name them."""
    lines = []
    for k in numbers:
        text, deals = story(k)
        path = folder / "articles" / "news" / f"{k:03}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        lines.append(json.dumps({"doc": f"news/{k:03}.txt", "deals": deals}, ensure_ascii=False))
    gold = folder / "gold.jsonl"
    gold.write_text("\n".join(lines), encoding="utf-8")
    return ["--gold", gold, "--articles", folder / "articles"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the data files, without trained models."""
    folder = tmp_path_factory.mktemp("models") / "models"
    shutil.copytree(
        PROJECT_ROOT / "models",
        folder,
        ignore=shutil.ignore_patterns("learned", "active.json", "scorer.json"),
    )
    # Few lessons, so that a training takes seconds; the stories teach enough.
    lesson = '[[lesson]]\nkinds = ["investment"]\ntexts = ["{b1}は{s1}に{a1}を出資する。"]\n'
    (folder / "lessons.toml").write_text(lesson, encoding="utf-8")
    for passages in folder.glob("passages*.jsonl"):
        passages.write_text("", encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def _settings(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORIHIKI_MODELS_DIR", str(models))
    monkeypatch.setenv("TORIHIKI_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    (models / "active.json").unlink(missing_ok=True)


def test_export_prints_the_folder_and_counts(tmp_path: Path) -> None:
    options = write(tmp_path, range(20))
    result = run("export", *options, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.exception
    folder = Path(result.stdout.strip())
    assert (folder / "README.md").is_file()
    info = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    assert sum(info["counts"]["documents"].values()) == 20
    assert info["verdicts"] == {"missed": 16}
    assert "16 missed" in result.stderr
    again = run("export", *options, "--out", tmp_path / "out")
    assert again.stdout == result.stdout
    assert "there already" in again.stderr


def test_export_dry_run_writes_nothing(tmp_path: Path) -> None:
    result = run("export", *write(tmp_path, range(6)), "--out", tmp_path / "out", "--dry-run")
    assert result.exit_code == 0
    assert "nothing written" in result.stderr
    assert not (tmp_path / "out").exists()


def test_export_names_what_cannot_be_read(tmp_path: Path) -> None:
    options = write(tmp_path, range(6))
    (tmp_path / "articles" / "news" / "003.txt").unlink()
    result = run("export", *options, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "003.txt" in result.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        pytest.param(["export", "--gold", "x"], "go together", id="gold alone"),
        pytest.param(["export", "--validation", "0.9", "--test", "0.2"], "no train", id="shares"),
        pytest.param(["scorer"], "either --data", id="no material"),
        pytest.param(["scorer", "--data", "x", "--gold", "y"], "either --data", id="two materials"),
        pytest.param(["scorer", "--data", "/nowhere"], "learn export", id="no dataset"),
        pytest.param(["compare", "active", "nowhere", "--data", "x"], "no such model", id="model"),
        pytest.param(["rollback"], "nothing to go back to", id="nothing promoted"),
        pytest.param(["rollback", "--dry-run"], "nothing to go back to", id="likewise, dry"),
        pytest.param(["audit", "--apply"], "is off", id="acceptance is off by default"),
        pytest.param(["audit", "--target", "0.9", "--apply", "--withdraw"], "not both", id="both"),
        pytest.param(["audit"], "no database", id="no database"),
        pytest.param(["queue"], "no database", id="no database either"),
    ],
)
def test_what_cannot_be_done_is_said(args: list[str], words: str) -> None:
    result = run(*args)
    assert isinstance(result.exception, TorihikiError)
    assert words in str(result.exception)


@pytest.mark.model
def test_train_compare_promote_and_roll_back(tmp_path: Path, models: Path) -> None:
    train, test = write(tmp_path / "train", range(60)), write(tmp_path / "test", range(100, 140))
    made = run("scorer", *train)
    assert made.exit_code == 0, made.exception
    folder = Path(made.stdout.strip())
    assert folder.parent == models / "learned"
    assert "articles it has not seen" in made.stderr

    compared = run("compare", "rules", folder, *test, "--json")
    assert compared.exit_code == 0, compared.exception
    report = json.loads(compared.stdout)
    assert (report["articles"], report["deals"]) == (40, 32)
    assert report["measures"]["core"]["second"] > 0.9
    assert set(report["kinds"]) == {"supply", "investment", "acquisition", "capex"}
    assert min(report["characters_per_second"]) > 0

    # On the articles of its own training only those count that were held out of it.
    own = run("compare", "rules", folder, *train, "--json")
    assert json.loads(own.stdout)["articles"] == 6
    assert "54 articles left out" in own.stderr

    shutil.copy(folder / "scorer.json", models / "scorer.json")
    refused = run("promote", folder, *test)  # compared with itself, it is no better
    assert refused.exit_code == 1
    assert "within noise" in refused.stdout
    assert not (models / "active.json").exists()

    forced = run("promote", folder, "--force", "a try")
    assert forced.exit_code == 0, forced.exception
    assert "a try" in forced.stdout
    shown = run("models").stdout
    assert f"learned/{folder.name}" in shown
    assert "scorer.json" in run("rollback", "--dry-run").stdout
    back = run("rollback", "--reason", "done with it")
    assert back.exit_code == 0, back.exception
    assert "in force again: scorer.json" in back.stdout
    assert "done with it" in run("models").stdout


@pytest.mark.model
def test_cross_validate_leaves_every_source_out_once(tmp_path: Path) -> None:
    write(tmp_path, range(40))
    news = tmp_path / "articles" / "news"
    lines = (tmp_path / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    moved = []
    for k, line in enumerate(lines):
        folder = tmp_path / "articles" / ("alpha", "beta")[k // 20]
        folder.mkdir(exist_ok=True)
        (news / f"{k:03}.txt").rename(folder / f"{k:03}.txt")
        moved.append(line.replace("news/", f"{folder.name}/"))
    gold = tmp_path / "moved.jsonl"
    gold.write_text("\n".join(moved), encoding="utf-8")
    options = ("--gold", gold, "--articles", tmp_path / "articles")
    made = run("cross-validate", *options, "--json")
    assert made.exit_code == 0, made.exception
    assert "alpha: core F1" in made.stderr
    report = json.loads(made.stdout)
    assert {name: fold["articles"] for name, fold in report["folds"].items()} == {
        "alpha": 20,
        "beta": 20,
    }
    ends = [fold["figures"]["core"]["f1"] for fold in report["folds"].values()]
    assert report["spread"]["core"]["mean"] == pytest.approx(sum(ends) / 2, abs=1e-3)
    assert min(ends) <= report["pooled"]["core"]["f1"] <= max(ends)
