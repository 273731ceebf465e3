"""Trigger words: which word tells a deal, and which particle marks which role around it."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import GazetteerError
from pipeline.span import Span

Role = Literal["buyer", "seller"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A group of words that tell one kind of deal in one frame.

    Attributes:
        id: name of the group.
        kind: supply, investment, acquisition, capex, or none (looks like a deal and is none).
        frame: name of the frame, for explanations.
        roles: particle → role of the party before it; also "subject" and "passive".
        words: the surface forms.
    """

    id: str
    kind: str
    frame: str
    roles: Mapping[str, Role]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerExample:
    """A sentence of the data file with the parties that it must give; run as a test."""

    text: str
    kind: str
    buyer: tuple[str, ...]
    seller: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A trigger word at its place."""

    span: Span
    trigger: Trigger


class Triggers:
    """All trigger words, matched longest first in one pass over a text."""

    def __init__(
        self,
        triggers: tuple[Trigger, ...],
        status_words: Mapping[str, tuple[str, ...]],
        source_marks: tuple[str, ...],
        examples: tuple[TriggerExample, ...] = (),
    ) -> None:
        self.triggers = triggers
        self.examples = examples
        self._by_word = {word: trigger for trigger in triggers for word in trigger.words}
        self._pattern = _any_of(self._by_word)
        self._deal_pattern = _any_of(w for w, t in self._by_word.items() if t.kind != "none")
        self._status = {status: _any_of(words) for status, words in status_words.items()}
        self._source = _any_of(source_marks)

    def find(self, text: str) -> tuple[Found, ...]:
        """All trigger words of `text` in order; offsets are characters of `text`."""
        return tuple(
            Found(span=Span(*m.span()), trigger=self._by_word[m.group()])
            for m in self._pattern.finditer(text)
        )

    def says_deal(self, text: str) -> bool:
        """Whether any word of `text` can tell a deal; the gate's question."""
        return self._deal_pattern.search(text) is not None

    def status_words(self, text: str) -> dict[str, list[str]]:
        """Status → the words of `text` that speak for it, in order."""
        return {
            status: [m.group() for m in pattern.finditer(text)]
            for status, pattern in self._status.items()
        }

    def marks_source(self, following: str) -> bool:
        """Whether what follows a name says that it only reports or forecasts (Xによると)."""
        return self._source.match(following) is not None


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    ordered = sorted(words, key=lambda w: (-len(w), w))
    return re.compile("|".join(re.escape(word) for word in ordered) or r"(?!)")


class _TriggerRow(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    kind: Literal["supply", "investment", "acquisition", "capex", "none"]
    frame: str
    words: list[str]


class _ExampleRow(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str
    kind: Literal["supply", "investment", "acquisition", "capex"]
    buyer: list[str] = []
    seller: list[str] = []


class _TriggerFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    frame: dict[str, dict[str, Role]]
    trigger: list[_TriggerRow]
    status: dict[Literal["firm", "prospective", "cancelled"], list[str]]
    source: dict[Literal["after"], list[str]]
    example: list[_ExampleRow] = []


def load_triggers(models_dir: Path) -> Triggers:
    """Read models/triggers.toml.

    Raises:
        GazetteerError: a file that is missing, no TOML, or an entry of another form, with the mend.
    """
    path = models_dir / "triggers.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        data = _TriggerFile.model_validate(raw)
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); set models_dir to the folder that has it"
        raise GazetteerError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path}: no TOML: {error}; mend the line that it names"
        raise GazetteerError(msg) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        msg = f"{path}: {where}: {first['msg']}; see the head of the file for the form"
        raise GazetteerError(msg) from error
    return _build(path, data)


def _build(path: Path, data: _TriggerFile) -> Triggers:
    seen: dict[str, str] = {}
    triggers = []
    for row in data.trigger:
        if row.frame not in data.frame:
            msg = f"{path}: trigger {row.id!r}: no frame {row.frame!r}; add [frame.{row.frame}]"
            raise GazetteerError(msg)
        for word in row.words:
            if word in seen:
                msg = f"{path}: {word!r} stands in {seen[word]!r} and {row.id!r}; leave it in one"
                raise GazetteerError(msg)
            seen[word] = row.id
        triggers.append(
            Trigger(
                id=row.id,
                kind=row.kind,
                frame=row.frame,
                roles=data.frame[row.frame],
                words=tuple(row.words),
            )
        )
    return Triggers(
        tuple(triggers),
        {status: tuple(words) for status, words in data.status.items()},
        tuple(data.source["after"]),
        tuple(
            TriggerExample(
                text=row.text, kind=row.kind, buyer=tuple(row.buyer), seller=tuple(row.seller)
            )
            for row in data.example
        ),
    )
