"""How fast articles are read and near-duplicates found, and whether memory stays flat.

usage: python tests/benchmarks/reading.py [FOLDER] [--articles N]

FOLDER holds articles to measure with (default: the gold articles beside the repository, else
data/raw). Each line says what was read, characters a second, and how many times faster or slower
that is than decoding the files alone, measured in the same run.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from pipeline.article import Article
from pipeline.ingest import ReadOptions, read_paths
from pipeline.neardup import Originals, signature_of

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=default_folder())
    parser.add_argument("--articles", type=int, default=10_000, help="for the memory curve")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        report_memory(options.child)
        return
    measure_rates(options.folder)
    measure_memory(options.folder, options.articles)


def default_folder() -> Path:
    """The gold articles, where they are."""
    gold = ROOT.parent / "shared" / "gold" / "articles"
    return gold if gold.is_dir() else ROOT / "data" / "raw"


def seconds_of(work: Callable[[], object]) -> float:
    """The best of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def articles_in(folder: Path, **options: tuple[str, ...]) -> list[Article]:
    """All articles of a folder."""
    read = read_paths([folder], options=ReadOptions(**options))  # type: ignore[arg-type]
    return [item for item in read if isinstance(item, Article)]


def measure_rates(folder: Path) -> None:
    """Print characters a second of reading and of near-duplicates."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    characters = sum(len(path.read_text(errors="replace")) for path in files)
    decoding = seconds_of(lambda: [path.read_text(errors="replace") for path in files])
    print(f"{folder}: {len(files)} files, {characters:,} characters")
    print(f"{'decode only':24}{characters / decoding:>14,.0f} characters/s")
    for name, globs in (("texts", ("*.md", "*.txt")), ("HTML pages", ("*.html",))):
        found = articles_in(folder, include=globs)
        if found:
            size = sum(len(article.text) for article in found)
            taken = seconds_of(lambda globs=globs: articles_in(folder, include=globs))  # type: ignore[misc]
            show(f"read {name}", size, taken, characters / decoding)
    found = articles_in(folder)
    size = sum(len(article.text) for article in found)
    show("near-duplicates", size, seconds_of(lambda: link(found)), characters / decoding)


def link(articles: Iterable[Article]) -> int:
    """Link near-duplicates; how many there are."""
    originals = Originals()
    return sum(originals.original_of(a.id, signature_of(a)) is not None for a in articles)


def show(name: str, size: int, taken: float, reference: float) -> None:
    """One line of the table."""
    rate = size / taken
    print(f"{name:24}{rate:>14,.0f} characters/s{rate / reference:>10.3f} × decoding")


def measure_memory(folder: Path, count: int) -> None:
    """Print the peak memory of reading JSON Lines of growing length, each in its own process."""
    articles = articles_in(folder)
    print(f"\n{'articles':>10}{'MB of JSONL':>14}{'peak MB':>10}{'articles/s':>12}")
    for size in (count // 100, count // 10, count):
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "archive.jsonl"
            with path.open("w", encoding="utf-8") as file:
                for number in range(size):
                    article = articles[number % len(articles)]
                    row = {"title": f"{number} {article.title}", "body": article.text}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
            command = [sys.executable, __file__, "--child", str(path)]
            done = subprocess.run(command, capture_output=True, check=True, text=True, cwd=ROOT)  # noqa: S603
            taken, peak = map(float, done.stdout.split())
            megabytes = path.stat().st_size / 1e6
            print(f"{size:>10,}{megabytes:>14.1f}{peak:>10.1f}{size / taken:>12,.0f}")


def report_memory(path: Path) -> None:
    """Read a file and print seconds and peak memory in MB; for the parent process."""
    start = time.perf_counter()
    for _ in read_paths([path]):
        pass
    taken = time.perf_counter() - start
    print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
