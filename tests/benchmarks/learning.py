"""What trained parts are worth and what they cost: F1 by slot, speed and memory of each side by side.

usage: python -m tests.benchmarks.learning GOLD.jsonl ARTICLES [--tagger FOLDER] [--scorer FILE]

Rules alone, with the scorer, with the tagger alone, and with both read the same articles, one after
the other, each in a process of its own, so that the memory is that of one extractor. Use articles
that no trained part has learned from.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pipeline.active import Choice
from pipeline.article import Article
from pipeline.errors import Quarantined
from pipeline.evaluate import MEASURES, compare_documents, compared_deal, figures, read_deals
from pipeline.ingest import read_paths
from pipeline.load import load_extractor, tagger_weight
from pipeline.record import to_gold
from pipeline.settings import PROJECT_ROOT, Settings
from pipeline.tagger.model import MODEL_FILE, load_tagger


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("gold", type=Path, help="annotated deals")
    parser.add_argument("articles", type=Path, help="the folder that their `doc` paths start from")
    parser.add_argument("--tagger", type=Path, help="folder that `torihiki learn tagger` wrote")
    parser.add_argument("--scorer", type=Path, default=PROJECT_ROOT / "models" / "scorer.json")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    choices = variants(options.scorer, options.tagger)
    if options.one:
        say(json.dumps(measured(options.gold, options.articles, choices[options.one])))
        return
    rows = {name: in_process(name) for name in choices}
    say("| | " + " | ".join(rows) + " |\n| --- |" + " ---: |" * len(rows))
    for measure in MEASURES:
        say(f"| {measure} | " + " | ".join(f"{r['f1'][measure]:.3f}" for r in rows.values()) + " |")
    say("| characters/s | " + " | ".join(f"{r['speed']:,.0f}" for r in rows.values()) + " |")
    say("| peak memory, MB | " + " | ".join(f"{r['memory_mb']:,.0f}" for r in rows.values()) + " |")
    if options.tagger:
        size = (options.tagger / MODEL_FILE).stat().st_size
        speed = tagging_speed(options.tagger, options.gold, options.articles)
        say(f"\n{options.tagger.name}: {size / 1e6:.2f} MB, {speed:,.0f} characters/s by itself")


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def variants(scorer: Path, tagger: Path | None) -> dict[str, Choice]:
    """The extractors to measure, by name."""
    found = {"rules": Choice(), "scorer": Choice(scorer=scorer)}
    if tagger is not None:
        weight = tagger_weight(tagger)
        found["tagger alone"] = Choice(tagger=tagger, weight=1.0)
        found[f"scorer + tagger*{weight:g}"] = Choice(scorer=scorer, tagger=tagger, weight=weight)
    return found


def in_process(name: str) -> dict[str, Any]:
    """What `--one NAME` prints, measured by a new process with the same arguments."""
    command = [sys.executable, "-m", "tests.benchmarks.learning", *sys.argv[1:], "--one", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def read_articles(gold: Path, articles: Path) -> dict[str, Article]:
    """The annotated documents' articles by `doc`."""
    found: dict[str, Article] = {}
    for doc in read_deals(gold):
        for item in read_paths([articles / doc]):
            if isinstance(item, Quarantined):
                sys.exit(f"{item.source}: {item.reason}")
            found[doc] = item
    return found


def measured(gold: Path, articles: Path, choice: Choice) -> dict[str, Any]:
    """F1 by measure, characters a second after loading, and the peak memory of this process."""
    read = read_articles(gold, articles)
    extractor = load_extractor(Settings(), choice=choice)
    started = time.perf_counter()
    extractions = list(extractor.extract_many(read.values()))
    seconds = time.perf_counter() - started
    deals = {
        doc: [compared_deal(to_gold(record)) for record in extraction.records]
        for doc, extraction in zip(read, extractions, strict=True)
    }
    f1 = {
        name: figure.f1
        for name, figure in figures(compare_documents(read_deals(gold), deals)).items()
    }
    return {
        "f1": f1,
        "speed": sum(len(article.text) for article in read.values()) / seconds,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,  # in KB on Linux
    }


def tagging_speed(folder: Path, gold: Path, articles: Path) -> float:
    """Characters a second of the exported network on one thread, tokens and windows included."""
    tagger = load_tagger(folder, threads=1)
    texts = [article.text for article in read_articles(gold, articles).values()]
    size = tagger.window
    windows = [text[at : at + size] for text in texts for at in range(0, len(text), size)]
    tagger.read(windows[:32])
    started = time.perf_counter()
    tagger.read(windows)
    return sum(map(len, windows)) / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
