"""What reviewers decided, as learning sees it: records before and after, article by article.

Pure; `pipeline/learn/from_store.py` reads it out of the database, `from_annotations.py` out of
annotated files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pipeline.article import Article
from pipeline.record import DealRecord, to_gold

GoldDeal = Mapping[str, Any]
"""A deal in the slots of the annotation guideline; a party is a list of names."""


class Verdict(StrEnum):
    """What a reviewer made of a record."""

    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    REJECTED = "rejected"
    MISSED = "missed"  # a deal that the extractor did not find


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedRecord:
    """One record that a human has decided about.

    Attributes:
        article_id: fingerprint of its article.
        before: what the extractor said, None for a missed deal.
        after: what holds, None for a rejected record.
        verdict: what the reviewer did; fits `before` and `after`.
        extractor_version: what made `before`, "" for a missed deal.
        deal_id: the deal of the ledger that it belongs to, None where it is not linked.
        reason: why it was rejected, "" where not told.

    Raises:
        ValueError: where verdict, `before` and `after` do not fit together.
    """

    article_id: str
    before: DealRecord | None
    after: DealRecord | None
    verdict: Verdict
    extractor_version: str = ""
    deal_id: str | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        lacks_before = self.verdict is Verdict.MISSED
        lacks_after = self.verdict is Verdict.REJECTED
        if (self.before is None) != lacks_before or (self.after is None) != lacks_after:
            msg = f"a {self.verdict} record of article {self.article_id} with before/after amiss"
            raise ValueError(msg)

    @property
    def record(self) -> DealRecord:
        """What holds, or what was rejected."""
        found = self.after or self.before
        if found is None:  # __post_init__ does not let this happen
            msg = f"a review of article {self.article_id} without any record"
            raise ValueError(msg)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedArticle:
    """An article with all that was decided about its records.

    Attributes:
        article: the source.
        records: decided records.
        complete: whether nothing of it waits for a decision, so that what is no deal here is known
            to be none. An incomplete article teaches from its decided records only.
    """

    article: Article
    records: tuple[ReviewedRecord, ...]
    complete: bool = True

    @property
    def deals(self) -> tuple[GoldDeal, ...]:
        """The deals that hold, in the slots of the guideline."""
        return tuple(gold_deal(r.after) for r in self.records if r.after is not None)


def gold_deal(record: DealRecord) -> GoldDeal:
    """A record as an annotated deal: a party is the list of its names, canonical name first."""
    deal = to_gold(record)
    for side in ("buyer", "seller"):
        deal[side] = [[party["name"], *party["aliases"]] for party in deal[side]]
    return deal
