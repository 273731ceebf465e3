"""`torihiki parse`: texts in, their amounts, counts, terms and chips out."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pipeline.gazetteer.vocabulary import Vocabulary
    from pipeline.mention import Derivation, Mention
    from pipeline.values import Value


class ParseFormat(StrEnum):
    """How `torihiki parse` prints."""

    TABLE = "table"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the input; `fault` says why it could not be decoded."""

    number: int
    text: str
    fault: str | None = None


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command(name="parse")(parse)


def parse(
    form: Annotated[
        ParseFormat, typer.Option("--format", help="table (読む) または jsonl (1行に1件)")
    ] = ParseFormat.TABLE,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="どの規則がどう読んだかを木で示す · Print the derivation."),
    ] = False,
    published: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="記事の日付 · Date of the texts, for 「2030年度まで」 and 「26年に」.",
        ),
    ] = None,
) -> None:
    """標準入力の各行から金額・数量・期間・チップを読む · Read amounts, counts, terms and chips.

    One text a line on standard input. Offsets are characters of the line.

    Example: `echo 'GB300を10万個以上、5年間で最大194億ドル' | torihiki parse`
    """
    from pipeline.gazetteer.vocabulary import load_vocabulary
    from pipeline.settings import load_settings

    vocabulary = load_vocabulary(load_settings().models_dir)
    day = None if published is None else published.date()
    if sys.stdin.isatty():
        print("1行に1つの文を入力、終わりは Ctrl-D · One text a line, then Ctrl-D", file=sys.stderr)
    failed = 0
    for line in read_lines():
        if line.fault is not None:
            failed += 1
            print(f"torihiki: line {line.number}: {line.fault}", file=sys.stderr)
        _print(line, vocabulary, day, form, explain=explain)
    if failed:
        raise typer.Exit(1)


def read_lines() -> Iterator[Line]:
    """The lines of standard input in UTF-8; one in another encoding is kept with its fault."""
    for number, raw in enumerate(sys.stdin.buffer, start=1):
        content = raw.rstrip(b"\r\n")
        try:
            yield Line(number, content.decode("utf-8"))
        except UnicodeDecodeError as error:
            fault = f"no UTF-8 at byte {error.start + 1}; convert the input, as with iconv -t UTF-8"
            yield Line(number, content.decode("utf-8", "replace"), fault)


def _print(
    line: Line,
    vocabulary: "Vocabulary",
    published: date | None,
    form: ParseFormat,
    *,
    explain: bool,
) -> None:
    from pipeline.parse import find_mentions

    mentions = find_mentions(line.text, vocabulary, published=published, explain=explain)
    if line.fault is not None:
        mentions = ()
    if form is ParseFormat.JSONL:
        row = {"text": line.text, "mentions": [as_row(line.text, one) for one in mentions]}
        if line.fault is not None:
            row["error"] = line.fault
        print(json.dumps(row, ensure_ascii=False))
    elif explain:
        print(line.text)
        for one in mentions:
            print("\n".join(tree_lines(one)))
    else:
        _print_table(line.text, mentions)


def as_row(text: str, mention: "Mention[Value]") -> dict[str, Any]:
    """A mention in the form that `--format jsonl` fixes, numbers as decimal strings."""
    value = mention.value
    row: dict[str, Any] = {
        "kind": str(mention.kind),
        "start": mention.span.start,
        "end": mention.span.end,
        "text": mention.span.of(text),
        "value": _plain(getattr(value, "value", None)),
        "low": _plain(getattr(value, "low", None)),
        "high": _plain(getattr(value, "high", None)),
        "unit": unit_of(mention),
        "qualifier": str(getattr(value, "qualifier", "exact")),
        "per": getattr(value, "per", None),
        "duration": getattr(value, "duration", None),
        "rule": mention.rule,
    }
    if mention.kind == "term":
        row |= {"since": getattr(value, "start", None), "until": getattr(value, "end", None)}
    if mention.kind == "chip":
        row |= {name: getattr(value, name) for name in ("model", "vendor", "is_family")}
    if mention.derivation is not None:
        row["derivation"] = _as_tree(mention.derivation)
    return row


_FIXED_UNITS = {"capacity": "MW", "term": "month", "percent": "%"}


def unit_of(mention: "Mention[Value]") -> str | None:
    """The unit as printed: ISO 4217 for money, MW, month, %, a count's own unit, else None."""
    value = mention.value
    own = getattr(value, "currency", None) or getattr(value, "unit", None)
    return own or _FIXED_UNITS.get(mention.kind)


def _plain(number: Decimal | None) -> str | None:
    """Decimal digits without exponent or trailing noughts."""
    if number is None:
        return None
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _as_tree(derivation: "Derivation") -> dict[str, Any]:
    return {
        "rule": derivation.rule,
        "start": derivation.span.start,
        "end": derivation.span.end,
        "text": derivation.text,
        "parts": [_as_tree(part) for part in derivation.parts],
    }


def tree_lines(mention: "Mention[Value]") -> Iterator[str]:
    """The derivation of a mention as lines of a tree, its value first."""
    yield f"  {mention.kind}: {described(mention)}"
    if mention.derivation is not None:
        yield from _branch(mention.derivation, "  ", is_last=True)


def _branch(node: "Derivation", indent: str, *, is_last: bool) -> Iterator[str]:
    yield f"{indent}{'└─' if is_last else '├─'} {node.rule}  「{node.text}」"
    inner = indent + ("   " if is_last else "│  ")
    for index, part in enumerate(node.parts):
        yield from _branch(part, inner, is_last=index == len(node.parts) - 1)


def described(mention: "Mention[Value]") -> str:
    """A mention's value in one line for people: 19,400,000,000 USD (at_most)."""
    value = mention.value
    model = getattr(value, "model", None)
    if model is not None:
        vendor = getattr(value, "vendor", None)
        return f"{model} ({vendor})" if vendor else str(model)
    number = getattr(value, "value", None)
    low, high = getattr(value, "low", None), getattr(value, "high", None)
    shown = _grouped(number) if number is not None else ""
    if low is not None or high is not None:
        shown = f"{_grouped(low)} … {_grouped(high)}"
    duration = getattr(value, "duration", None)
    words = [shown, (unit_of(mention) or "") if shown else "", duration or ""]
    qualifier = str(getattr(value, "qualifier", "exact"))
    if qualifier != "exact":
        words.append(f"({qualifier})")
    per = getattr(value, "per", None)
    if per:
        words.append(f"per {per}")
    return " ".join(word for word in words if word)


def _grouped(number: Decimal | None) -> str:
    plain = _plain(number)
    if plain is None:
        return "?"
    whole, point, rest = plain.partition(".")
    return f"{int(whole):,}{point}{rest}"


def _print_table(text: str, mentions: "tuple[Mention[Value], ...]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text(text, style="bold"))
    if not mentions:
        console.print(Text("  (何も読み取れません · nothing read)", style="dim"))
        return
    table = Table(box=None, padding=(0, 2), show_edge=False)
    for title in ("種類 kind", "引用 quote", "値 value", "規則 rule"):
        table.add_column(title, overflow="fold")
    for one in mentions:
        table.add_row(
            str(one.kind),
            Text(one.span.of(text)),
            Text(described(one)),
            Text(one.rule, style="dim"),
        )
    console.print(table)
