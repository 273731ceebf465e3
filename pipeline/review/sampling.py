"""Samples for double reading, and what they say of agreement."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.errors import ReviewError
from pipeline.record import from_json
from pipeline.review.agreement import Agreement, DoubleReading, measure_agreement
from pipeline.review.ledger import Actor, reading_standing
from pipeline.review.standing import State
from pipeline.store import Store
from pipeline.store.accounts import Accounts
from pipeline.store.engine import reading
from pipeline.store.review import ReviewDb
from pipeline.store.review_filter import QueueFilter, Viewer
from pipeline.store.review_queue import Sort, stream_ids
from pipeline.store.review_readings import Readings
from pipeline.store.rows import now

MEASURED = 5000  # the newest double readings that figures are made of
_IDS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Sampling:
    """Draws samples and measures them."""

    store: Store
    clock: Callable[[], datetime] = now

    def draw(
        self, wanted: QueueFilter, size: int, actor: Actor, *, readers: Sequence[str] = ()
    ) -> int:
        """Let `size` unreviewed records be read by two people each.

        Args:
            wanted: the records to draw from; of them only those that nobody has touched.
            size: how many; records that are in a sample already do not count.
            actor: a lead.
            readers: names; every record gets two of them, each pair about as often. None given:
                whoever comes first.

        Returns:
            How many records are new in the sample; less than `size` where there are no more.

        Raises:
            ReviewError: one reader alone, or a name that is no active user's.
        """
        pairs = self._pairs(readers)
        chosen = self._choose(replace(wanted, states=(State.UNREVIEWED.value,)), size, actor)
        with ReviewDb(self.store.engine).transaction() as transaction:
            return Readings(transaction.connection).assign(
                chosen, [pairs[i % len(pairs)] for i in range(len(chosen))], self.clock()
            )

    def _pairs(self, readers: Sequence[str]) -> list[tuple[int | None, int | None]]:
        if not readers:
            return [(None, None)]
        known = Accounts(self.store.engine)
        ids: dict[int, None] = {}
        for name in readers:
            user = known.user_named(name)
            if user is None or user.disabled:
                raise ReviewError("unknown_user", f"there is no user {name!r} who can read")
            ids[user.id] = None
        found = list(ids)
        if len(found) == 1:
            raise ReviewError("one_reader", "a double reading needs two readers")
        return [(a, b) for i, a in enumerate(found) for b in found[i + 1 :]]

    def _choose(self, wanted: QueueFilter, size: int, actor: Actor) -> list[str]:
        """Ids in an order that has nothing to do with their content, the same every time."""
        viewer = Viewer(user_id=actor.user_id, now=self.clock())
        with reading(self.store.engine) as connection:
            taken = Readings(connection).record_ids()
            ids = [
                one
                for some in stream_ids(connection, wanted, Sort.STAKE, viewer, size=_IDS_AT_ONCE)
                for one in some
                if one not in taken
            ]
        return sorted(ids, key=lambda one: hashlib.sha256(one.encode()).digest())[:size]

    def readings(self) -> list[DoubleReading]:
        """The newest double readings that both readers have finished."""
        with ReviewDb(self.store.engine).look() as look:
            pairs = Readings(look.connection).closed_pairs(MEASURED)
        found = []
        for machine, (first, second) in pairs:
            if machine is None:
                continue
            record = from_json(machine)
            found.append(
                DoubleReading(
                    record_id=first.record_id,
                    readers=(first.reader or "", second.reader or ""),
                    standings=(
                        reading_standing(first, record),
                        reading_standing(second, record),
                    ),
                )
            )
        return found

    def agreement(self) -> tuple[Agreement, dict[tuple[str, str], Agreement]]:
        """The figures of all double readings, and of each pair of readers."""
        found = self.readings()
        by_pair: dict[tuple[str, str], list[DoubleReading]] = {}
        for one in found:
            first, second = sorted(one.readers)
            by_pair.setdefault((first, second), []).append(one)
        return measure_agreement(found), {
            pair: measure_agreement(some) for pair, some in sorted(by_pair.items())
        }

    def counts(self) -> dict[str, int]:
        """How many records of the sample are open, begun and compared."""
        with ReviewDb(self.store.engine).look() as look:
            return Readings(look.connection).counts()
