"""Figures of an evaluation as tables that a person reads at a glance."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.cli.run_report import wide_console
from pipeline.evaluate import Compared, ComparedDeal

_GROUPED = ("core", "deal", "record")


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def print_report(report: Mapping[str, Any]) -> None:
    """Print the figures by slot, kind and source, and the reliability of confidence."""
    console = wide_console()
    table = _table(
        f"欄ごと by slot ({report['documents']:,} 記事 articles)",
        "欄 slot",
        *("P", "R", "F1", "95 %", "予測 predicted", "正解 gold"),
    )
    for name, row in report["figures"].items():
        span = f"{row['low']:.3f}–{row['high']:.3f}" if "low" in row else ""
        table.add_row(
            name,
            *(f"{row[key]:.3f}" for key in ("p", "r", "f1")),
            span,
            f"{row['predicted']:,}",
            f"{row['gold']:,}",
            end_section=name in {"record", "count"},
        )
    console.print(table)
    _print_groups(console, "種類ごと by kind (F1)", "種類 kind", report["by_kind"])
    _print_groups(console, "出所ごと by source (F1)", "出所 source", report["by_source"])
    if report["reliability"]:
        _print_reliability(console, report["reliability"])


def _print_groups(console: Console, title: str, first: str, groups: Mapping[str, Any]) -> None:
    table = _table(title, first, "core", "95 %", "deal", "record", "予測 predicted", "正解 gold")
    for name, measures in groups.items():
        core, deal = measures["core"], measures["deal"]
        span = f"{core['low']:.3f}–{core['high']:.3f}" if "low" in core else ""
        shares = (f"{measures[key]['f1']:.3f}" for key in _GROUPED)
        table.add_row(
            escape(name), next(shares), span, *shares, f"{deal['predicted']:,}", f"{deal['gold']:,}"
        )
    console.print(table)


def _print_reliability(console: Console, trust: Mapping[str, Any]) -> None:
    columns = ("件 records", "平均 mean", "取引 deal", "主要欄 core", "全体 record")
    table = _table("確信度は当たるか reliability", "確信度 confidence", *columns)
    for row in trust["bins"]:
        shares = (f"{row[key]:.3f}" for key in ("confidence", "found", "core", "whole"))
        table.add_row(f"{row['low']:.2f}–{row['high']:.2f}", f"{row['records']:,}", *shares)
    table.caption = f"主要欄に対して against core: ECE {trust['expected_error']:.3f}, Brier {trust['brier']:.3f}"
    table.caption_justify = "left"
    console.print(table)


def print_ablations(report: Mapping[str, Any]) -> None:
    """Print what each part is worth: F1 with it left out, and the difference."""
    ablations: Mapping[str, Any] = report.get("ablations", {})
    if not ablations:
        return
    table = _table("部品を外すと ablations (F1)", "外す without", *_GROUPED, "Δ core")
    full = report["figures"]
    for name, measures in {"–": full, **ablations}.items():
        change = measures["core"]["f1"] - full["core"]["f1"]
        table.add_row(name, *(f"{measures[key]['f1']:.3f}" for key in _GROUPED), f"{change:+.3f}")
    wide_console().print(table)


def _brief(deal: ComparedDeal | None) -> str:
    if deal is None:
        return "–"
    kept = {k: v for k, v in deal.source.items() if k != "evidence" and v not in (None, [], "")}
    return json.dumps(kept, ensure_ascii=False)


def print_errors(compared: Mapping[str, Iterable[Compared]]) -> None:
    """Print every deal that was missed, is spurious, or differs, with both sides as one line each."""
    for doc, items in compared.items():
        for item in items:
            if item.outcome != "right":
                print(f"{item.outcome} {','.join(item.wrong)}  {doc}")
                print(f"  gold {_brief(item.gold)}\n  pred {_brief(item.pred)}")
