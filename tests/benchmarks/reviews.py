"""What reviews alone are worth: the scorer learns from them without the lessons that come with Torihiki.

usage: python -m tests.benchmarks.reviews GOLD.jsonl ARTICLES TEST.jsonl TEST_ARTICLES [--runs N] [--plot FILE]

`torihiki learn simulate` does the same with the lessons, which teach much of what the first reviews
would. Two runs of each order over 215 articles take two minutes of processor, after laying out.
"""

import argparse
import sys
from pathlib import Path
from statistics import fmean

from pipeline.gazetteer.vocabulary import load_vocabulary
from pipeline.learn.plots import plot_curve
from pipeline.learn.replay import Laid
from pipeline.learn.simulation import Order, Point, simulate
from pipeline.learn.sources import from_annotations
from pipeline.learn.training import laid_out, plain_extractor
from pipeline.settings import Settings


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("gold", "articles", "test_gold", "test_articles"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--runs", type=int, default=2, help="of each order")
    parser.add_argument("--plot", type=Path, help="SVG or PNG to draw the curve into")
    options = parser.parse_args()
    points = simulate(
        laid(options.gold, options.articles),
        laid(options.test_gold, options.test_articles),
        seeds=range(options.runs),
        on_point=lambda p: say(f"{p.order} {p.seed}: {p.articles} articles, core {p.core:.3f}"),
    )
    for line in table(points):
        say(line)
    if options.plot is not None:
        plot_curve(points, options.plot)


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def laid(gold: Path, articles: Path) -> list[Laid]:
    """Annotated articles, laid out."""
    settings = Settings()
    found = from_annotations(gold, articles, load_vocabulary(settings.models_dir))
    if found.failed:
        sys.exit(f"{found.failed[0].source}: {found.failed[0].reason}")
    return laid_out(plain_extractor(settings), found.all(), say, gold.name)


def table(points: list[Point]) -> list[str]:
    """Means over the runs: a row for every number of articles, both orders side by side."""
    lines = [
        "| articles | records decided, queue | core F1 | records decided, random | core F1 |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    for articles in sorted({point.articles for point in points}):
        cells = []
        for order in Order:
            same = [p for p in points if p.order is order and p.articles == articles]
            cells.append(
                f"{fmean(p.reviews for p in same):.0f} | {fmean(p.core for p in same):.3f}"
            )
        lines.append(f"| {articles} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    main()
