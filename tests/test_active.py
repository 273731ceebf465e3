"""Which models are in force, and how a damaged file is told."""

from pathlib import Path

import pytest

from pipeline.active import Active, Pointer, Turn, read_active, write_active
from pipeline.errors import ModelError


def test_without_a_file_the_models_of_torihiki_are_in_force(tmp_path: Path) -> None:
    choice = read_active(tmp_path).now.choice(tmp_path)
    assert (choice.scorer, choice.tagger) == (tmp_path / "scorer.json", None)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    now = Pointer(scorer="learned/s/scorer.json", tagger="learned/t", weight=0.3)
    turn = Turn(at="2026-11-20", action="promote", before=Pointer(), after=now, reason="+0.02")
    active = Active(now=now, turns=(turn,))
    write_active(tmp_path, active)
    assert read_active(tmp_path) == active
    assert [p.name for p in tmp_path.iterdir()] == ["active.json"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("{", id="no JSON"),
        pytest.param('{"format": 9, "now": {}, "turns": []}', id="a newer format"),
        pytest.param('{"format": 1, "turns": []}', id="no choice"),
        pytest.param('{"format": 1, "now": {"scorer": 3}, "turns": []}', id="no path"),
        pytest.param('{"format": 1, "now": {"weight": 2}, "turns": []}', id="weight"),
        pytest.param('{"format": 1, "now": {"tiger": "x"}, "turns": []}', id="unknown part"),
        pytest.param('{"format": 1, "now": {}, "turns": [{}]}', id="a turn without content"),
        pytest.param("[]", id="a list"),
    ],
)
def test_a_damaged_file_is_named_with_its_mend(tmp_path: Path, content: str) -> None:
    (tmp_path / "active.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"active\.json: .*delete it"):
        read_active(tmp_path)
