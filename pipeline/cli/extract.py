"""`torihiki extract` and `torihiki explain`: articles in, records out, no database needed."""

import json
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.article import Article
from pipeline.cli.reading import with_read_options
from pipeline.errors import Quarantined
from pipeline.ingest.options import ReadOptions
from pipeline.record import DealRecord, to_gold, to_json

if TYPE_CHECKING:
    from pipeline.extract import Extraction, Extractor

_BATCH = 64  # articles read ahead, so that the model gets sentences of several at once


class OutputFormat(StrEnum):
    """How records are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    GOLD = "gold"


Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH…", help="記事・フォルダ、または `-`（標準入力） · files, folders, or `-`."
    ),
]
Root = Annotated[
    Path | None,
    typer.Option(
        help="`doc` と source をこのフォルダからの相対パスで示す · name articles relative to this."
    ),
]


def _read(paths: list[str], options: ReadOptions) -> Iterator[Article | Quarantined]:
    from pipeline.ingest import read_paths, read_stream

    if "-" in paths:
        yield from read_stream(sys.stdin.buffer, "-", options=options)
    files = [Path(path) for path in paths if path != "-"]
    if files:
        yield from read_paths(files, options=options)


def doc_name(source: str, root: Path | None) -> str:
    """The name of an article: its source, relative to `root` where it lies below it."""
    if root is None:
        return source
    try:
        return Path(source).resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return source


def _complain(items: Iterable[Quarantined]) -> None:
    for item in items:
        print(f"torihiki: {item.step}: {item.source}: {item.reason}", file=sys.stderr)


def _extracted(
    paths: list[str], options: ReadOptions, extractor: "Extractor", failed: list[Quarantined]
) -> Iterator[tuple[Article, "Extraction"]]:
    """Articles with what came of them, in reading order; what can't be read is put into `failed`."""

    def flush(batch: list[Article]) -> Iterator[tuple[Article, "Extraction"]]:
        yield from zip(batch, extractor.extract_many(batch), strict=True)
        batch.clear()

    batch: list[Article] = []
    for item in _read(paths, options):
        if isinstance(item, Quarantined):
            failed.append(item)
            _complain([item])
            continue
        batch.append(item)
        if len(batch) >= _BATCH:
            yield from flush(batch)
    yield from flush(batch)


def _load_extractor() -> "Extractor":
    from pipeline.load import load_extractor
    from pipeline.settings import load_settings

    return load_extractor(load_settings())


@with_read_options
def extract(
    paths: Paths,
    root: Root = None,
    output: Annotated[
        OutputFormat, typer.Option("--format", help="出力の形式 · how records are printed.")
    ] = OutputFormat.TABLE,
    progress: Annotated[
        bool, typer.Option(help="進み具合を標準エラーに示す · a progress line on standard error.")
    ] = True,
    *,
    options: ReadOptions,
) -> None:
    """記事から取引を読み取る · Print the deal records of articles.

    Example: `torihiki extract data/raw --format table`
    """
    from rich.console import Console

    from pipeline.cli.tables import print_records

    failed: list[Quarantined] = []
    extractor = _load_extractor()
    errors = Console(stderr=True)
    show = progress and errors.is_terminal
    count = records = 0
    status = errors.status("読み込み中 · reading …") if show else None
    if status:
        status.start()
    try:
        for article, extraction in _extracted(paths, options, extractor, failed):
            count += 1
            records += len(extraction.records)
            if status:
                status.update(f"{count:,} 記事 articles, {records:,} 取引 records")
            _print(article, extraction.records, root, output, print_records)
    finally:
        if status:
            status.stop()
    if output is OutputFormat.TABLE:
        print(f"{count:,} 記事 articles, {records:,} 取引 records, {len(failed):,} 読めず failed")
    if failed or count == 0:
        if not failed:
            print("torihiki: no article found; give files, a folder, or -", file=sys.stderr)
        raise typer.Exit(1)


def _print(
    article: Article,
    records: tuple[DealRecord, ...],
    root: Path | None,
    output: OutputFormat,
    table: "object",
) -> None:
    name = doc_name(article.source, root)
    if output is OutputFormat.GOLD:
        row: dict[str, object] = {"doc": name, "deals": [to_gold(r) for r in records]}
        print(json.dumps(row, ensure_ascii=False))
    elif output is OutputFormat.JSONL:
        for record in records:
            print(json.dumps({"source": name, **to_json(record)}, ensure_ascii=False))
    elif callable(table):
        table(name, article, records)


@with_read_options
def explain(
    path: Annotated[str, typer.Argument(help="記事 · one article, or `-`.")],
    dropped: Annotated[
        bool, typer.Option(help="落とした文も示す · also list the sentences that were dropped.")
    ] = False,
    *,
    options: ReadOptions,
) -> None:
    """どの規則・言及が各欄を与えたかを示す · Show what gave each slot, and what the gate dropped and why.

    Example: `torihiki explain data/raw/press-release.md`
    """
    from pipeline.cli.tables import print_explanation

    failed: list[Quarantined] = []
    extractor = _load_extractor()
    for item in _read([path], options):
        if isinstance(item, Quarantined):
            failed.append(item)
            _complain([item])
            continue
        print_explanation(extractor.explain(item), show_dropped=dropped)
    if failed:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add `extract` and `explain`."""
    app.command("extract")(extract)
    app.command("explain")(explain)
