"""Which trained models are in force, and which were before: `models/active.json`.

No such file means those that come with Torihiki. `torihiki learn promote` and `rollback` write it,
in one step, so that a reader sees the old choice or the new one and never half of one.
"""

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError

FORMAT = 1
ACTIVE_FILE = "active.json"
DEFAULT_SCORER = "scorer.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The trained models of an extractor.

    Attributes:
        scorer: JSON file of the scorer; None works by the rules alone.
        tagger: folder of a tagger; None for none.
        weight: how much the tagger counts beside scorer or rules: 0 nothing, 1 alone.
    """

    scorer: Path | None = None
    tagger: Path | None = None
    weight: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """A choice as the file keeps it: paths relative to the folder of models."""

    scorer: str | None = DEFAULT_SCORER
    tagger: str | None = None
    weight: float = 0.0

    def choice(self, models_dir: Path) -> Choice:
        """The choice with whole paths."""
        return Choice(
            scorer=models_dir / self.scorer if self.scorer else None,
            tagger=models_dir / self.tagger if self.tagger else None,
            weight=self.weight,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One promotion or rollback.

    Attributes:
        at: ISO time.
        action: promote or rollback.
        before, after: the choice then and since.
        reason: the figures that spoke for it, or a person's word.
    """

    at: str
    action: str
    before: Pointer
    after: Pointer
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """The choice in force with all turns that led to it, oldest first."""

    now: Pointer = Pointer()
    turns: tuple[Turn, ...] = ()


def _pointer(data: Mapping[str, Any]) -> Pointer:
    pointer = Pointer(**data)
    texts = (pointer.scorer, pointer.tagger)
    if not all(text is None or isinstance(text, str) for text in texts):
        msg = "scorer and tagger must be paths or null"
        raise TypeError(msg)
    if not 0 <= pointer.weight <= 1:
        msg = f"weight {pointer.weight} is not between 0 and 1"
        raise ValueError(msg)
    return pointer


def read_active(models_dir: Path) -> Active:
    """The models in force.

    Raises:
        ModelError: the file is damaged or of another format; the message says how to mend it.
    """
    path = models_dir / ACTIVE_FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Active()
    except (OSError, ValueError) as error:
        msg = f"{path}: cannot be read ({error}); delete it to use the models of Torihiki"
        raise ModelError(msg) from error
    try:
        if data["format"] != FORMAT:
            msg = f"{path}: format {data['format']!r}, this version reads {FORMAT}; delete it"
            raise ModelError(msg)
        return Active(
            now=_pointer(data["now"]),
            turns=tuple(
                Turn(**{**t, "before": _pointer(t["before"]), "after": _pointer(t["after"])})
                for t in data["turns"]
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{path}: of another form ({error!r}); delete it to use the models of Torihiki"
        raise ModelError(msg) from error


def write_active(models_dir: Path, active: Active) -> None:
    """Put another choice in force at once."""
    path = models_dir / ACTIVE_FILE
    text = json.dumps({"format": FORMAT, **asdict(active)}, ensure_ascii=False, indent=1)
    half = path.with_name(f".{ACTIVE_FILE}-{uuid.uuid4().hex[:8]}")
    try:
        with half.open("w", encoding="utf-8") as stream:
            stream.write(text + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
