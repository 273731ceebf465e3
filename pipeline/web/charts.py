"""Figures as shapes: where each bar, dot and band lies, and which records it leads to.

Pure: numbers in, coordinates out; templates draw them as SVG, which needs no script, prints, reads
aloud as links and takes the page's colours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from pipeline.record import Kind
from pipeline.store.review_stats import AmountPoint, Edge, PartyCount
from pipeline.store.rows import JAPAN

WIDTH, HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 10, 26
_SHOWN_WEEKS = 53
_MOST_TICKS = 5
_FLOW_WIDTH, _NODE_WIDTH, _GAP = 720, 10, 6
_FLOW_LABEL = 190
_FLOW_UNIT = 320  # the height of all bands together
_LIVE = ("state", "live")


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A bar: where, how large, what it counts, where it leads."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    label: str
    number: int
    query: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A bar chart with its axes."""

    boxes: tuple[Box, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    base: int = HEIGHT - _BOTTOM


def live_query(*fields: tuple[str, str]) -> str:
    """The queue's address of records that may be deals, with more fields."""
    return urlencode([_LIVE, *fields])


def nice_step(largest: float, ticks: int = _MOST_TICKS) -> int:
    """A step of 1, 2 or 5 times a power of ten that parts 0 to `largest` into at most `ticks`."""
    rough = max(largest, 1) / ticks
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return max(1, math.ceil(step))


def weekly_bars(weeks: Sequence[tuple[date, str, int]]) -> Bars:
    """Records by week, stacked by kind; the last year at most, empty weeks too."""
    if not weeks:
        return Bars(boxes=(), x_ticks=(), y_ticks=())
    last = max(monday for monday, _, _ in weeks)
    first = max(min(monday for monday, _, _ in weeks), last - timedelta(weeks=_SHOWN_WEEKS - 1))
    number_of = {(monday, kind): number for monday, kind, number in weeks}
    mondays = [first + timedelta(weeks=i) for i in range((last - first).days // 7 + 1)]
    highest = max(sum(number_of.get((m, k.value), 0) for k in Kind) for m in mondays)
    step = nice_step(highest)
    top = math.ceil(highest / step) * step
    room, base = HEIGHT - _TOP - _BOTTOM, HEIGHT - _BOTTOM
    slot = (WIDTH - _LEFT - _RIGHT) / len(mondays)
    boxes: list[Box] = []
    for index, monday in enumerate(mondays):
        y = float(base)
        for kind in Kind:
            number = number_of.get((monday, kind.value), 0)
            if not number:
                continue
            height = number / top * room
            y -= height
            boxes.append(
                Box(
                    x=round(_LEFT + index * slot + slot * 0.12, 2),
                    y=round(y, 2),
                    width=round(min(slot * 0.76, 40), 2),
                    height=round(height, 2),
                    kind=kind.value,
                    label=monday.isoformat(),
                    number=number,
                    query=live_query(
                        ("kind", kind.value),
                        ("since", monday.isoformat()),
                        ("until", (monday + timedelta(days=6)).isoformat()),
                    ),
                )
            )
    every = math.ceil(len(mondays) / 8)
    return Bars(
        boxes=tuple(boxes),
        x_ticks=tuple(
            Tick(round(_LEFT + i * slot + slot / 2, 2), f"{m.month}/{m.day}")
            for i, m in enumerate(mondays)
            if i % every == 0
        ),
        y_ticks=tuple(
            Tick(round(base - value / top * room, 2), f"{value:,}")
            for value in range(0, top + 1, step)
        ),
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """A ranked party; `share` is of the largest one's bar, 0 to 100."""

    party: PartyCount
    share: float


def ranked_bars(parties: Sequence[PartyCount]) -> tuple[Bar, ...]:
    """Parties as bars, the largest the full width."""
    largest = max((party.number for party in parties), default=1)
    return tuple(Bar(party, round(100 * party.number / largest, 1)) for party in parties)


@dataclass(frozen=True, slots=True)
class Dot:
    """An amount at its time."""

    x: float
    y: float
    point: AmountPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """Amounts over time; `y_ticks` are labelled with the power of ten."""

    dots: tuple[Dot, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    base: int = HEIGHT - _BOTTOM


def amount_dots(points: Sequence[AmountPoint]) -> Dots:
    """The largest amounts over time, by order of magnitude."""
    if not points:
        return Dots(dots=(), x_ticks=(), y_ticks=())
    days = [point.at.astimezone(JAPAN).date() for point in points]
    first, last = min(days), max(days)
    length = max((last - first).days, 1)
    powers = [math.log10(point.size) for point in points]
    low, high = math.floor(min(powers)), math.floor(max(powers)) + 1
    room, base, wide = HEIGHT - _TOP - _BOTTOM, HEIGHT - _BOTTOM, WIDTH - _LEFT - _RIGHT - 16

    def x_of(day: date) -> float:
        return round(_LEFT + 8 + (day - first).days / length * wide, 2)

    def y_of(power: float) -> float:
        return round(base - (power - low) / (high - low) * room, 2)

    marks = min(6, length)
    every = max(1, (high - low) // 6)
    return Dots(
        dots=tuple(
            Dot(x_of(day), y_of(power), point)
            for day, power, point in zip(days, powers, points, strict=True)
        ),
        x_ticks=tuple(
            Tick(x_of(day), f"{day.year}/{day.month}" if length > 120 else f"{day.month}/{day.day}")
            for day in (first + timedelta(days=length * i // marks) for i in range(marks))
        ),
        y_ticks=tuple(Tick(y_of(power), str(power)) for power in range(low, high + 1, every)),
    )


@dataclass(frozen=True, slots=True)
class Node:
    """A buyer or seller in the flow graph."""

    y: float
    height: float
    party: PartyCount


@dataclass(frozen=True, slots=True)
class Band:
    """Records of one buyer with one seller: a band of this height from `y1` to `y2`."""

    y1: float
    y2: float
    height: float
    edge: Edge
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Who buys from whom."""

    buyers: tuple[Node, ...]
    sellers: tuple[Node, ...]
    bands: tuple[Band, ...]
    height: int
    width: int = _FLOW_WIDTH
    left: int = _FLOW_LABEL
    right: int = _FLOW_WIDTH - _FLOW_LABEL - _NODE_WIDTH
    node_width: int = _NODE_WIDTH


def flow_graph(edges: Sequence[Edge]) -> Flow:
    """Buyers on the left, sellers on the right, bands as high as the records between them."""
    if not edges:
        return Flow(buyers=(), sellers=(), bands=(), height=0)
    total = sum(edge.number for edge in edges)
    unit = max(_FLOW_UNIT, 14 * len(edges)) / total
    buyers = _nodes([(edge.buyer, edge.number) for edge in edges], unit)
    sellers = _nodes([(edge.seller, edge.number) for edge in edges], unit)
    filled = {("buyer", key): node.y for key, node in buyers.items()}
    filled |= {("seller", key): node.y for key, node in sellers.items()}
    bands = []
    for edge in sorted(edges, key=lambda one: (buyers[one.buyer.key].y, sellers[one.seller.key].y)):
        height = edge.number * unit
        left, right = ("buyer", edge.buyer.key), ("seller", edge.seller.key)
        bands.append(
            Band(
                round(filled[left] + height / 2, 2),
                round(filled[right] + height / 2, 2),
                round(height, 2),
                edge,
                live_query(("buyer", f"={edge.buyer.key}"), ("seller", f"={edge.seller.key}")),
            )
        )
        filled[left] += height
        filled[right] += height
    bottom = max(node.y + node.height for nodes in (buyers, sellers) for node in nodes.values())
    return Flow(
        buyers=tuple(buyers.values()),
        sellers=tuple(sellers.values()),
        bands=tuple(bands),
        height=math.ceil(bottom) + 4,
    )


def _nodes(parties: Sequence[tuple[PartyCount, int]], unit: float) -> dict[str, Node]:
    numbers: dict[str, int] = {}
    names: dict[str, str] = {}
    for party, number in parties:
        numbers[party.key] = numbers.get(party.key, 0) + number
        names[party.key] = party.name
    nodes: dict[str, Node] = {}
    y = 4.0
    for key, number in sorted(numbers.items(), key=lambda one: (-one[1], one[0])):
        height = number * unit
        party = PartyCount(key=key, name=names[key], number=number)
        nodes[key] = Node(round(y, 2), round(height, 2), party)
        y += max(height, 12) + _GAP
    return nodes
