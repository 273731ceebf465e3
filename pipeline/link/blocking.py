"""Which tellings are compared at all: those that share a party and a size, or both parties.

A telling stands in a handful of blocks, each a sorted list by day; it is compared with its nearest
neighbours there and with nobody else, so that a new one among a million meets some tens.
"""

import hashlib
import math
from collections.abc import Iterator
from decimal import Decimal

from pipeline.link.telling import PartyKey, Sum, Telling

WINDOW = 16  # neighbours on each side of a telling in a block that it is compared with

_CELL = 0.7  # of a logarithm; two grids half a cell apart let 35 % apart always share a cell
_SLACK = 0.41  # around a range, see quantities
_MOST_PARTIES = 8  # of a side that make blocks: a round with forty investors has its target too
_DIGITS_OF_A_SLIP = 3


def block_keys(telling: Telling) -> tuple[int, ...]:
    """The blocks of a telling, as signed 64-bit numbers, without repetition, in a fixed order.

    Only the telling decides them, so that the same tellings meet in whatever order they come.
    """
    buyers = _side_tokens(telling.buyer)
    sellers = _side_tokens(telling.seller)
    sizes = tuple(_sizes(telling))
    names = {f"{token}|{size}" for token in (*buyers, *sellers) for size in sizes}
    names |= {f"{buyer}|{seller}" for buyer in buyers for seller in sellers}
    if not sizes:
        names |= {f"{token}|none|{telling.kind}" for token in (*buyers, *sellers)}
    return tuple(sorted(_number(name) for name in names))


def _number(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _side_tokens(parties: tuple[PartyKey, ...]) -> tuple[str, ...]:
    """What stands for the parties of a side: families, or first words and sounds of unknown names."""
    return tuple(dict.fromkeys(t for party in parties[:_MOST_PARTIES] for t in _tokens(party)))


def _tokens(party: PartyKey) -> Iterator[str]:
    if party.ids:
        yield from (f"f:{family}" for family in sorted(party.families))
        return
    yield from sorted({f"w:{words[0]}" for words in party.forms})
    yield from (f"s:{sound}" for sound in sorted(party.sounds))


def _sizes(telling: Telling) -> Iterator[str]:
    if telling.money is not None:
        yield from _money_sizes(telling.money)
    for tag, log in (("n", telling.count), ("c", telling.capacity)):
        if log is not None:
            yield from _cells(tag, log)


def _money_sizes(money: Sum) -> Iterator[str]:
    shift = money.dollars
    tag = "usd" if shift is not None else money.currency
    shift = shift or 0.0
    if money.log is None:
        low, high = money.low + shift - _SLACK, money.high + shift + _SLACK
        for cell in range(math.floor(low / _CELL), math.floor(high / _CELL) + 1):
            yield f"{tag}a{cell}"
    else:
        yield from _cells(tag, money.log + shift)
        if money.digits >= _DIGITS_OF_A_SLIP:
            yield f"digits{_digits(money.log)}"
    if money.ceiling is not None:
        yield from _cells(tag, money.ceiling + shift)


def _cells(tag: str, log: float) -> tuple[str, str]:
    return f"{tag}a{math.floor(log / _CELL)}", f"{tag}b{math.floor(log / _CELL + 0.5)}"


def _digits(log: float) -> str:
    """The first three digits of the number, whatever its power of ten."""
    return f"{Decimal(math.exp(log)):.2E}"[:4]
