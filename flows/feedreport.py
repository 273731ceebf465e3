"""What a run over feeds did: feed by feed, in numbers and as the Markdown that it leaves behind."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from flows.report import Outcome, duration, table

_SHOWN = 50


class Ended(StrEnum):
    """How the poll of a feed ended."""

    READ = "read"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    PAUSED = "paused"  # its server asked for a pause
    BUSY = "busy"  # another run is at it
    SKIPPED = "skipped"  # not due, fresh, resting after failures


@dataclass(slots=True, kw_only=True)
class PollReport:
    """What came of one feed in a run.

    Attributes:
        reason: why it failed, or was skipped.
        entries: in its document.
        new: entries not seen before.
        changed: entries with other words, or said to be updated.
        left_out: new entries that the user's options leave out.
        repeated: entries that repeat another of the document.
        articles: texts that the database did not have.
        versions: of these, next versions of a story.
        known: texts that it had, brought by another feed or file.
        copies: texts that are nearly the same as another.
        pages: pages fetched.
        partial: articles of which the page could not be had.
        paywalled: articles that the site shows in part.
        empty: pages without text.
        failed: entries that cannot be had, for good.
        put_off: entries whose page is tried again later.
        waiting: entries left for the next poll.
        problems: (URL, reason) of the first entries that failed or were put off.
        warnings: what is wrong with the document although it could be read.
    """

    name: str
    url: str
    ended: Ended = Ended.READ
    reason: str | None = None
    entries: int = 0
    new: int = 0
    changed: int = 0
    left_out: int = 0
    repeated: int = 0
    articles: int = 0
    versions: int = 0
    known: int = 0
    copies: int = 0
    pages: int = 0
    partial: int = 0
    paywalled: int = 0
    empty: int = 0
    failed: int = 0
    put_off: int = 0
    waiting: int = 0
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    problems: list[tuple[str, str]] = field(default_factory=list)

    def note_problem(self, url: str, reason: str) -> None:
        """Keep one of the first problems, to be shown."""
        if len(self.problems) < _SHOWN:
            self.problems.append((url, reason))


_NUMBERS = (
    "entries", "new", "changed", "left_out", "repeated", "articles", "versions", "known", "copies",
    "pages", "partial", "paywalled", "empty", "failed", "put_off", "waiting",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class FeedsOutcome:
    """A run's numbers.

    Attributes:
        run_id: its number in the database.
        extraction: what the extractor did.
        polls: a report for every feed.
        linked: records that were linked into deals.
        deals: deals that are new or changed by that.
        told: messages sent.
        untold: messages that could not be sent; they are tried again.
    """

    run_id: int
    extraction: Outcome
    polls: list[PollReport] = field(default_factory=list)
    linked: int = 0
    deals: int = 0
    told: int = 0
    untold: int = 0
    seconds: float = 0.0

    def ended(self, how: Ended) -> list[PollReport]:
        """The feeds that ended so."""
        return [poll for poll in self.polls if poll.ended is how]

    def total(self, name: str) -> int:
        """A number summed over all feeds."""
        return sum(getattr(poll, name) for poll in self.polls)

    @property
    def is_clean(self) -> bool:
        """Whether nothing failed: no feed, no entry, no article."""
        return not (self.ended(Ended.FAILED) or self.total("failed") or self.extraction.failed)

    def counts(self) -> dict[str, Any]:
        """The numbers as JSON, as `runs` keeps them."""
        ends = Counter(poll.ended.value for poll in self.polls)
        return {
            "feeds": dict(ends),
            **{name: self.total(name) for name in _NUMBERS},
            "extracted": self.extraction.extracted,
            "extraction_failed": self.extraction.failed,
            "records": asdict(self.extraction.changes),
            "kinds": dict(self.extraction.kinds.most_common()),
            "linked": self.linked,
            "deals": self.deals,
            "told": self.told,
            "untold": self.untold,
            "seconds": round(self.seconds, 3),
        }


def markdown(outcome: FeedsOutcome) -> str:
    """The run's closing report, left as an artifact."""
    extraction, changes = outcome.extraction, outcome.extraction.changes
    parts = [
        f"# Feeds run {outcome.run_id}",
        f"Extractor `{extraction.extractor_version}`, {duration(outcome.seconds)}.",
        "## Entries",
        table(
            ("entries", "number"),
            [
                ("new", outcome.total("new")),
                ("changed", outcome.total("changed")),
                ("left out by options", outcome.total("left_out")),
                ("repeated within a document", outcome.total("repeated")),
                ("articles new to the database", outcome.total("articles")),
                ("… that are next versions", outcome.total("versions")),
                ("the same text as another source", outcome.total("known")),
                ("nearly the same text as another", outcome.total("copies")),
                ("pages fetched", outcome.total("pages")),
                ("paywalled", outcome.total("paywalled")),
                ("only what the feed tells", outcome.total("partial")),
                ("pages without text", outcome.total("empty")),
                ("put off", outcome.total("put_off")),
                ("left for the next poll", outcome.total("waiting")),
                ("failed", outcome.total("failed")),
                ("articles that the extractor could not read", extraction.failed),
            ],
        ),
        "## Records",
        table(
            ("records", "number"),
            [
                ("new", changes.new),
                ("replaced", changes.replaced),
                ("gone", changes.deleted),
                ("flagged: differs from a human's word", changes.flagged),
                ("linked into deals", outcome.linked),
                ("deals that are new or changed", outcome.deals),
                *((f"kind {kind}", number) for kind, number in extraction.kinds.most_common()),
            ],
        ),
        "## Feeds",
        table(
            ("feed", "ended", "entries", "new", "changed", "articles", "seconds", "reason"),
            [_feed_row(poll) for poll in outcome.polls if poll.ended is not Ended.SKIPPED],
        ),
    ]
    skipped = outcome.ended(Ended.SKIPPED)
    if skipped:
        why = Counter(poll.reason or "" for poll in skipped)
        said = ", ".join(f"{number} {reason}" for reason, number in why.most_common())
        parts.append(f"{len(skipped)} feeds were not asked: {said}.")
    parts += _problems(outcome)
    return "\n\n".join(parts) + "\n"


def _feed_row(poll: PollReport) -> Sequence[object]:
    numbers = (poll.entries, poll.new, poll.changed, poll.articles)
    said = poll.reason or "; ".join(poll.warnings)
    return (poll.name, poll.ended.value, *numbers, f"{poll.seconds:.1f}", said or "–")


def _problems(outcome: FeedsOutcome) -> Iterable[str]:
    rows = [(poll.name, url, reason) for poll in outcome.polls for url, reason in poll.problems]
    rows += [("extractor", item.source, item.reason) for item in outcome.extraction.failures]
    if not rows:
        return
    yield "## Problems"
    yield table(("feed", "entry", "reason"), rows[:_SHOWN])
    if len(rows) > _SHOWN:
        yield f"… and {len(rows) - _SHOWN:,} more."
