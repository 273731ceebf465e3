"""Deals as a person likes to read them on the terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from pipeline.cli.run_report import KIND_NAMES, wide_console
from pipeline.cli.tables import money_text
from pipeline.link.outline import money_from_json

if TYPE_CHECKING:
    from pipeline.store import DealChange, DealRow

STATUS_NAMES = {
    "firm": "確定 firm",
    "prospective": "見込み prospective",
    "cancelled": "取消 cancelled",
}
_REASONS = {
    "only": "異論なし nobody says otherwise",
    "human": "人の判断 a person's word",
    "firm": "確定とする told as firm",
    "latest": "最新 told last",
    "specific": "最も具体的 most specific",
    "trusted": "信頼する出所 trusted source",
    "often": "最も多い told most often",
    "confident": "最も確か read most surely",
    "first": "最初 told first",
}
_RELATIONS = {
    "part_of": "の一部 part of",
    "has_part": "を含む has part",
    "successor_of": "の後継 successor of",
    "succeeded_by": "に引き継がれた succeeded by",
    "cancelled_by": "により取消 cancelled by",
    "cancels": "を取り消す cancels",
}
_SLOTS = {
    "kind": "種類 kind",
    "status": "状態 status",
    "amount": "金額 amount",
    "amount_max": "上限 ceiling",
    "term_months": "期間（月） months",
    "count": "数量 count",
    "capacity_mw": "電力 MW",
}
_NEWS = {"first": "初出 first told", "status": "状態 status", "amount": "金額 amount"}


def print_deals(rows: "Sequence[DealRow]") -> None:
    """A table of deals, one a row."""
    table = Table(title="取引 deals", title_justify="left")
    for head in ("id", "種類 kind", "状態 status"):
        table.add_column(head, no_wrap=True)
    table.add_column("買い手 buyer")
    table.add_column("売り手 seller")
    table.add_column("金額 amount", justify="right")
    table.add_column("記事", justify="right")
    table.add_column("最後 last", no_wrap=True)
    for row in rows:
        data = row.data
        table.add_row(
            row.id,
            KIND_NAMES[row.kind].split()[0],
            STATUS_NAMES[row.status].split()[0],
            escape(_names(data["buyer"])),
            escape(_names(data["seller"])),
            _value("amount", data["amount"]["value"]) if data["amount"] else "",
            str(data["articles"]),
            data["last_published"] or "–",
        )
    wide_console().print(table)


def print_deal(data: Mapping[str, Any], *, asked: str) -> None:
    """All there is to say of a deal."""
    console = wide_console()
    console.print(f"[bold]{data['id']}[/bold]", highlight=False)
    if not data["id"].startswith(asked):
        console.print(f"{escape(asked)} は今ここに含まれます · is part of this deal now")
    for label, side in (("買い手 buyer", data["buyer"]), ("売り手 seller", data["seller"])):
        for party in side:
            console.print(
                f"{label}: {escape(party['name'])}  [dim]{escape(_aliases(party))} "
                f"({len(party['told_by'])})[/dim]",
                highlight=False,
            )
    for chip in data["chips"]:
        console.print(f"チップ chip: {escape(chip['model'])}  [dim]({len(chip['told_by'])})[/dim]")
    console.print(_values(data))
    console.print(_time_line(data))
    for other in data.get("related", ()):
        console.print(f"→ {other['deal']} {_RELATIONS[other['relation']]}", highlight=False)


def _values(data: Mapping[str, Any]) -> Table:
    table = Table(title="値 values", title_justify="left")
    for head in ("欄 slot", "値 value", "理由 why", "他の値 others"):
        table.add_column(head)
    for slot, label in _SLOTS.items():
        choice = data[slot]
        if choice is None:
            continue
        others = [
            f"{_value(slot, other['value'])} ({len(other['told_by'])}, {_span(other)})"
            for other in choice["others"]
        ]
        mark = " [red]矛盾 conflict[/red]" if choice["conflict"] else ""
        told = f"{_REASONS[choice['reason']]} ({len(choice['told_by'])})"
        table.add_row(label, escape(_value(slot, choice["value"])), told + mark, "\n".join(others))
    return table


def _time_line(data: Mapping[str, Any]) -> Table:
    table = Table(title="経過 time line", title_justify="left")
    for head in ("日 day", "新しいこと news", "状態 status", "金額 amount", "出所 source"):
        table.add_column(head, overflow="fold")
    for moment in data["time_line"]:
        news = "、".join(_NEWS.get(one, f"+{one}") for one in moment["news"])
        amount = _value("amount", moment["amount"]) if moment["amount"] else ""
        style = None if moment["news"] else "dim"
        table.add_row(
            moment["date"] or "–",
            escape(news),
            STATUS_NAMES[moment["status"]].split()[0],
            amount,
            escape(f"{moment['source']} {moment['record']}"),
            style=style,
        )
    return table


def change_text(change: "DealChange") -> str:
    """One line of the log of changes: what, of whom, from what to what."""
    data = change.data
    parties = data.get("parties", "")
    if change.change in {"new", "split"}:
        kind, status = KIND_NAMES[data["kind"]], STATUS_NAMES[data["status"]]
        amount = _value("amount", data["amount"]) if data["amount"] else "–"
        head = "新しい取引 new" if change.change == "new" else f"分割 split from {data.get('from')}"
        return f"{head}: {parties}  {kind}, {status}, {amount}"
    if change.change == "merged":
        return f"統合 merged into {data['into']}: {parties}"
    if change.change == "gone":
        return f"消滅 gone: {parties}"
    before, after = (_change_value(change.change, data[name]) for name in ("before", "after"))
    return f"{_SLOTS[change.change]}: {parties}  {before} → {after}"


def _change_value(slot: str, value: Any) -> str:
    if value is None:
        return "–"
    return STATUS_NAMES[value] if slot == "status" else _value(slot, value)


def _value(slot: str, value: Any) -> str:
    if slot == "amount":
        return money_text(money_from_json(value))
    if slot == "count":
        return f"{int(float(value['value'])):,}{value['unit']}"
    if slot == "kind":
        return KIND_NAMES[value]
    return STATUS_NAMES[value] if slot == "status" else str(value)


def _names(side: Sequence[Mapping[str, Any]]) -> str:
    shown = [party["name"] for party in side[:3]]
    more = f" +{len(side) - len(shown)}" if len(side) > len(shown) else ""
    return "、".join(shown) + more


def _aliases(party: Mapping[str, Any]) -> str:
    return "、".join(name for name in party["names"] if name != party["name"])


def _span(option: Mapping[str, Any]) -> str:
    first, last = option["first"] or "–", option["last"] or "–"
    return first if first == last else f"{first}…{last}"
