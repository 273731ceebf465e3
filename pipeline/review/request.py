"""What a reviewer asks for on the page or over the API, before it is a decision about a standing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.article import Article
from pipeline.errors import ReviewError
from pipeline.record import DealRecord, Slot
from pipeline.review.decision import Accept, Decision, Edit, Merge, Reject, Skip, Split
from pipeline.review.edit import LISTS, add_items, keep_only, remove_item, set_slot
from pipeline.review.reading import Reader, SlotReading
from pipeline.review.standing import Standing
from pipeline.span import Span


class EditOp(StrEnum):
    """What to do with a slot."""

    SET = "set"  # this value instead of what it has
    ADD = "add"  # one more party or chip
    REMOVE = "remove"  # one party or chip
    CLEAR = "clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotEdit:
    """One change of one slot.

    Attributes:
        span: characters of the article that say the value.
        typed: the value in an article's words, where it is corrected by hand.
        index: of the party or chip to remove.
    """

    op: EditOp
    slot: Slot
    span: Span | None = None
    typed: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """Change slots; with `accept`, and accept the record so."""

    edits: tuple[SlotEdit, ...]
    accept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRequest:
    """Make two records of one.

    Attributes:
        slots: which single-valued slots the second record takes along (both may have one).
        moved: which it takes away from the first.
        items: which parties and chips it has, by slot and index.
        moved_items: which of them the first loses.
    """

    slots: frozenset[Slot] = frozenset()
    moved: frozenset[Slot] = frozenset()
    items: Mapping[Slot, frozenset[int]] = field(default_factory=dict)
    moved_items: Mapping[Slot, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRequest:
    """Make one record of two; `other_id` is the one that goes."""

    other_id: str


Request = Accept | Reject | Skip | EditRequest | SplitRequest | MergeRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedEdit:
    """A slot edit with its value read."""

    edit: SlotEdit
    reading: SlotReading | None


def prepare(
    edits: Iterable[SlotEdit], article: Article, reader: Reader
) -> tuple[PreparedEdit, ...]:
    """Read the values of edits; no database, so that nothing is held meanwhile.

    Raises:
        ReviewError: a selection outside the article, or words that say no such value.
    """
    return tuple(
        PreparedEdit(edit=edit, reading=read_edit(edit, article, reader)) for edit in edits
    )


def read_edit(edit: SlotEdit, article: Article, reader: Reader) -> SlotReading | None:
    """The value that an edit gives; None for those that only take away.

    Raises:
        ReviewError: as `prepare`.
    """
    if edit.op in (EditOp.REMOVE, EditOp.CLEAR):
        return None
    published = article.published.date() if article.published else None
    if edit.typed is not None:
        return reader.read_typed(edit.typed, edit.slot, text=article.text, published=published)
    if edit.span is None:
        raise ReviewError("no_selection", "give the characters that say it, or the value in words")
    if edit.span.end > len(article.text):
        msg = (
            f"the article has {len(article.text)} characters, the selection ends at {edit.span.end}"
        )
        raise ReviewError("no_selection", msg)
    return reader.read_selection(article.text, edit.span, edit.slot, published=published)


def apply_edits(record: DealRecord, prepared: Iterable[PreparedEdit]) -> DealRecord:
    """The record with edits made one after the other.

    Raises:
        ReviewError: one of them does not fit the record as it then is.
    """
    for one in prepared:
        try:
            record = _apply(record, one)
        except ValueError as error:
            raise ReviewError("no_such_item", str(error)) from error
    return record


def _apply(record: DealRecord, one: PreparedEdit) -> DealRecord:
    slot = one.edit.slot
    if one.edit.op is EditOp.REMOVE:
        return remove_item(record, slot, one.edit.index if one.edit.index is not None else -1)
    if one.reading is None:
        return set_slot(record, slot, () if slot in LISTS else None)
    value = one.reading.value
    if one.edit.op is EditOp.ADD and slot in LISTS and isinstance(value, tuple):
        return add_items(record, slot, value, one.reading.evidence or ())
    return set_slot(record, slot, value, one.reading.evidence)


def to_decision(
    request: Request,
    standing: Standing,
    *,
    prepared: tuple[PreparedEdit, ...] = (),
    other: Standing | None = None,
) -> Decision:
    """The decision that a request means for a standing.

    Args:
        request: as asked for.
        standing: what it is about, as the user saw it.
        prepared: of an EditRequest.
        other: of a MergeRequest.

    Raises:
        ReviewError: the request does not fit the standing.
    """
    match request:
        case Accept() | Reject() | Skip():
            return request
        case EditRequest():
            return Edit(record=apply_edits(standing.record, prepared))
        case SplitRequest():
            return _split(standing.record, request)
        case MergeRequest():
            if other is None:
                raise ReviewError("unknown_record", f"there is no record {request.other_id}")
            return Merge(other=other)


def _split(record: DealRecord, request: SplitRequest) -> Split:
    first = keep_only(
        record,
        set(Slot) - request.moved,
        {
            slot: set(range(len(getattr(record, slot.value))))
            - set(request.moved_items.get(slot, ()))
            for slot in LISTS
        },
    )
    second = keep_only(record, request.slots | request.moved, request.items)
    return Split(first=first, second=second)
