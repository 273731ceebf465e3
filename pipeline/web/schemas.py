"""What the JSON API takes and gives, checked and described by pydantic."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipeline.record import DealRecord, Kind, Slot, Status, to_json
from pipeline.review.browse import RecordView
from pipeline.review.decision import Accept, Reject, Skip
from pipeline.review.edit import LISTS, REQUIRED
from pipeline.review.request import (
    EditOp,
    EditRequest,
    MergeRequest,
    Request,
    SlotEdit,
    SplitRequest,
)
from pipeline.review.standing import Event, RejectReason, Role, Standing, State
from pipeline.span import Span
from pipeline.store.review_queue import QueueRow

LONGEST_ARTICLE = 2**31 - 1


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        msg = "no NUL and no half of a surrogate pair"
        raise ValueError(msg)
    return text


Line = Annotated[str, AfterValidator(_storable), Field(max_length=1000)]


def _presentable(text: str) -> str:
    if text != text.strip() or not text.isprintable():
        msg = "printable characters, without blanks at the ends"
        raise ValueError(msg)
    return text


Name = Annotated[
    str, AfterValidator(_storable), AfterValidator(_presentable), Field(min_length=1, max_length=64)
]
Version = Annotated[int, Field(ge=0, le=2**31 - 1, description="the version that you saw")]
RequestId = Annotated[
    str | None,
    Field(
        pattern=r"^[0-9A-Za-z-]{8,64}$",
        description="chosen by you; the same again gives the same answer and acts once",
    ),
]
RecordJson = Annotated[
    dict[str, Any], Field(description="a deal record, as docs/record.schema.json describes it")
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EditIn(_Strict):
    """One change of one slot: from characters of the article, or in an article's words."""

    op: EditOp = EditOp.SET
    slot: Slot
    start: Annotated[int, Field(ge=0, le=LONGEST_ARTICLE)] | None = None
    end: Annotated[int, Field(ge=0, le=LONGEST_ARTICLE)] | None = None
    typed: Line | None = None
    index: Annotated[int, Field(ge=0, le=10_000)] | None = None

    @model_validator(mode="after")
    def _check(self) -> "EditIn":
        if (self.start is None) != (self.end is None):
            msg = "give start and end, or neither"
            raise ValueError(msg)
        if self.start is not None and self.end is not None and self.start > self.end:
            msg = "start lies behind end"
            raise ValueError(msg)
        if self.op is EditOp.CLEAR and self.slot in REQUIRED:
            msg = f"{self.slot.value} cannot be empty"
            raise ValueError(msg)
        if self.op in (EditOp.ADD, EditOp.REMOVE) and self.slot not in LISTS:
            msg = f"{self.slot.value} holds one value; set it"
            raise ValueError(msg)
        return self

    def to_edit(self) -> SlotEdit:
        """As review takes it."""
        span = (
            Span(self.start, self.end) if self.start is not None and self.end is not None else None
        )
        return SlotEdit(op=self.op, slot=self.slot, span=span, typed=self.typed, index=self.index)


class _DecisionIn(_Strict):
    seen: Version
    request_id: RequestId = None


class AcceptIn(_DecisionIn):
    """The record is right."""

    action: Literal["accept"]

    def to_request(self) -> Request:
        """As review takes it."""
        return Accept()


class RejectIn(_DecisionIn):
    """The record is no deal record."""

    action: Literal["reject"]
    reason: RejectReason
    note: Line | None = None

    def to_request(self) -> Request:
        """As review takes it."""
        return Reject(reason=self.reason, note=self.note or None)


class SkipIn(_DecisionIn):
    """Later, or somebody else."""

    action: Literal["skip"]

    def to_request(self) -> Request:
        """As review takes it."""
        return Skip()


class EditsIn(_DecisionIn):
    """Change slots, all or none; with `accept`, and accept the record so."""

    action: Literal["edit"]
    edits: Annotated[list[EditIn], Field(min_length=1, max_length=50)]
    accept: bool = False

    def to_request(self) -> Request:
        """As review takes it."""
        return EditRequest(edits=tuple(e.to_edit() for e in self.edits), accept=self.accept)


class SplitIn(_DecisionIn):
    """Make two records of one: what the second takes along, and what it takes away."""

    action: Literal["split"]
    slots: list[Slot] = []
    moved: list[Slot] = []
    items: dict[Slot, list[Annotated[int, Field(ge=0, le=10_000)]]] = {}
    moved_items: dict[Slot, list[Annotated[int, Field(ge=0, le=10_000)]]] = {}

    def to_request(self) -> Request:
        """As review takes it."""
        return SplitRequest(
            slots=frozenset(self.slots) - LISTS,
            moved=frozenset(self.moved) - LISTS - REQUIRED,
            items={s: frozenset(v) for s, v in self.items.items() if s in LISTS},
            moved_items={s: frozenset(v) for s, v in self.moved_items.items() if s in LISTS},
        )


class MergeIn(_DecisionIn):
    """`other`, of the same article, tells the same deal and becomes part of this record."""

    action: Literal["merge"]
    other: Annotated[str, Field(pattern=r"^[0-9a-f]{1,32}$")]

    def to_request(self) -> Request:
        """As review takes it."""
        return MergeRequest(other_id=self.other)


DecisionIn = Annotated[
    AcceptIn | RejectIn | SkipIn | EditsIn | SplitIn | MergeIn, Field(discriminator="action")
]


class MissedIn(_Strict):
    """A deal that the extractor missed."""

    kind: Kind = Kind.SUPPLY
    status: Status = Status.FIRM
    edits: Annotated[list[EditIn], Field(max_length=50)] = []
    request_id: RequestId = None


class ReadIn(_Strict):
    """What would this say in that slot? Nothing is written."""

    slot: Slot
    article: Annotated[str, Field(pattern=r"^[0-9a-f]{1,32}$")] | None = None
    start: Annotated[int, Field(ge=0, le=LONGEST_ARTICLE)] | None = None
    end: Annotated[int, Field(ge=0, le=LONGEST_ARTICLE)] | None = None
    typed: Line | None = None


class ReadOut(BaseModel):
    """A value as it was read."""

    slot: Slot
    value: Any
    text: str
    detail: str
    quotes: list[str]


class ChoicesIn(_Strict):
    """For every difference, whose word holds: "mine" is the later one's."""

    choices: dict[Line, Literal["mine", "theirs"]]


class AdjudicateIn(_Strict):
    """A lead's word between two readers: 1 or 2 as the base, slots of the other, or a rejection."""

    seen: Version
    reject: RejectReason | None = None
    base: Literal[1, 2] = 1
    other: list[Slot] = []


class TakeIn(_Strict):
    """Slots to take over from what the newer extractor says; none keeps the human's word."""

    seen: Version
    take: list[Slot] = []


class NextIn(_Strict):
    """The queue's address (what stands behind ?), and records not to give."""

    query: Annotated[str, AfterValidator(_storable), Field(max_length=4000)] = ""
    leave_out: Annotated[
        list[Annotated[str, Field(pattern=r"^[0-9a-f]{1,32}$")]], Field(max_length=50)
    ] = []


class FilterIn(_Strict):
    """Filters to keep under a name."""

    name: Name
    query: Annotated[str, AfterValidator(_storable), Field(max_length=4000)]


class SampleIn(_Strict):
    """Records to be read twice: the first `size` of a queue, dealt to pairs of readers."""

    size: Annotated[int, Field(ge=1, le=1000)]
    query: Annotated[str, AfterValidator(_storable), Field(max_length=4000)] = ""
    readers: Annotated[list[Name], Field(max_length=20)] = []


class UserIn(_Strict):
    """A new user."""

    name: Name
    role: Role
    password: Annotated[str, AfterValidator(_storable), Field(min_length=10, max_length=1024)]


class UserChangeIn(_Strict):
    """What to change of a user."""

    role: Role | None = None
    disabled: bool | None = None


class OutcomeOut(BaseModel):
    """What came of a decision."""

    record_id: str
    action: str
    version: int
    state: State
    conflict: bool
    others: list[str]
    blind: bool


class RowOut(BaseModel):
    """A record in the queue."""

    record: RecordJson
    state: State
    version: int
    origin: str
    title: str
    source: str
    published: str | None
    locked_by: str | None
    conflict: bool
    disagreement: bool
    double: bool


class PageOut(BaseModel):
    """A page of the queue; `next` is the cursor of the one after it."""

    records: list[RowOut]
    next: str | None


class StandingOut(BaseModel):
    """Where a record stands."""

    record: RecordJson
    extracted: dict[str, Any] | None
    state: State
    version: int
    origin: str
    reason: RejectReason | None
    replaced_by: str | None


class RecordOut(StandingOut):
    """A record with its article, as its asker may see it."""

    article_id: str
    title: str
    source: str
    url: str | None
    published: str | None
    blind: bool
    read_only: str | None
    locked_by: str | None
    conflict: bool
    disagreement: dict[str, Any] | None
    siblings: list[str]
    same_deal: list[str]


class EventOut(BaseModel):
    """One entry of the log."""

    id: int
    record_id: str
    article_id: str
    action: str
    actor: str
    blind: bool
    at: datetime
    seen: int
    version: int
    before: dict[str, Any] | None
    after: dict[str, Any]
    extractor_version: str
    note: str | None
    reverses: str | None
    group: str


class ArticleOut(BaseModel):
    """An article; offsets of records count the characters (code points) of `text`."""

    id: str
    title: str
    source: str
    url: str | None
    published: str | None
    text: str


class ErrorOut(BaseModel):
    """Why something could not be done: a code for programs, a message for people."""

    error: str
    message: str


class LockOut(BaseModel):
    """Who has the record open, where it is not you."""

    locked_by: str | None


class NextOut(BaseModel):
    """The next record to decide about, now locked for you; None where none is left."""

    id: str | None


class UserOut(BaseModel):
    """A user, without secrets."""

    id: int
    name: str
    role: Role
    disabled: bool
    created_at: datetime


class FilterOut(BaseModel):
    """A saved filter."""

    id: int
    name: str
    query: str


class CountOut(BaseModel):
    """How many."""

    count: int


def standing_out(standing: Standing) -> dict[str, Any]:
    """The fields of StandingOut."""
    return {
        "record": to_json(standing.record),
        "extracted": to_json(standing.machine) if standing.machine else None,
        "state": standing.state,
        "version": standing.version,
        "origin": standing.origin.value,
        "reason": standing.reason,
        "replaced_by": standing.replaced_by,
    }


def record_out(view: RecordView) -> RecordOut:
    """A record's view."""
    article, note = view.article, view.disagreement
    return RecordOut(
        **standing_out(view.standing),
        article_id=article.id,
        title=article.title,
        source=article.source,
        url=article.url,
        published=article.published.isoformat() if article.published else None,
        blind=view.blind,
        read_only=view.read_only,
        locked_by=view.holder,
        conflict=view.conflict is not None,
        disagreement={
            "extractor_version": note.extractor_version,
            "slots": list(note.slots),
            "record": _record(note.record),
        }
        if note
        else None,
        siblings=[row.record.id for row in view.siblings],
        same_deal=[row.record.id for row in view.same_deal],
    )


def _record(record: DealRecord | None) -> dict[str, Any] | None:
    return to_json(record) if record else None


def row_out(row: QueueRow) -> RowOut:
    """A line of the queue."""
    return RowOut(
        record=to_json(row.record),
        state=State(row.state),
        version=row.version,
        origin=row.origin,
        title=row.title,
        source=row.source,
        published=row.published,
        locked_by=row.locked_by,
        conflict=row.has_conflict,
        disagreement=row.has_disagreement,
        double=row.is_double,
    )


def event_out(event: Event) -> EventOut:
    """An entry of the log."""
    return EventOut(
        id=event.id,
        record_id=event.record_id,
        article_id=event.article_id,
        action=event.action.value,
        actor=event.actor or "system",
        blind=bool(event.track),
        at=event.at,
        seen=event.seen,
        version=event.version,
        before=dict(event.before) if event.before is not None else None,
        after=dict(event.after),
        extractor_version=event.extractor_version,
        note=event.note,
        reverses=event.reverses,
        group=event.group,
    )
