"""What a run did, in numbers and as the Markdown that it leaves behind."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from flows.intake import Tally
from flows.work import BatchReport
from pipeline.errors import Quarantined
from pipeline.store import Changes, Failure

_SHOWN = 50


@dataclass(slots=True)
class Outcome:
    """A run's numbers.

    Attributes:
        run_id: its number in the database; None for a dry run.
        extractor_version: what it worked with.
        tally: what it read.
        extracted: articles that it extracted.
        characters: how long they were together.
        elsewhere: articles that another run extracted while this one waited for it.
        changes: in the stored records.
        kinds: kind → records found.
        dropped: gate reason → passages.
        failed: articles that the extractor could not read.
        failures: the first of them with their reasons, to be shown.
        linked: records that were linked into deals.
        deals: how many deals are new or changed by that.
        news: what became known of them, in lines of the log of changes.
        batches: how many were done.
        work_seconds: the workers' time, summed.
        seconds: from beginning to end.
    """

    run_id: int | None
    extractor_version: str
    tally: Tally
    extracted: int = 0
    characters: int = 0
    elsewhere: int = 0
    changes: Changes = field(default_factory=Changes)
    kinds: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    failures: list[Quarantined] = field(default_factory=list)
    linked: int = 0
    deals: int = 0
    news: int = 0
    batches: int = 0
    work_seconds: float = 0.0
    seconds: float = 0.0

    def add(self, report: BatchReport) -> None:
        """Count a batch."""
        self.batches += 1
        self.extracted += report.articles
        self.characters += report.characters
        self.changes += report.changes
        self.kinds.update(report.kinds)
        self.dropped.update(report.dropped)
        self.work_seconds += report.seconds
        self.put_aside(report.failures)

    def put_aside(self, failures: Sequence[Failure]) -> None:
        """Count articles that could not be read."""
        self.failed += len(failures)
        self.failures.extend(
            Quarantined(source=failure.source, step="extract", reason=failure.reason)
            for failure in failures[: _SHOWN - len(self.failures)]
        )

    @property
    def is_clean(self) -> bool:
        """Whether nothing failed."""
        return self.failed == 0 and self.tally.quarantined == 0

    def counts(self) -> dict[str, Any]:
        """The numbers as JSON, as `runs` keeps them."""
        read = asdict(self.tally)
        del read["failed"]
        return {
            **read,
            "extracted": self.extracted,
            "characters": self.characters,
            "elsewhere": self.elsewhere,
            "records": asdict(self.changes),
            "kinds": dict(self.kinds.most_common()),
            "dropped": dict(self.dropped.most_common()),
            "failed": self.failed,
            "linked": self.linked,
            "deals": self.deals,
            "news": self.news,
            "batches": self.batches,
            "work_seconds": round(self.work_seconds, 3),
            "seconds": round(self.seconds, 3),
        }


def rate(amount: float, seconds: float) -> str:
    """So many a second, readable."""
    return f"{amount / seconds:,.1f}" if seconds > 0 else "–"


def duration(seconds: float) -> str:
    """Hours, minutes and seconds: 1:02:03."""
    return str(timedelta(seconds=round(seconds)))


def markdown(outcome: Outcome) -> str:
    """The run's closing report."""
    tally, changes = outcome.tally, outcome.changes
    title = f"# Archive run {outcome.run_id}" if outcome.run_id else "# Archive, dry run"
    parts = [
        title,
        f"Extractor `{outcome.extractor_version}`, {duration(outcome.seconds)}.",
        "## Articles",
        table(
            ("articles", "number"),
            [
                ("read", tally.read),
                ("extracted", outcome.extracted),
                ("done already", tally.done),
                ("done by another extractor version (`--rerun changed`)", tally.outdated),
                ("failed before (`--rerun failed`)", tally.failed_before),
                ("extracted by another run meanwhile", outcome.elsewhere),
                ("the same text at another place", tally.copies),
                ("nearly the same text as another", tally.near_duplicates),
                ("older than asked for", tally.too_old),
                ("without date", tally.undated),
                ("left by the limit", tally.over_limit),
                ("failed", outcome.failed),
                ("inputs quarantined", tally.quarantined),
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
                ("unchanged", changes.unchanged),
                ("linked into deals", outcome.linked),
                ("deals new or changed", outcome.deals),
                ("news of deals", outcome.news),
            ],
        ),
    ]
    if outcome.kinds:
        parts += ["## By kind", table(("kind", "records"), outcome.kinds.most_common())]
    if outcome.dropped:
        parts += ["## Dropped", table(("reason", "passages"), outcome.dropped.most_common())]
    if outcome.extracted:
        parts += [
            "## Rates",
            ", ".join(
                (
                    f"{rate(outcome.extracted, outcome.seconds)} articles/s",
                    f"{rate(outcome.characters, outcome.seconds)} characters/s",
                    f"{outcome.batches} batches",
                    f"{outcome.work_seconds:,.1f} s of work",
                )
            ),
        ]
    parts += _failures([*tally.failed, *outcome.failures], tally.quarantined + outcome.failed)
    return "\n\n".join(parts) + "\n"


def _failures(shown: Sequence[Quarantined], total: int) -> list[str]:
    if not total:
        return []
    rows = [(item.source, item.step, item.reason) for item in shown[:_SHOWN]]
    parts = ["## Quarantined", table(("source", "step", "reason"), rows)]
    if total > len(rows):
        parts.append(f"… and {total - len(rows):,} more.")
    return parts


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; numbers that are 0 are left out."""
    lines = [_row(head), _row(["---"] * len(head))]
    lines += [_row(row) for row in rows if row[-1] != 0]
    if len(lines) == 2:
        lines.append(_row(["–"] * len(head)))
    return "\n".join(lines)


def _row(cells: Sequence[object]) -> str:
    texts = (f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells)
    return "| " + " | ".join(_cell(text) for text in texts) + " |"


def _cell(text: str) -> str:
    """Text that cannot break out of its cell, whatever a file's name holds."""
    flat = " ".join(text.split())
    return flat.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
