"""A model's folder is whole, of this version, and of the kind that is wanted."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import ModelError
from pipeline.modelfile import read_card, write_card


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "weights.bin").write_bytes(b"1234")
    (tmp_path / "inner" / "words.txt").write_text("青空", encoding="utf-8")
    write_card(tmp_path, {"kind": "tagger", "version": "t-1"})
    return tmp_path


def test_read_card_gives_what_was_written(folder: Path) -> None:
    card = read_card(folder, "tagger")
    assert (card["kind"], card["version"]) == ("tagger", "t-1")
    assert set(card["files"]) == {"weights.bin", "inner/words.txt"}


def _set(name: str, value: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "card.json"
        card = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**card, name: value}), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(lambda f: (f / "card.json").unlink(), "cannot be read", id="no card"),
        pytest.param(lambda f: (f / "card.json").write_text("{"), "no JSON", id="half a card"),
        pytest.param(lambda f: (f / "card.json").write_text("[]"), "format None", id="a list"),
        pytest.param(_set("format", 0), "format 0, this version reads 1", id="older format"),
        pytest.param(_set("kind", "scorer"), "where a tagger is needed", id="another kind"),
        pytest.param(_set("files", {}), "names no files", id="no files"),
        pytest.param(
            lambda f: (f / "weights.bin").write_bytes(b"1235"), "damaged", id="a byte changed"
        ),
        pytest.param(lambda f: (f / "weights.bin").write_bytes(b""), "damaged", id="cut off"),
        pytest.param(
            lambda f: (f / "inner" / "words.txt").unlink(), r"words\.txt: cannot", id="a file gone"
        ),
    ],
)
def test_a_damaged_model_is_named_with_its_mend(
    folder: Path, damage: Callable[[Path], None], words: str
) -> None:
    damage(folder)
    with pytest.raises(ModelError, match=words) as caught:
        read_card(folder, "tagger")
    assert str(folder) in str(caught.value)
