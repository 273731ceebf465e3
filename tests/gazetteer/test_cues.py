"""Cue words: places by all their names, sorts of money, running totals, trust."""

from pathlib import Path

import pytest

from pipeline.errors import GazetteerError
from pipeline.gazetteer.cues import load_cues
from pipeline.settings import Settings

GOOD = """
running_total = ["これまで"]
[events]
round = ["ラウンド"]
[places]
country = [["インド"], ["英国", "イギリス"]]
[names]
generic = ["AI"]
[trust]
"example.com" = 2
"example.com/blog" = 3
"""


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "linking").mkdir()
    return tmp_path


def write(models: Path, text: str) -> Path:
    (models / "linking" / "cues.toml").write_text(text, encoding="utf-8")
    return models


def test_cues(models: Path) -> None:
    cues = load_cues(write(models, GOOD))
    assert [cues.places[form] for form in cues.place_pattern.findall("イギリスとインド")] == [
        "英国",
        "インド",
    ]
    assert cues.running_total.search("これまでに10億ドル")
    assert not cues.running_total.search("新たに10億ドル")
    assert cues.generic == {"ai"}
    assert [cues.trust_of(s) for s in ("https://example.com/blog/1", "example.com", "x")] == [
        3,
        2,
        0,
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD.replace('"インド"', '"イギリス"'), "is a name of イギリス and of 英国"),
        (GOOD.replace('["これまで"]', "[]"), "running_total"),
        (GOOD.replace("= 2", "= -1"), "trust"),
        (GOOD + "x = [", "no TOML"),
        (GOOD.replace("[names]", "[nomen]"), "names|nomen"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(models: Path, text: str, fault: str) -> None:
    with pytest.raises(GazetteerError, match=fault) as raised:
        load_cues(write(models, text))
    assert "cues.toml" in str(raised.value)


def test_ours_load_and_know_places_by_more_than_one_name() -> None:
    cues = load_cues(Settings().models_dir)
    assert cues.places["国内"] == cues.places["日本"]
    assert cues.places["千歳"] == "北海道"
