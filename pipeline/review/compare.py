"""Records side by side: what differs, what of the extractor's word people kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pipeline.record import DealRecord, Slot
from pipeline.review.edit import filled_slots, slot_value
from pipeline.review.standing import Standing, State
from pipeline.store.reconcile import differing_slots


class Verdict(StrEnum):
    """What a reviewer's record says of one slot of the extractor's."""

    RIGHT = "r"
    WRONG = "w"  # another value
    SPURIOUS = "s"  # filled, should be empty
    MISSED = "m"  # empty, should be filled
    EMPTY = "-"  # empty, rightly


def verdicts(machine: DealRecord, final: DealRecord) -> str:
    """One letter of `Verdict` a slot, in the order of `Slot`."""
    differing = set(differing_slots(machine, final))
    said, says = set(filled_slots(machine)), set(filled_slots(final))

    def verdict(slot: Slot) -> Verdict:
        if slot not in differing:
            return Verdict.RIGHT if slot in said else Verdict.EMPTY
        if slot not in said:
            return Verdict.MISSED
        return Verdict.WRONG if slot in says else Verdict.SPURIOUS

    return "".join(verdict(slot) for slot in Slot)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotScore:
    """How often the extractor was right in a slot, as reviewers see it.

    Attributes:
        right, wrong: of the records where it filled the slot (spurious counts as wrong).
        missed: records where it left the slot empty and should not have.
    """

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float | None:
        """Share of filled slots that were right; None where none was filled."""
        said = self.right + self.wrong
        return self.right / said if said else None

    @property
    def recall(self) -> float | None:
        """Share of what was to be said that it said rightly; None where nothing was."""
        wanted = self.right + self.wrong + self.missed
        return self.right / wanted if wanted else None


def count_verdicts(found: Iterable[tuple[str, int]]) -> dict[Slot, SlotScore]:
    """Scores by slot from strings of `verdicts` with how many records have each."""
    counts: dict[Slot, dict[str, int]] = {slot: {} for slot in Slot}
    for letters, number in found:
        for slot, letter in zip(Slot, letters, strict=True):
            counts[slot][letter] = counts[slot].get(letter, 0) + number
    return {
        slot: SlotScore(
            right=by.get(Verdict.RIGHT, 0),
            wrong=by.get(Verdict.WRONG, 0) + by.get(Verdict.SPURIOUS, 0),
            missed=by.get(Verdict.MISSED, 0),
        )
        for slot, by in counts.items()
    }


STATE = "state"  # stands beside the slots where standings are compared


def differences(one: Standing, other: Standing) -> tuple[str, ...]:
    """Names of what differs: "state" (with the reason of a rejection), then slots."""
    names = [slot.value for slot in differing_slots(one.record, other.record)]
    if (one.state, one.reason) != (other.state, other.reason):
        names.insert(0, STATE)
    return tuple(names)


def propose_choices(base: Standing, theirs: Standing, mine: Standing) -> dict[str, str | None]:
    """For each difference of two changes of `base`, whose to keep.

    "mine" or "theirs" where only that one changed it, None where both did and a person must say.
    """
    by_them, by_me = set(differences(base, theirs)), set(differences(base, mine))
    choices: dict[str, str | None] = {}
    for name in differences(theirs, mine):
        if name in by_me and name in by_them:
            choices[name] = None
        else:
            choices[name] = "mine" if name in by_me else "theirs"
    return choices


def compose(theirs: Standing, mine: Standing, choices: Mapping[str, str]) -> Standing:
    """`theirs` with every slot (and the state) that `choices` gives to "mine".

    Raises:
        KeyError: a difference without a choice.
    """
    taken = [name for name in differences(theirs, mine) if choices[name] == "mine"]
    record = take_slots(theirs.record, mine.record, [Slot(n) for n in taken if n != STATE])
    if STATE not in taken:
        return replace(theirs, record=record)
    return replace(theirs, record=record, state=mine.state, reason=mine.reason)


def take_slots(into: DealRecord, of: DealRecord, slots: Iterable[Slot]) -> DealRecord:
    """`into` with the values, evidence and confidence of another record in some slots."""
    wanted = set(slots)

    def mixed(one: Mapping[Slot, Any], other: Mapping[Slot, Any]) -> dict[Slot, Any]:
        return {
            slot: (other if slot in wanted else one)[slot]
            for slot in Slot
            if slot in (other if slot in wanted else one)
        }

    return replace(
        into,
        **{slot.value: slot_value(of, slot) for slot in wanted},
        evidence=mixed(into.evidence, of.evidence),
        slot_confidence=mixed(into.slot_confidence, of.slot_confidence),
    )


def same_outcome(one: Standing, other: Standing) -> bool:
    """Whether two finished readings say the same: both reject, or both accept equal records."""
    if State.REJECTED in (one.state, other.state):
        return one.state is other.state
    return not differing_slots(one.record, other.record)
