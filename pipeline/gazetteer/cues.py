"""Words that tell deals apart: places, sorts of money, running totals, project names, trust.

From models/linking/cues.toml; pipeline/link uses them on the evidence of records.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pipeline.errors import GazetteerError

CUES_FILE = Path("linking") / "cues.toml"

_Word = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True, to_lower=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cues:
    """What the evidence of a record says beside its slots.

    Attributes:
        running_total: finds a sum that grew over the years.
        events: sort of money (listing, debt, round …) → what finds it.
        places: surface form → the place it names.
        place_pattern: finds any of the surface forms.
        generic: words in Latin or katakana that name nothing.
        trust: part of a source's URL or path → how far it is believed.
    """

    running_total: re.Pattern[str]
    events: Mapping[str, re.Pattern[str]]
    places: Mapping[str, str]
    place_pattern: re.Pattern[str]
    generic: frozenset[str]
    trust: Mapping[str, int]

    def trust_of(self, source: str) -> int:
        """How far a source is believed; 0 where nothing is known of it."""
        return max((rank for part, rank in self.trust.items() if part in source), default=0)


class _Names(BaseModel):
    model_config = ConfigDict(extra="forbid")
    generic: list[_Word]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    running_total: list[_Word] = Field(min_length=1)
    events: dict[str, Annotated[list[_Word], Field(min_length=1)]]
    places: dict[str, list[Annotated[list[_Word], Field(min_length=1)]]]
    names: _Names
    trust: dict[str, Annotated[int, Field(ge=0)]]


def load_cues(models_dir: Path) -> Cues:
    """The cue words.

    Args:
        models_dir: the folder that holds linking/cues.toml.

    Raises:
        GazetteerError: the file is missing, no TOML or of another form; the message names file
            and entry.
    """
    path = models_dir / CUES_FILE
    try:
        parsed = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read ({error}); put the file there or mend it"
        raise GazetteerError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: no TOML: {error}; mend that line"
        raise GazetteerError(msg) from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        msg = f"{path}: {where}: {fault['msg']}; mend the entry"
        raise GazetteerError(msg) from error
    places: dict[str, str] = {}
    for forms in (forms for group in parsed.places.values() for forms in group):
        for form in forms:
            if places.setdefault(form, forms[0]) != forms[0]:
                msg = f"{path}: places: {form!r} is a name of {places[form]} and of {forms[0]}"
                raise GazetteerError(msg + "; keep it in one list")
    return Cues(
        running_total=_any_of(parsed.running_total),
        events=MappingProxyType({name: _any_of(words) for name, words in parsed.events.items()}),
        places=MappingProxyType(places),
        place_pattern=_any_of(places),
        generic=frozenset(parsed.names.generic),
        trust=MappingProxyType(dict(parsed.trust)),
    )


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """What finds the longest of the words at a place; nothing where there is no word."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
