"""docs/record.schema.json and docs/record.md against what the program writes."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from pipeline.record import (
    SCHEMA_VERSION,
    DealRecord,
    Evidence,
    Kind,
    Party,
    Slot,
    Status,
    from_json,
    record_id,
    to_json,
)
from pipeline.values import Chip, Count, Money, Qualifier, Term

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCHEMA: dict[str, Any] = json.loads((DOCS / "record.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)

FULL = DealRecord(
    id=record_id("a1", "key"),
    article_id="a1",
    extractor_version="rules-1",
    kind=Kind.SUPPLY,
    status=Status.FIRM,
    buyer=(Party(name="緑川電子", surfaces=("緑川電子株式会社", "緑川"), gazetteer_id="midori"),),
    seller=(Party(name="青山クラウド", surfaces=("青山クラウド",)),),
    amount=Money(value=Decimal("1.25E+10"), currency="JPY", qualifier=Qualifier.ABOUT, per="year"),
    amount_max=Decimal("14000000000.5"),
    term=Term(value=Decimal(60), duration="P5Y", start="2027-04", end=None),
    chips=(Chip(vendor="NVIDIA", model="B300"), Chip(model="Blackwell", is_family=True)),
    count=Count(low=Decimal(1000), high=Decimal(2000), qualifier=Qualifier.RANGE, unit="基"),
    capacity_mw=Decimal("37.5"),
    evidence={Slot.BUYER: (Evidence(start=0, end=4, quote="緑川電子"),)},
    confidence=0.91234,
    slot_confidence={Slot.BUYER: 1.0},
)
BARE = DealRecord(
    id=record_id("a2", "key"),
    article_id="a2",
    extractor_version="rules-1",
    kind=Kind.CAPEX,
    status=Status.PROSPECTIVE,
)

decimals = st.decimals(min_value=0, max_value=10**18, places=4, allow_nan=False)
maybe = st.one_of(st.none(), decimals)
records = st.builds(
    DealRecord,
    id=st.builds(record_id, st.text(), st.text()),
    article_id=st.text(min_size=1),
    extractor_version=st.text(),
    kind=st.sampled_from(Kind),
    status=st.sampled_from(Status),
    amount=st.none()
    | st.builds(
        Money,
        value=maybe,
        low=maybe,
        high=maybe,
        qualifier=st.sampled_from(Qualifier),
        currency=st.sampled_from(["JPY", "USD"]),
    ),
    amount_max=maybe,
    count=st.none() | st.builds(Count, value=maybe, low=maybe, high=maybe, unit=st.text()),
    capacity_mw=maybe,
    confidence=st.floats(0, 1),
)


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("record", [FULL, BARE], ids=["full", "bare"])
def test_a_written_record_fits_the_schema(record: DealRecord) -> None:
    VALIDATOR.validate(json.loads(json.dumps(to_json(record))))


@settings(deadline=None)  # machines are busy
@given(records)
def test_any_record_fits_the_schema_and_comes_back(record: DealRecord) -> None:
    data = json.loads(json.dumps(to_json(record)))
    VALIDATOR.validate(data)
    assert to_json(from_json(data)) == data


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "sale"},
        {"amount": {"value": 5, "currency": "JPY"}},
        {"amount_max": "1.5E+3"},
        {"capacity_mw": 4500},
        {"confidence": 1.2},
        {"id": "short"},
        {"evidence": {"price": [{"start": 0, "end": 1, "quote": "x"}]}},
        {"evidence": {"buyer": []}},
        {"surprise": 1},
        {"schema_version": SCHEMA_VERSION + 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_schema_refuses_other_forms(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        VALIDATOR.validate(to_json(FULL) | change)


def test_every_field_is_required_and_no_other_is_allowed() -> None:
    fields = set(to_json(FULL))
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) == fields


@pytest.mark.parametrize(
    ("place", "members"),
    [
        (SCHEMA["properties"]["kind"], Kind),
        (SCHEMA["properties"]["status"], Status),
        (SCHEMA["$defs"]["qualifier"], Qualifier),
        (SCHEMA["$defs"]["slot"], Slot),
    ],
    ids=["kind", "status", "qualifier", "slot"],
)
def test_the_choices_are_those_of_the_program(place: dict[str, Any], members: type[Any]) -> None:
    assert place["enum"] == [member.value for member in members]


@pytest.mark.parametrize("field", sorted(to_json(FULL)))
def test_record_page_explains_every_field(field: str) -> None:
    assert f"`{field}`" in (DOCS / "record.md").read_text(encoding="utf-8")
