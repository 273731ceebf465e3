"""What reviews are worth: reviewers work through articles in batches, and a scorer learns after each.

Annotated articles stand for what reviewers would find. In the order of the queue the articles whose
records are most in doubt come first; in random order they come as they may.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.assemble.scorer import Scorer
from pipeline.errors import ModelError
from pipeline.evaluate import figures
from pipeline.learn.from_annotations import annotated_record, review_by_annotations
from pipeline.learn.priority import Priority, learn_priority
from pipeline.learn.replay import Laid, compare_replayed, replay
from pipeline.learn.reviewed import ReviewedRecord
from pipeline.learn.scorer import Labelled, train_scorer

BATCH = 25  # articles


class Order(StrEnum):
    """In which order articles are reviewed."""

    QUEUE = "queue"
    RANDOM = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What was reached after some reviews.

    Attributes:
        order, seed: which run.
        articles: reviewed so far.
        reviews: records decided or added so far.
        core, deal, record: F1 on the test articles.
        precision: of the core slots.
        recall: of the core slots.
    """

    order: Order
    seed: int
    articles: int
    reviews: int
    core: float
    deal: float
    record: float
    precision: float
    recall: float


def _reviews(item: Laid, scorer: Scorer | None) -> tuple[ReviewedRecord, ...]:
    """What a reviewer decides about an article's records as the extractor makes them now."""
    article = item.document.article
    annotated = [
        annotated_record(article, {"evidence": [], **deal}, (), index=k)
        for k, deal in enumerate(item.document.deals)
    ]
    return review_by_annotations(article, annotated, replay(item, scorer)).records


def _next(
    waiting: Sequence[Laid],
    order: Order,
    scorer: Scorer | None,
    priority: Priority,
    draw: random.Random,
    batch: int,
) -> list[Laid]:
    """The articles that come next; of articles equally in doubt (none has a record) any.

    The queue shows records; an article is as much in doubt as its records together.
    """
    shuffled = draw.sample(list(waiting), len(waiting))
    if order is Order.QUEUE:
        doubt = {
            id(item): sum(priority.doubt(record) for record in replay(item, scorer))
            for item in shuffled
        }
        shuffled.sort(key=lambda item: -doubt[id(item)])
    return shuffled[:batch]


def _point(
    order: Order,
    seed: int,
    seen: Sequence[Laid],
    reviews: int,
    scorer: Scorer | None,
    test: Sequence[Laid],
) -> Point:
    found = figures(compare_replayed(test, scorer))
    return Point(
        order=order,
        seed=seed,
        articles=len(seen),
        reviews=reviews,
        core=found["core"].f1,
        deal=found["deal"].f1,
        record=found["record"].f1,
        precision=found["core"].precision,
        recall=found["core"].recall,
    )


def _run(
    train: Sequence[Laid],
    test: Sequence[Laid],
    lessons: Sequence[Labelled],
    order: Order,
    seed: int,
    batch: int,
) -> Iterable[Point]:
    draw = random.Random(seed)  # noqa: S311 - a draw of articles, no secret
    waiting, seen = list(train), list[Laid]()
    decided: list[ReviewedRecord] = []
    scorer: Scorer | None = None
    priority = Priority()
    yield _point(order, seed, seen, 0, scorer, test)
    while waiting:
        first = order if seen else Order.RANDOM  # nothing is known yet, both begin alike
        chosen = _next(waiting, first, scorer, priority, draw, batch)
        taken = {id(item) for item in chosen}
        waiting = [item for item in waiting if id(item) not in taken]
        for item in chosen:
            decided += _reviews(item, scorer)
        seen += chosen
        known = [item.labelled for item in seen]
        scorer = train_scorer(known, lessons, version=f"simulation-{len(seen)}")
        priority = learn_priority(decided)
        yield _point(order, seed, seen, len(decided), scorer, test)


def simulate(
    train: Sequence[Laid],
    test: Sequence[Laid],
    *,
    lessons: Sequence[Labelled] = (),
    seeds: Sequence[int] = (0, 1, 2),
    batch: int = BATCH,
    on_point: Callable[[Point], None] = lambda _: None,
) -> list[Point]:
    """Curves of F1 on the test articles against reviews, in queue order and in random order.

    With the same seed both orders begin with the same batch.

    Args:
        train: articles that wait for review.
        test: articles to measure on, told apart from those.
        lessons: what the scorer learns from beside the reviews.
        seeds: one run of each order a seed.
        batch: articles between two trainings.
        on_point: told each point as it is reached.

    Raises:
        ModelError: a batch of none, no articles, or articles that are both reviewed and measured on.
    """
    ids = {item.document.article.id for item in train}
    shared = [item for item in test if item.document.article.id in ids]
    if batch < 1 or not train or not test or shared:
        msg = (
            f"nothing to simulate: {len(train)} articles to review, {len(test)} to measure on,"
            f" {len(shared)} of them the same, {batch} a batch"
        )
        raise ModelError(msg)
    points = []
    for seed in seeds:
        for order in Order:
            for point in _run(train, test, lessons, order, seed, batch):
                on_point(point)
                points.append(point)
    return points
