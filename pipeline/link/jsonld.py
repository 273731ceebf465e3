"""A deal in JSON-LD with the words of schema.org, for other people's graphs."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

VOCABULARY = "https://torihiki.example/ns#"

CONTEXT: Mapping[str, Any] = {
    "@vocab": "https://schema.org/",
    "torihiki": VOCABULARY,
    "partOf": {"@id": "torihiki:partOf", "@type": "@id"},
    "hasPart": {"@id": "torihiki:hasPart", "@type": "@id"},
    "successorOf": {"@id": "torihiki:successorOf", "@type": "@id"},
    "succeededBy": {"@id": "torihiki:succeededBy", "@type": "@id"},
    "cancelledBy": {"@id": "torihiki:cancelledBy", "@type": "@id"},
    "cancels": {"@id": "torihiki:cancels", "@type": "@id"},
}

_TYPES = {
    "supply": "torihiki:Supply",
    "investment": "torihiki:Investment",
    "acquisition": "torihiki:Acquisition",
    "capex": "torihiki:CapitalExpenditure",
}
_STATUSES = {
    "firm": "CompletedActionStatus",
    "prospective": "PotentialActionStatus",
    "cancelled": "FailedActionStatus",
}
_RELATIONS = {
    "part_of": "partOf",
    "has_part": "hasPart",
    "successor_of": "successorOf",
    "succeeded_by": "succeededBy",
    "cancelled_by": "cancelledBy",
    "cancels": "cancels",
}
_BOUNDS = {"at_least": "minPrice", "at_most": "maxPrice"}


def deal_to_jsonld(
    data: Mapping[str, Any], related: Iterable[Mapping[str, str]] = (), *, context: bool = True
) -> dict[str, Any]:
    """A deal as a schema.org TradeAction.

    Buyers are `agent`, sellers `seller`, the money is a `PriceSpecification`, chips and units are
    the `object`, articles `subjectOf`. What schema.org has no word for (the kind, relations) is in
    the vocabulary `torihiki:`.

    Args:
        data: the deal as `deal_to_json` wrote it.
        related: `deal` and `relation` of other deals.
        context: whether to put the @context in; once is enough for a file of many.
    """
    node: dict[str, Any] = {"@context": dict(CONTEXT)} if context else {}
    node |= {
        "@id": deal_iri(data["id"]),
        "@type": ["TradeAction", _TYPES[data["kind"]["value"]]],
        "identifier": data["id"],
        "actionStatus": _STATUSES[data["status"]["value"]],
        "agent": [_organization(party) for party in data["buyer"]],
        "seller": [_organization(party) for party in data["seller"]],
        "priceSpecification": _price(data["amount"], data["amount_max"]),
        "object": _objects(data),
        "subjectOf": [_article(record) for record in data["records"]],
    }
    if data["term_months"]:
        node["torihiki:duration"] = f"P{data['term_months']['value']}M"
    for other in related:
        node.setdefault(_RELATIONS[other["relation"]], []).append(deal_iri(other["deal"]))
    return _without_nothing(node)


def deal_iri(deal_id: str) -> str:
    """The name of a deal in graphs."""
    return f"urn:torihiki:deal:{quote(deal_id, safe='')}"


def _article(record: Mapping[str, Any]) -> dict[str, Any]:
    """An article by its address, or by its path where it has none."""
    source = record["source"]
    field = "url" if source.startswith(("http://", "https://")) else "identifier"
    return {"@type": "NewsArticle", field: source, "datePublished": record["published"]}


def _organization(party: Mapping[str, Any]) -> dict[str, Any]:
    node: dict[str, Any] = {"@type": "Organization", "name": party["name"]}
    if party["gazetteer_ids"]:
        node["@id"] = f"urn:torihiki:party:{party['gazetteer_ids'][0]}"
    node["alternateName"] = [name for name in party["names"] if name != party["name"]]
    return node


def _price(
    amount: Mapping[str, Any] | None, ceiling: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    if amount is None:
        return None
    money = amount["value"]
    node: dict[str, Any] = {
        "@type": "UnitPriceSpecification" if money["per"] else "PriceSpecification",
        "priceCurrency": money["currency"],
        "torihiki:qualifier": money["qualifier"],
    }
    if money["value"] is None:
        node |= {"minPrice": money["low"], "maxPrice": money["high"]}
    else:
        node[_BOUNDS.get(money["qualifier"], "price")] = money["value"]
    if ceiling is not None:
        node["maxPrice"] = ceiling["value"]
    if money["per"]:
        node["unitText"] = money["per"]
    return node


def _objects(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    things = [{"@type": "Product", "model": chip["model"]} for chip in data["chips"]]
    if data["count"]:
        units = data["count"]["value"]
        things.append(
            {"@type": "QuantitativeValue", "value": units["value"], "unitText": units["unit"]}
        )
    if data["capacity_mw"]:
        value = data["capacity_mw"]["value"]
        things.append({"@type": "QuantitativeValue", "value": value, "unitText": "MW"})
    return things


def _without_nothing(node: Mapping[str, Any]) -> dict[str, Any]:
    """A node without empty lists, empty texts and nulls, all the way down."""
    kept: dict[str, Any] = {}
    for name, value in node.items():
        if isinstance(value, Mapping):
            value = _without_nothing(value)
        elif isinstance(value, list):
            value = [_without_nothing(v) if isinstance(v, Mapping) else v for v in value]
        if value not in (None, "", [], {}):
            kept[name] = value
    return kept
