"""The learn flow: reviews → dataset → candidate → comparison → promotion, or a report why not.

Made to be scheduled: where no review is new since the last run it ends at once, and what is in
force changes only where a candidate has earned it (pipeline/learn/promotion.py).
"""

import base64
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from prefect import flow, task
from prefect.artifacts import (
    create_image_artifact,
    create_markdown_artifact,
    create_table_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from pydantic import SecretStr

from pipeline.errors import ModelError
from pipeline.learn.autoaccept import order_queue
from pipeline.learn.candidates import LEARNED, Candidate, find_candidate
from pipeline.learn.comparing import Measured, compare_measured, held_out, measure
from pipeline.learn.dataset import Document, Exported, export_dataset
from pipeline.learn.from_store import near_duplicates, reviewed_articles
from pipeline.learn.plots import plot_comparison
from pipeline.learn.priority import PRIORITY_FILE, learn_priority, save_priority
from pipeline.learn.promotion import Comparison, Verdict, judge
from pipeline.learn.registry import promote
from pipeline.learn.replay import lay_out
from pipeline.learn.sources import Material, from_dataset
from pipeline.learn.split import Part
from pipeline.learn.tagger.options import TaggerOptions, is_trainable
from pipeline.learn.training import plain_extractor, train_candidate, train_tagger_candidate
from pipeline.settings import Settings, load_settings
from pipeline.store import open_store
from pipeline.store.rows import now

ARTIFACT = "learn-run"
REPORTS = "reports"
REPORT_FILE = "report.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A candidate beside what was in force."""

    name: str
    folder: Path
    comparison: Comparison
    verdict: Verdict


@dataclass(slots=True, kw_only=True)
class LearnOutcome:
    """What a run did.

    Attributes:
        dataset: version of the reviews.
        documents: part → articles.
        tried: candidates with their comparisons, in the order of trial.
        promoted: name of what is in force since; None where nothing changed.
        queued: records put in order.
        notes: what was not done, and why.
        report: folder of the report.
        seconds: from beginning to end.
    """

    dataset: str
    documents: dict[str, int] = field(default_factory=dict)
    tried: list[Tried] = field(default_factory=list)
    promoted: str | None = None
    queued: int = 0
    notes: list[str] = field(default_factory=list)
    report: Path | None = None
    seconds: float = 0.0


@task(name="export reviews", cache_policy=NO_CACHE, persist_result=False)
def export_reviews(database_url: str, out: Path, at: datetime) -> Exported:
    """Write what reviewers have decided as a dataset."""
    with open_store(database_url, create=False) as store:
        reviewed = list(reviewed_articles(store))
        known = {item.article.id for item in reviewed}
        pairs = [pair for pair in near_duplicates(store) if known.issuperset(pair)]
    return export_dataset(reviewed, out, at=at, duplicates=pairs)


@task(name="train scorer", cache_policy=NO_CACHE, persist_result=False)
def train_scorer(found: Material, settings: Settings, at: datetime) -> Path:
    """Train the scorer on train and validation."""
    return train_candidate(found, settings, settings.models_dir, at=at)


@task(name="train tagger", cache_policy=NO_CACHE, persist_result=False)
def train_tagger(
    found: Material, settings: Settings, work: Path, options: TaggerOptions, at: datetime
) -> Path:
    """Train the tagger; an interrupted training goes on where it was."""
    built = train_tagger_candidate(found, settings, settings.models_dir, work, options, at=at)
    return built.folder


@task(name="compare", cache_policy=NO_CACHE, persist_result=False)
def compare(
    settings: Settings, documents: tuple[Document, ...], folders: list[Path], tolerance: float
) -> list[Tried]:
    """Compare each candidate with what is in force, on articles that neither has learned from."""
    active = find_candidate("active", settings)
    candidates = [find_candidate(str(folder), settings) for folder in folders]
    kept = held_out(documents, active, *candidates).documents
    laid = list(lay_out(plain_extractor(settings), kept))
    before = measure(laid, active)
    return [
        _tried(folder, before, measure(laid, candidate), tolerance)
        for folder, candidate in zip(folders, candidates, strict=True)
    ]


def _tried(folder: Path, before: Measured, after: Measured, tolerance: float) -> Tried:
    comparison = compare_measured(before, after)
    return Tried(
        name=folder.name,
        folder=folder,
        comparison=comparison,
        verdict=judge(comparison, tolerance=tolerance),
    )


@task(name="order queue", cache_policy=NO_CACHE, persist_result=False)
def order_reviews(database_url: str, settings: Settings) -> int:
    """Put what waits for review in the order of what a look at it is worth."""
    with open_store(database_url, create=False) as store:
        reviews = (r for item in reviewed_articles(store) for r in item.records)
        priority = learn_priority(reviews)
        share = settings.audit_share if settings.auto_accept is not None else 0.0
        count = order_queue(store, priority, share=share)
    save_priority(priority, settings.models_dir / LEARNED / PRIORITY_FILE)
    return count


@flow(name="learn", persist_result=False, validate_parameters=False)
def learn(
    *,
    database_url: SecretStr | None = None,
    out: str = "data/processed/reviews",
    tagger: bool = False,
    tagger_options: TaggerOptions | None = None,
    promote_winner: bool = True,
    tolerance: float = 0.0,
    again: bool = False,
) -> LearnOutcome:
    """Learn from all reviews.

    Args:
        database_url: None for the settings'.
        out: folder of the datasets and reports.
        tagger: train a tagger too; needs torch, and is left out with a note where that is missing.
        tagger_options: size, length and base of the tagger.
        promote_winner: False only reports.
        tolerance: how much lower the core F1 of a kind may be.
        again: train even where no review is new.

    Raises:
        TorihikiError: the database or the settings cannot be used.
    """
    began = time.monotonic()
    settings = load_settings(database_url=database_url.get_secret_value() if database_url else None)
    at = now()
    exported = export_reviews(settings.database_url, Path(out), at)
    outcome = LearnOutcome(dataset=exported.version, documents=dict(exported.counts["documents"]))
    # The report is written last: a run that was killed before is made again.
    report = Path(out) / REPORTS / exported.version
    is_done = (report / REPORT_FILE).is_file() and not again
    if is_done:
        outcome.notes.append("no review is new since the last run")
        outcome.report = report
    else:
        folders = _train(outcome, exported, settings, tagger, tagger_options, at)
        _judge(outcome, settings, exported, folders, tolerance)
        _promote(outcome, settings, at, promote_winner=promote_winner)
    outcome.queued = order_reviews(settings.database_url, settings)
    outcome.seconds = time.monotonic() - began
    if not is_done:
        _report(outcome, report)
    return outcome


def _train(
    outcome: LearnOutcome,
    exported: Exported,
    settings: Settings,
    tagger: bool,
    options: TaggerOptions | None,
    at: datetime,
) -> list[Path]:
    """Train what can be trained; what cannot is noted with its reason."""
    found = from_dataset(exported.folder)
    folders: list[Path] = []
    try:
        folders.append(train_scorer(found, settings, at))
        if tagger and not is_trainable():
            outcome.notes.append(
                "no tagger: torch is not installed (pip install 'torihiki[learn]')"
            )
        elif tagger:
            work = exported.folder.with_name("tagger-work")
            folders.append(train_tagger(found, settings, work, options or TaggerOptions(), at))
    except ModelError as error:
        outcome.notes.append(str(error))
    return folders


def _judge(
    outcome: LearnOutcome,
    settings: Settings,
    exported: Exported,
    folders: list[Path],
    tolerance: float,
) -> None:
    if not folders:
        return
    documents = from_dataset(exported.folder).parts[Part.TEST]
    try:
        outcome.tried = compare(settings, documents, folders, tolerance)
    except ModelError as error:
        outcome.notes.append(str(error))


def _promote(
    outcome: LearnOutcome, settings: Settings, at: datetime, *, promote_winner: bool
) -> None:
    """Put the best of those in force that earned it."""
    winners = [tried for tried in outcome.tried if tried.verdict.promote]
    if not winners:
        return
    best = max(winners, key=lambda tried: tried.comparison.measures["core"].second)
    if not promote_winner:
        outcome.notes.append(f"{best.name} may be promoted: `torihiki learn promote {best.folder}`")
        return
    core = best.comparison.measures["core"]
    reason = f"core F1 {core.first:.3f} → {core.second:.3f} on {best.comparison.articles} articles"
    candidate: Candidate = find_candidate(str(best.folder), settings)
    promote(settings.models_dir, candidate, reason=reason, at=at)
    outcome.promoted = best.name


def figures_table(comparison: Comparison) -> list[dict[str, str]]:
    """A comparison as rows of text."""
    groups = {**comparison.measures, **{f"core of {k}": d for k, d in comparison.kinds.items()}}
    return [
        {
            "slot": name,
            "in force": f"{found.first:.3f}",
            "candidate": f"{found.second:.3f}",
            "change": f"{found.change:+.3f}",
            "95 %": f"{found.low:+.3f} … {found.high:+.3f}",
        }
        for name, found in groups.items()
    ]


def markdown(outcome: LearnOutcome) -> str:
    """The report of a run."""
    parts = ", ".join(f"{n:,} {part}" for part, n in outcome.documents.items())
    lines = [
        f"# Learning from reviews {outcome.dataset}",
        "",
        f"Articles: {parts}.",
        f"{outcome.queued:,} waiting records put in order. {outcome.seconds:.0f} s.",
        "",
        f"**{outcome.promoted} is in force now.**" if outcome.promoted else "Nothing was promoted.",
    ]
    lines += [f"- {note}" for note in outcome.notes]
    for tried in outcome.tried:
        lines += ["", f"## {tried.name}", ""]
        lines += [f"- {reason}" for reason in tried.verdict.reasons or ("it earned its place",)]
        rows = figures_table(tried.comparison)
        lines += ["", f"| {' | '.join(rows[0])} |", "|---|" + "---:|" * (len(rows[0]) - 1)]
        lines += [f"| {' | '.join(row.values())} |" for row in rows]
    return "\n".join(lines) + "\n"


def _report(outcome: LearnOutcome, folder: Path) -> None:
    """Leave the report with tables and plots in a folder and, within a flow run, as artifacts."""
    folder.mkdir(parents=True, exist_ok=True)
    outcome.report = folder
    text = markdown(outcome)
    in_run = FlowRunContext.get() is not None
    if in_run:
        create_markdown_artifact(markdown=text, key=ARTIFACT)
    for tried in outcome.tried:
        picture = folder / f"{tried.name}.png"
        plot_comparison(tried.comparison, picture)
        if in_run:
            data = base64.b64encode(picture.read_bytes()).decode()
            key = f"{ARTIFACT}-{tried.name}".lower()
            create_table_artifact(table=figures_table(tried.comparison), key=key)
            create_image_artifact(image_url=f"data:image/png;base64,{data}", key=f"{key}-plot")
    (folder / REPORT_FILE).write_text(text, encoding="utf-8")
