"""How fast parties are found: characters a second, beside one trie as a regular expression.

    python -m tests.benchmarks.companies [FOLDER]

Reads the Markdown of FOLDER (default: the sample articles of data/raw), or makes up sentences where
there is none, and prints both speeds, their ratio and what each took to build.
"""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from pipeline.gazetteer.companies import load_companies
from pipeline.gazetteer.scan import fold

Trie: TypeAlias = "dict[str, Trie]"

ROOT = Path(__file__).resolve().parents[2]
CHARACTERS = 400_000


def trie_pattern(names: list[str]) -> re.Pattern[str]:
    """All names as one trie in a pattern, the longest first at every place."""
    trie: Trie = {}
    for name in names:
        node = trie
        for char in name:
            node = node.setdefault(char, {})
        node[""] = {}

    def render(node: Trie) -> str:
        branches = [re.escape(char) + render(child) for char, child in node.items() if char]
        if "" in node:
            branches.append("")
        return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"

    return re.compile(render(trie))


def sample(folder: Path) -> str:
    """At least `CHARACTERS` characters of news, repeated where the folder has fewer."""
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*.md")]
    text = "\n".join(texts) or "米MSはネビウスから計算力を5年間借りる。天気は晴れ、値段は未定だ。"
    return (text + "\n") * (1 + CHARACTERS // len(text))


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The best of some runs."""

    def once() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return min(once() for _ in range(repeats))


def main() -> None:
    """Print the comparison."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "data" / "raw"
    text = sample(folder)
    companies = load_companies(ROOT / "models")
    names = sorted({fold(name) for c in companies.by_id.values() for name in c.names})

    re.purge()
    build_trie = seconds(lambda: trie_pattern(names), repeats=1)
    build_table = seconds(lambda: load_companies(ROOT / "models"), repeats=1)
    pattern = trie_pattern(names)
    by_trie = seconds(lambda: sum(1 for _ in pattern.finditer(fold(text))))
    by_table = seconds(lambda: companies.find(text))

    print(f"{len(text):,} characters, {len(names):,} names")
    print(
        f"trie, no checks:   {len(text) / by_trie / 1e6:5.1f} M characters/s, built in {build_trie:.2f} s"
    )
    print(
        f"Companies.find:    {len(text) / by_table / 1e6:5.1f} M characters/s, loaded in {build_table:.2f} s"
    )
    print(f"ratio:             {by_trie / by_table:5.2f}")


if __name__ == "__main__":
    main()
