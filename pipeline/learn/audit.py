"""Automatic acceptance: from which confidence on, and whether it is still earned.

Pure. A share of all records, drawn by a hash of their ids and by nothing else, is never accepted
automatically; people decide it like everything, and what they say of it tells whether confidence
still means what it says.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Z = 1.645  # one-sided 95 %
LEAST_DECIDED = 30  # records above a threshold before it is believed
LEAST_SAMPLE = 50  # decided records of the sample before it alone counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A machine's record with a human's word.

    Attributes:
        record_id: of the record.
        confidence: the machine's.
        right: whether the human accepted it as it was.
    """

    record_id: str
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """From which confidence on records may be accepted without a look.

    Attributes:
        confidence: the lowest that may.
        records: decided ones at or above it.
        right: how many of those were right.
        lower: the share that is right at least, with 95 % certainty.
    """

    confidence: float
    records: int
    right: int
    lower: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What human decisions say about confidence.

    Attributes:
        target: share that must be right.
        basis: "sample" or "all decisions": what was judged by.
        decided: how many decisions that are.
        in_sample: how many decided records are of the random sample.
        threshold: None where no confidence is good enough yet.
        bins: (low, high, records, mean confidence, share right), low to high.
    """

    target: float
    basis: str
    decided: int
    in_sample: int
    threshold: Threshold | None
    bins: tuple[tuple[float, float, int, float, float], ...]


def in_audit_sample(record_id: str, share: float) -> bool:
    """Whether a record is of the sample that people always decide; the same answer every time.

    Args:
        record_id: of the record.
        share: of all records, 0 to 1.
    """
    digest = hashlib.sha256(f"audit {record_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share


def least_share(right: int, total: int) -> float:
    """The share that is right at least, with 95 % certainty (Wilson's lower bound, one-sided)."""
    if not total:
        return 0.0
    share = right / total
    centre = share + Z * Z / (2 * total)
    spread = Z * math.sqrt(share * (1 - share) / total + Z * Z / (4 * total * total))
    return max(0.0, (centre - spread) / (1 + Z * Z / total))


def find_threshold(decided: Sequence[Decided], target: float) -> Threshold | None:
    """The lowest confidence above which the share of right records is surely at least `target`.

    None where there is none, or fewer than LEAST_DECIDED decided records above it.
    """
    ordered = sorted(decided, key=lambda one: -one.confidence)
    best: Threshold | None = None
    right = 0
    for count, one in enumerate(ordered, 1):
        right += one.right
        last_of_its_kind = count == len(ordered) or ordered[count].confidence < one.confidence
        lower = least_share(right, count)
        if last_of_its_kind and count >= LEAST_DECIDED and lower >= target:
            best = Threshold(confidence=one.confidence, records=count, right=right, lower=lower)
    return best


def _bins(
    decided: Sequence[Decided], edges: Sequence[float]
) -> Iterable[tuple[float, float, int, float, float]]:
    for low, high in zip(edges, [*edges[1:], 1.0 + 1e-9], strict=True):
        inside = [one for one in decided if low <= one.confidence < high]
        if inside:
            mean = sum(one.confidence for one in inside) / len(inside)
            right = sum(one.right for one in inside) / len(inside)
            yield low, min(high, 1.0), len(inside), mean, right


def audit(decided: Iterable[Decided], *, target: float, share: float) -> Audit:
    """Judge confidence by human decisions.

    As soon as enough of the random sample is decided, it alone counts: the queue shows people the
    doubtful records first, so all decisions together are no fair picture.

    Args:
        decided: records of one extractor version.
        target: share that must be right among those accepted automatically.
        share: of the random sample.
    """
    everything = list(decided)
    sample = [one for one in everything if in_audit_sample(one.record_id, share)]
    by_sample = len(sample) >= LEAST_SAMPLE
    judged = sample if by_sample else everything
    return Audit(
        target=target,
        basis="sample" if by_sample else "all decisions",
        decided=len(judged),
        in_sample=len(sample),
        threshold=find_threshold(judged, target),
        bins=tuple(_bins(judged, (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95))),
    )
