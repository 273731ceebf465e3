"""What speaks for or against two tellings being one deal, as named numbers."""

from collections.abc import Mapping

from pipeline.link.parties import party_features
from pipeline.link.quantities import quantity_features
from pipeline.link.telling import Telling
from pipeline.record import Kind, Status
from pipeline.values import Qualifier

FEATURES = (
    # parties
    "both_sides",
    "one_side_open",
    "one_side_differs",
    "sides_crossed",
    "uneven_sides",
    "several_shared",
    "same_consortium",
    "sides_mixed",
    "loose_name",
    "unknown_party",
    # quantities
    "same_quantity",
    "telling_digits",
    "other_currency",
    "near_quantity",
    "within_range",
    "within_bound",
    "equals_ceiling",
    "slipped_digit",
    "far_quantity",
    "no_quantity",
    "other_rate",
    "same_term",
    "other_term",
    "same_chips",
    "other_chips",
    # what and when
    "other_kind",
    "with_acquisition",
    "one_cancelled",
    "days_apart",
    "half_years_late",
    # words of the evidence
    "same_words",
    "shared_names",
    "other_names",
    "same_year",
    "other_year",
    "same_round",
    "other_round",
    "same_place",
    "other_place",
    "same_event",
    "other_event",
    # together
    "other_year_and_sum",
    "one_running_total",
    "both_running_totals",
    "revision",
    "yearly_plan",
    "uneven_range",
    "uneven_other_sum",
    "open_without_quantity",
    "differs_but_telling_sum",
    "open_round_sum",
    "open_round_sum_other_names",
)

DAYS_NEAR = 180
_DAYS_UNKNOWN = 60  # assumed between tellings of which one has no date
_DAYS_OF_REVISION = 200
_MOST_HALF_YEARS = 2.0
_NAMES_ENOUGH = 2
_BLUNT_DIGITS = 0.5
_TOTALS_REACH = 0.5
_HEDGED = frozenset({Qualifier.AT_LEAST, Qualifier.AT_MOST})


def pair_features(one: Telling, other: Telling) -> dict[str, float] | None:
    """The features that are not 0, by name; None where the tellings share no party at all.

    Symmetric: the order of the two does not matter.
    """
    found = party_features(one, other)
    if found is None:
        return None
    found |= quantity_features(one, other, both_sides="both_sides" in found)
    days = _days_apart(one, other)
    if one.kind != other.kind:
        found["other_kind"] = 1.0
        if Kind.ACQUISITION in (one.kind, other.kind):
            found["with_acquisition"] = 1.0
    if (one.status == Status.CANCELLED) != (other.status == Status.CANCELLED):
        found["one_cancelled"] = 1.0
    found["days_apart"] = min(1.0, days / DAYS_NEAR)
    if days > DAYS_NEAR:
        found["half_years_late"] = min(_MOST_HALF_YEARS, (days - DAYS_NEAR) / DAYS_NEAR)
    _word_features(one, other, found)
    _joint_features(one, other, days, found)
    return found


def _days_apart(one: Telling, other: Telling) -> int:
    if one.day is None or other.day is None:
        return _DAYS_UNKNOWN
    return abs(one.day - other.day)


def _word_features(one: Telling, other: Telling, found: dict[str, float]) -> None:
    smaller = min(one.sketch_size, other.sketch_size)
    if smaller:
        found["same_words"] = (one.sketch & other.sketch).bit_count() / smaller
    if one.names and other.names:
        shared = len(one.names & other.names)
        if shared:
            found["shared_names"] = min(_NAMES_ENOUGH, shared) / _NAMES_ENOUGH
        elif _names_of_its_own(one, other) and _names_of_its_own(other, one):
            found["other_names"] = 1.0
    for name, some, others in (
        ("year", one.years, other.years),
        ("round", one.rounds, other.rounds),
        ("place", one.places, other.places),
        ("event", one.events, other.events),
    ):
        if some and others:
            found[f"{'other' if some.isdisjoint(others) else 'same'}_{name}"] = 1.0


def _names_of_its_own(one: Telling, other: Telling) -> bool:
    """Whether a telling names something that is no party of the other."""
    return any(
        not any(name in party.words for party in (*other.buyer, *other.seller))
        for name in one.names
    )


def _joint_features(one: Telling, other: Telling, days: int, found: dict[str, float]) -> None:
    """Features that hold only together with others."""
    same = "same_quantity" in found
    if not same:
        _other_sum_features(one, other, days, found)
    elif "one_side_differs" in found:
        found["differs_but_telling_sum"] = found.get("telling_digits", 0.0)
    if one.kind == other.kind == Kind.CAPEX and "same_year" in found and "near_quantity" in found:
        found["yearly_plan"] = 1.0
    if "within_range" in found and "uneven_sides" in found:
        found["uneven_range"] = found["uneven_sides"]
    if "one_side_open" in found:
        _open_features(found, same=same)


def _other_sum_features(one: Telling, other: Telling, days: int, found: dict[str, float]) -> None:
    """Where the sums differ or are not told: why they might, and why not."""
    invests = one.kind == other.kind == Kind.INVESTMENT
    if "other_year" in found:
        found["other_year_and_sum"] = 1.0
    if invests and one.running_total != other.running_total:
        found["one_running_total"] = 1.0
    if invests and _two_totals(one, other, found):
        found["both_running_totals"] = 1.0
    if _is_revision(one, other, days, found):
        found["revision"] = 1.0
    if "uneven_sides" in found and "no_quantity" not in found:
        found["uneven_other_sum"] = found["uneven_sides"]


def _open_features(found: dict[str, float], *, same: bool) -> None:
    """Where one telling leaves a side unnamed, a round sum alone says little."""
    if "no_quantity" in found:
        found["open_without_quantity"] = 1.0
    if same and found.get("telling_digits", 0.0) < _BLUNT_DIGITS:
        found["open_round_sum"] = 1.0
        if "other_names" in found:
            found["open_round_sum_other_names"] = 1.0


def _two_totals(one: Telling, other: Telling, found: Mapping[str, float]) -> bool:
    return (
        one.running_total
        and other.running_total
        and "both_sides" in found
        and found.get("far_quantity", 0.0) < _TOTALS_REACH
    )


def _is_revision(one: Telling, other: Telling, days: int, found: Mapping[str, float]) -> bool:
    """Whether the sums may be one sum at two times: talks of 1000億, then 1100億 signed."""
    if (
        "near_quantity" not in found
        or one.kind != other.kind
        or days > _DAYS_OF_REVISION
        or not ("both_sides" in found or "one_side_open" in found)
    ):
        return False
    hedged = any(
        telling.money is not None and telling.money.qualifier in _HEDGED for telling in (one, other)
    )
    return (
        hedged
        or one.status != other.status
        or one.status == Status.PROSPECTIVE
        or (one.kind == Kind.INVESTMENT and not _names_one_investor(one, other))
    )


def _names_one_investor(one: Telling, other: Telling) -> bool:
    """Whether both name a single investor: such sums stand fast, rounds grow until they close."""
    return len(one.buyer) == len(other.buyer) == 1
