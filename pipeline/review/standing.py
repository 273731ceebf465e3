"""Where a record stands in review, and the events that brought it there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pipeline.record import DealRecord, from_json, to_json


class State(StrEnum):
    """How far review has come with a record."""

    UNREVIEWED = "unreviewed"  # no human word stands
    EDITED = "edited"  # a human changed it, nobody has accepted it yet
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DISPUTED = "disputed"  # two blind reviewers differ; a lead decides
    MERGED = "merged"  # became part of another record
    WITHDRAWN = "withdrawn"  # a human's own record, taken back


WAITING = frozenset({State.UNREVIEWED, State.EDITED})
GONE = frozenset({State.MERGED, State.WITHDRAWN})


class Origin(StrEnum):
    """Who found the deal."""

    EXTRACTOR = "extractor"
    REVIEWER = "reviewer"  # a deal that the extractor missed, or a part split off


class Role(StrEnum):
    """What a user may do; each may do what the ones before may."""

    REVIEWER = "reviewer"
    LEAD = "lead"
    ADMIN = "admin"

    def may_act_as(self, needed: "Role") -> bool:
        """Whether this role includes the `needed` one."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class Action(StrEnum):
    """What an event did."""

    ACCEPT = "accept"
    REJECT = "reject"
    SKIP = "skip"
    EDIT = "edit"
    SPLIT = "split"
    MERGE = "merge"
    ADD = "add"
    UNDO = "undo"
    REDO = "redo"
    CONFLICT = "conflict"  # a word on top of a version that had changed: kept, not applied
    RESOLVE = "resolve"
    AGREE = "agree"  # two blind reviewers said the same
    DISPUTE = "dispute"
    ADJUDICATE = "adjudicate"


class RejectReason(StrEnum):
    """Why something is no deal record (gold/GUIDELINE.md, What is a deal; Settled questions)."""

    NOT_A_DEAL = "not_a_deal"  # price, revenue, market size, valuation …
    FORECAST = "forecast"
    NO_PARTY = "no_party"
    NO_QUANTITY = "no_quantity"
    DUPLICATE = "duplicate"  # another record of this article tells the same deal
    LINK_LIST = "link_list"
    MISREAD = "misread"  # there may be a deal, but this record is beyond mending
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A record under review at one moment.

    Attributes:
        record: what holds now.
        version: counts changes; a decision names the version that it saw.
        machine: what the extractor said before any human touched it; None for a human's record.
        reason: why it was rejected.
        replaced_by: id of the record that it was merged into.
    """

    record: DealRecord
    version: int
    state: State = State.UNREVIEWED
    origin: Origin = Origin.EXTRACTOR
    machine: DealRecord | None = None
    reason: RejectReason | None = None
    replaced_by: str | None = None

    @property
    def content(self) -> dict[str, Any]:
        """All that a decision can change, as an event keeps it."""
        return {
            "state": self.state.value,
            "origin": self.origin.value,
            "reason": self.reason.value if self.reason else None,
            "replaced_by": self.replaced_by,
            "record": to_json(self.record),
        }


def from_content(
    content: Mapping[str, Any], *, version: int, machine: DealRecord | None
) -> Standing:
    """The standing that `content` describes.

    Raises:
        KeyError, ValueError: where the content is of another form.
    """
    return Standing(
        record=from_json(content["record"]),
        version=version,
        state=State(content["state"]),
        origin=Origin(content["origin"]),
        machine=machine,
        reason=RejectReason(content["reason"]) if content["reason"] else None,
        replaced_by=content["replaced_by"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that somebody did to one record; never changed, never deleted.

    Attributes:
        id: counts up over the whole database.
        track: "" for the record itself, the user's name for a blind second reading.
        actor: the user's name; "" for the system.
        before, after: `Standing.content`; before is None where the record came to be.
        seen: the version that the actor saw.
        version: the record's version after it.
        group: events of one decision (a split touches two records) share it.
        reverses: the group that an undo or redo takes back.
        extractor_version: of the record when it was decided about.
    """

    id: int
    record_id: str
    article_id: str
    track: str
    actor: str
    action: Action
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    seen: int
    version: int
    group: str
    at: datetime
    extractor_version: str
    reverses: str | None = None
    note: str | None = None
