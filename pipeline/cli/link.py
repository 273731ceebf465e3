"""`torihiki link`: which records of many articles tell of the same deal, without a database."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.errors import IngestError, Quarantined

if TYPE_CHECKING:
    from pipeline.link import LinkRecord, Namer, Preparer, Telling
    from pipeline.link.kit import LinkKit

_TOLD = 0.05  # log odds below which a reason is not worth telling


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a file of records."""

    file: Path
    number: int
    doc: str
    deals: list[Mapping[str, Any]]

    @property
    def place(self) -> str:
        return f"{self.file}:{self.number}"


class Faults:
    """What could not be used, said at once and counted."""

    def __init__(self) -> None:
        self.count = 0

    def say(self, text: str) -> None:
        """Tell of one."""
        self.count += 1
        print(f"torihiki: {text}", file=sys.stderr)


def _lines(files: Iterable[Path], faults: Faults) -> Iterator[_Line]:
    for file in files:
        try:
            stream = file.open(encoding="utf-8-sig")
        except OSError as error:
            raise IngestError(str(file), f"cannot be read ({error.strerror})") from error
        with stream:
            try:
                for number, text in enumerate(stream, 1):
                    if text.strip() and (line := _line(file, number, text, faults)) is not None:
                        yield line
            except UnicodeDecodeError as error:
                raise IngestError(str(file), f"is not UTF-8 ({error}); convert it") from error


def _line(file: Path, number: int, text: str, faults: Faults) -> _Line | None:
    mend = 'write {"doc": "…", "deals": […]} on each line, as `torihiki extract --format gold` does'
    try:
        row = json.loads(text)
    except ValueError as error:
        faults.say(f"{file}:{number}: no JSON ({error}); {mend}")
        return None
    if not (
        isinstance(row, dict)
        and isinstance(row.get("doc"), str)
        and isinstance(row.get("deals"), list)
    ):
        faults.say(f"{file}:{number}: not a line of records; {mend}")
        return None
    return _Line(file, number, row["doc"], row["deals"])


def _records(
    lines: Iterable[_Line], days: Mapping[str, date | None], namer: "Namer", faults: Faults
) -> Iterator["LinkRecord"]:
    from pipeline.link import from_gold

    first_place: dict[str, str] = {}
    for line in lines:
        known = first_place.setdefault(line.doc, line.place)
        if known != line.place:
            faults.say(f"{line.place}: {line.doc} stands in {known} already; drop one of the lines")
            continue
        for index, deal in enumerate(line.deals):
            try:
                yield from_gold(line.doc, index, deal, namer, published=days.get(line.doc))
            except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
                faults.say(
                    f"{line.place}: deal {index} of {line.doc} cannot be used ({error!r}); "
                    "mend its slots as in the annotation guideline"
                )


def _day_of(doc: str, roots: Sequence[Path]) -> tuple[date | None, bool]:
    """The day of an article: what it says under a root, else the date in its name.

    Returns:
        the day, None where neither tells; and whether the article was found.
    """
    from pipeline.ingest import read_paths
    from pipeline.ingest.dates import date_in_name

    named = date_in_name(doc)
    day = named.date() if named else None
    for root in roots:
        file = root / doc.partition("!/")[0].partition("#")[0]
        if not file.is_file():
            continue
        for item in read_paths([file]):
            if isinstance(item, Quarantined) or item.published is None:
                continue
            if Path(item.source) in (file, root / doc):
                return item.published.date(), True
        return day, True
    return day, not roots


def _days(docs: Iterable[str], roots: Sequence[Path]) -> dict[str, date | None]:
    from rich.progress import track

    found: dict[str, date | None] = {}
    missing = 0
    for doc in track(
        list(docs), description="日付 dates", transient=True, disable=not sys.stderr.isatty()
    ):
        found[doc], is_there = _day_of(doc, roots)
        missing += not is_there
    if missing:
        print(
            f"torihiki: {missing:,} of {len(found):,} articles are not under --root; "
            "their dates are taken from their names",
            file=sys.stderr,
        )
    return found


def read_tellings(
    files: Iterable[Path],
    roots: Sequence[Path],
    faults: Faults,
    *,
    namer: "Namer",
    preparer: "Preparer",
) -> dict[str, "Telling"]:
    """The records of files of `{"doc", "deals"}` lines, by `DOC#INDEX`, in their order.

    Args:
        files: to read.
        roots: folders that docs are relative to, to read their dates; else their names tell.
        faults: is told of lines and deals that cannot be used; the others are read.
        namer: knows the parties.
        preparer: makes tellings of records.

    Raises:
        IngestError: a file or folder that cannot be read.
    """
    for folder in roots:
        if not folder.is_dir():
            mend = "is no folder; give the folder that the docs are relative to"
            raise IngestError(str(folder), mend)
    lines = list(_lines(files, faults))
    days = _days(dict.fromkeys(line.doc for line in lines if line.deals), roots)
    return {r.id: preparer.tell(r) for r in _records(lines, days, namer, faults)}


def _explain(kit: "LinkKit", tellings: Mapping[str, "Telling"], pair: tuple[str, str]) -> None:
    from pipeline.link.scorer import STEPS, probability

    for record in pair:
        if record not in tellings:
            msg = f"no record {record!r}; write DOC#INDEX as the output does"
            raise IngestError(record, msg)
    one, other = (tellings[record] for record in pair)
    score = kit.scorer.score(one, other)
    print(f"{pair[0]}\n{pair[1]}")
    print(
        f"{score / STEPS:+.2f} log odds over the threshold, "
        f"probability {probability(score, kit.scorer.threshold):.2f}"
    )
    for name, part in kit.scorer.explain(one, other):
        if abs(part) >= _TOLD:
            print(f"  {part:+.2f}  {name}")


def link(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="RECORDS.jsonl…",
            help='`{"doc", "deals"}` の行のファイル · files of such lines (`extract --format gold`).',
        ),
    ],
    root: Annotated[
        list[Path] | None,
        typer.Option(
            help="記事のフォルダ（日付を読む、繰り返し可） · folder of the articles, to read their "
            "dates; may be given more than once."
        ),
    ] = None,
    why: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="RECORD RECORD",
            help="この二つがなぜ同じ（別の）取引か · why these two are one deal, or two.",
        ),
    ] = None,
) -> None:
    """同じ取引を伝える記録をまとめる · Print which records tell of the same deal.

    One line `{"record": "DOC#INDEX", "deal": ID}` for every record, in the order of the files. The
    files come from `torihiki extract --format gold`; no database is needed.

    Example: `torihiki link records.jsonl --root data/raw`
    """
    from pipeline.link import DealLedger, MemoryShelf
    from pipeline.load_link import load_link_kit
    from pipeline.settings import load_settings

    faults = Faults()
    kit = load_link_kit(load_settings())
    tellings = read_tellings(files, root or (), faults, namer=kit.namer, preparer=kit.preparer)
    if why is not None:
        _explain(kit, tellings, why)
        return
    ledger = DealLedger(kit.scorer, MemoryShelf())
    ledger.add(tellings.values())
    for record in tellings:
        print(json.dumps({"record": record, "deal": ledger.deal_of(record)}, ensure_ascii=False))
    if faults.count:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add `link`."""
    app.command("link")(link)
