"""Plots of learning, as SVG that no server is needed for."""

from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.learn.promotion import Comparison
from pipeline.learn.simulation import Point

_NAMES = {"queue": "queue order", "random": "random order"}


def _save(chart: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.save(str(path))


def plot_curve(points: Sequence[Point], path: Path) -> None:
    """F1 against reviews for both orders: each run thin, the mean of the runs thick.

    Args:
        points: of a simulation.
        path: of the SVG or PNG to write.
    """
    alt: Any = import_module("altair")  # its types leave much untyped
    rows = [{**asdict(p), "order": _NAMES[p.order.value]} for p in points]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("articles:Q", title="articles reviewed"),
        y=alt.Y("core:Q", title="core F1 on unseen articles", scale=alt.Scale(zero=False)),
        color=alt.Color("order:N", title=None),
    )
    runs = base.mark_line(opacity=0.25, strokeWidth=1).encode(detail="seed:N")
    mean = base.mark_line(strokeWidth=3, point=True).encode(y=alt.Y("mean(core):Q"))
    chart = (runs + mean).properties(width=520, height=300, title="What reviews are worth")
    _save(chart, path)


def plot_comparison(comparison: Comparison, path: Path) -> None:
    """The difference of F1 with its interval, by measure and by kind.

    Args:
        comparison: of two extractors.
        path: of the SVG or PNG to write.
    """
    alt: Any = import_module("altair")
    groups = {
        **comparison.measures,
        **{f"core of {kind}": found for kind, found in comparison.kinds.items()},
    }
    rows = [
        {"measure": name, "change": d.change, "low": d.low, "high": d.high}
        for name, d in groups.items()
    ]
    order = list(groups)
    base = alt.Chart(alt.Data(values=rows)).encode(y=alt.Y("measure:N", sort=order, title=None))
    bars = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("low:Q", title="change of F1 (95 % of draws)"), x2="high:Q"
    )
    dots = base.mark_point(filled=True, size=70).encode(x="change:Q")
    zero = alt.Chart(alt.Data(values=[{"x": 0}])).mark_rule(strokeDash=[4, 4]).encode(x="x:Q")
    _save((zero + bars + dots).properties(width=420), path)
