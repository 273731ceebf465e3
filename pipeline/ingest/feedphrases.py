"""How sites say that a text goes on elsewhere (models/feeds/pages.toml)."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import GazetteerError

PHRASES_FILE = Path("feeds") / "pages.toml"
_SPACE = re.compile(r"\s+")
_TAIL = 200  # characters at the end of a text, in which a phrase tells that it goes on
_SHORT = 400  # characters; in so short a text a phrase counts anywhere


def _fold(text: str) -> str:
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold()


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases, as patterns over folded text."""

    wall: re.Pattern[str]
    truncated: tuple[str, ...]

    def is_walled(self, text: str) -> bool:
        """Whether a text ends in, or if short is mostly, an invitation to subscribe or log in."""
        folded = _fold(text)
        looked_at = folded if len(folded) <= _SHORT else folded[-_TAIL:]
        return self.wall.search(looked_at) is not None

    def is_cut(self, text: str) -> bool:
        """Whether a text says at its end that it goes on elsewhere."""
        folded = _fold(text)
        return folded.endswith(self.truncated) or folded.rstrip("。>»→)」").endswith(self.truncated)


def load_phrases(models_dir: Path) -> Phrases:
    """The phrases of models/feeds/pages.toml.

    Raises:
        GazetteerError: missing, no TOML, or a list that is none; names the file.
    """
    path = models_dir / PHRASES_FILE
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); restore it from the repository"
        raise GazetteerError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path}: no TOML: {error}; mend that line"
        raise GazetteerError(msg) from error
    wall, counted, truncated = (
        _list(data, name, path) for name in ("paywall", "counted", "truncated")
    )
    patterns = [re.escape(_fold(phrase)) for phrase in wall]
    patterns += [re.escape(_fold(phrase)).replace(r"\{n\}", r"[\d,]+") for phrase in counted]
    return Phrases(
        wall=re.compile("|".join(patterns) or r"(?!)"),
        truncated=tuple(_fold(phrase) for phrase in truncated),
    )


def _list(data: dict[str, Any], name: str, path: Path) -> list[str]:
    value = data.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        msg = f'{path}: {name} is no list of phrases; write {name} = ["…", "…"]'
        raise GazetteerError(msg)
    return value
