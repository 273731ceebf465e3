"""`torihiki export`: the records, for other programs."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from pipeline.cli.database import DatabaseOption, open_existing
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from pipeline.store import RecordFilter, Store


class ExportFormat(StrEnum):
    """Forms that records are written in."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    DATASETS = "datasets"


_FOLDERS = frozenset({ExportFormat.PARQUET, ExportFormat.DATASETS})
_DAYS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def export(
    db: DatabaseOption = None,
    form: Annotated[
        ExportFormat,
        typer.Option(
            "--format",
            help="形式：jsonl・csv（Excel 用）・parquet（月別）・datasets · a record a line; for "
            "Excel; by month; for `datasets.load_from_disk`.",
        ),
    ] = ExportFormat.JSONL,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="書き出し先（jsonl と csv は省くと標準出力） · a file, or for parquet and datasets a "
            "folder; jsonl and csv go to standard output without it.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="あるものに上書きする · replace what is there.")
    ] = False,
    since: Annotated[
        datetime | None, typer.Option(formats=_DAYS, help="この日から · published from then on.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=_DAYS, help="この日の前まで · published before then.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="種類（重ねてよい） · supply, investment, …; repeatable."),
    ] = None,
    status: Annotated[
        list[str] | None, typer.Option(help="状態 · firm, prospective, cancelled; repeatable.")
    ] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="査読の状態 · unreviewed, accepted, …; repeatable.")
    ] = None,
    company: Annotated[
        str | None, typer.Option(help="社名の一部か ID · part of a party's name, or its id.")
    ] = None,
    min_confidence: Annotated[
        float, typer.Option(min=0, max=1, help="確信度の下限 · the least confidence.")
    ] = 0.0,
    withdrawn: Annotated[
        bool,
        typer.Option(
            "--withdrawn", help="却下したものも · also what reviewers rejected or merged away."
        ),
    ] = False,
) -> None:
    """取引を書き出す · Write the records for other programs; `torihiki deals` has whole deals.

    Example: `torihiki export --format csv --out deals.csv --since 2025-09-01`
    """
    from pipeline.store import RecordFilter

    wanted = RecordFilter(
        kinds=_known("--kind", kind, "kind"),
        statuses=_known("--status", status, "status"),
        states=tuple(state or ()),
        since=since,
        until=until,
        company=company,
        min_confidence=min_confidence,
        withdrawn=withdrawn,
    )
    if form in _FOLDERS and out is None:
        msg = f"--format {form.value} writes a folder; say where with --out FOLDER"
        raise SettingsError(msg)
    with open_existing(db) as store:
        number = _write(store, wanted, form, out, overwrite=overwrite)
    if out is not None:
        print(f"{number:,} 件 records → {out}", file=sys.stderr)


def _known(option: str, given: list[str] | None, what: str) -> tuple[str, ...]:
    from pipeline.record import Kind, Status

    names = [member.value for member in (Kind if what == "kind" else Status)]
    for value in given or ():
        if value not in names:
            msg = f"{option} {value}: there is no such {what}; choose from {', '.join(names)}"
            raise SettingsError(msg)
    return tuple(given or ())


def _write(
    store: "Store",
    wanted: "RecordFilter",
    form: ExportFormat,
    out: Path | None,
    *,
    overwrite: bool,
) -> int:
    from pipeline import export as writers

    records = store.records.stream(wanted)
    if form in _FOLDERS:
        assert out is not None  # noqa: S101 - checked by the command
        with _new_folder(out, overwrite=overwrite) as folder:
            if form is ExportFormat.PARQUET:
                return writers.write_parquet(records, folder)
            return writers.write_dataset(records, folder, store.articles.texts)
    write = writers.write_csv if form is ExportFormat.CSV else writers.write_jsonl
    if out is None:
        with _standard_output() as stream:
            return write(records, stream)
    with _new_file(out, overwrite=overwrite) as stream:
        return write(records, stream)


@contextlib.contextmanager
def _standard_output() -> Iterator[IO[bytes]]:
    """Standard output; a reader that has had enough (`| head`) ends the command quietly."""
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None


@contextlib.contextmanager
def _new_file(path: Path, *, overwrite: bool) -> Iterator[IO[bytes]]:
    """A file that is there when it is whole, and not before."""
    if path.is_dir():
        msg = f"{path} is a folder; give a file with --out"
        raise SettingsError(msg)
    if path.exists() and not overwrite:
        msg = f"{path} is there already; give another --out, or --overwrite"
        raise SettingsError(msg)
    with _place(path) as scratch:
        partial = scratch / path.name
        with partial.open("wb") as stream:
            yield stream
        partial.replace(path)


@contextlib.contextmanager
def _new_folder(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """A folder that is there when it is whole, and not before."""
    filled = path.exists() and (not path.is_dir() or any(path.iterdir()))
    if filled and not overwrite:
        msg = f"{path} is there already; give another --out, or --overwrite to replace it"
        raise SettingsError(msg)
    with _place(path) as scratch:
        partial = scratch / path.name
        partial.mkdir()
        yield partial
        if path.is_dir():
            path.rename(scratch / f"{path.name}.old")
        elif path.exists():
            path.unlink()
        partial.rename(path)


@contextlib.contextmanager
def _place(path: Path) -> Iterator[Path]:
    """A folder beside `path` to work in, which goes when the work is done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-"))
    except OSError as error:
        msg = f"{path.parent}: nothing can be written there ({error.strerror}); give another --out"
        raise SettingsError(msg) from error
    try:
        yield scratch
    except OSError as error:
        msg = f"{path}: cannot be written ({error.strerror}); nothing was changed there"
        raise SettingsError(msg) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def register(app: typer.Typer) -> None:
    """Add `export`."""
    app.command("export")(export)
