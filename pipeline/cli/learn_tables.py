"""What `torihiki learn` prints: exports, comparisons, models."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.active import Active, Pointer
from pipeline.errors import ModelError
from pipeline.learn.audit import Audit
from pipeline.learn.autoaccept import Accepted
from pipeline.learn.candidates import LEARNED
from pipeline.learn.crossvalidation import Fold, pooled, spread
from pipeline.learn.dataset import Exported
from pipeline.learn.promotion import Comparison, Difference, Verdict, judge
from pipeline.learn.simulation import Point
from pipeline.modelfile import read_card

_PARTS = ("train", "validation", "test")


def print_export(result: Exported, *, dry_run: bool) -> None:
    """Print rows by part, and the verdicts, on standard error."""
    console = Console(stderr=True)
    table = Table(title=f"データセット dataset {result.version}", title_justify="left")
    table.add_column("表 table")
    for part in _PARTS:
        table.add_column(part, justify="right")
    for name, by_part in result.counts.items():
        table.add_row(name, *(f"{by_part[part]:,}" for part in _PARTS))
    console.print(table)
    verdicts = ", ".join(f"{n:,} {verdict}" for verdict, n in sorted(result.verdicts.items()))
    console.print(f"判定 verdicts: {verdicts or '–'}")
    console.print(f"最大の群 largest group: {result.largest_group:,} articles")
    if dry_run:
        console.print("書きません · --dry-run: nothing written")
    elif not result.is_new:
        console.print("同じ版がもうあります · this version is there already")


def _row(name: str, found: Difference) -> tuple[str, ...]:
    return (
        name,
        f"{found.first:.3f}",
        f"{found.second:.3f}",
        f"{found.change:+.3f}",
        f"{found.low:+.3f} … {found.high:+.3f}",
        f"{found.worse:.3f}",
    )


def print_comparison(comparison: Comparison, verdict: Verdict, speeds: tuple[float, float]) -> None:
    """Print two extractors side by side, and whether the second may take the first's place."""
    console = Console()
    console.print(f"A {escape(comparison.first)}  {speeds[0]:,.0f} 字 characters/s")
    console.print(f"B {escape(comparison.second)}  {speeds[1]:,.0f} 字 characters/s")
    table = Table(
        title=f"{comparison.articles:,} 記事 articles, {comparison.deals:,} 取引 deals (F1)",
        title_justify="left",
    )
    table.add_column("欄 slot")
    for head in ("A", "B", "Δ", "95 %", "p(B ≤ A)"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, found in comparison.measures.items():
        table.add_row(*_row(name, found), end_section=name in {"record", "capacity"})
    for kind, found in comparison.kinds.items():
        table.add_row(*_row(f"{kind}: core", found))
    console.print(table)
    if verdict.promote:
        console.print("[green]昇格できます · B may take the place of A[/green]")
    for reason in verdict.reasons:
        console.print(f"[yellow]昇格不可 · not promoted:[/yellow] {escape(reason)}")


def comparison_json(comparison: Comparison, speeds: tuple[float, float]) -> dict[str, Any]:
    """A comparison as JSON-ready data."""
    verdict = judge(comparison)
    return {
        **_plain(asdict(comparison)),
        "characters_per_second": [round(speed) for speed in speeds],
        "promote": verdict.promote,
        "reasons": list(verdict.reasons),
    }


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _plain(value)
        if isinstance(value, Mapping)
        else round(value, 4)
        if isinstance(value, float)
        else value
        for key, value in data.items()
    }


def _names(pointer: Pointer) -> str:
    parts = [pointer.scorer or "rules"]
    if pointer.tagger:
        parts.append(f"{pointer.tagger} × {pointer.weight:g}")
    return " + ".join(parts)


def print_models(models_dir: Path, active: Active) -> None:
    """Print the trained models, what is in force, and the turns that led there."""
    console = Console()
    table = Table(title=f"{models_dir / LEARNED}", title_justify="left")
    for head in ("モデル model", "種類 kind", "作成 made", "データ data", "core F1"):
        table.add_column(head)
    for folder in sorted((models_dir / LEARNED).glob("[!.]*")):
        try:
            card = read_card(folder)
        except ModelError as error:
            table.add_row(folder.name, "壊れています damaged", "", escape(str(error)), "")
            continue
        core = card["figures"].get("core F1")
        table.add_row(
            folder.name,
            card["kind"],
            card["made_at"],
            card["data"],
            f"{core:.3f}" if isinstance(core, float) else "",
        )
    console.print(table)
    console.print(f"使用中 in force: {escape(_names(active.now))}")
    for turn in reversed(active.turns):
        console.print(
            f"  {turn.at} {turn.action}: {escape(_names(turn.before))} →"
            f" {escape(_names(turn.after))} {escape(turn.reason)}"
        )


def print_curve(points: Sequence[Point]) -> None:
    """Print the mean of the runs of each order at each number of articles."""
    console = Console()
    table = Table(title="レビューの価値 what reviews are worth (F1)", title_justify="left")
    for head in ("記事 articles", "順序 order", "core", "P", "R", "deal", "record"):
        table.add_column(head, justify="right")
    groups: dict[tuple[int, str], list[Point]] = {}
    for point in points:
        groups.setdefault((point.articles, point.order.value), []).append(point)
    for (articles, order), found in sorted(groups.items()):
        figures = (
            sum(getattr(point, name) for point in found) / len(found)
            for name in ("core", "precision", "recall", "deal", "record")
        )
        table.add_row(f"{articles:,}", order, *(f"{figure:.3f}" for figure in figures))
    console.print(table)


_FOLDED = ("core", "deal", "record")


def print_folds(folds: Sequence[Fold]) -> None:
    """Print F1 on every source left out, their mean ± deviation, and all articles pooled."""
    console = Console()
    table = Table(title="出所を一つずつ外す leave one source out (F1)", title_justify="left")
    for head in ("出所 source", "記事 articles", "取引 deals", *_FOLDED):
        table.add_column(head, justify="left" if head == "出所 source" else "right", no_wrap=True)
    for fold in folds:
        found = fold.figures
        table.add_row(
            escape(fold.source),
            f"{fold.articles:,}",
            f"{found['deal'].gold:,}",
            *(f"{found[name].f1:.3f}" for name in _FOLDED),
            end_section=fold is folds[-1],
        )
    spreads, whole = spread(folds), pooled(folds)
    table.add_row(
        "平均 mean ± SD",
        "",
        "",
        *(f"{spreads[name].mean:.3f} ± {spreads[name].deviation:.3f}" for name in _FOLDED),
    )
    table.add_row(
        "全記事 pooled",
        f"{sum(fold.articles for fold in folds):,}",
        f"{whole['deal'].gold:,}",
        *(f"{whole[name].f1:.3f}" for name in _FOLDED),
    )
    console.print(table)


def folds_json(folds: Sequence[Fold]) -> dict[str, Any]:
    """Folds as JSON-ready data: figures by source, mean and deviation of F1, and the pooled ones."""
    return {
        "folds": {
            fold.source: {
                "articles": fold.articles,
                "figures": {name: figure.as_json() for name, figure in fold.figures.items()},
            }
            for fold in folds
        },
        "spread": {name: _plain(asdict(found)) for name, found in spread(folds).items()},
        "pooled": {name: figure.as_json() for name, figure in pooled(folds).items()},
    }


def print_audit(found: Audit, done: Accepted | None, *, version: str, dry_run: bool) -> None:
    """Print what human decisions say of confidence, and what was accepted by it."""
    console = Console()
    console.print(escape(version))
    console.print(f"判断 decisions: {found.decided:,} ({found.basis}; sample {found.in_sample:,})")
    table = Table(title="確信度は当たるか reliability", title_justify="left")
    for head in ("確信度 confidence", "件 records", "平均 mean", "正しい right"):
        table.add_column(head, justify="right")
    for low, high, count, mean, right in found.bins:
        table.add_row(f"{low:.2f}–{high:.2f}", f"{count:,}", f"{mean:.3f}", f"{right:.3f}")
    console.print(table)
    threshold = found.threshold
    if threshold is None:
        console.print(
            f"自動承認できる確信度はありません · no confidence reaches {found.target:.3f}"
        )
        return
    console.print(
        f"確信度 confidence ≥ {threshold.confidence:.3f}: {threshold.right} / {threshold.records}"
        f" 正しい right, 少なくとも at least {threshold.lower:.3f} ≥ {found.target:.3f}"
    )
    if done is not None:
        verb = "承認予定 would be accepted" if dry_run else "自動承認 accepted"
        console.print(
            f"{verb} {len(done.accepted):,}, 検査に残す kept for audit {done.kept_for_audit:,},"
            f" 飛ばす skipped {done.skipped:,}"
        )
