"""The state machine of review: a standing and a decision give changes, or a reason why not."""

from dataclasses import dataclass, replace

from pipeline.errors import ReviewError
from pipeline.record import DealRecord, record_id
from pipeline.review.edit import merge_records, missing_for_a_deal
from pipeline.review.standing import GONE, Action, Origin, RejectReason, Role, Standing, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """The record is right as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """The record is no deal record."""

    reason: RejectReason
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Somebody else, or later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The record should read so; `pipeline.review.edit` makes `record`."""

    record: DealRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The record is two deals; `first` keeps its id, `second` becomes a record of its own."""

    first: DealRecord
    second: DealRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """`other`, of the same article, tells the same deal and becomes part of this record."""

    other: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjudicate:
    """A lead's word on two differing readings: the right record, or None to reject."""

    record: DealRecord | None
    reason: RejectReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """What holds after two people changed one record at once."""

    chosen: Standing


Decision = Accept | Reject | Skip | Edit | Split | Merge | Adjudicate | Resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one decision does to one record; `before` is None where the record comes to be."""

    action: Action
    before: Standing | None
    after: Standing
    note: str | None = None


def decide(
    standing: Standing, decision: Decision, *, role: Role, blind: bool = False
) -> tuple[Change, ...]:
    """What a decision changes.

    Args:
        standing: as it is now, not as somebody saw it.
        decision: what a user wants.
        role: the user's.
        blind: whether it is a blind second reading, which judges and corrects one record only.

    Returns:
        One change a record; the first is of `standing` itself.

    Raises:
        ReviewError: the state, the role or the record does not allow it; `code` says which.
    """
    _check_state(standing, decision)
    match decision:
        case Skip():
            return (Change(action=Action.SKIP, before=standing, after=standing),)
        case Accept():
            return (_accept(standing),)
        case Reject():
            return (_reject(standing, decision),)
        case Edit():
            return (_edit(standing, decision.record),)
        case Split() | Merge():
            if blind:
                raise ReviewError("blind", "a blind reading cannot split or merge records")
            return (
                _split(standing, decision)
                if isinstance(decision, Split)
                else _merge(standing, decision.other)
            )
        case Adjudicate():
            return (_adjudicate(standing, decision, role),)
        case Resolve():
            return (_resolve(standing, decision.chosen),)


def add(record: DealRecord) -> Change:
    """A deal that the extractor missed becomes a record, still to be filled and accepted."""
    after = Standing(record=record, version=1, state=State.EDITED, origin=Origin.REVIEWER)
    return Change(action=Action.ADD, before=None, after=after)


def _check_state(standing: Standing, decision: Decision) -> None:
    if standing.state in GONE:
        msg = f"record {standing.record.id} is {standing.state.value}; undo that first"
        raise ReviewError("gone", msg)
    if standing.state is State.DISPUTED and not isinstance(decision, Adjudicate | Skip):
        msg = f"two readers differ about record {standing.record.id}; a lead decides"
        raise ReviewError("disputed", msg)


def _next(standing: Standing, **changes: object) -> Standing:
    return replace(standing, version=standing.version + 1, **changes)  # type: ignore[arg-type]


def _accept(standing: Standing) -> Change:
    if standing.state is State.ACCEPTED:
        raise ReviewError("already", f"record {standing.record.id} is accepted already")
    _check_complete(standing.record)
    after = _next(standing, state=State.ACCEPTED, reason=None)
    return Change(action=Action.ACCEPT, before=standing, after=after)


def _check_complete(record: DealRecord) -> None:
    lacks = missing_for_a_deal(record)
    if lacks:
        msg = f"a deal needs a named party and a quantity; this one lacks {' and '.join(lacks)}"
        raise ReviewError(f"lacks_{lacks[0]}", msg)


def _reject(standing: Standing, decision: Reject) -> Change:
    if standing.state is State.REJECTED and standing.reason is decision.reason:
        raise ReviewError("already", f"record {standing.record.id} is rejected already")
    after = _next(standing, state=State.REJECTED, reason=decision.reason)
    return Change(action=Action.REJECT, before=standing, after=after, note=decision.note)


def _edit(standing: Standing, record: DealRecord) -> Change:
    if record == standing.record:
        raise ReviewError("no_change", "the record says so already")
    after = _next(standing, state=State.EDITED, record=record, reason=None)
    return Change(action=Action.EDIT, before=standing, after=after)


def _split(standing: Standing, decision: Split) -> tuple[Change, ...]:
    whole = standing.record
    for part in (decision.first, decision.second):
        _check_complete(part)
    if decision.first == whole:
        raise ReviewError("no_change", "the first part is the whole record; move something over")
    second = replace(
        decision.second,
        id=record_id(whole.article_id, f"split {whole.id} {standing.version}"),
        confidence=0.0,
        slot_confidence={},
    )
    first = _next(standing, state=State.EDITED, record=decision.first, reason=None)
    born = Standing(record=second, version=1, state=State.EDITED, origin=Origin.REVIEWER)
    return (
        Change(action=Action.SPLIT, before=standing, after=first),
        Change(action=Action.SPLIT, before=None, after=born),
    )


def _merge(standing: Standing, other: Standing) -> tuple[Change, ...]:
    mine, theirs = standing.record, other.record
    if mine.id == theirs.id or mine.article_id != theirs.article_id:
        raise ReviewError("not_mergeable", "only two records of one article can be merged")
    if other.state in GONE or other.state is State.DISPUTED:
        raise ReviewError("not_mergeable", f"record {theirs.id} is {other.state.value}")
    merged = _next(standing, state=State.EDITED, record=merge_records(mine, theirs), reason=None)
    gone = _next(other, state=State.MERGED, replaced_by=mine.id)
    return (
        Change(action=Action.MERGE, before=standing, after=merged),
        Change(action=Action.MERGE, before=other, after=gone),
    )


def _adjudicate(standing: Standing, decision: Adjudicate, role: Role) -> Change:
    if not role.may_act_as(Role.LEAD):
        raise ReviewError("not_lead", "only a lead decides between two readers")
    if decision.record is None:
        reason = decision.reason or RejectReason.OTHER
        after = _next(standing, state=State.REJECTED, reason=reason)
    else:
        _check_complete(decision.record)
        after = _next(standing, state=State.ACCEPTED, record=decision.record, reason=None)
    return Change(action=Action.ADJUDICATE, before=standing, after=after)


def _resolve(standing: Standing, chosen: Standing) -> Change:
    if chosen.state is State.ACCEPTED:
        _check_complete(chosen.record)
    after = _next(
        standing,
        state=chosen.state,
        record=chosen.record,
        reason=chosen.reason,
        replaced_by=chosen.replaced_by,
    )
    return Change(action=Action.RESOLVE, before=standing, after=after)
