"""Train the scorer of pairs on annotated groups, and measure it on groups it has not seen.

The weights start at models/linking/prior.toml, what we hold to be true before any training, and are
moved as far as the annotated pairs justify: maximum a posteriori with a normal prior. With a few
dozen groups to learn from, the prior is worth more than the training; `cross_validate` shows it.
"""

import hashlib
import json
import random
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from pipeline.errors import GazetteerError
from pipeline.evaluate.linking import LinkFigures, LinkTally
from pipeline.link import DealLedger, MemoryShelf, Scorer
from pipeline.link.features import FEATURES, pair_features
from pipeline.link.scorer import FORMAT
from pipeline.link.telling import Telling

PRIOR_FILE = Path("linking") / "prior.toml"
WEIGHTS_FILE = Path("linking") / "weights.json"

STRENGTH = inf  # of the prior: chosen by cross-validation, docs/linking.md has the table
THRESHOLD = 0.5  # probability from which two tellings are one deal; likewise
FOLDS = 5

_NAMES = ("bias", *FEATURES)
_Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is held to be true before training."""

    bias: float
    clip: float
    unrelated: float
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """All pairs of tellings that share a party, with their features.

    Attributes:
        places: of the two tellings of each pair.
        features: a row a pair, in the order of bias and `FEATURES`.
        same: whether the annotation has them in one deal.
        weight: 1 for pairs of two deals; pairs of one deal weigh less the more often it is told,
            so that a deal told thirty times does not drown those told twice.
    """

    places: tuple[tuple[int, int], ...]
    features: _Matrix
    same: npt.NDArray[np.bool_]
    weight: _Matrix


def load_prior(models_dir: Path) -> Prior:
    """The weights to start from.

    Raises:
        GazetteerError: the file is missing, no TOML, or lacks a feature.
    """
    path = models_dir / PRIOR_FILE
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        weights = {name: float(value) for name, value in data["weights"].items()}
        prior = Prior(
            bias=float(data["bias"]),
            clip=float(data["clip"]),
            unrelated=float(data["unrelated"]),
            weights=weights,
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        msg = f"{path}: cannot be used ({error!r}); put the file there or mend it"
        raise GazetteerError(msg) from error
    if different := set(weights) ^ set(FEATURES):
        msg = f"{path}: feature {min(different)!r} is missing or unknown; mend [weights]"
        raise GazetteerError(msg)
    return prior


def make_pairs(tellings: Sequence[Telling], deals: Mapping[str, str]) -> Pairs:
    """The pairs to learn from.

    Args:
        tellings: of the annotated records.
        deals: record id → annotated deal.
    """
    told = Counter(deals[telling.id] for telling in tellings)
    places, rows, same, weight = [], [], [], []
    for i, one in enumerate(tellings):
        for j in range(i):
            other = tellings[j]
            found = pair_features(one, other) if one.article != other.article else None
            if found is None:
                continue
            places.append((i, j))
            rows.append([1.0, *(found.get(name, 0.0) for name in FEATURES)])
            same.append(deals[one.id] == deals[other.id])
            weight.append((told[deals[one.id]] - 1) ** -0.5 if same[-1] else 1.0)
    return Pairs(
        places=tuple(places),
        features=np.array(rows).reshape(-1, len(_NAMES)),
        same=np.array(same, dtype=np.bool_),
        weight=np.array(weight),
    )


def fit(
    pairs: Pairs,
    prior: Prior,
    strength: float,
    chosen: npt.NDArray[np.bool_],
    threshold: float = THRESHOLD,
) -> Scorer:
    """Weights by the chosen pairs and the prior.

    Args:
        pairs: all pairs.
        prior: where to start.
        strength: how much the prior weighs; infinity leaves it as it is.
        chosen: which pairs to learn from.
        threshold: probability from which two tellings are one deal.
    """
    start = np.array([prior.bias, *(prior.weights[name] for name in FEATURES)])
    weights = start
    if isfinite(strength):
        features, weight = pairs.features[chosen], pairs.weight[chosen]
        sign = np.where(pairs.same[chosen], 1.0, -1.0)

        def loss(w: _Matrix) -> tuple[float, _Matrix]:
            margin = features @ w * sign
            slope = -sign / (1 + np.exp(np.clip(margin, -500, 500)))
            value = float((weight * np.logaddexp(0, -margin)).sum())
            away = w - start
            return value + strength / 2 * float(away @ away), (
                features.T @ (weight * slope) + strength * away
            )

        weights = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return _scorer(weights, prior, threshold)


def _scorer(weights: _Matrix, prior: Prior, threshold: float) -> Scorer:
    rounded = [round(float(value), 4) for value in weights]
    named = dict(zip(FEATURES, rounded[1:], strict=True))
    log_odds = round(float(np.log(threshold / (1 - threshold))), 4)
    content = json.dumps([rounded[0], named, log_odds, prior.clip, prior.unrelated])
    return Scorer(
        bias=rounded[0],
        weights=named,
        threshold=log_odds,
        clip=prior.clip,
        unrelated=prior.unrelated,
        version=hashlib.sha256(content.encode()).hexdigest()[:12],
    )


def link_all(tellings: Iterable[Telling], scorer: Scorer) -> dict[str, str]:
    """Record id → deal, by a scorer, from nothing."""
    shelf = MemoryShelf()
    DealLedger(scorer, shelf).add(tellings)
    return {record: deal for deal, records in shelf.deals() for record in records}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One way to make the scorer, for `cross_validate`."""

    name: str
    strength: float
    threshold: float = THRESHOLD
    with_prior: bool = True


def folds_of(deals: Mapping[str, str], seed: int, folds: int = FOLDS) -> dict[str, int]:
    """Record id → fold: a deal is in one fold whole; deals told often are spread over the folds."""
    dice = random.Random(seed)  # noqa: S311 - a split, not a secret
    told = Counter(deals.values())
    order = sorted(told)
    dice.shuffle(order)
    order.sort(key=lambda deal: -told[deal])
    fold_of: dict[str, int] = {}
    for start in range(0, len(order), folds):
        places = list(range(folds))
        dice.shuffle(places)
        fold_of.update(zip(order[start : start + folds], places, strict=False))
    return {record: fold_of[deal] for record, deal in deals.items()}


def cross_validate(
    tellings: Sequence[Telling],
    deals: Mapping[str, str],
    prior: Prior,
    trials: Iterable[Trial],
    seeds: Sequence[int] = (0, 1),
) -> dict[str, LinkFigures]:
    """Figures on deals that the scorer was not trained on.

    In every fold the weights are learned from pairs of the other folds; then all records are
    linked and measured on the records of the fold, with all pairs that they are in.

    Args:
        tellings: of the annotated records.
        deals: record id → annotated deal; a record told once is a deal of its own.
        prior: where the weights start.
        trials: what to try.
        seeds: of the splits; more of them, surer figures.
    """
    pairs = make_pairs(tellings, deals)
    nothing = Prior(
        bias=0.0,
        clip=prior.clip,
        unrelated=prior.unrelated,
        weights=dict.fromkeys(FEATURES, 0.0),
    )
    figures = {}
    for trial in trials:
        tally = LinkTally()
        for seed in seeds:
            fold_of = folds_of(deals, seed)
            places = np.array([fold_of[telling.id] for telling in tellings])
            ends = places[np.array(pairs.places)]
            for fold in range(FOLDS):
                unseen = (ends != fold).all(axis=1)
                start = prior if trial.with_prior else nothing
                scorer = fit(pairs, start, trial.strength, unseen, trial.threshold)
                focus = [record for record, place in fold_of.items() if place == fold]
                tally.count(link_all(tellings, scorer), deals, focus)
        figures[trial.name] = tally.figures()
    return figures


def scorer_to_data(scorer: Scorer, about: Mapping[str, Any]) -> dict[str, Any]:
    """The scorer as `scorer_from_data` reads it, with what a reader should know of it."""
    return {
        "format": FORMAT,
        "version": scorer.version,
        "bias": scorer.bias,
        "threshold": scorer.threshold,
        "clip": scorer.clip,
        "unrelated": scorer.unrelated,
        "weights": dict(scorer.weights),
        "about": dict(about),
    }


_CARD = """# The scorer of pairs, version {version}

Tells whether two records of different articles tell of one deal: a weighted sum of {features} named
features (docs/linking.md), read by pipeline/link/scorer.py without any library.

- **Made** by `torihiki learn link` from `prior.toml`{trained}.
- **Strength of the prior** {strength}; **threshold** {threshold} (probability).
{measured}
**Use.** Records of Japanese technology news as this program extracts or people annotate them.
**Limits.** The prior was written by people who had seen the annotated deals, so that figures on those
flatter it; deals unlike them (other trades, other languages) were not measured. Two deals of the
same parties over like sums within half a year are taken for one.
"""

_MEASURED = """
| | pairs P | R | F1 | B-cubed P | R | F1 |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
{rows}

On {records:,} records, {told:,} deals told more than once; every line but the last is measured on deals
that the weights were not learned from ({folds} folds, two splits).
"""


def link_card(
    scorer: Scorer,
    *,
    strength: float,
    threshold: float,
    deals: Mapping[str, str] | None = None,
    figures: Mapping[str, LinkFigures] | None = None,
) -> str:
    """The model card: what the weights are made of and how well they do.

    Args:
        scorer: the scorer.
        strength: of the prior.
        threshold: probability.
        deals: record id → annotated deal, where there was something to learn from.
        figures: by name of the trial; None where nothing was measured.
    """
    measured = ""
    if deals is not None and figures is not None:
        rows = "\n".join(_figures_row(name, one) for name, one in figures.items())
        told = sum(1 for number in Counter(deals.values()).values() if number > 1)
        measured = _MEASURED.format(rows=rows, records=len(deals), told=told, folds=FOLDS)
    is_trained = deals is not None and isfinite(strength)
    return _CARD.format(
        version=scorer.version,
        features=len(FEATURES),
        trained=f" and {len(deals or ()):,} annotated records" if is_trained else "",
        strength="infinite: the prior as it is" if not isfinite(strength) else f"{strength:g}",
        threshold=threshold,
        measured=measured,
    )


def _figures_row(name: str, figures: LinkFigures) -> str:
    cells = (
        f"{value:.3f}"
        for one in (figures.pairs, figures.b_cubed)
        for value in (one.precision, one.recall, one.f1)
    )
    return f"| {name} | " + " | ".join(cells) + " |"


STANDARD_TRIALS = (
    Trial(name="prior alone", strength=inf),
    Trial(name="prior, then trained (strength 300)", strength=300.0),
    Trial(name="prior, then trained (strength 100, threshold 0.4)", strength=100.0, threshold=0.4),
    Trial(name="trained from nothing", strength=1.0, with_prior=False),
)
