"""Put trained models in force, and take them back."""

import shutil
from datetime import datetime
from pathlib import Path

from pipeline.active import Active, Choice, Pointer, Turn, read_active, write_active
from pipeline.errors import ModelError
from pipeline.learn.candidates import LEARNED, Candidate
from pipeline.load import load_scorer
from pipeline.tagger.model import load_tagger


def _check(choice: Choice) -> None:
    """Load what a choice names, so that nothing that cannot be used is put in force."""
    if choice.scorer:
        load_scorer(choice.scorer)
    if choice.tagger:
        load_tagger(choice.tagger)


def _kept(path: Path | None, models_dir: Path) -> str | None:
    """A model's path relative to the folder of models; one from elsewhere is copied into it."""
    if path is None:
        return None
    folder, file = (path, "") if path.is_dir() else (path.parent, path.name)
    root = models_dir.resolve()
    if not folder.resolve().is_relative_to(root):
        inside = models_dir / LEARNED / folder.name
        if not inside.exists():
            shutil.copytree(folder, inside)
        folder = inside
    return (folder / file).resolve().relative_to(root).as_posix()


def promote(models_dir: Path, candidate: Candidate, *, reason: str, at: datetime) -> Active:
    """Put a candidate in force, after loading it once.

    Args:
        models_dir: the folder of models; a candidate from elsewhere is copied into it.
        candidate: what is to be used from now on.
        reason: the figures, or a person's word; kept.
        at: now.

    Raises:
        ModelError: it cannot be loaded, or is in force already.
    """
    _check(candidate.choice)
    active = read_active(models_dir)
    after = Pointer(
        scorer=_kept(candidate.choice.scorer, models_dir),
        tagger=_kept(candidate.choice.tagger, models_dir),
        weight=candidate.choice.weight,
    )
    if after == active.now:
        msg = f"{candidate.name} is in force already"
        raise ModelError(msg)
    return _turn(models_dir, active, after, action="promote", reason=reason, at=at)


def _turn(
    models_dir: Path, active: Active, after: Pointer, *, action: str, reason: str, at: datetime
) -> Active:
    turn = Turn(
        at=at.isoformat(timespec="seconds"),
        action=action,
        before=active.now,
        after=after,
        reason=reason,
    )
    changed = Active(now=after, turns=(*active.turns, turn))
    write_active(models_dir, changed)
    return changed


def previous(active: Active) -> Pointer | None:
    """What was in force before the last promotion that was not taken back; None for the first."""
    before: list[Pointer] = []
    for turn in active.turns:
        if turn.action == "promote":
            before.append(turn.before)
        elif before:
            before.pop()
    return before[-1] if before else None


def rollback(models_dir: Path, *, reason: str, at: datetime) -> Active:
    """Put back in force what was before the last promotion; again, what was before that.

    Raises:
        ModelError: nothing was promoted, or what was before can no longer be loaded.
    """
    active = read_active(models_dir)
    target = previous(active)
    if target is None:
        msg = "there is nothing to go back to: no promotion stands"
        raise ModelError(msg)
    _check(target.choice(models_dir))
    return _turn(models_dir, active, target, action="rollback", reason=reason, at=at)
