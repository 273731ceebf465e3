"""Deals for other people's graphs."""

from decimal import Decimal

from pipeline.link.deal import make_deal
from pipeline.link.dealjson import deal_to_json
from pipeline.link.jsonld import CONTEXT, deal_to_jsonld
from tests.link.making import money, told


def test_a_deal_is_a_trade_action() -> None:
    record = told(
        "a",
        buyer="アマゾン",
        seller="Haru Robotics",
        amount=money("120 USD", "at_least"),
        amount_max=Decimal(300_000_000),
        term_months=Decimal(60),
        chips=("HX200",),
        count=Decimal(3000),
        count_unit="基",
    )
    data = deal_to_json(make_deal("d1", [record]))
    node = deal_to_jsonld(data, [{"deal": "d2", "relation": "part_of"}])
    assert node["@type"] == ["TradeAction", "torihiki:Supply"]
    assert node["@id"] == "urn:torihiki:deal:d1"
    assert node["partOf"] == ["urn:torihiki:deal:d2"]
    assert node["actionStatus"] == "CompletedActionStatus"
    assert node["agent"] == [
        {"@type": "Organization", "name": "アマゾン", "@id": "urn:torihiki:party:amazon"}
    ]
    assert node["priceSpecification"] == {
        "@type": "PriceSpecification",
        "priceCurrency": "USD",
        "torihiki:qualifier": "at_least",
        "minPrice": "120000000",
        "maxPrice": "300000000",
    }
    assert node["torihiki:duration"] == "P60M"
    assert {"@type": "Product", "model": "HX200"} in node["object"]
    assert node["subjectOf"][0]["identifier"] == "news/a.md"


def test_every_term_that_is_not_schema_org_s_is_in_the_context() -> None:
    data = deal_to_json(
        make_deal("d1", [told("a", buyer="青空電機", source="https://example.com/a")])
    )
    node = deal_to_jsonld(data, [{"deal": "d2", "relation": "cancelled_by"}])
    assert node["subjectOf"][0]["url"] == "https://example.com/a"
    assert "cancelledBy" in CONTEXT
    assert "seller" not in node
    assert "@context" not in deal_to_jsonld(data, context=False)
