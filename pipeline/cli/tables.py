"""Records as a person likes to read them: tables with the quote beside each value."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.article import Article
from pipeline.record import DealRecord, Party, Slot, decimal_text
from pipeline.values import Count, Money, Qualifier, Term

if TYPE_CHECKING:
    from pipeline.extract import Explanation

_HEDGE = {
    Qualifier.EXACT: "",
    Qualifier.ABOUT: "約",
    Qualifier.AT_LEAST: "≥",
    Qualifier.AT_MOST: "≤",
    Qualifier.RANGE: "",
    Qualifier.VAGUE: "",
}
_UNITS = ((10**12, "兆"), (10**8, "億"), (10**4, "万"))
_LABELS = {
    Slot.KIND: "種類 kind",
    Slot.STATUS: "状態 status",
    Slot.BUYER: "買い手 buyer",
    Slot.SELLER: "売り手 seller",
    Slot.AMOUNT: "金額 amount",
    Slot.AMOUNT_MAX: "上限 ceiling",
    Slot.TERM: "期間 term",
    Slot.CHIPS: "チップ chips",
    Slot.COUNT: "数量 count",
    Slot.CAPACITY: "電力 MW",
}


def _short(value: object) -> str:
    number = int(value) if isinstance(value, int) else float(str(value))
    for size, name in _UNITS:
        if abs(number) >= size:
            return f"{number / size:,.10g}{name}"
    return f"{number:,.10g}"


def money_text(money: Money | None) -> str:
    """An amount as a Japanese reader writes it: ≤194億 USD, 約500億 JPY/年."""
    if money is None:
        return ""
    if money.value is None:
        low = _short(money.low) if money.low is not None else ""
        high = _short(money.high) if money.high is not None else ""
        body = f"{low}〜{high}"
    else:
        body = _short(money.value)
    per = {"year": "/年", "month": "/月", None: ""}.get(money.per, f"/{money.per}")
    return f"{_HEDGE[money.qualifier]}{body} {money.currency}{per}"


def count_text(count: Count | None) -> str:
    """A count with its unit: ≥10万個."""
    if count is None or count.least is None:
        return ""
    return f"{_HEDGE[count.qualifier]}{_short(count.least)}{count.unit}"


def term_text(term: Term | None) -> str:
    """A term in years or months."""
    if term is None or term.value is None:
        return ""
    months = term.value
    return f"{decimal_text(months / 12)}年" if months % 12 == 0 else f"{decimal_text(months)}か月"


def party_text(parties: tuple[Party, ...]) -> str:
    """Names of the parties of one side."""
    return "、".join(p.name for p in parties)


def slot_texts(record: DealRecord) -> dict[Slot, str]:
    """Each filled slot as text."""
    texts = {
        Slot.KIND: record.kind.value,
        Slot.STATUS: record.status.value,
        Slot.BUYER: party_text(record.buyer),
        Slot.SELLER: party_text(record.seller),
        Slot.AMOUNT: money_text(record.amount),
        Slot.AMOUNT_MAX: _short(record.amount_max) if record.amount_max is not None else "",
        Slot.TERM: term_text(record.term),
        Slot.CHIPS: "、".join(c.model for c in record.chips),
        Slot.COUNT: count_text(record.count),
        Slot.CAPACITY: decimal_text(record.capacity_mw) if record.capacity_mw is not None else "",
    }
    return {slot: text for slot, text in texts.items() if text}


def print_records(name: str, article: Article, records: tuple[DealRecord, ...]) -> None:
    """Print an article's records, one table a record; nothing for an article without deals."""
    console = Console()
    for number, record in enumerate(records, 1):
        table = Table(
            title=escape(f"{name}  {number}/{len(records)}  {article.title}"),
            title_justify="left",
            caption=f"確信度 confidence {record.confidence:.2f}",
            caption_justify="left",
            expand=console.is_terminal,
        )
        table.add_column("欄 slot", no_wrap=True)
        table.add_column("値 value")
        table.add_column("原文 quote", overflow="fold")
        for slot, text in slot_texts(record).items():
            quotes = record.evidence.get(slot, ())
            table.add_row(
                _LABELS[slot], escape(text), escape(" … ".join(q.quote for q in quotes)[:240])
            )
        console.print(table)


def print_explanation(explanation: "Explanation", *, show_dropped: bool) -> None:
    """Print how an article was read: the gate, the quantities with their scores, the deals."""
    console = Console()
    reading, article = explanation.reading, explanation.article
    console.print(f"[bold]{escape(article.source)}[/bold]  {escape(article.title)}")
    counts = explanation.decision.counts()
    console.print(f"gate: {len(explanation.decision.kept)} sentences kept, dropped {counts}")
    if show_dropped:
        for index, reason in explanation.decision.dropped:
            text = reading.sentences[index].sentence.span.of(reading.text)
            console.print(f"  [dim]{reason.value}: {escape(text[:100])}[/dim]")
    told = {
        c.anchor.mention.span: number
        for number, deal in enumerate(explanation.deals, 1)
        for c in deal.candidates
    }
    table = Table(title="数量 quantities", title_justify="left")
    for column in ("文字 at", "引用 quote", "規則 rule", "取引 deal"):
        table.add_column(column)
    for anchor in reading.anchors:
        span = reading.view.source_span(anchor.mention.span.start, anchor.mention.span.end)
        number = told.get(anchor.mention.span)
        table.add_row(
            f"{span.start}–{span.end}",
            escape(span.of(article.text)),
            escape(anchor.mention.rule),
            f"→ {number}" if number else "–",
        )
    console.print(table)
    for number, (deal, record) in enumerate(
        zip(explanation.deals, explanation.extraction.records, strict=True), 1
    ):
        lead = deal.candidates[0]
        kinds = ", ".join(f"{k} {p:.2f}" for k, p in sorted(lead.kinds.items()))
        console.print(f"[bold]{number}[/bold] {record.kind.value}: {kinds}")
        for role, votes in deal.parties.items():
            for vote in votes:
                span = reading.view.source_span(
                    vote.name.mention.span.start, vote.name.mention.span.end
                )
                console.print(
                    f"   {role}: {escape(reading.cast.entities[vote.entity].name)}"
                    f"  ← {escape(span.of(article.text))}「{escape(vote.name.mark)}」"
                    f" {span.start}–{span.end}, {vote.name.mention.origin}, p {vote.probability:.2f}"
                )
        for slot, text in slot_texts(record).items():
            if slot in (Slot.BUYER, Slot.SELLER):
                continue
            quotes = " … ".join(
                f"{e.quote[:60]} ({e.start}–{e.end})" for e in record.evidence.get(slot, ())
            )
            console.print(f"   {slot.value}: {escape(text)}  ← {escape(quotes)}")
