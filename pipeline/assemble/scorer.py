"""A small linear model over named features: weights in, probabilities out, no library needed.

Trained by `torihiki learn scorer` (pipeline/learn), kept as JSON under models/ with its card. The
system works without it, on the rules alone.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import ModelError

FORMAT = 1
FITS, OTHER = "fits", "other"  # classes of the filling


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearModel:
    """Softmax over classes; a feature unknown to the model counts nothing.

    Attributes:
        classes: what is told apart.
        weights: feature → one weight a class.
        bias: one a class.
    """

    classes: tuple[str, ...]
    weights: Mapping[str, tuple[float, ...]]
    bias: tuple[float, ...]

    def predict(self, features: Mapping[str, float]) -> dict[str, float]:
        """Probability of each class; they sum to 1."""
        totals = list(self.bias)
        for name, value in features.items():
            row = self.weights.get(name)
            if row is not None:
                for index, weight in enumerate(row):
                    totals[index] += weight * value
        top = max(totals)
        powers = [math.exp(total - top) for total in totals]
        whole = sum(powers)
        return {name: power / whole for name, power in zip(self.classes, powers, strict=True)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """The trained part of the assembly.

    Attributes:
        version: what it was trained on and when; part of every record's extractor version.
        anchors: does a quantity tell a deal, and of which kind (supply … capex, none)?
        roles: is a name the buyer, the seller, or none of this deal?
        casting: the same of an entity, all claims to the roles weighed; None where not trained.
        filling: does a length or a chip belong to a deal? None where not trained.
        keep: is an assembled deal one that the article tells (right, wrong)? None where not trained.
        confidence: is a record right as a whole (right, wrong)? None where not trained.
    """

    version: str
    anchors: LinearModel
    roles: LinearModel
    casting: LinearModel | None = None
    filling: LinearModel | None = None
    keep: LinearModel | None = None
    confidence: LinearModel | None = None


def model_to_data(model: LinearModel) -> dict[str, object]:
    """JSON-ready form of a model."""
    return {
        "classes": list(model.classes),
        "bias": [round(b, 5) for b in model.bias],
        "weights": {
            name: [round(w, 4) for w in row] for name, row in sorted(model.weights.items())
        },
    }


def _model(data: Mapping[str, object], where: str) -> LinearModel:
    classes, bias, weights = data["classes"], data["bias"], data["weights"]
    if not (isinstance(classes, list) and isinstance(bias, list) and isinstance(weights, dict)):
        msg = f"{where}: classes, bias and weights must be lists and a table"
        raise TypeError(msg)
    rows: dict[str, Sequence[float]] = weights
    if len(bias) != len(classes) or any(len(row) != len(classes) for row in rows.values()):
        msg = f"{where}: one weight a class is needed"
        raise ValueError(msg)
    return LinearModel(
        classes=tuple(classes),
        bias=tuple(float(b) for b in bias),
        weights={name: tuple(row) for name, row in rows.items()},
    )


def scorer_from_data(data: Mapping[str, object], where: str) -> Scorer:
    """The scorer that a JSON file holds.

    Args:
        data: the parsed JSON.
        where: name of the file, for messages.

    Raises:
        ModelError: another format, or parts that are missing or malformed.
    """
    if data.get("format") != FORMAT:
        msg = f"{where}: format {data.get('format')!r}, this version reads {FORMAT}; train it again"
        raise ModelError(msg)
    try:
        casting, filling, keep, confidence = (
            data.get(name) for name in ("casting", "filling", "keep", "confidence")
        )
        return Scorer(
            version=str(data["version"]),
            anchors=_model(data["anchors"], where),  # type: ignore[arg-type]
            roles=_model(data["roles"], where),  # type: ignore[arg-type]
            casting=_model(casting, where) if casting else None,  # type: ignore[arg-type]
            filling=_model(filling, where) if filling else None,  # type: ignore[arg-type]
            keep=_model(keep, where) if keep else None,  # type: ignore[arg-type]
            confidence=_model(confidence, where) if confidence else None,  # type: ignore[arg-type]
        )
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{where}: not a scorer ({error}); train it again with `torihiki learn scorer`"
        raise ModelError(msg) from error


def scorer_to_data(scorer: Scorer) -> dict[str, object]:
    """JSON-ready form, read back by `scorer_from_data`."""
    return {
        "format": FORMAT,
        "version": scorer.version,
        "anchors": model_to_data(scorer.anchors),
        "roles": model_to_data(scorer.roles),
        "casting": model_to_data(scorer.casting) if scorer.casting else None,
        "filling": model_to_data(scorer.filling) if scorer.filling else None,
        "keep": model_to_data(scorer.keep) if scorer.keep else None,
        "confidence": model_to_data(scorer.confidence) if scorer.confidence else None,
    }
