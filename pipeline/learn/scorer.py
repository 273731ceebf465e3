"""Train the assembly's scorer on annotated articles: which quantities tell deals, who plays which role.

The features come from pipeline/assemble, the very functions that extraction uses. Training takes
seconds; the annotation of the articles before it takes most of the time.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from pipeline.assemble.candidate import KINDS, names_in_scope, score_candidate
from pipeline.assemble.casting import ROLE_FLOOR, cast_features, cast_parties, gather_claims
from pipeline.assemble.deal import Deal
from pipeline.assemble.features import Features, anchor_features, name_features
from pipeline.assemble.party import fold_name
from pipeline.assemble.reading import Anchor, Reading
from pipeline.assemble.rules import NONE
from pipeline.assemble.scorer import FITS, OTHER, LinearModel, Scorer
from pipeline.assemble.slots import chip_features, chips_in_scope, term_features, terms_in_scope
from pipeline.errors import ModelError
from pipeline.evaluate.deals import fold_chip
from pipeline.mention import Mention, MentionKind
from pipeline.values import Capacity, Count, Money

GoldDeal = Mapping[str, Any]
_TOLERANCE = 0.005
_FOLDS = 4
_CLASSES = 2  # at least, to tell apart
# Inverse regularisation, chosen by cross-validation over articles.
_ANCHOR_C = _ROLE_C = _CASTING_C = _FILLING_C = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One article laid out, with the deals that a reader found in it."""

    doc: str
    reading: Reading
    deals: Sequence[GoldDeal]

    @property
    def source(self) -> str:
        """The first folder of the article's path."""
        return self.doc.split("/")[0]


def _close(first: float | None, second: float | None) -> bool:
    if first is None or second is None:
        return False
    return abs(first - second) <= _TOLERANCE * max(abs(first), abs(second), 1e-9)


def _money_matches(money: Money, deal: GoldDeal) -> bool:
    amount = deal["amount"]
    if not amount or amount["currency"] != money.currency:
        return False
    value = float(money.value) if money.value is not None else None
    low = float(money.low) if money.low is not None else None
    if amount.get("value") is None:
        return _close(amount.get("low"), low)
    return _close(amount["value"], value) or _close(deal.get("amount_max"), value)


def matches(anchor: Anchor, deal: GoldDeal) -> bool:
    """Whether a quantity is the amount, ceiling, count or capacity of an annotated deal."""
    value = anchor.mention.value
    if isinstance(value, Money):
        rendered = anchor.rendering is not None and _money_matches(anchor.rendering.value, deal)
        return _money_matches(value, deal) or rendered
    least = float(value.least) if value.least is not None else None
    if anchor.kind is MentionKind.COUNT:
        return _close((deal.get("count") or {}).get("value"), least)
    return _close(deal.get("capacity_mw"), least)


def _names(parties: Iterable[Any]) -> set[str]:
    return {fold_name(name) for party in parties for name in party}


def role_of(reading: Reading, entity: str, deal: GoldDeal) -> str:
    """buyer, seller or none: the role that an annotated deal gives to an entity of the article."""
    known = reading.cast.entities[entity]
    forms = {fold_name(s) for s in (*known.surfaces, known.name)}
    for role in ("buyer", "seller"):
        if forms & _names(deal[role]):
            return role
    return NONE


def deal_of(reading: Reading, anchor: Anchor, deals: Sequence[GoldDeal]) -> GoldDeal | None:
    """The annotated deal that a quantity tells; of several with its value, that of the names near."""
    fitting = [deal for deal in deals if matches(anchor, deal)]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    near = {n.mention.entity for n in reading.sentences[anchor.sentence].names}

    def shared(deal: GoldDeal) -> int:
        return sum(1 for entity in near if role_of(reading, entity, deal) != NONE)

    return max(fitting, key=shared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Features with their labels, and the article that each came from."""

    features: list[Features]
    labels: list[str]
    docs: list[str]


def anchor_examples(articles: Iterable[Labelled]) -> Examples:
    """One example a quantity: its kind of deal, or none."""
    out = Examples(features=[], labels=[], docs=[])
    for article in articles:
        for anchor in article.reading.anchors:
            deal = deal_of(article.reading, anchor, article.deals)
            out.features.append(anchor_features(article.reading, anchor))
            out.labels.append(deal["kind"] if deal else NONE)
            out.docs.append(article.doc)
    return out


def role_examples(articles: Iterable[Labelled]) -> Examples:
    """One example for each name in scope of a quantity that tells a deal."""
    out = Examples(features=[], labels=[], docs=[])
    for article in articles:
        reading = article.reading
        for anchor in reading.anchors:
            deal = deal_of(reading, anchor, article.deals)
            if deal is None:
                continue
            for sentence, name in names_in_scope(reading, anchor):
                out.features.append(name_features(reading, anchor, deal["kind"], sentence, name))
                out.labels.append(role_of(reading, name.mention.entity, deal))
                out.docs.append(article.doc)
    return out


def fit_linear(
    examples: Examples, *, inverse_regularisation: float, least_seen: int = 2
) -> LinearModel:
    """A multinomial logistic regression over named features; rare features are left out.

    Deterministic: the same examples give the same weights.

    Raises:
        ModelError: the examples are of one class, or there are none.
    """
    if len({*examples.labels}) < _CLASSES:
        msg = "too little to learn from: all examples are of one kind; annotate or review more"
        raise ModelError(msg)
    seen: dict[str, int] = {}
    for features in examples.features:
        for name in features:
            seen[name] = seen.get(name, 0) + 1
    kept = [{n: v for n, v in f.items() if seen[n] >= least_seen} for f in examples.features]
    vectorizer = DictVectorizer(sparse=True)
    matrix = vectorizer.fit_transform(kept)
    model = LogisticRegression(C=inverse_regularisation, max_iter=500, solver="newton-cg")
    with threadpool_limits(
        1
    ):  # on a busy machine, threads that wait for each other take 20 times as long
        model.fit(matrix, examples.labels)
    coefficients = np.asarray(model.coef_)
    intercepts = np.asarray(model.intercept_)
    if len(model.classes_) == _CLASSES:
        coefficients = np.vstack([-coefficients[0] / 2, coefficients[0] / 2])
        intercepts = np.array([-intercepts[0] / 2, intercepts[0] / 2])
    names = vectorizer.get_feature_names_out()
    weights = {
        str(name): tuple(float(w) for w in coefficients[:, index])
        for index, name in enumerate(names)
        if np.abs(coefficients[:, index]).max() >= 0.002
    }
    return LinearModel(
        classes=tuple(str(c) for c in model.classes_),
        weights=weights,
        bias=tuple(float(b) for b in intercepts),
    )


def casting_examples(articles: Iterable[Labelled], scorer: Scorer) -> Examples:
    """One example for each entity in scope of an annotated deal, from the scorer's own votes.

    The scorer must not have seen the articles: its votes on what it learned are too sure.
    """
    out = Examples(features=[], labels=[], docs=[])
    for article in articles:
        reading = article.reading
        for deal in article.deals:
            told = [
                score_candidate(reading, anchor, scorer)
                for anchor in reading.anchors
                if deal_of(reading, anchor, article.deals) is deal
            ]
            claims = gather_claims(told)
            for entity in sorted({e for e, _ in claims}):
                out.features.append(cast_features(reading, deal["kind"], claims, entity, len(told)))
                out.labels.append(role_of(reading, entity, deal))
                out.docs.append(article.doc)
    return out


def _told_deal(reading: Reading, told: GoldDeal, anchors: Sequence[Anchor], votes: Scorer) -> Deal:
    """An annotated deal as the assembly would hold it before its term and chips are found."""
    deal = Deal(
        candidates=[score_candidate(reading, anchor, votes) for anchor in anchors],
        kind=told["kind"],
        probability=1.0,
    )
    for anchor in anchors:
        if anchor.kind is MentionKind.COUNT:
            deal.count = cast("Mention[Count]", anchor.mention)
        elif anchor.kind is MentionKind.CAPACITY:
            deal.capacity = cast("Mention[Capacity]", anchor.mention)
    deal.parties = cast_parties(reading, deal.candidates, deal.kind, ROLE_FLOOR, votes)
    return deal


def _fillings(reading: Reading, told: GoldDeal, deal: Deal) -> Iterator[tuple[Features, bool]]:
    """The lengths and chips in scope of an annotated deal, and whether they belong to it."""
    for sentence, term in terms_in_scope(reading, deal):
        value = term.value.value
        fits = value is not None and _close(told.get("term_months"), float(value))
        yield term_features(reading, deal, sentence, term), fits
    if told["kind"] in ("supply", "capex"):
        models = {fold_chip(chip) for chip in told.get("chips") or ()}
        for sentence, chip in chips_in_scope(reading, deal):
            fits = fold_chip(chip.value.model) in models
            yield chip_features(reading, deal, sentence, chip), fits


def filling_examples(articles: Iterable[Labelled], votes: Scorer) -> Examples:
    """One example for each length and chip in scope of an annotated deal: does it belong to it?

    Args:
        articles: annotated articles.
        votes: casts the parties, by which sentences beside are told apart.
    """
    out = Examples(features=[], labels=[], docs=[])
    for article in articles:
        reading = article.reading
        for told in article.deals:
            anchors = [a for a in reading.anchors if deal_of(reading, a, article.deals) is told]
            if not anchors:
                continue
            deal = _told_deal(reading, told, anchors, votes)
            for features, fits in _fillings(reading, told, deal):
                out.features.append(features)
                out.labels.append(FITS if fits else OTHER)
                out.docs.append(article.doc)
    return out


def _filling_model(articles: Iterable[Labelled], votes: Scorer) -> LinearModel | None:
    examples = filling_examples(articles, votes)
    if {*examples.labels} != {FITS, OTHER}:
        return None
    return fit_linear(examples, inverse_regularisation=_FILLING_C)


def _votes_model(articles: Sequence[Labelled], version: str) -> Scorer:
    return Scorer(
        version=version,
        anchors=fit_linear(anchor_examples(articles), inverse_regularisation=_ANCHOR_C),
        roles=fit_linear(role_examples(articles), inverse_regularisation=_ROLE_C),
    )


def train_scorer(
    articles: Sequence[Labelled], lessons: Sequence[Labelled] = (), *, version: str
) -> Scorer:
    """The anchor, role, casting and filling models from annotated articles, without confidence.

    The casting learns from votes on articles held out from those who vote.

    Args:
        articles: what to learn from.
        lessons: what to learn from beside them; never held out.
        version: name of the scorer, written into every record that it helps to make.
    """
    casting = Examples(features=[], labels=[], docs=[])
    for train, test in folds_by_article(articles, _FOLDS):
        held_out = casting_examples(test, _votes_model([*train, *lessons], version))
        casting.features.extend(held_out.features)
        casting.labels.extend(held_out.labels)
        casting.docs.extend(held_out.docs)
    votes = _votes_model([*articles, *lessons], version)
    return replace(
        votes,
        casting=fit_linear(casting, inverse_regularisation=_CASTING_C),
        filling=_filling_model([*articles, *lessons], votes),
    )


def folds_by_article(
    articles: Sequence[Labelled], folds: int
) -> list[tuple[list[Labelled], list[Labelled]]]:
    """(train, test) pairs over `folds` parts; articles are dealt out in order."""
    parts: list[list[Labelled]] = [list(articles[i::folds]) for i in range(folds)]
    return [
        (list(itertools.chain.from_iterable(parts[:i] + parts[i + 1 :])), parts[i])
        for i in range(folds)
    ]


__all__ = ["KINDS", "Labelled", "train_scorer"]
