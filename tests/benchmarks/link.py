"""How linking grows with the number of records, and what one more record costs.

    python -m tests.benchmarks.link                    # 10,000 30,000 100,000
    python -m tests.benchmarks.link --sizes 1000000    # some 25 minutes, some 5 GB

Records are made up: companies of which few are in very many deals, deals of which few are told a
thousand times, sums that are rounded, revised and told in another currency, names in Latin,
katakana and short forms. Printed for each size: seconds of processor time, records a second, seconds of the size
before scaled up linearly (the curve is near linear where the two agree), memory, how well the
deals found agree with those made up, and how long adding one more record takes.
"""

import argparse
import gc
import math
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import psutil

from pipeline.link import DealLedger, LinkParty, LinkRecord, MemoryShelf
from pipeline.link.kit import LinkKit
from pipeline.load_link import load_link_kit
from pipeline.record import Kind, Status
from pipeline.settings import Settings
from pipeline.values import Money, Qualifier

_SYLLABLES = [
    "ka",
    "ki",
    "ku",
    "ko",
    "sa",
    "shi",
    "su",
    "so",
    "ta",
    "te",
    "to",
    "na",
    "ni",
    "no",
    "ha",
    "ho",
    "ma",
    "mi",
    "mo",
    "ra",
    "ri",
    "ro",
    "ne",
    "vo",
    "xi",
]
_TOPICS = [
    "データセンターを建設する",
    "計算資源を調達する",
    "半導体を購入する",
    "出資すると発表した",
    "資金を調達した",
    "買収で合意した",
    "電力を長期契約で確保する",
    "クラウドを利用する",
    "工場を新設する",
    "研究開発に投じる",
]
_FIRST_DAY = date(2019, 1, 1)
_DAYS = 2500
_MOST_TOLD = 1500


@dataclass(frozen=True)
class _Truth:
    """A made-up deal."""

    kind: Kind
    buyer: int
    seller: int | None
    value: int
    currency: str
    day: date
    name: str
    topic: str


class World:
    """Makes up companies, deals and their tellings, the same for the same seed."""

    def __init__(self, records: int, seed: int = 7) -> None:
        self._dice = random.Random(seed)
        self._companies = [self._name() for _ in range(max(200, records // 25))]
        self._records = records

    def _name(self) -> str:
        return "".join(self._dice.choices(_SYLLABLES, k=self._dice.randint(3, 5))).capitalize()

    def _company(self) -> int:
        """Few companies are in very many deals: the first of 40,000 in one deal of seventy."""
        return int(len(self._companies) * self._dice.random() ** 2.5)

    def tellings(self) -> Iterator[tuple[int, LinkRecord]]:
        """So many records, each with the number of its deal; those of one deal not in a row."""
        made: list[tuple[int, LinkRecord]] = []
        number = 0
        while len(made) < self._records:
            truth = self._truth()
            told = min(_MOST_TOLD, int(1 / max(1e-9, self._dice.random()) ** 0.8))
            for _ in range(min(told, self._records - len(made))):
                made.append((number, self._telling(truth, len(made))))
            number += 1
        self._dice.shuffle(made)
        yield from made

    def _truth(self) -> _Truth:
        dice = self._dice
        kind = dice.choice([Kind.SUPPLY, Kind.INVESTMENT, Kind.INVESTMENT, Kind.CAPEX])
        digits = dice.choice([1, 1, 2, 2, 3])
        return _Truth(
            kind=kind,
            buyer=self._company(),
            seller=None if kind is Kind.CAPEX else self._company(),
            value=dice.randrange(10 ** (digits - 1), 10**digits) * 10 ** dice.randint(6, 9),
            currency=dice.choice(["JPY", "USD", "USD"]),
            day=_FIRST_DAY + timedelta(days=dice.randrange(_DAYS)),
            name=self._name(),
            topic=dice.choice(_TOPICS),
        )

    def _telling(self, truth: _Truth, number: int) -> LinkRecord:
        dice = self._dice
        day = truth.day + timedelta(days=int(dice.expovariate(1 / 25)))
        names_seller = truth.seller is not None and dice.random() < 0.85
        project = f"{truth.name}計画で" if dice.random() < 0.4 else ""
        buyer = self._companies[truth.buyer]
        return LinkRecord(
            id=f"{number:020x}",
            article=f"{number:032x}",
            published=day,
            source=f"news/{number}.md",
            kind=truth.kind,
            status=Status.FIRM if dice.random() < 0.8 else Status.PROSPECTIVE,
            buyer=(self._party(truth.buyer),),
            seller=(self._party(truth.seller),) if names_seller and truth.seller else (),
            amount=self._money(truth),
            quotes=(f"{buyer}は{project}{truth.topic}。{dice.choice(_TOPICS)}見通しだ。",),
        )

    def _party(self, company: int) -> LinkParty:
        name = self._companies[company]
        form = self._dice.choice([name, name, f"{name} Inc.", f"{name}社", f"{name} Holdings"])
        return LinkParty(name=form, names=(form,))

    def _money(self, truth: _Truth) -> Money | None:
        dice = self._dice
        if dice.random() < 0.08:
            return None
        value, currency = Decimal(truth.value), truth.currency
        qualifier = dice.choice([Qualifier.EXACT, Qualifier.EXACT, Qualifier.ABOUT])
        if dice.random() < 0.05:
            value *= Decimal("1.1")  # revised
        if currency == "USD" and dice.random() < 0.05:
            power = 10 ** max(0, int(math.log10(truth.value * 150)) - 1)
            value, currency = Decimal(round(truth.value * 150 / power) * power), "JPY"
        return Money(value=value, currency=currency, qualifier=qualifier)


def _agreement(ledger: DealLedger, truth: dict[str, int], sample: random.Random) -> float:
    """Pairwise F1 on a sample of 20,000 records against all."""
    by_deal: dict[int, list[str]] = {}
    for record, deal in truth.items():
        by_deal.setdefault(deal, []).append(record)
    hits = found = gold = 0
    for record in sample.sample(sorted(truth), min(20_000, len(truth))):
        mine, theirs = set(ledger.told_with(record)), set(by_deal[truth[record]])
        hits += len(mine & theirs) - 1
        found += len(mine) - 1
        gold += len(theirs) - 1
    return 2 * hits / (found + gold) if found + gold else 1.0


def run(kit: LinkKit, records: int, adds: int, before: float | None) -> float:
    """Link so many records at once, then some one by one; seconds for each record of the first."""
    process = psutil.Process()
    gc.collect()
    memory = process.memory_info().rss
    world = list(World(records + adds).tellings())
    bulk, rest = world[:records], world[records:]
    del world
    truth = {record.id: deal for deal, record in bulk}
    shelf = MemoryShelf()
    ledger = DealLedger(kit.scorer, shelf)
    started = time.process_time()
    ledger.add(kit.tell(record) for _deal, record in bulk)
    seconds = time.process_time() - started
    del bulk
    gc.collect()
    used = process.memory_info().rss - memory
    agreement = _agreement(ledger, truth, random.Random(1))
    times = []
    for _deal, record in rest:
        began = time.process_time()
        ledger.add([kit.tell(record)])
        times.append(1000 * (time.process_time() - began))
    times.sort()
    linear = f"{before * records:8.1f}" if before is not None else "       –"
    print(
        f"{records:>9,} {seconds:8.1f} {linear} {records / seconds:9,.0f} {used / 2**20:8,.0f}"
        f" {agreement:6.3f} {statistics.median(times):8.2f} {times[int(0.99 * len(times))]:8.2f}"
        f" {times[-1]:8.2f}",
        flush=True,
    )
    return seconds / records


def main() -> None:
    """Run for each size, the smaller first."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    parser.add_argument("--adds", type=int, default=1000, help="records added one by one")
    arguments = parser.parse_args()
    kit = load_link_kit(Settings())
    print(
        f"{'records':>9} {'s':>8} {'linear':>8} {'rec/s':>9} {'MB':>8} {'F1':>6}"
        f" {'add ms':>8} {'p99':>8} {'max':>8}"
    )
    before = None
    for size in sorted(arguments.sizes):
        before = run(kit, size, arguments.adds, before)


if __name__ == "__main__":
    main()
