"""An extractor without a model, for tests of what goes on around it.

Every 億円 of a text is a supply record. Some words make it misbehave, and the environment makes
it slow, so that a test can meet it at work.
"""

import os
import re
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pipeline.article import Article
from pipeline.record import DealRecord, Evidence, Kind, Party, Slot, Status, record_id
from pipeline.settings import Settings
from pipeline.values import Money

VERSION = "TORIHIKI_FAKE_VERSION"
SECONDS = "TORIHIKI_FAKE_SECONDS"  # that each article takes
DEADLY = "死の記事"  # the process dies of it
DEADLY_ONCE = "一度だけ死ぬ"  # the process dies of it once; TORIHIKI_FAKE_ONCE names the mark
POISON = "毒の記事"  # raises
GREEDY = "大食いの記事"  # wants 4 GB
HOARDER = "ためこむ記事"  # makes the process keep 200 MB
_AMOUNT = re.compile(r"(\d+)億円")


@dataclass(frozen=True)
class Extraction:
    """What was found in one article."""

    article_id: str
    records: tuple[DealRecord, ...]
    dropped: dict[str, int]


_hoard: list[bytes] = []


class FakeExtractor:
    """Finds amounts of 億円."""

    def __init__(self, version: str) -> None:
        self.version = version

    def extract_many(self, articles: Iterable[Article]) -> Iterator[Extraction]:
        """One extraction an article, in order."""
        return (self._extract(article) for article in articles)

    def _extract(self, article: Article) -> Extraction:
        time.sleep(float(os.environ.get(SECONDS, "0")))
        misbehave(article.text)
        records = tuple(
            _record(article, match, self.version) for match in _AMOUNT.finditer(article.text)
        )
        dropped = {"no amount": article.text.count("。")} if not records else {}
        return Extraction(article.id, records, dropped)


def misbehave(text: str) -> None:
    """Do what the words of a text ask for."""
    if POISON in text:
        msg = "this text was too much"
        raise ValueError(msg)
    if GREEDY in text:
        bytearray(4_000_000_000)
    if HOARDER in text:
        _hoard.append(b"x" * 200_000_000)
    if DEADLY in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if DEADLY_ONCE in text:
        mark = Path(os.environ["TORIHIKI_FAKE_ONCE"])
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def _record(article: Article, match: re.Match[str], version: str) -> DealRecord:
    value = Decimal(match[1]) * 10**8
    evidence = Evidence(start=match.start(), end=match.end(), quote=match[0])
    return DealRecord(
        id=record_id(article.id, match[0]),
        article_id=article.id,
        extractor_version=version,
        kind=Kind.SUPPLY,
        status=Status.FIRM,
        buyer=(Party(name="青空電機", surfaces=("青空電機",)),),
        amount=Money(value=value, currency="JPY"),
        evidence={Slot.AMOUNT: (evidence,)},
        confidence=0.5,
    )


def extractor_version(settings: Settings) -> str:
    """What `load_extractor` will say."""
    del settings
    return os.environ.get(VERSION, "fake-1")


def load_extractor(settings: Settings) -> FakeExtractor:
    """An extractor at once."""
    return FakeExtractor(extractor_version(settings))
