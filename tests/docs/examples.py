"""The examples of the README with the output that the program really gives.

    python -m tests.docs.examples      # writes the outputs anew, as ./dev docs does

An example is a `console` block whose first line is `$ ` and a command.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"

_EXAMPLE = re.compile(r"^```console\n\$ (?P<command>.+)\n(?P<output>(?:.*\n)*?)```$", re.MULTILINE)


def examples() -> Iterator[tuple[str, str]]:
    """Every command of the README with the output that is printed there."""
    for match in _EXAMPLE.finditer(README.read_text(encoding="utf-8")):
        yield match["command"], match["output"]


def output_of(command: str) -> str:
    """What a command prints on standard output, 96 columns wide, without blanks at line ends."""
    folder = Path(sys.executable).parent
    done = subprocess.run(  # noqa: S602 - the commands are those of our own README
        command,
        shell=True,
        cwd=ROOT,
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "COLUMNS": "96"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines()) + "\n"


def main() -> None:
    """Write the README's outputs anew."""

    def renewed(match: re.Match[str]) -> str:
        return f"```console\n$ {match['command']}\n{output_of(match['command'])}```"

    text = README.read_text(encoding="utf-8")
    README.write_text(_EXAMPLE.sub(renewed, text), encoding="utf-8")


if __name__ == "__main__":
    main()
