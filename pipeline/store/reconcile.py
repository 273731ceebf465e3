"""What a new extraction changes among an article's stored records: pure, no database.

A record that no human has touched is the machine's to replace. One that a human has touched
stays as it is; where the new extraction says otherwise, that is noted beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.record import DealRecord, Party, Slot, to_json

WITHDRAWN = frozenset(
    {"rejected", "merged", "withdrawn"}
)  # human states that say: no deal of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A stored record as the decision needs it; `human_state` None is untouched."""

    record: DealRecord
    human_state: str | None = None
    disagreement: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do with an article's records.

    Attributes:
        insert: records that are new.
        replace: new content of untouched records, under their ids.
        delete: ids of untouched records that the extractor no longer finds.
        flag: for records a human has touched, the disagreement to note (None takes it back).
        unchanged: how many records stay as they are.
    """

    insert: tuple[DealRecord, ...] = ()
    replace: tuple[DealRecord, ...] = ()
    delete: tuple[str, ...] = ()
    flag: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    unchanged: int = 0


def plan_replacement(stored: Sequence[Kept], fresh: Sequence[DealRecord], *, version: str) -> Plan:
    """Decide for one article; `fresh` is all that extractor `version` finds in it."""
    touched = [kept for kept in stored if kept.human_state is not None]
    untouched = {kept.record.id: kept.record for kept in stored if kept.human_state is None}
    answers, rest = _pair(touched, fresh)
    flag: dict[str, Mapping[str, Any] | None] = {}
    for kept in touched:
        note = _disagreement(kept, answers.get(kept.record.id), version)
        if note != kept.disagreement:
            flag[kept.record.id] = note
    ids = {record.id for record in rest}
    changed = [r for r in rest if r.id in untouched and to_json(r) != to_json(untouched[r.id])]
    inserted = [r for r in rest if r.id not in untouched]
    deleted = [record_id for record_id in untouched if record_id not in ids]
    return Plan(
        insert=tuple(inserted),
        replace=tuple(changed),
        delete=tuple(deleted),
        flag=flag,
        unchanged=len(stored) - len(changed) - len(deleted) - len(flag),
    )


def _pair(
    touched: Sequence[Kept], fresh: Sequence[DealRecord]
) -> tuple[dict[str, DealRecord], list[DealRecord]]:
    """Fresh records that speak of a touched one (by its id), and the others.

    First by id; then by content, for a human may have corrected what the id is made from, and
    the extractor, now right, would otherwise bring the same deal a second time.
    """
    by_id = {record.id: record for record in fresh}
    answers = {k.record.id: by_id[k.record.id] for k in touched if k.record.id in by_id}
    rest = [record for record in fresh if record.id not in answers]
    for kept in touched:
        if kept.record.id in answers:
            continue
        match = next((r for r in rest if _same_deal(kept, r)), None)
        if match is not None:
            answers[kept.record.id] = match
            rest.remove(match)
    return answers, rest


def _same_deal(kept: Kept, fresh: DealRecord) -> bool:
    """Whether two records of one article tell one deal.

    What a human threw out must be met exactly, so that a right record is never swallowed by a
    wrong one that resembles it.
    """
    old = kept.record
    if kept.human_state in WITHDRAWN:
        return not differing_slots(old, fresh)
    meets = (_meet(old.buyer, fresh.buyer), _meet(old.seller, fresh.seller))
    if old.amount is not None and old.amount == fresh.amount:
        return any(meets)
    return all(meets) and (old.amount is None or fresh.amount is None)


def _names(parties: tuple[Party, ...]) -> set[str]:
    return {name for party in parties for name in (party.name, *party.surfaces)}


def _meet(some: tuple[Party, ...], others: tuple[Party, ...]) -> bool:
    return bool(_names(some) & _names(others))


def differing_slots(one: DealRecord, other: DealRecord) -> tuple[Slot, ...]:
    """The slots whose values differ; evidence and confidence do not count, nor party order."""

    def value(record: DealRecord, slot: Slot) -> Any:
        if slot in {Slot.BUYER, Slot.SELLER}:
            return {party.gazetteer_id or party.name for party in getattr(record, slot.value)}
        if slot is Slot.CHIPS:
            return {(chip.vendor, chip.model) for chip in record.chips}
        # As it is stored: what the record's JSON leaves out cannot differ.
        return to_json(record)[slot.value]

    return tuple(slot for slot in Slot if value(one, slot) != value(other, slot))


def _disagreement(kept: Kept, answer: DealRecord | None, version: str) -> Mapping[str, Any] | None:
    """The note for a touched record; None where human and machine agree.

    The extractor that a human corrected says nothing new when it is run once more.
    """
    if version == kept.record.extractor_version:
        return kept.disagreement
    withdrawn = kept.human_state in WITHDRAWN
    if answer is None:
        if withdrawn:
            return None
        return {"extractor_version": version, "slots": [], "record": None}
    slots = differing_slots(kept.record, answer)
    if not withdrawn and not slots:
        return None
    return {
        "extractor_version": version,
        "slots": [slot.value for slot in slots],
        "record": to_json(answer),
    }
