"""The pages that look at the whole: dashboard, agreement, the API's description, help."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from pipeline.errors import ReviewError
from pipeline.record import Slot
from pipeline.review.compare import count_verdicts
from pipeline.review.queue import QueueQuery
from pipeline.review.sampling import Sampling
from pipeline.store.review_filter import Flag
from pipeline.web import charts
from pipeline.web.api import query_from, query_of
from pipeline.web.site import Lead, Reviewer, Site, SiteHere, render

router = APIRouter(include_in_schema=False)
TOP_PARTIES = 10
TOP_EDGES = 24


@router.get("/dashboard")
def dashboard(request: Request, site: SiteHere, identity: Reviewer) -> Response:
    """What there is and how good it is; every number leads to its records."""
    query = query_of(request, site)
    return render(
        request,
        "dashboard.html",
        identity,
        query=query,
        given=dict(request.query_params),
        **site.figures.get(query.address(), lambda: _figures(site, query)),
    )


def _figures(site: Site, query: QueueQuery) -> dict[str, Any]:
    wanted = query.wanted
    precision = site.stats.precision(wanted.extractor_version)
    return {
        "weeks": charts.weekly_bars(site.stats.weeks(wanted)),
        "amounts": charts.amount_dots(site.stats.largest(wanted)),
        "flows": charts.flow_graph(site.stats.edges(wanted, TOP_EDGES)),
        "sides": [
            (side, charts.ranked_bars(site.stats.parties(wanted, side, TOP_PARTIES)))
            for side in ("buyer", "seller")
        ],
        "precision": precision,
        "scores": count_verdicts(precision.verdicts),
        "versions": site.stats.versions(),
    }


@router.get("/agreement")
def agreement(request: Request, site: SiteHere, identity: Lead) -> Response:
    """How far two readers agree, and what a lead has to decide."""
    return _agreement_page(request, site, identity)


def _agreement_page(
    request: Request,
    site: Site,
    identity: Any,
    problem: ReviewError | None = None,
    status: int = 200,
) -> Response:
    sampling = Sampling(site.store, site.service.clock)
    everyone, pairs = sampling.agreement()
    return render(
        request,
        "agreement.html",
        identity,
        status=status,
        everyone=everyone,
        pairs=pairs,
        sample=sampling.counts(),
        disputed=site.browser.queue.counts_by_state().get("disputed", 0),
        conflicts=site.browser.queue.counts_by_flag(site.browser.viewer(identity.actor))[
            Flag.CONFLICT
        ],
        users=[user for user in site.gate.accounts.list_users() if not user.disabled],
        problem=problem,
    )


@router.post("/agreement/samples")
def draw_sample(
    request: Request,
    site: SiteHere,
    identity: Lead,
    size: Annotated[int, Form(ge=1, le=1000)],
    query: Annotated[str, Form(max_length=4000)] = "",
    reader: Annotated[list[str] | None, Form(max_length=20)] = None,
) -> Response:
    """A new sample from the form."""
    try:
        wanted = query_from(query, site).wanted
        Sampling(site.store, site.service.clock).draw(
            wanted, size, identity.actor, readers=reader or []
        )
    except ReviewError as error:
        return _agreement_page(request, site, identity, error, 422)
    return RedirectResponse("/agreement", 303)


@router.get("/help")
def help_page(request: Request, identity: Reviewer) -> Response:
    """The keys, and what the words mean."""
    return render(request, "help.html", identity)


@router.get("/api")
def api_page(request: Request, identity: Reviewer) -> Response:
    """The JSON API, described from its own OpenAPI document; no script from elsewhere."""
    document = request.app.openapi()
    operations: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            operations.setdefault(tag, []).append(
                {"path": path, "method": method.upper(), **operation}
            )
    return render(
        request,
        "api.html",
        identity,
        info=document["info"],
        operations=operations,
        schemas=document["components"]["schemas"],
        slots=tuple(Slot),
    )
