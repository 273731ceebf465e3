"""The JSON API for records: everything that the page does, for programs and for the page itself."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import JSONResponse

from pipeline.errors import ReviewError
from pipeline.record import Slot, to_json
from pipeline.review.compare import take_slots
from pipeline.review.decision import Adjudicate
from pipeline.review.queue import QueueQuery, make_cursor, parse_query
from pipeline.review.request import EditOp, SlotEdit, read_edit
from pipeline.review.standing import State
from pipeline.review.work import Outcome
from pipeline.span import Span
from pipeline.web import schemas, show
from pipeline.web.site import Lead, Reviewer, Site, SiteHere

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.ErrorOut, "description": description}
    for status, description in (
        (400, "No JSON, or bytes that are no text"),
        (401, "Neither a session nor a valid API token"),
        (403, "The role does not allow it, or the CSRF token is missing"),
        (404, "No such record, article, version or user"),
        (409, "It cannot be done as things stand; `error` says why"),
        (413, "The body is too large"),
        (422, "The request cannot be used"),
        (429, "Too often"),
        (503, "The database cannot be used now"),
    )
}
router = APIRouter(prefix="/api/v1", responses=ERRORS)

RecordId = Annotated[str, Path(pattern=r"^[0-9a-f]{1,32}$", examples=["0123456789abcdef0123"])]
Limit = Annotated[int, Query(ge=1, le=200)]


def query_of(request: Request, site: Site) -> QueueQuery:
    """The queue that the request's address asks for.

    Raises:
        ReviewError: a filter that cannot be used.
    """
    given = request.query_params
    return parse_query(given.multi_items(), site.reader, after=given.get("after"))


def query_from(text: str, site: Site) -> QueueQuery:
    """The queue of an address that was sent in a body."""
    from urllib.parse import parse_qsl

    return parse_query(parse_qsl(text, max_num_fields=100), site.reader)


QUEUE_FILTERS: dict[str, Any] = {
    "parameters": [
        {
            "name": name,
            "in": "query",
            "required": False,
            "schema": {"type": "string", "maxLength": 200},
            "description": description,
        }
        for name, description in (
            ("q", "words in the article, two characters or more"),
            ("state", "unreviewed, edited, accepted, rejected, disputed, merged, withdrawn, all"),
            ("kind", "supply, investment, acquisition, capex"),
            ("status", "firm, prospective, cancelled"),
            ("party", "a party on either side, by name or gazetteer id"),
            ("buyer", "a buyer"),
            ("seller", "a seller"),
            ("min", "an amount as articles write it: 100億円"),
            ("max", "likewise"),
            ("since", "day of publication, included: 2026-11-01"),
            ("until", "day of publication, included"),
            ("source", "part of where the article was read"),
            ("conf_min", "percentage"),
            ("conf_max", "percentage"),
            ("flag", "disagreement, conflict, missed, double, mine"),
            ("verdict", "slot:right, slot:wrong or slot:missed, of accepted records"),
            ("by", "who decided"),
            ("decided", "decided on or after this day"),
            ("version", "extractor version of reviewed records"),
            ("article", "an article's id"),
            ("deal", "a deal's id"),
            ("sort", "stake, uncertain, amount, newest, oldest"),
            ("after", "cursor: `next` of the page before"),
        )
    ]
}


@router.get("/records", tags=["records"], openapi_extra=QUEUE_FILTERS)
def list_records(
    request: Request, site: SiteHere, identity: Reviewer, limit: Limit = 50
) -> schemas.PageOut:
    """A page of the queue; without `state`, what waits for a decision."""
    query = query_of(request, site)
    viewer = site.browser.viewer(identity.actor)
    rows, more = site.browser.queue.page(
        query.wanted, query.sort, viewer, size=limit, after=query.after
    )
    return schemas.PageOut(
        records=[schemas.row_out(row) for row in rows],
        next=make_cursor(rows[-1].place) if more and rows else None,
    )


@router.get("/records/{record_id}", tags=["records"])
def get_record(record_id: RecordId, site: SiteHere, identity: Reviewer) -> schemas.RecordOut:
    """A record with its article's description, as you may see it."""
    return schemas.record_out(site.browser.view(record_id, identity.actor))


@router.get("/records/{record_id}/events", tags=["audit"])
def get_events(record_id: RecordId, site: SiteHere, identity: Reviewer) -> list[schemas.EventOut]:
    """The record's log, oldest first; empty while you read it blindly."""
    view = site.browser.view(record_id, identity.actor)
    return [schemas.event_out(event) for event in view.events]


@router.get("/records/{record_id}/versions/{version}", tags=["audit"])
def get_version(
    record_id: RecordId,
    version: Annotated[int, Path(ge=0, le=2**31 - 1)],
    site: SiteHere,
    identity: Reviewer,
) -> schemas.StandingOut:
    """The record as it stood at an earlier version."""
    if site.browser.view(record_id, identity.actor).blind:
        raise ReviewError("being_read", "two people read this record blindly; its past is closed")
    standing = site.browser.view_at(record_id, version)
    return schemas.StandingOut(**schemas.standing_out(standing))


@router.post("/records/{record_id}/decisions", tags=["decisions"])
def decide(
    record_id: RecordId,
    decision: Annotated[schemas.DecisionIn, Body()],
    site: SiteHere,
    identity: Reviewer,
) -> schemas.OutcomeOut:
    """Accept, reject, skip, edit, split or merge.

    Where somebody has changed the record since `seen`, nothing is overwritten: your word is kept
    beside theirs and `conflict` is true.
    """
    outcome = site.service.decide(
        record_id,
        decision.to_request(),
        identity.actor,
        seen=decision.seen,
        request_id=decision.request_id,
    )
    return _out(outcome)


@router.post("/records/{record_id}/resolve", tags=["decisions"])
def resolve(
    record_id: RecordId, body: schemas.ChoicesIn, site: SiteHere, identity: Reviewer
) -> schemas.OutcomeOut:
    """Settle a conflict."""
    return _out(site.service.resolve(record_id, dict(body.choices), identity.actor))


@router.post("/records/{record_id}/disagreement", tags=["decisions"])
def settle_disagreement(
    record_id: RecordId, body: schemas.TakeIn, site: SiteHere, identity: Reviewer
) -> schemas.OutcomeOut:
    """Answer what a newer extractor says against a human."""
    return _out(
        site.service.settle_disagreement(record_id, body.take, identity.actor, seen=body.seen)
    )


@router.post("/records/{record_id}/adjudicate", tags=["decisions"])
def adjudicate(
    record_id: RecordId, body: schemas.AdjudicateIn, site: SiteHere, identity: Lead
) -> schemas.OutcomeOut:
    """Decide between two readers (leads)."""
    if body.reject is not None:
        decision = Adjudicate(record=None, reason=body.reject)
    else:
        readings = site.browser.view(record_id, identity.actor).readings
        if not readings:
            raise ReviewError("not_disputed", "nobody differs about this record any more")
        base, other = readings[body.base - 1][1], readings[2 - body.base][1]
        decision = Adjudicate(record=take_slots(base.record, other.record, body.other))
    return _out(site.service.adjudicate(record_id, decision, identity.actor, seen=body.seen))


@router.post("/undo", tags=["decisions"])
def undo(site: SiteHere, identity: Reviewer) -> schemas.OutcomeOut:
    """Take back your last decision."""
    return _out(site.service.undo(identity.actor))


@router.post("/redo", tags=["decisions"])
def redo(site: SiteHere, identity: Reviewer) -> schemas.OutcomeOut:
    """Do again what you undid last."""
    return _out(site.service.redo(identity.actor))


@router.post("/articles/{article_id}/records", tags=["decisions"], status_code=201)
def add_missed(
    article_id: RecordId, body: schemas.MissedIn, site: SiteHere, identity: Reviewer
) -> schemas.OutcomeOut:
    """A deal that the extractor missed: a record of yours, to be filled and accepted."""
    outcome = site.service.add_missed(
        article_id,
        tuple(edit.to_edit() for edit in body.edits),
        identity.actor,
        kind=body.kind,
        status=body.status,
        request_id=body.request_id,
    )
    return _out(outcome)


@router.get("/articles/{article_id}", tags=["records"])
def get_article(article_id: RecordId, site: SiteHere, _: Reviewer) -> schemas.ArticleOut:
    """An article's text, into which the offsets of evidence point."""
    found = site.store.articles.load([article_id])
    if not found:
        raise ReviewError("unknown_article", f"there is no article {article_id}")
    article = found[0]
    return schemas.ArticleOut(
        id=article.id,
        title=article.title,
        source=article.source,
        url=article.url,
        published=article.published.isoformat() if article.published else None,
        text=article.text,
    )


@router.post("/read", tags=["records"])
def read_value(body: schemas.ReadIn, site: SiteHere, _: Reviewer) -> schemas.ReadOut:
    """What a selection, or words typed by hand, would say in a slot; nothing is written."""
    edit = SlotEdit(
        op=EditOp.SET,
        slot=body.slot,
        span=Span(body.start, body.end)
        if body.start is not None and body.end is not None and body.start <= body.end
        else None,
        typed=body.typed,
    )
    found = site.store.articles.load([body.article]) if body.article else ()
    if body.article and not found:
        raise ReviewError("unknown_article", f"there is no article {body.article}")
    if found:
        reading = read_edit(edit, found[0], site.reader)
    elif body.typed is not None:
        reading = site.reader.read_typed(body.typed, body.slot)
    else:
        raise ReviewError("no_selection", "give an article and characters of it, or typed words")
    assert reading is not None  # noqa: S101 - a SET edit reads
    return schemas.ReadOut(
        slot=body.slot,
        value=_value_json(body.slot, reading.value),
        text=show.slot_text(body.slot, reading.value, "ja"),
        detail=show.slot_detail(body.slot, reading.value),
        quotes=[one.quote for one in reading.evidence or ()],
    )


def _value_json(slot: Slot, value: Any) -> Any:
    """A slot's value in the form that it has in a record's JSON."""
    from pipeline.record import DealRecord, Kind, Status

    values: dict[str, Any] = {"kind": Kind.SUPPLY, "status": Status.FIRM, slot.value: value}
    empty = DealRecord(id="", article_id="", extractor_version="", **values)
    return to_json(empty)[slot.value]


@router.post("/next", tags=["queue"])
def next_record(body: schemas.NextIn, site: SiteHere, identity: Reviewer) -> schemas.NextOut:
    """The next record of a queue that nobody else has open, locked for you."""
    query = query_from(body.query, site)
    found = site.browser.next_record(
        query.wanted, query.sort, identity.actor, leave_out=body.leave_out
    )
    return schemas.NextOut(id=found)


@router.put("/records/{record_id}/lock", tags=["queue"])
def lock(record_id: RecordId, site: SiteHere, identity: Reviewer) -> schemas.LockOut:
    """Show others that you have the record open, for 90 seconds; it stops nobody."""
    return schemas.LockOut(locked_by=site.browser.open(record_id, identity.actor))


@router.delete("/records/{record_id}/lock", tags=["queue"])
def unlock(record_id: RecordId, site: SiteHere, identity: Reviewer) -> schemas.LockOut:
    """Let others have it."""
    site.browser.close(record_id, identity.actor)
    return schemas.LockOut(locked_by=None)


@router.get("/counts", tags=["queue"])
def counts(site: SiteHere, identity: Reviewer) -> dict[str, Any]:
    """Records by state and by flag."""
    queue = site.browser.queue
    by_flag = queue.counts_by_flag(site.browser.viewer(identity.actor))
    by_state = queue.counts_by_state()
    return {
        "states": {state.value: by_state.get(state.value, 0) for state in State},
        "flags": {flag.value: number for flag, number in by_flag.items()},
    }


def _out(outcome: Outcome) -> schemas.OutcomeOut:
    return schemas.OutcomeOut(**outcome.to_json())


# How a refusal is told over HTTP; codes that are not listed are 422.
STATUS_OF_CODE = {
    "unknown_record": 404,
    "unknown_article": 404,
    "unknown_version": 404,
    "unknown_user": 404,
    "unknown_filter": 404,
    "unknown_token": 404,
    "changed_since": 409,
    "already": 409,
    "gone": 409,
    "disputed": 409,
    "being_read": 409,
    "blind": 409,
    "closed": 409,
    "not_disputed": 409,
    "no_conflict": 409,
    "no_disagreement": 409,
    "no_change": 409,
    "not_mergeable": 409,
    "nothing_to_undo": 409,
    "nothing_to_redo": 409,
    "name_taken": 409,
    "not_lead": 403,
    "too_many_attempts": 429,
    "bad_login": 401,
}


def error_json(error: ReviewError) -> JSONResponse:
    """A refusal as JSON."""
    status = STATUS_OF_CODE.get(error.code, 422)
    return JSONResponse({"error": error.code, "message": str(error)}, status)
