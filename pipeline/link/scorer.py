"""The trained scorer of pairs: a weighted sum of features, read from JSON, run without libraries.

Scores are whole sixteenths of log odds over the threshold, so that their sums do not depend on the
order of adding: the same records give the same deals in whatever order they come.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ModelError
from pipeline.link.features import FEATURES, pair_features
from pipeline.link.telling import Telling

FORMAT = "torihiki-link-scorer/1"
STEPS = 16  # steps of a score in one unit of log odds


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """Weights of the features.

    Attributes:
        bias: log odds where no feature speaks.
        weights: log odds that a feature of 1 adds, by its name; each of `FEATURES` is there.
        threshold: log odds from which two tellings are held to be one deal.
        clip: most log odds over or under the threshold that one pair can say.
        unrelated: log odds under the threshold of two tellings that share no party; they may
            still be one deal by what others say of both.
        version: changes with everything above; what was linked by another is linked anew.
    """

    bias: float
    weights: Mapping[str, float]
    threshold: float
    clip: float
    unrelated: float
    version: str

    def score(self, one: Telling, other: Telling) -> int:
        """How far over (or, negative, under) the threshold two tellings are, in 1/16 log odds."""
        found = pair_features(one, other)
        if found is None:
            return -round(self.unrelated * STEPS)
        weights = self.weights
        total = self.bias - self.threshold
        for name, value in found.items():
            total += weights[name] * value
        return round(max(-self.clip, min(self.clip, total)) * STEPS)

    def explain(self, one: Telling, other: Telling) -> tuple[tuple[str, float], ...]:
        """What each feature adds for this pair, in log odds, the weightiest first; bias left out.

        Returns:
            () where the tellings share no party.
        """
        found = pair_features(one, other) or {}
        parts = ((name, self.weights[name] * value) for name, value in found.items())
        return tuple(sorted(parts, key=lambda part: (-abs(part[1]), part[0])))


def probability(score: float, threshold: float) -> float:
    """The probability of one deal that a score of `Scorer.score` stands for."""
    return 1 / (1 + math.exp(-(score / STEPS + threshold)))


def scorer_from_data(data: Mapping[str, Any], source: str) -> Scorer:
    """The scorer that a JSON file holds.

    Args:
        data: the parsed file.
        source: its name, for messages.

    Raises:
        ModelError: another format, or features missing or unknown.
    """
    mend = "train it again with `torihiki learn link`"
    if data.get("format") != FORMAT:
        msg = f"{source}: format is {data.get('format')!r}, not {FORMAT!r}; {mend}"
        raise ModelError(msg)
    try:
        weights = {str(name): float(value) for name, value in data["weights"].items()}
        scorer = Scorer(
            bias=float(data["bias"]),
            weights=weights,
            threshold=float(data["threshold"]),
            clip=float(data["clip"]),
            unrelated=float(data["unrelated"]),
            version=str(data["version"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"{source}: not a link scorer ({error!r}); {mend}"
        raise ModelError(msg) from error
    if different := set(weights) ^ set(FEATURES):
        msg = f"{source}: feature {min(different)!r} is missing or unknown; {mend}"
        raise ModelError(msg)
    return scorer
