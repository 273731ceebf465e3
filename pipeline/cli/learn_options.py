"""What the commands of `torihiki learn` share: where articles come from, and small helpers."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import Quarantined, SettingsError

if TYPE_CHECKING:
    from pipeline.learn.sources import Material

DataOption = Annotated[
    Path | None,
    typer.Option(help="`learn export` のフォルダ · a dataset that `learn export` wrote."),
]
GoldOption = Annotated[
    Path | None,
    typer.Option(help="正解ファイル（--articles と共に） · annotated deals, with --articles."),
]
ArticlesOption = Annotated[
    Path | None, typer.Option(help="正解の記事のフォルダ · the folder that `doc` starts from.")
]
OutOption = Annotated[
    Path | None,
    typer.Option(help="書き出すフォルダ（既定 models/） · folder of models to write under."),
]


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def say(text: str) -> None:
    """Tell what is being done, on standard error."""
    print(text, file=sys.stderr)


def complain(failed: Iterable[Quarantined]) -> None:
    """Name what could not be read, on standard error."""
    for item in failed:
        say(f"torihiki: {item.step}: {item.source}: {item.reason}")


def material(data: Path | None, gold: Path | None, articles: Path | None) -> "Material":
    """The articles that options name.

    Raises:
        SettingsError: neither or both ways are given.
    """
    from pipeline.gazetteer.vocabulary import load_vocabulary
    from pipeline.learn.sources import from_annotations, from_dataset
    from pipeline.settings import load_settings

    match data, gold, articles:
        case Path(), None, None:
            return from_dataset(data)
        case None, Path(), Path():
            found = from_annotations(gold, articles, load_vocabulary(load_settings().models_dir))
            complain(found.failed)
            return found
    msg = "give either --data DATASET (see `torihiki learn export`) or --gold FILE --articles DIR"
    raise SettingsError(msg)
