"""What the gate costs in records and saves in time: extraction with it and without, side by side.

usage: python tests/benchmarks/gate.py [--archive DIR] [--limit N]

Every record that only one of the two finds, or finds with other values, is listed with its quote.
Without the gate the model reads every sentence, which takes a minute for 150,000 characters.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.article import Article
from pipeline.extract import Extraction, Extractor
from pipeline.load import load_extractor
from pipeline.record import DealRecord, Slot
from pipeline.settings import Settings
from pipeline.store.reconcile import differing_slots
from tests.benchmarks.archive import GOLD, ROOT, shuffled


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--archive", type=Path, default=GOLD if GOLD.is_dir() else ROOT / "data/raw"
    )
    parser.add_argument("--limit", type=int, default=None, help="at most so many articles")
    options = parser.parse_args()
    articles = shuffled(str(options.archive))[: options.limit]
    settings = Settings()
    gated, seconds = extracted(load_extractor(settings), articles)
    whole, whole_seconds = extracted(load_extractor(settings, use_gate=False), articles)
    differences = 0
    for article in articles:
        for line in compare(article, gated[article.id], whole[article.id]):
            differences += 1
            say(line)
    characters = sum(len(article.text) for article in articles)
    say(
        f"{len(articles):,} articles, {characters:,} characters: "
        f"{sum(len(one.records) for one in gated.values()):,} records with the gate in {seconds:.1f} s,"
        f" {sum(len(one.records) for one in whole.values()):,} without in {whole_seconds:.1f} s"
        f" ({whole_seconds / seconds:.1f} ×); {differences:,} differences"
    )


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def extracted(
    extractor: Extractor, articles: Iterable[Article]
) -> tuple[Mapping[str, Extraction], float]:
    """Every extraction by article, and the seconds that they took."""
    started = time.perf_counter()
    found = {one.article_id: one for one in extractor.extract_many(articles)}
    return found, time.perf_counter() - started


def compare(article: Article, gated: Extraction, whole: Extraction) -> list[str]:
    """A line for every record that differs."""
    with_gate = {record.id: record for record in gated.records}
    without = {record.id: record for record in whole.records}
    lines: list[str] = []
    for record_id in sorted(with_gate.keys() | without.keys()):
        one, other = with_gate.get(record_id), without.get(record_id)
        if one is None and other is not None:
            lines.append(f"{article.source}: lost by the gate: {described(other)}")
        elif other is None and one is not None:
            lines.append(f"{article.source}: only with the gate: {described(one)}")
        elif one is not None and other is not None and (slots := differing_slots(one, other)):
            names = ", ".join(slot.value for slot in slots)
            lines.append(f"{article.source}: other {names}: {described(one)} | {described(other)}")
    return lines


def described(record: DealRecord) -> str:
    """A record in a few words."""
    buyer, seller = (
        "、".join(party.name for party in side) or "–" for side in (record.buyer, record.seller)
    )
    quotes = record.evidence.get(Slot.AMOUNT) or next(iter(record.evidence.values()), ())
    quote = quotes[0].quote if quotes else ""
    return f"{record.kind.value} {buyer} ← {seller}「{quote}」"


if __name__ == "__main__":
    main()
