"""`torihiki parse`, as other programs call it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app

KEYS = [
    "kind", "start", "end", "text", "value", "low", "high", "unit", "qualifier", "per", "duration",
]  # fmt: skip


def run(text: str | bytes, *options: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["parse", *options], input=text)
    return result.exit_code, result.stdout, result.stderr


def rows(text: str, *options: str) -> list[dict[str, Any]]:
    status, out, _ = run(text, "--format", "jsonl", *options)
    assert status == 0
    return [json.loads(line) for line in out.splitlines()]


def test_jsonl_prints_one_object_a_line() -> None:
    """Every line of the input has its line in the output, empty ones too."""
    out = rows("62億ドル\n\n一部の話\n")
    assert [row["text"] for row in out] == ["62億ドル", "", "一部の話"]
    assert [len(row["mentions"]) for row in out] == [1, 0, 0]


# sentence, the fields beside kind, start, end and text
MENTIONS = [
    (
        "最大62億ドル",
        "money",
        {"value": "6200000000", "unit": "USD", "qualifier": "at_most", "per": None},
    ),
    ("年間6億円", "money", {"value": "600000000", "unit": "JPY", "per": "year"}),
    ("200〜350億円", "money", {"value": None, "low": "20000000000", "high": "35000000000"}),
    ("12万個以上", "count", {"value": "120000", "unit": "個", "qualifier": "at_least"}),
    ("2.50GW", "capacity", {"value": "2500", "unit": "MW", "qualifier": "exact"}),
    ("三割", "percent", {"value": "30", "unit": "%"}),
    ("5年間", "term", {"value": "60", "unit": "month", "duration": "P5Y"}),
    ("30分", "term", {"value": None, "unit": "month", "duration": "PT30M"}),
    ("2027年から5年間", "term", {"value": "60", "since": "2027", "until": None}),
    ("数年", "term", {"value": None, "low": "12", "qualifier": "vague", "duration": None}),
    ("42", "number", {"value": "42", "unit": None}),
    ("ブラックウェル", "chip", {"model": "Blackwell", "vendor": "NVIDIA", "is_family": True}),
]


@pytest.mark.parametrize(("sentence", "kind", "fields"), MENTIONS, ids=[row[0] for row in MENTIONS])
def test_jsonl_gives_the_fixed_fields(sentence: str, kind: str, fields: dict[str, Any]) -> None:
    """Numbers are decimal strings in base units; every key is always there, in the same order."""
    [row] = rows(sentence)
    mention = row["mentions"][0]
    assert list(mention)[: len(KEYS)] == KEYS
    assert mention["kind"] == kind
    assert sentence[mention["start"] : mention["end"]] == mention["text"]
    assert {key: mention[key] for key in fields} == fields


def test_published_gives_terms_until_a_date_their_months() -> None:
    """2030年度まで counts from the day given."""
    assert [one["kind"] for one in rows("2030年度まで")[0]["mentions"]] == ["number"]
    [mention] = rows("2030年度まで", "--published", "2026-10-05")[0]["mentions"]
    assert (mention["value"], mention["since"], mention["until"]) == (
        "53",
        "2026-10-05",
        "2031-03-31",
    )


def test_table_shows_quotes_and_values() -> None:
    """A person sees each quote with its value, thousands grouped."""
    status, out, _ = run("最大62億ドルで12万個以上\n一部の話")
    assert status == 0
    for shown in ("最大62億ドル", "6,200,000,000 USD", "12万個以上", "120,000 個", "nothing read"):
        assert shown in out


def test_explain_prints_the_tree() -> None:
    """Each step of the derivation is a line, indented below what it is part of."""
    status, out, _ = run("最大62億ドル", "--explain")
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == "最大62億ドル"
    assert lines[1].strip() == "money: 6,200,000,000 USD (at_most)"
    assert lines[2:] == [
        "  └─ money  「最大62億ドル」",
        "     ├─ bound at_most  「最大」",
        "     ├─ numeral 6200000000  「62億」",
        "     │  ├─ digits  「62」",
        "     │  └─ multiplier 100000000  「億」",
        "     └─ unit money USD  「ドル」",
    ]


def test_explain_is_in_the_jsonl_too() -> None:
    """Programs get the same tree as an object."""
    [mention] = rows("7社", "--explain")[0]["mentions"]
    assert mention["derivation"]["rule"] == "count"
    assert [part["text"] for part in mention["derivation"]["parts"]] == ["7", "社"]


def test_a_line_that_is_no_utf8_is_reported_and_the_rest_goes_on() -> None:
    """Exit status 1, the line named on stderr, its place in the output kept."""
    status, out, err = run(
        "7社\n".encode() + "八社\n".encode("cp932") + "9社\n".encode(), "--format", "jsonl"
    )
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 1
    assert [len(line["mentions"]) for line in lines] == [1, 0, 1]
    assert "no UTF-8" in lines[1]["error"]
    assert "line 2" in err


@pytest.mark.parametrize("options", [["--format", "xml"], ["--published", "yesterday"], ["--no"]])
def test_wrong_options_are_refused(options: list[str]) -> None:
    """What cannot be done as asked ends with status 2."""
    status, out, err = run("7社", *options)
    assert (status, out) == (2, "")
    assert options[0] in err


def test_unusable_models_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without the vocabulary ends with status 2 and names the file."""
    monkeypatch.setenv("TORIHIKI_MODELS_DIR", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", "from pipeline.cli import main; main()", "parse"],
        input="7社",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "currencies.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_has_an_example() -> None:
    """The help shows how to call it."""
    status, out, _ = run("", "--help")
    assert status == 0
    assert "torihiki parse" in out
