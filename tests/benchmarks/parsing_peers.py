"""Run by tests/benchmarks/parsing.py with the interpreter of the peers' virtual environment.

Reads a JSON list of lines on standard input; prints a JSON object: for each tool its seconds of
processor time, how many mentions it found, and on how many lines it raised.
"""

import json
import sys
import time
from collections.abc import Callable, Collection


def readers() -> "dict[str, Callable[[str], Collection[object]]]":
    """Each tool as a function from a line to what it finds there."""
    import suji  # type: ignore[import-not-found]
    from ja_timex import TimexParser  # type: ignore[import-not-found]
    from pynormalizenumexp.normalize_numexp import (  # type: ignore[import-not-found]
        NormalizeNumexp,
    )

    return {
        "pynormalizenumexp": NormalizeNumexp("ja").normalize,
        "ja-timex": TimexParser().parse,
        "suji": suji.values,
    }


def main() -> None:
    """Measure every tool on the same lines, one after the other."""
    lines = json.load(sys.stdin)
    figures = {}
    for name, read in readers().items():
        read("5年間で100億円")
        found = failed = 0
        began = time.process_time()
        for line in lines:
            try:
                found += len(read(line))
            except Exception:  # noqa: BLE001 - a peer's crash is counted and printed
                failed += 1
        figures[name] = {"seconds": time.process_time() - began, "found": found, "failed": failed}
        print(f"{name}: done", file=sys.stderr)
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
