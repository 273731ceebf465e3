"""`torihiki deals`: what many articles tell of the same deals; what is new; links by hand."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.database import DatabaseOption, open_existing
from pipeline.errors import SettingsError, StoreError
from pipeline.record import Kind, Status
from pipeline.review.dealfiles import BINARY, DealFormat

if TYPE_CHECKING:
    from pipeline.link.kit import LinkKit
    from pipeline.store import DealFilter, DealRow, Store
    from pipeline.store.linking import LinkReport

deals_app = typer.Typer(
    help="取引の台帳 · The ledger of deals, as told by all articles.", invoke_without_command=True
)

Company = Annotated[
    str | None,
    typer.Option(
        help="当事者の名前の一部、または gazetteer の id · part of a party's name, or its id."
    ),
]
Since = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
        help="この日以降の記事 · told at or after this day.",
    ),
]
MinAmount = Annotated[
    str | None,
    typer.Option(
        metavar="AMOUNT",
        help="これ以上の金額。通貨を書けばその通貨だけ · at least: `100億円` (yen only), `1e9` (any "
        "currency, roughly in dollars).",
    ),
]
Kinds = Annotated[list[Kind] | None, typer.Option("--kind", help="種類 · kind; may be repeated.")]
Statuses = Annotated[
    list[Status] | None, typer.Option("--status", help="状態 · status; may be repeated.")
]
DealId = Annotated[
    str,
    typer.Argument(metavar="ID", help="取引の id（先頭だけでもよい） · its id, or the beginning."),
]
By = Annotated[str, typer.Option("--by", help="だれの判断か · whose word it is.")]
Note = Annotated[str | None, typer.Option(help="理由 · why.")]
First = Annotated[str, typer.Argument(metavar="RECORD", help="記録の id · id of a record.")]
Second = Annotated[str, typer.Argument(metavar="RECORD", help="記録の id · id of another.")]


@deals_app.callback()
def list_deals(
    context: typer.Context,
    company: Company = None,
    since: Since = None,
    min_amount: MinAmount = None,
    kind: Kinds = None,
    status: Statuses = None,
    limit: Annotated[int, typer.Option(min=1, help="件数 · how many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="一行一件の JSON · JSON lines.")] = False,
    db: DatabaseOption = None,
) -> None:
    """取引を一覧する · List deals, those told of last first.

    Example: `torihiki deals --company OpenAI --since 2026-01-01 --min-amount 100億ドル`
    """
    if context.invoked_subcommand is not None:
        return
    from pipeline.cli.dealtables import print_deals

    wanted = _filter(company, since, min_amount, kind, status)
    with open_existing(db) as store:
        shown = list(islice(store.deals.stream(wanted), limit))
    if as_json:
        for row in shown:
            print(json.dumps(row.data, ensure_ascii=False))
    elif shown:
        print_deals(shown)
    else:
        print("取引はありません · no such deal")


@deals_app.command("show")
def show_deal(
    deal_id: DealId,
    db: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で · as JSON.")] = False,
    as_jsonld: Annotated[
        bool, typer.Option("--jsonld", help="JSON-LD (schema.org) で · as JSON-LD.")
    ] = False,
) -> None:
    """一つの取引を詳しく示す · Show a deal: best values and why, other values, time line, related deals.

    Example: `torihiki deals show d3f9c2`
    """
    from pipeline.cli.dealtables import print_deal
    from pipeline.link.jsonld import deal_to_jsonld
    from pipeline.store.dealbook import find_deal

    with open_existing(db) as store:
        row = find_deal(store, deal_id)
        if row is None:
            msg = f"there is no deal {deal_id!r} in {store.place}; `torihiki deals` lists them"
            raise StoreError(msg)
        data = _with_relations(store, row)
    if as_json:
        print(json.dumps(data, ensure_ascii=False, indent=2))
    elif as_jsonld:
        print(json.dumps(deal_to_jsonld(data, data["related"]), ensure_ascii=False, indent=2))
    else:
        print_deal(data, asked=deal_id)


@deals_app.command("changes")
def show_changes(
    since: Since = None,
    everything: Annotated[
        bool, typer.Option("--all", help="つなぎ直しによる変化も · also what linking anew changed.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="一行一件の JSON · JSON lines.")] = False,
    db: DatabaseOption = None,
) -> None:
    """新しく分かったこと · What became known: new deals, changed amounts and statuses.

    Not what was told once more. Times are those at which it became known here.

    Example: `torihiki deals changes --since 2026-01-01`
    """
    from pipeline.cli.dealtables import change_text
    from pipeline.store.linking import RELINKED

    with open_existing(db) as store:
        for change in store.deals.changes(since):
            if change.data.get("cause") == RELINKED and not everything:
                continue
            at = change.at.isoformat(timespec="seconds") if change.at else ""
            if as_json:
                row = {"deal": change.deal_id, "change": change.change, "at": at}
                print(json.dumps(row | dict(change.data), ensure_ascii=False))
            else:
                print(f"{at}  {change.deal_id}  {change_text(change)}")


@deals_app.command("export")
def export_deals(
    form: Annotated[
        DealFormat, typer.Option("--format", help="形式 · form of the file.")
    ] = DealFormat.JSONL,
    out: Annotated[
        Path | None,
        typer.Option(help="書き出すファイル（なければ標準出力） · file; else standard output."),
    ] = None,
    company: Company = None,
    since: Since = None,
    min_amount: MinAmount = None,
    kind: Kinds = None,
    status: Statuses = None,
    db: DatabaseOption = None,
) -> None:
    """取引を書き出す · Export deals: JSON Lines, JSON-LD, CSV, Excel, Parquet.

    Example: `torihiki deals export --format xlsx --out deals.xlsx`
    """
    from pipeline.review.dealfiles import write_binary, write_text

    if form in BINARY and out is None:
        msg = f"a file in the form {form} cannot go to the terminal; give --out FILE"
        raise SettingsError(msg)
    wanted = _filter(company, since, min_amount, kind, status)
    with open_existing(db) as store:
        rows = (_with_relations(store, row) for row in store.deals.stream(wanted))
        try:
            if out is None:
                write_text(rows, form, sys.stdout)
                return
            out.parent.mkdir(parents=True, exist_ok=True)
            if form in BINARY:
                number = write_binary(rows, form, out)
            else:
                with out.open("w", encoding="utf-8", newline="") as stream:
                    number = write_text(rows, form, stream)
        except OSError as error:
            msg = f"{out} cannot be written ({error.strerror}); give another --out"
            raise SettingsError(msg) from error
    print(f"{out}: {number:,} 取引 deals", file=sys.stderr)


@deals_app.command("link")
def link_records(
    one: First, other: Second, by: By, note: Note = None, db: DatabaseOption = None
) -> None:
    """二つの記録を同じ取引とする · Say that two records tell one deal; no machine undoes it.

    Example: `torihiki deals link 4e891dd7204873f69088 37a77c0d089719c641f8 --by sato`
    """
    _say(one, other, same=True, by=by, note=note, db=db)


@deals_app.command("unlink")
def unlink_records(
    one: First, other: Second, by: By, note: Note = None, db: DatabaseOption = None
) -> None:
    """二つの記録を別の取引とする · Say that two records tell two deals; no machine undoes it.

    Example: `torihiki deals unlink 4e891dd7204873f69088 37a77c0d089719c641f8 --by sato`
    """
    _say(one, other, same=False, by=by, note=note, db=db)


@deals_app.command("update")
def update_deals(
    anew: Annotated[
        bool,
        typer.Option(
            "--anew", help="すべてつなぎ直す（id は変わらない） · link all anew; ids stay."
        ),
    ] = False,
    db: DatabaseOption = None,
) -> None:
    """台帳を記録に合わせる · Bring the ledger up to the records; the flows do so by themselves.

    Of use after records were reviewed, or after models/ was changed.

    Example: `torihiki deals update`
    """
    from pipeline.store.linking import link_pending, relink

    with open_existing(db) as store:
        kit = _kit()
        report = relink(store, kit) if anew else link_pending(store, kit)
    print(
        f"{report.linked:,} 記録 records, {report.removed:,} 削除 gone, "
        f"{len(report.deals):,} 取引 deals changed"
    )
    _tell_beaten(report)


def _say(one: str, other: str, *, same: bool, by: str, note: str | None, db: str | None) -> None:
    from pipeline.store import HumanLink
    from pipeline.store.linking import decide_link

    with open_existing(db) as store:
        for record_id in (one, other):
            if store.records.load(record_id) is None:
                msg = f"there is no record {record_id!r} in {store.place}; "
                raise StoreError(msg + "`torihiki deals show ID --json` lists a deal's records")
        link = HumanLink(record_a=one, record_b=other, same=same, by=by, note=note)
        report = decide_link(store, _kit(), link)
        now = store.deals.of_records([one, other])
    print(f"{one}: {now.get(one, '–')}\n{other}: {now.get(other, '–')}")
    _tell_beaten(report)


def _tell_beaten(report: "LinkReport") -> None:
    for decision in report.beaten:
        word = "link" if decision.same else "unlink"
        print(
            f"torihiki: the {word} of {decision.first} and {decision.second} contradicts later "
            "words and does not hold",
            file=sys.stderr,
        )


def _kit() -> "LinkKit":
    from pipeline.load_link import load_link_kit
    from pipeline.settings import load_settings

    return load_link_kit(load_settings())


def _with_relations(store: "Store", row: "DealRow") -> dict[str, Any]:
    from pipeline.store.dealbook import relations_of

    related = [
        {"deal": one.deal_id, "relation": one.relation.value} for one in relations_of(store, row)
    ]
    return {**row.data, "related": related}


def _filter(
    company: str | None,
    since: datetime | None,
    min_amount: str | None,
    kinds: list[Kind] | None,
    statuses: list[Status] | None,
) -> "DealFilter":
    from pipeline.store import DealFilter

    least, currency = _amount(min_amount) if min_amount else (0.0, None)
    return DealFilter(
        kinds=[kind.value for kind in kinds or ()],
        statuses=[status.value for status in statuses or ()],
        company=company,
        since=since,
        min_amount=least,
        currency=currency,
    )


def _amount(text: str) -> tuple[float, str | None]:
    """A plain number, or an amount as Japanese news write it, with its currency."""
    try:
        return float(text.replace(",", "")), None
    except ValueError:
        return next(_amounts_in(text), None) or _no_amount(text)


def _amounts_in(text: str) -> Iterator[tuple[float, str | None]]:
    from pipeline.gazetteer.vocabulary import load_vocabulary
    from pipeline.parse import find_mentions
    from pipeline.settings import load_settings
    from pipeline.values import Money, Number

    for mention in find_mentions(text, load_vocabulary(load_settings().models_dir)):
        if isinstance(mention.value, Money | Number) and mention.value.least is not None:
            currency = mention.value.currency if isinstance(mention.value, Money) else None
            yield float(mention.value.least), currency


def _no_amount(text: str) -> tuple[float, str | None]:
    msg = f"--min-amount: {text!r} is no amount; write 100億円, 5億ドル or 1e9"
    raise SettingsError(msg)


def register(app: typer.Typer) -> None:
    """Add `deals` and its commands."""
    app.add_typer(deals_app, name="deals")
