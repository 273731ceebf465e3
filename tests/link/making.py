"""Tellings for the tests of linking, in our own words: 青空電機 buys, 春風ロボティクス raises money."""

from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from pipeline.link import LinkParty, LinkRecord
from pipeline.link.kit import LinkKit
from pipeline.load_link import load_link_kit
from pipeline.record import Kind, Status
from pipeline.settings import Settings
from pipeline.values import Money, Qualifier

DAY = date(2025, 10, 1)


@cache
def kit() -> LinkKit:
    """What linking knows, from the files of the repository."""
    return load_link_kit(Settings())


def party(*names: str) -> LinkParty:
    """A party by its names, as the gazetteer knows it."""
    return kit().namer.party(names)


def money(text: str, qualifier: str = "exact", *, per: str | None = None) -> Money:
    """`500 USD`, or a range `10..20 USD`, in millions."""
    number, currency = text.split()
    low, dots, high = number.partition("..")
    if dots:
        return Money(
            low=Decimal(low) * 10**6,
            high=Decimal(high) * 10**6,
            currency=currency,
            qualifier=Qualifier.VAGUE,
            per=per,
        )
    return Money(
        value=Decimal(low) * 10**6, currency=currency, qualifier=Qualifier(qualifier), per=per
    )


def told(
    name: str,
    *,
    buyer: str | tuple[str, ...] = (),
    seller: str | tuple[str, ...] = (),
    amount: Money | str | None = None,
    day: int = 0,
    kind: str = "supply",
    status: str = "firm",
    says: str = "",
    article: str | None = None,
    **more: object,
) -> LinkRecord:
    """A record; `buyer` and `seller` are names of parties, one or several; `day` counts from DAY."""
    buyers = (buyer,) if isinstance(buyer, str) else buyer
    sellers = (seller,) if isinstance(seller, str) else seller
    return LinkRecord(
        id=name,
        article=article or f"article of {name}",
        published=DAY + timedelta(days=day),
        source=str(more.pop("source", f"news/{name}.md")),
        kind=Kind(kind),
        status=Status(status),
        buyer=tuple(party(name) for name in buyers),
        seller=tuple(party(name) for name in sellers),
        amount=money(amount) if isinstance(amount, str) else amount,
        quotes=(says,) if says else (),
        **more,  # type: ignore[arg-type]
    )
