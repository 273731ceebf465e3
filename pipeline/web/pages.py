"""The pages where people review: queue and record."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from pipeline.errors import ReviewError
from pipeline.record import Slot
from pipeline.review.browse import RecordView
from pipeline.review.compare import STATE, differences
from pipeline.review.edit import LISTS, missing_for_a_deal, slot_value
from pipeline.review.export import ExportFormat
from pipeline.review.queue import ALL, QueueQuery, make_cursor
from pipeline.review.standing import Standing, State
from pipeline.store.reconcile import differing_slots
from pipeline.store.review_filter import Flag
from pipeline.store.review_queue import Sort
from pipeline.store.rows import JAPAN
from pipeline.web.api import RecordId, query_of
from pipeline.web.api_team import export_response
from pipeline.web.marking import paragraphs
from pipeline.web.site import Identity, Reviewer, Site, SiteHere, render

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 50


@router.get("/")
def home(_: Reviewer) -> Response:
    """The queue is where work begins."""
    return RedirectResponse("/queue", 303)


@router.get("/queue")
def queue(request: Request, site: SiteHere, identity: Reviewer) -> Response:
    """The records that wait, with filters; only the list where the page asks for just that."""
    viewer, problem = site.browser.viewer(identity.actor), None
    try:
        query = query_of(request, site)
    except ReviewError as error:
        query, problem = QueueQuery(fields=(), wanted=_nothing(), sort=Sort.STAKE), error
    rows, more = (
        ((), False)
        if problem
        else site.browser.queue.page(
            query.wanted, query.sort, viewer, size=PAGE_SIZE, after=query.after
        )
    )
    part = request.headers.get("hx-target") == "results"
    number, beyond = (0, False) if problem else site.browser.queue.count(query.wanted, viewer)
    values: dict[str, Any] = {
        "query": query,
        "rows": rows,
        "number": number,
        "beyond": beyond,
        "next_cursor": make_cursor(rows[-1].place) if more and rows else None,
        "problem": problem,
        "given": dict(request.query_params),
    }
    if part:
        return render(request, "queue_results.html", identity, **values)
    return render(
        request,
        "queue.html",
        identity,
        saved=site.gate.accounts.filters_of(identity.user.id),
        counts=site.browser.queue.counts_by_state(),
        flags=site.browser.queue.counts_by_flag(viewer),
        progress=_progress(site, identity),
        STATES=tuple(State),
        SORTS=tuple(Sort),
        FLAGS=tuple(Flag),
        ALL=ALL,
        **values,
    )


def _nothing() -> Any:
    from pipeline.store.review_filter import QueueFilter

    return QueueFilter()


def _progress(site: Site, identity: Identity) -> dict[str, int]:
    """A day's work, in Japan: this user's decisions and everybody's."""
    midnight = (
        site.service.clock().astimezone(JAPAN).replace(hour=0, minute=0, second=0, microsecond=0)
    )
    queue = site.browser.queue
    return {
        "mine": queue.decided_since(midnight, identity.user.name),
        "all": queue.decided_since(midnight),
    }


@router.get("/review")
def start(request: Request, site: SiteHere, identity: Reviewer) -> Response:
    """Go to the first record of a queue; it is this user's for a while."""
    query = query_of(request, site)
    found = site.browser.next_record(query.wanted, query.sort, identity.actor)
    address = query.address()
    if found is None:
        return RedirectResponse(f"/queue?{address}", 303)
    return RedirectResponse(f"/records/{found}?{address}", 303)


@router.get("/records/{record_id}")
def record(
    request: Request,
    record_id: RecordId,
    site: SiteHere,
    identity: Reviewer,
    at: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
) -> Response:
    """The article on one side, the record on the other; `at` shows an earlier version."""
    query = query_of(request, site)
    view = site.browser.view(record_id, identity.actor)
    values = pane_values(view, _past(site, view, at))
    return render(
        request,
        "record.html",
        identity,
        query=query,
        progress=_progress(site, identity),
        **values,
    )


@router.get("/records/{record_id}/pane")
def pane(request: Request, record_id: RecordId, site: SiteHere, identity: Reviewer) -> Response:
    """Both sides without the page around them, to be put in place of another record's."""
    view = site.browser.view(record_id, identity.actor)
    return render(
        request, "record_pane.html", identity, query=query_of(request, site), **pane_values(view)
    )


@router.get("/records/{record_id}/panel")
def panel(
    request: Request,
    record_id: RecordId,
    site: SiteHere,
    identity: Reviewer,
    marked: Annotated[str, Query(max_length=20_000, pattern=r"^[0-9,]*$")] = "",
) -> Response:
    """The record's side, and those paragraphs of the article that are marked otherwise now.

    `marked` are the offsets of the paragraphs that the page shows with marks.
    """
    view = site.browser.view(record_id, identity.actor)
    values = pane_values(view)
    shown = {int(offset) for offset in marked.split(",") if offset}
    changed = [one for one in values["paragraphs"] if one.marked or one.start in shown]
    return render(
        request,
        "record_panel.html",
        identity,
        query=query_of(request, site),
        changed=changed,
        **values,
    )


@router.get("/records/{record_id}/history")
def history(request: Request, record_id: RecordId, site: SiteHere, identity: Reviewer) -> Response:
    """The record's log, newest first, each entry with what it changed."""
    view = site.browser.view(record_id, identity.actor)
    return render(
        request,
        "history.html",
        identity,
        entries=[(event, _changes(event.before, event.after)) for event in reversed(view.events)],
        view=view,
    )


@router.get("/records/{record_id}/split")
def split_form(
    request: Request, record_id: RecordId, site: SiteHere, identity: Reviewer
) -> Response:
    """What goes into the second record."""
    view = site.browser.view(record_id, identity.actor)
    return render(request, "split.html", identity, lists=LISTS, **pane_values(view))


@router.get("/export")
def export(
    request: Request,
    site: SiteHere,
    identity: Reviewer,
    format: ExportFormat = ExportFormat.CSV,  # noqa: A002 - the address says so
) -> Response:
    """The queue as a file."""
    return export_response(request, site, identity, format)


def _past(site: Site, view: RecordView, at: int | None) -> Standing | None:
    if at is None or view.blind or at == view.standing.version:
        return None
    return site.browser.view_at(view.standing.record.id, at)


def pane_values(view: RecordView, past: Standing | None = None) -> dict[str, Any]:
    """What the templates of a record need."""
    standing = past or view.standing
    machine = standing.machine
    changed = set(differing_slots(machine, standing.record)) if machine else set(Slot)
    conflict = view.conflict
    return {
        "view": view,
        "standing": standing,
        "record": standing.record,
        "past": past,
        "article": view.article,
        "paragraphs": paragraphs(
            view.article.text, standing.record.evidence, title=view.article.title
        ),
        "by_human": changed,
        "lacks": missing_for_a_deal(standing.record),
        "slot_value": slot_value,
        "STATE": STATE,
        "reading_differences": differences(view.readings[0][1], view.readings[1][1])
        if view.readings
        else (),
        "conflict_names": list(conflict.choices) if conflict else [],
    }


def _changes(before: Any, after: Any) -> list[tuple[str, str, str]]:
    """Name, old and new JSON of what an event changed in the record, for people."""
    from pipeline.record import from_json
    from pipeline.web.show import slot_text

    now = from_json(after["record"])
    if before is None:
        return []
    old = from_json(before["record"])
    return [
        (
            slot.value,
            slot_text(slot, slot_value(old, slot), "ja"),
            slot_text(slot, slot_value(now, slot), "ja"),
        )
        for slot in differing_slots(old, now)
    ]
