"""What a user can undo and redo, read from the user's own events; nothing else is kept for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.errors import ReviewError
from pipeline.record import DealRecord
from pipeline.review.decision import Change
from pipeline.review.standing import Action, Event, Standing, State, from_content

_NOT_UNDONE = frozenset({Action.CONFLICT, Action.AGREE, Action.DISPUTE})


@dataclass(frozen=True, slots=True)
class History:
    """Groups of events, the one to take next last."""

    undoable: tuple[tuple[Event, ...], ...]
    redoable: tuple[tuple[Event, ...], ...]


def undo_history(events: Iterable[Event]) -> History:
    """Both stacks from one user's events in the order of their ids.

    An undo moves what it takes back from the one to the other; anything new empties the other.
    Redoing is undoing the undo: every group on either stack is reversed the same way.
    """
    groups: dict[str, list[Event]] = {}
    for event in events:
        kept_word = event.action is Action.RESOLVE and event.before == event.after
        if event.action not in _NOT_UNDONE and not kept_word:
            groups.setdefault(event.group, []).append(event)
    undoable: dict[str, tuple[Event, ...]] = {}
    redoable: dict[str, tuple[Event, ...]] = {}
    for name, found in groups.items():
        first = found[0]
        if first.action is Action.UNDO:
            undoable.pop(first.reverses or "", None)
            redoable[name] = tuple(found)
        elif first.action is Action.REDO:
            redoable.pop(first.reverses or "", None)
            undoable[name] = tuple(found)
        else:
            redoable.clear()
            undoable[name] = tuple(found)
    return History(tuple(undoable.values()), tuple(redoable.values()))


def reverse(event: Event, current: Standing, *, action: Action) -> Change:
    """The change that takes back `event`, whose outcome must still be what holds.

    Args:
        event: of the group to be reversed.
        current: the record's standing now.
        action: UNDO or REDO.

    Raises:
        ReviewError: somebody has changed the record since.
    """
    if event.before == event.after:  # a skip, which changes nothing about the record
        return Change(action=action, before=current, after=current)
    if current.content != event.after:
        msg = f"record {event.record_id} was changed since by somebody else; decide anew"
        raise ReviewError("changed_since", msg)
    version = current.version + 1
    if event.before is None:
        after = replace(current, state=State.WITHDRAWN, version=version)
    else:
        after = from_content(event.before, version=version, machine=current.machine)
    return Change(action=action, before=current, after=after)


def standing_at(
    events: Sequence[Event], version: int, *, machine: DealRecord | None
) -> Standing | None:
    """A record's standing at an earlier version, from its events; None where none tells."""
    for event in events:
        if event.action is Action.CONFLICT:  # its `before` is later than what it saw
            continue
        if event.version == version:
            return from_content(event.after, version=version, machine=machine)
        if event.before is not None and event.seen == version:
            return from_content(event.before, version=version, machine=machine)
    return None
