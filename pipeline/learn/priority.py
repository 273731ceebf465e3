"""Which records are worth a reviewer's look: likely wrong, new, and large.

Pure. The chance that a record needs a reviewer's hand is learned from what reviewers did; before
that the extractor's own confidence has to do.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.assemble.scorer import LinearModel, model_to_data
from pipeline.errors import ModelError
from pipeline.evaluate.deals import fold_party
from pipeline.learn.reviewed import ReviewedRecord, Verdict
from pipeline.record import DealRecord
from pipeline.store.rows import AMOUNT_UNTOLD, amount_sort

FORMAT = 1
PRIORITY_FILE = "priority.json"
LEAST_REVIEWS = 40  # decided records, of them at least LEAST_OF_EACH right and wrong
LEAST_OF_EACH = 10
NOVELTY = 1.0  # a record whose parties are all new counts twice
WRONG, RIGHT = "wrong", "right"


def party_names(record: DealRecord) -> frozenset[str]:
    """The folded canonical names of a record's parties."""
    return frozenset(fold_party(party.name) for party in (*record.buyer, *record.seller))


def novelty(record: DealRecord, known: frozenset[str]) -> float:
    """The share of a record's parties that no reviewed record has; 1 where it has none."""
    names = party_names(record)
    return len(names - known) / len(names) if names else 1.0


def priority_features(record: DealRecord, known: frozenset[str]) -> dict[str, float]:
    """What the chance of being wrong is judged by.

    Args:
        record: as the extractor made it.
        known: parties of reviewed records.
    """
    slots = record.slot_confidence.values()
    parties = (*record.buyer, *record.seller)
    return {
        "confidence": record.confidence,
        "least_slot": min(slots, default=record.confidence),
        "novelty": novelty(record, known),
        "unknown_party": float(any(party.gazetteer_id is None for party in parties)),
        "parties": float(min(5, len(parties))),
        "no_buyer": float(not record.buyer),
        "no_seller": float(not record.seller),
        "no_amount": float(record.amount is None),
        "vague": float(record.amount is not None and record.amount.value is None),
        "magnitude": float(np.log10(1 + amount_sort(record.amount))) / 10,
        f"kind={record.kind.value}": 1.0,
        f"status={record.status.value}": 1.0,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """What the order of the queue is made of.

    Attributes:
        known: folded names of the parties that reviewers have met.
        model: chance of being wrong or right; None where there are too few reviews to learn from.
        reviews: how many decided records it was learned from.
    """

    known: frozenset[str] = frozenset()
    model: LinearModel | None = None
    reviews: int = 0

    def wrong(self, record: DealRecord) -> float:
        """The chance that a record needs a correction or is none."""
        if self.model is None:
            return 1.0 - record.confidence
        return self.model.predict(priority_features(record, self.known)).get(WRONG, 0.0)

    def worth(self, record: DealRecord) -> float:
        """How much a look at a record is worth; only the order means something.

        The chance of being wrong, times the amount (a record without one counts a little), more
        for parties that nobody has met.
        """
        stake = amount_sort(record.amount) + AMOUNT_UNTOLD
        return self.wrong(record) * stake * (1.0 + NOVELTY * novelty(record, self.known))

    def doubt(self, record: DealRecord) -> float:
        """The same without the amount: what a look teaches the extractor."""
        return self.wrong(record) * (1.0 + NOVELTY * novelty(record, self.known))


def learn_priority(reviews: Iterable[ReviewedRecord]) -> Priority:
    """Learn from decisions which records need a hand.

    Args:
        reviews: decided records; missed deals have no record that could have been looked at, and
            only make their parties known.
    """
    decided = list(reviews)
    known = frozenset().union(*(party_names(r.after) for r in decided if r.after is not None))
    looked_at = [(r.before, r.verdict) for r in decided if r.before is not None]
    labels = [RIGHT if verdict is Verdict.ACCEPTED else WRONG for _, verdict in looked_at]
    enough = (
        len(labels) >= LEAST_REVIEWS
        and min(labels.count(RIGHT), labels.count(WRONG)) >= LEAST_OF_EACH
    )
    if not enough:
        return Priority(known=known, reviews=len(labels))
    # While it is learned no party counts as known: each record would know its own.
    features = [priority_features(record, frozenset()) for record, _ in looked_at]
    return Priority(known=known, model=_fit(features, labels), reviews=len(labels))


def _fit(features: Sequence[Mapping[str, float]], labels: Sequence[str]) -> LinearModel:
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    kept = [{k: v for k, v in row.items() if k != "novelty"} for row in features]
    vectorizer = DictVectorizer(sparse=False)
    model = LogisticRegression(C=1.0, max_iter=2000)
    model.fit(vectorizer.fit_transform(kept), labels)
    weights = np.asarray(model.coef_)[0]
    first, second = (str(c) for c in model.classes_)
    return LinearModel(
        classes=(first, second),
        weights={
            str(name): (-float(w) / 2, float(w) / 2)
            for name, w in zip(vectorizer.get_feature_names_out(), weights, strict=True)
        },
        bias=(-float(model.intercept_[0]) / 2, float(model.intercept_[0]) / 2),
    )


def save_priority(priority: Priority, path: Path) -> None:
    """Write what was learned as JSON."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "reviews": priority.reviews,
        "known": sorted(priority.known),
        "model": model_to_data(priority.model) if priority.model else None,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    half.write_text(json.dumps(data, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    half.replace(path)


def load_priority(path: Path) -> Priority:
    """What `save_priority` wrote; the extractor's confidence alone where there is no file.

    Raises:
        ModelError: damaged, or of another format.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Priority()
    except (OSError, ValueError) as error:
        msg = f"{path}: cannot be read ({error}); make it again with `torihiki learn queue`"
        raise ModelError(msg) from error
    try:
        if data["format"] != FORMAT:
            msg = f"{path}: format {data['format']!r}; make it again with `torihiki learn queue`"
            raise ModelError(msg)
        model = data["model"]
        return Priority(
            known=frozenset(data["known"]),
            model=LinearModel(
                classes=tuple(model["classes"]),
                weights={name: tuple(row) for name, row in model["weights"].items()},
                bias=tuple(model["bias"]),
            )
            if model
            else None,
            reviews=int(data["reviews"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"{path}: of another form ({error!r}); make it again with `torihiki learn queue`"
        raise ModelError(msg) from error
