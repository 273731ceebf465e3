"""What waits to be extracted, and how it is cut into batches: pure."""

import heapq
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pipeline.store import Done

BATCH_CHARACTERS = 200_000
BATCH_ARTICLES = 256
_LENGTH_BYTES = 5
_LONGEST = 256**_LENGTH_BYTES - 1


class Rerun(StrEnum):
    """Which articles are done again that were done or failed before."""

    FAILED = "failed"  # those that no extractor of this version could read
    CHANGED = "changed"  # those that were last done by another extractor version
    ALL = "all"


def is_wanted(state: Done, rerun: Rerun | None) -> bool:
    """Whether an article with this line in the ledger belongs to a run.

    What nobody has finished always does; a claim may be a dead run's, the ledger decides that
    when the batch is claimed. With ALL the ledger is asked what was done since the run began, so
    that DONE is what it has done itself.
    """
    again = {
        None: frozenset[Done](),
        Rerun.FAILED: frozenset({Done.FAILED}),
        Rerun.CHANGED: frozenset({Done.OTHER}),
        Rerun.ALL: frozenset({Done.FAILED, Done.OTHER}),
    }
    return state in {Done.NEVER, Done.CLAIMED} or state in again[rerun]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSize:
    """The most that one batch holds; an article longer than that is a batch of its own."""

    characters: int = BATCH_CHARACTERS
    articles: int = BATCH_ARTICLES


class Backlog:
    """Articles that wait, the longest first, some 60 bytes each; safe between threads.

    Batches of one length waste no padding in the model, and the long ones first leave the short
    ones to fill up the end, when the workers run out of work.
    """

    def __init__(self) -> None:
        self._heap: list[bytes] = []
        self._lock = threading.Lock()
        self.characters = 0

    def add(self, items: Iterable[tuple[str, int]]) -> None:
        """Let articles (id, characters) wait."""
        with self._lock:
            for article_id, characters in items:
                key = (_LONGEST - characters).to_bytes(_LENGTH_BYTES) + bytes.fromhex(article_id)
                heapq.heappush(self._heap, key)
                self.characters += characters

    def take(self, size: BatchSize) -> list[tuple[str, int]]:
        """The next batch, longest article first; [] where nothing waits."""
        taken: list[tuple[str, int]] = []
        total = 0
        with self._lock:
            while self._heap and len(taken) < size.articles:
                characters = _LONGEST - int.from_bytes(self._heap[0][:_LENGTH_BYTES])
                if taken and total + characters > size.characters:
                    break
                article_id = heapq.heappop(self._heap)[_LENGTH_BYTES:].hex()
                taken.append((article_id, characters))
                total += characters
            self.characters -= total
        return taken

    def __len__(self) -> int:
        return len(self._heap)
