"""Commands take the reading options and hand them on as one object."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from pipeline.cli.reading import with_read_options
from pipeline.ingest import ReadOptions

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> tuple[int, list[str], ReadOptions | None]:
    app = typer.Typer()
    seen: list[tuple[list[str], ReadOptions]] = []

    @app.command()
    @with_read_options
    def read(
        paths: Annotated[list[str], typer.Argument()],
        *,
        limit: Annotated[int, typer.Option()] = 0,
        options: ReadOptions,
    ) -> None:
        """Read."""
        assert limit in {0, 7}
        seen.append((paths, options))

    result = CliRunner().invoke(app, list(arguments))
    paths, options = seen[0] if seen else ([], None)
    return result.exit_code, paths, options


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], ReadOptions()),
        (["--limit", "7", "--body-field", "story"], ReadOptions(body_fields=("story",))),
        (["--body-field", "a", "--body-field", "b.c"], ReadOptions(body_fields=("a", "b.c"))),
        (
            ["--title-field", "t", "--url-field", "u"],
            ReadOptions(title_fields=("t",), url_fields=("u",)),
        ),
        (
            ["--date-field", "d", "--encoding", "euc-jp"],
            ReadOptions(date_fields=("d",), encoding="euc-jp"),
        ),
        (["--include", "*.md", "--ignore", "x/"], ReadOptions(include=("*.md",), ignore=("x/",))),
        (["--max-article-bytes", "5000"], ReadOptions(max_article_bytes=5000)),
        (["--max-ratio", "1000", "--dataset"], ReadOptions(max_ratio=1000, as_dataset=True)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_are_handed_on(arguments: list[str], options: ReadOptions) -> None:
    assert run("a.md", "b", *arguments) == (0, ["a.md", "b"], options)


@pytest.mark.parametrize(
    "arguments", [["--max-article-bytes", "0"], ["--max-ratio", "x"], ["--nope"]]
)
def test_false_options_are_refused(arguments: list[str]) -> None:
    assert run("a.md", *arguments)[0] == 2


def test_options_are_ready_before_the_readers_are_loaded() -> None:
    code = "import pipeline.cli.reading, sys; print('lxml' in sys.modules, 'warcio' in sys.modules)"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT, text=True
    )
    assert done.stdout.split() == ["False", "False"]
