"""Linking from raw articles: extract, link, and measure against annotated records and deals.

    python -m tests.benchmarks.link_end_to_end                # extracts, some minutes
    python -m tests.benchmarks.link_end_to_end EXTRACTED.jsonl…  # lines of `extract --format gold`

An extracted record stands for the annotated one that `torihiki evaluate` pairs it with. Printed:
how many annotated records were found, then the agreement of deals on those, and on all annotated
records, where one that was not found counts as a deal of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.cli.link import Faults, read_tellings
from pipeline.evaluate.deals import compared_deal
from pipeline.evaluate.linking import LinkFigures, measure_links
from pipeline.evaluate.matching import pair_deals
from pipeline.learn.linking import link_all
from pipeline.load_link import load_link_kit
from pipeline.settings import Settings

GOLD = Path(__file__).parents[3] / "shared" / "gold"
_PARTS = {"dev.jsonl": "articles", "train.jsonl": "train_articles"}

Rows = Mapping[str, list[Any]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("extracted", nargs="*", type=Path)
    parser.add_argument("--gold", type=Path, default=GOLD)
    options = parser.parse_args()
    gold = _rows(options.gold / name for name in _PARTS)
    with tempfile.TemporaryDirectory() as folder:
        files = options.extracted or _extract(options.gold, Path(folder))
        found = _rows(files)
        kit = load_link_kit(Settings())
        tellings = read_tellings(files, [], Faults(), namer=kit.namer, preparer=kit.preparer)
    deals = link_all(tellings.values(), kit.scorer)
    annotated = {f"{doc}#{i}": f"{doc}#{i}" for doc, row in gold.items() for i in range(len(row))}
    for line in (options.gold / "links.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        annotated.update({r: row["deal"] for r in row["records"] if r in annotated})
    stands_for = dict(_pairs(gold, found))
    met = {record: deals[stands_for[record]] for record in annotated if record in stands_for}
    print(f"{len(annotated):,} annotated records, {len(tellings):,} extracted, {len(met):,} paired")
    _show("on those paired", measure_links(met, {record: annotated[record] for record in met}))
    whole = {record: met.get(record, f"alone {record}") for record in annotated}
    _show("on all annotated", measure_links(whole, annotated))


def _extract(gold: Path, folder: Path) -> list[Path]:
    files = []
    for articles in _PARTS.values():
        files.append(folder / f"{articles}.jsonl")
        root = gold / articles
        command = ["extract", str(root), "--root", str(root), "--format", "gold"]
        with files[-1].open("w", encoding="utf-8") as stream:
            subprocess.run(  # noqa: S603 - our own program
                [sys.executable, "-c", "from pipeline.cli import main; main()", *command],
                stdout=stream,
                check=True,
            )
    return files


def _rows(files: Iterable[Path]) -> Rows:
    rows: dict[str, list[Any]] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            rows[row["doc"]] = row["deals"]
    return rows


def _pairs(gold: Rows, found: Rows) -> Iterable[tuple[str, str]]:
    """Annotated record → the extracted one that tells the same deal of the same article."""
    for doc, deals in gold.items():
        mine = [compared_deal(deal) for deal in deals]
        theirs = [compared_deal(deal) for deal in found.get(doc, [])]
        for i, j in pair_deals(mine, theirs):
            yield f"{doc}#{i}", f"{doc}#{j}"


def _show(name: str, figures: LinkFigures) -> None:
    pairs, b_cubed = figures.pairs, figures.b_cubed
    print(
        f"{name:18} pairs P {pairs.precision:.3f} R {pairs.recall:.3f} F1 {pairs.f1:.3f}"
        f"   B-cubed P {b_cubed.precision:.3f} R {b_cubed.recall:.3f} F1 {b_cubed.f1:.3f}"
    )


if __name__ == "__main__":
    main()
