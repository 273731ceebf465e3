"""The command line: one module a group of commands, each with `register(app)`.

Heavy libraries (spaCy, Prefect, SQLAlchemy, FastAPI) are imported inside the commands, so that
`torihiki --help` and `torihiki parse` answer at once.
"""

import sys

import typer

from pipeline.cli import (
    db,
    deals,
    evaluate,
    export,
    extract,
    feeds,
    learn,
    link,
    parse,
    review,
    run,
    run_feeds,
    runs,
    serve,
    status,
    users,
)
from pipeline.errors import TorihikiError

app = typer.Typer(
    name="torihiki",
    help="日本語の技術ニュースから取引を読み取る · Deal records from Japanese technology news.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
extract.register(app)
parse.register(app)
evaluate.register(app)
learn.register(app)
run.register(app)
run_feeds.register(app)
runs.register(app)
feeds.register(app)
status.register(app)
serve.register(app)
db.register(app)
export.register(app)
link.register(app)
deals.register(app)
review.register(app)
users.register(app)


def main() -> None:
    """Run the command line; exit status 0 done, 1 some items failed, 2 cannot be done as asked."""
    try:
        app()
    except TorihikiError as error:
        print(f"torihiki: {error}", file=sys.stderr)
        sys.exit(2)
