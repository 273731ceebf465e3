"""How fast amounts are read: characters a second, beside three other tools on the same lines.

    python -m tests.benchmarks.parsing [FOLDER] [--characters N] [--peers PYTHON | --no-peers]

Reads every file of FOLDER (default: ../shared/gold/articles, else data/raw), cut to N characters
where given. PYTHON is the interpreter of a virtual environment that holds tests/benchmarks/peers.txt;
without one it is made in a temporary folder. All run on one core, one after the other, in
processor time; loading is left out, and the parser starts with cold caches.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

from pipeline.gazetteer.vocabulary import load_vocabulary
from pipeline.parse import find_mentions
from pipeline.settings import PROJECT_ROOT

HERE = Path(__file__).resolve().parent
REPEATS = 3


@dataclass(frozen=True)
class Figure:
    """One tool on the text."""

    name: str
    seconds: float
    found: int
    failed: int = 0


def read_articles(folder: Path, characters: int | None) -> list[str]:
    """The articles of `folder`, cut to `characters` in all."""
    texts = [
        path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    if characters is None:
        return texts
    kept: list[str] = []
    for text in texts:
        kept.append(text[:characters])
        characters -= len(kept[-1])
        if characters <= 0:
            break
    return kept


def measured(name: str, texts: list[str], repeats: int = REPEATS) -> Figure:
    """The parser on `texts`, the best of some runs."""
    vocabulary = load_vocabulary(PROJECT_ROOT / "models")
    find_mentions("5年間で100億円", vocabulary)
    best, found = float("inf"), 0
    for _ in range(repeats):
        began = time.process_time()
        found = sum(len(find_mentions(text, vocabulary)) for text in texts)
        best = min(best, time.process_time() - began)
    return Figure(name, best, found)


def peers_python(scratch: Path) -> Path:
    """The interpreter of a new virtual environment with the peers."""
    print("making the peers' virtual environment …", file=sys.stderr)
    venv.create(scratch / "peers", with_pip=True)
    python = scratch / "peers" / "bin" / "python"
    subprocess.run(  # noqa: S603 - our own requirements
        [python, "-m", "pip", "install", "--quiet", "-r", HERE / "peers.txt"], check=True
    )
    return python


def peers(python: Path, lines: list[str]) -> list[Figure]:
    """The other tools on `lines`."""
    done = subprocess.run(  # noqa: S603 - our own script
        [python, HERE / "parsing_peers.py"],
        input=json.dumps(lines),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [Figure(name, **figures) for name, figures in json.loads(done.stdout).items()]


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    gold = PROJECT_ROOT.parent / "shared" / "gold" / "articles"
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=gold if gold.is_dir() else PROJECT_ROOT / "data" / "raw",
    )
    parser.add_argument("--characters", type=int, help="cut the text to so many characters")
    parser.add_argument("--peers", type=Path, help="the peers' Python interpreter")
    parser.add_argument("--no-peers", action="store_true", help="measure the parser alone")
    arguments = parser.parse_args()

    texts = read_articles(arguments.folder, arguments.characters)
    lines = [line for text in texts for line in text.split("\n") if line.strip()]
    total, in_lines = sum(map(len, texts)), sum(map(len, lines))
    print(f"{total:,} characters of {len(texts)} articles, {len(lines):,} lines")
    figures = [
        measured("torihiki, first run", texts, repeats=1),
        measured("torihiki, by article", texts),
        measured("torihiki, by line", lines),
    ]
    if not arguments.no_peers:
        with tempfile.TemporaryDirectory() as scratch:
            figures += peers(arguments.peers or peers_python(Path(scratch)), lines)
    ours = next(figure for figure in figures if figure.name == "torihiki, by line")
    for figure in figures:
        characters = (
            in_lines
            if figure.name not in ("torihiki, first run", "torihiki, by article")
            else total
        )
        speed = characters / figure.seconds
        print(
            f"{figure.name:22}{speed:12,.0f} characters/s{figure.found:8,} found"
            f"{figure.failed:6} lines failed   {in_lines / ours.seconds / speed:8.1f} times slower than ours by line"
        )


if __name__ == "__main__":
    main()
