"""The JSON API for a team: the log, agreement, samples, filters, figures, export, users."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from pipeline.errors import ReviewError
from pipeline.review.agreement import Agreement
from pipeline.review.compare import count_verdicts
from pipeline.review.export import (
    MEDIA_TYPES,
    ExportFormat,
    write_csv,
    write_jsonl,
    write_parquet,
    write_xlsx,
)
from pipeline.review.ledger import to_event
from pipeline.review.sampling import Sampling
from pipeline.review.standing import Role
from pipeline.store.accounts import User
from pipeline.store.review import ReviewDb
from pipeline.store.review_export import stream_provenance
from pipeline.web import schemas
from pipeline.web.api import ERRORS, QUEUE_FILTERS, query_from, query_of
from pipeline.web.site import Admin, Identity, Lead, Reviewer, Site, SiteHere

router = APIRouter(prefix="/api/v1", responses=ERRORS)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/me", tags=["team"])
def me(identity: Reviewer) -> schemas.UserOut:
    """Who you are."""
    return _user_out(identity.user)


@router.get("/events", tags=["audit"])
def log(
    site: SiteHere,
    _: Lead,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[schemas.EventOut]:
    """The whole log in its order, behind event `after` (leads: it shows blind readings)."""
    with ReviewDb(site.store.engine).look() as look:
        return [schemas.event_out(to_event(row)) for row in look.events_after(after, limit)]


@router.get("/agreement", tags=["team"])
def agreement(site: SiteHere, _: Lead) -> dict[str, Any]:
    """How far double readings agree, over all and by pair of readers (leads)."""
    everyone, pairs = Sampling(site.store, site.service.clock).agreement()
    return {
        "all": agreement_json(everyone),
        "pairs": [
            {"readers": list(readers), **agreement_json(one)} for readers, one in pairs.items()
        ],
    }


@router.post("/samples", tags=["team"], status_code=201)
def draw_sample(body: schemas.SampleIn, site: SiteHere, identity: Lead) -> schemas.CountOut:
    """Let unreviewed records be read by two people each (leads)."""
    query = query_from(body.query, site)
    sampling = Sampling(site.store, site.service.clock)
    number = sampling.draw(query.wanted, body.size, identity.actor, readers=body.readers)
    return schemas.CountOut(count=number)


@router.get("/stats", tags=["team"], openapi_extra=QUEUE_FILTERS)
def stats(request: Request, site: SiteHere, _: Reviewer) -> dict[str, Any]:
    """The dashboard's figures."""
    wanted = query_of(request, site).wanted
    precision = site.stats.precision(wanted.extractor_version)
    scores = count_verdicts(precision.verdicts)
    return {
        "weeks": [
            {"monday": monday.isoformat(), "kind": kind, "records": number}
            for monday, kind, number in site.stats.weeks(wanted)
        ],
        **{
            f"{side}s": [
                {"key": one.key, "name": one.name, "records": one.number}
                for one in site.stats.parties(wanted, side, 20)
            ]
            for side in ("buyer", "seller")
        },
        "edges": [
            {"buyer": one.buyer.name, "seller": one.seller.name, "records": one.number}
            for one in site.stats.edges(wanted, 50)
        ],
        "precision": {
            slot.value: {
                "right": one.right,
                "wrong": one.wrong,
                "missed": one.missed,
                "precision": one.precision,
                "recall": one.recall,
            }
            for slot, one in scores.items()
        },
        "records": {
            "accepted": precision.accepted,
            "rejected": precision.rejected,
            "missed": precision.missed,
        },
    }


@router.get(
    "/export",
    tags=["export"],
    openapi_extra=QUEUE_FILTERS,
    response_class=Response,
    responses={200: {"content": {media: {} for media in MEDIA_TYPES.values()}}},
)
def export(
    request: Request,
    site: SiteHere,
    identity: Reviewer,
    format: ExportFormat = ExportFormat.JSONL,  # noqa: A002 - the address says so
) -> Response:
    """The records of a queue with their provenance."""
    return export_response(request, site, identity, format)


def export_response(
    request: Request, site: Site, identity: Identity, form: ExportFormat
) -> Response:
    """A download; lines are streamed, files are made first and then sent."""
    query = query_of(request, site)
    viewer = site.browser.viewer(identity.actor)
    found = stream_provenance(site.store.engine, query.wanted, query.sort, viewer)
    name = f"torihiki-{site.service.clock():%Y%m%d-%H%M%S}.{form.value}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form in (ExportFormat.JSONL, ExportFormat.CSV):
        lines = write_jsonl(found) if form is ExportFormat.JSONL else write_csv(found)
        return StreamingResponse(lines, headers=headers, media_type=MEDIA_TYPES[form])
    folder = tempfile.TemporaryDirectory(prefix="torihiki-export-")
    path = FilePath(folder.name, name)
    try:
        (write_xlsx if form is ExportFormat.XLSX else write_parquet)(found, path)
    except BaseException:
        folder.cleanup()
        raise
    return StreamingResponse(_send(path, folder), headers=headers, media_type=MEDIA_TYPES[form])


def _send(path: FilePath, folder: "tempfile.TemporaryDirectory[str]") -> Iterator[bytes]:
    with folder, path.open("rb") as file:
        while chunk := file.read(1 << 16):
            yield chunk


@router.get("/filters", tags=["queue"])
def list_filters(site: SiteHere, identity: Reviewer) -> list[schemas.FilterOut]:
    """Your saved filters."""
    return [
        schemas.FilterOut(id=one.id, name=one.name, query=one.query)
        for one in site.gate.accounts.filters_of(identity.user.id)
    ]


@router.post("/filters", tags=["queue"], status_code=201)
def save_filter(body: schemas.FilterIn, site: SiteHere, identity: Reviewer) -> schemas.FilterOut:
    """Keep filters under a name; the same name again is changed."""
    address = query_from(body.query, site).address()
    accounts = site.gate.accounts
    accounts.save_filter(identity.user.id, name=body.name, query=address)
    (saved,) = (one for one in accounts.filters_of(identity.user.id) if one.name == body.name)
    return schemas.FilterOut(id=saved.id, name=saved.name, query=saved.query)


@router.delete("/filters/{filter_id}", tags=["queue"], status_code=204)
def drop_filter(filter_id: Id, site: SiteHere, identity: Reviewer) -> None:
    """Forget a saved filter."""
    if not site.gate.accounts.drop_filter(filter_id, user_id=identity.user.id):
        raise ReviewError("unknown_filter", f"you have no filter {filter_id}")


@router.delete("/tokens/{token_id}", tags=["team"], status_code=204)
def revoke_token(token_id: Id, site: SiteHere, identity: Reviewer) -> None:
    """End one of your API tokens."""
    if not site.gate.accounts.revoke_token(token_id, user_id=identity.user.id):
        raise ReviewError("unknown_token", f"you have no token {token_id}")


@router.get("/users", tags=["team"])
def list_users(site: SiteHere, _: Admin) -> list[schemas.UserOut]:
    """All users (admins)."""
    return [_user_out(user) for user in site.gate.accounts.list_users()]


@router.post("/users", tags=["team"], status_code=201)
def add_user(body: schemas.UserIn, site: SiteHere, _: Admin) -> schemas.UserOut:
    """A new user (admins)."""
    if site.gate.accounts.user_named(body.name) is not None:
        raise ReviewError("name_taken", f"there is a user {body.name!r} already")
    return _user_out(site.gate.add_user(body.name, body.role, body.password))


@router.patch("/users/{user_id}", tags=["team"])
def change_user(
    user_id: Id, body: schemas.UserChangeIn, site: SiteHere, identity: Admin
) -> schemas.UserOut:
    """Give a user another role, or shut them out or let them in again (admins, not yourself)."""
    if user_id == identity.user.id:
        raise ReviewError("own_account", "another admin has to change yours")
    values: dict[str, Any] = {}
    if body.role is not None:
        values["role"] = body.role.value
    if body.disabled is not None:
        values["disabled_at"] = datetime.now(UTC) if body.disabled else None
    if values:
        site.gate.accounts.change_user(user_id, **values)
    found = next((one for one in site.gate.accounts.list_users() if one.id == user_id), None)
    if found is None:
        raise ReviewError("unknown_user", f"there is no user {user_id}")
    return _user_out(found)


def _user_out(user: User) -> schemas.UserOut:
    return schemas.UserOut(
        id=user.id,
        name=user.name,
        role=Role(user.role),
        disabled=user.disabled,
        created_at=user.created_at,
    )


def agreement_json(found: Agreement) -> dict[str, Any]:
    """Agreement figures as JSON."""
    return {
        "readings": found.readings,
        "same_decision": found.same_decision,
        "kappa": {
            "decision": found.kappa_decision,
            "kind": found.kappa_kind,
            "status": found.kappa_status,
        },
        "slot_f1": {slot.value: one.f1 for slot, one in found.slots.items()},
        "overall_f1": found.overall.f1,
    }
