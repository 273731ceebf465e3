"""Train the confidence: of the records at 0.9, nine in ten must be right.

A record's chance of being right is learned from records of articles that the scorer had not seen;
those of its own training would be too good.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.assemble import assemble
from pipeline.assemble.build import build_records
from pipeline.assemble.confidence import confidence_features
from pipeline.assemble.scorer import Scorer
from pipeline.evaluate import compared_deal
from pipeline.evaluate.matching import CORE, agreement, pair_deals
from pipeline.learn.replay import VERSION, Laid
from pipeline.learn.reviewed import gold_deal
from pipeline.learn.scorer import Examples, Labelled, fit_linear, train_scorer

RIGHT, WRONG = "right", "wrong"
_FOLDS = 4
_ASSEMBLED = 0.25  # probability of a quantity from which its deal is assembled and judged
_INVERSE_REGULARISATION = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of assembled deals: the same features under two questions.

    Attributes:
        found: is it a deal of the article?
        whole: is it one, with all core slots right?
    """

    found: Examples
    whole: Examples


def judged_examples(items: Sequence[Laid], scorer: Scorer) -> Judged:
    """One example a deal that the scorer assembles, compared with the annotated ones."""
    found = Examples(features=[], labels=[], docs=[])
    whole = Examples(features=[], labels=[], docs=[])
    for item in items:
        deals = assemble(item.reading, scorer, deal_floor=_ASSEMBLED)
        records = build_records(
            item.document.article, item.reading, deals, version=VERSION, scorer=scorer
        )
        gold = [compared_deal(deal) for deal in item.document.deals]
        pred = [compared_deal(gold_deal(record)) for record in records]
        pairs = {j: i for i, j in pair_deals(gold, pred)}
        for index, deal in enumerate(deals):
            features = confidence_features(item.reading, deal)
            right = index in pairs and all(
                len({*agreement(slot, gold[pairs[index]], pred[index])}) == 1 for slot in CORE
            )
            for examples, good in ((found, index in pairs), (whole, right)):
                examples.features.append(features)
                examples.labels.append(RIGHT if good else WRONG)
                examples.docs.append(item.document.article.source)
    return Judged(found=found, whole=whole)


def train_confident(items: Sequence[Laid], lessons: Sequence[Labelled], *, version: str) -> Scorer:
    """A scorer with its confidence.

    Args:
        items: annotated articles, laid out; one may come in several layouts.
        lessons: what to learn from beside them.
        version: name of the scorer.
    """
    folds: dict[str, int] = {}
    for item in items:
        folds.setdefault(item.document.article.id, len(folds) % _FOLDS)
    found = Examples(features=[], labels=[], docs=[])
    whole = Examples(features=[], labels=[], docs=[])
    for fold in range(_FOLDS):
        test = [item for item in items if folds[item.document.article.id] == fold]
        train = [item.labelled for item in items if folds[item.document.article.id] != fold]
        judged = judged_examples(test, train_scorer(train, lessons, version=version))
        for examples, more in ((found, judged.found), (whole, judged.whole)):
            examples.features.extend(more.features)
            examples.labels.extend(more.labels)
            examples.docs.extend(more.docs)
    scorer = train_scorer([item.labelled for item in items], lessons, version=version)
    both = {RIGHT, WRONG}
    if {*found.labels} != both or {*whole.labels} != both:
        return scorer
    return replace(
        scorer,
        keep=fit_linear(found, inverse_regularisation=_INVERSE_REGULARISATION),
        confidence=fit_linear(whole, inverse_regularisation=_INVERSE_REGULARISATION),
    )
