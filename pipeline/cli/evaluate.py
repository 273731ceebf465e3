"""`torihiki evaluate`: how well records agree with what careful readers wrote down."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.errors import Quarantined, SettingsError

if TYPE_CHECKING:
    from pipeline.evaluate import Compared, ComparedDeal
    from pipeline.extract import Extractor

_BATCH = 64


class Part(StrEnum):
    """What of the extractor can be left out; `each` measures every part's absence in turn."""

    NER = "ner"
    PARSE = "parse"
    GAZETTEER = "gazetteer"
    SCORER = "scorer"
    GATE = "gate"
    EACH = "each"


_PARTS = tuple(part for part in Part if part is not Part.EACH)


def _load(off: tuple[Part, ...]) -> "Extractor":
    from pipeline.load import load_extractor
    from pipeline.settings import load_settings

    return load_extractor(
        load_settings(),
        use_ner=Part.NER not in off,
        use_parse=Part.PARSE not in off,
        use_gazetteer=Part.GAZETTEER not in off,
        use_scorer=Part.SCORER not in off,
        use_gate=Part.GATE not in off,
    )


def _articles(docs: list[str], root: Path, failed: list[Quarantined]) -> Iterator[tuple[str, Any]]:
    """Documents with their articles; a file that cannot be read is put into `failed`."""
    from pipeline.ingest import read_paths

    for doc in docs:
        for item in read_paths([root / doc]):
            if isinstance(item, Quarantined):
                failed.append(item)
                print(f"torihiki: {item.step}: {item.source}: {item.reason}", file=sys.stderr)
            else:
                yield doc, item


def extracted_deals(
    docs: list[str], root: Path, off: tuple[Part, ...], failed: list[Quarantined]
) -> "dict[str, tuple[ComparedDeal, ...]]":
    """What the extractor finds in documents under `root`, each record with its confidence.

    Args:
        docs: paths relative to `root`.
        root: folder of the articles.
        off: parts of the extractor to leave out.
        failed: filled with what cannot be read.
    """
    from rich.progress import track

    from pipeline.evaluate import compared_deal
    from pipeline.record import to_gold

    extractor = _load(off)
    pairs = list(_articles(docs, root, failed))
    found: dict[str, tuple[ComparedDeal, ...]] = {}
    batches = [pairs[i : i + _BATCH] for i in range(0, len(pairs), _BATCH)]
    for batch in track(
        batches,
        description="読み取り中 · extracting",
        console=_console(stderr=True),
        disable=not sys.stderr.isatty(),
    ):
        extractions = extractor.extract_many(article for _, article in batch)
        for (doc, _), extraction in zip(batch, extractions, strict=True):
            deals = ({**to_gold(r), "confidence": r.confidence} for r in extraction.records)
            found[doc] = (*found.get(doc, ()), *(compared_deal(deal) for deal in deals))
    return found


def _console(*, stderr: bool = False) -> Any:
    from rich.console import Console

    return Console(stderr=stderr)


def _report(
    compared: "dict[str, list[Compared]]", *, resamples: int, seed: int, bins: int
) -> dict[str, Any]:
    """All figures of a comparison as JSON-ready data."""
    from pipeline import evaluate as ev

    def measured(group: "Mapping[str, list[Compared]]") -> dict[str, dict[str, float]]:
        found = {name: figure.as_json() for name, figure in ev.figures(group).items()}
        if resamples:
            for name, span in ev.intervals(group, resamples=resamples, seed=seed).items():
                found[name] |= {"low": round(span.low, 4), "high": round(span.high, 4)}
        return found

    trust = ev.reliability(compared, bins=bins)
    return {
        "documents": len(compared),
        "figures": measured(compared),
        "by_kind": {kind: measured(g) for kind, g in ev.split_by_kind(compared).items()},
        "by_source": {source: measured(g) for source, g in ev.split_by_source(compared).items()},
        "reliability": asdict(trust) if trust else None,
    }


def _predictions(predicted: Path | None, articles: Path | None, ablate: list[Part]) -> Path:
    """Where predictions come from: the file, or the folder of articles to extract now."""
    place = articles or predicted
    if place is None or (predicted is not None and articles is not None):
        msg = "give either a file of predictions or --articles DIR to extract them now"
        raise SettingsError(msg)
    if ablate and articles is None:
        msg = "--ablate needs --articles DIR: it runs the extractor with parts left out"
        raise SettingsError(msg)
    if articles is not None and not articles.is_dir():
        msg = f"{articles}: no such folder; --articles is the folder that `doc` paths start from"
        raise SettingsError(msg)
    return place


def evaluate(
    gold: Annotated[Path, typer.Argument(metavar="GOLD.jsonl", help="正解 · annotated deals.")],
    predicted: Annotated[
        Path | None,
        typer.Argument(metavar="[PRED.jsonl]", help="予測 · `torihiki extract --format gold`."),
    ] = None,
    articles: Annotated[
        Path | None,
        typer.Option(help="この記事フォルダから今読み取る · extract now from the articles here."),
    ] = None,
    ablate: Annotated[
        list[Part] | None,
        typer.Option(help="外す部品（複数可） · leave this part out; `each`: every one in turn."),
    ] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="違いを全部示す · list every deal that differs.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON で出す · print one JSON object.")
    ] = False,
    resamples: Annotated[
        int, typer.Option(min=0, help="再標本の数、0で区間なし · bootstrap draws, 0 for none.")
    ] = 2000,
    seed: Annotated[int, typer.Option(help="乱数の種 · seed of the draws.")] = 0,
    bins: Annotated[
        int, typer.Option(min=1, max=100, help="確信度の段の数 · confidence bins.")
    ] = 5,
) -> None:
    """正解と比べて精度・再現率・F1を出す · Score records against annotated ones.

    Precision, recall and F1 by slot, kind and source, with bootstrap intervals over articles,
    and whether confidence means what it says.

    Example: `torihiki evaluate gold/dev.jsonl --articles gold --ablate each`
    """
    from pipeline.cli.figures import print_ablations, print_errors, print_report
    from pipeline.evaluate import compare_documents, figures, read_deals

    off = ablate or []
    place = _predictions(predicted, articles, off)
    answers = read_deals(gold)
    failed: list[Quarantined] = []

    def run(parts: tuple[Part, ...]) -> "dict[str, list[Compared]]":
        if articles is None:
            return compare_documents(answers, read_deals(place))
        failed.clear()
        return compare_documents(answers, extracted_deals(list(answers), place, parts, failed))

    compared = run(tuple(part for part in off if part is not Part.EACH))
    report = _report(compared, resamples=resamples, seed=seed, bins=bins)
    if Part.EACH in off:
        report["ablations"] = {
            part.value: {n: f.as_json() for n, f in figures(run((part,))).items()}
            for part in _PARTS
        }
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        if errors:
            print_errors(compared)
        print_report(report)
        print_ablations(report)
    if failed:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add `evaluate`."""
    app.command("evaluate")(evaluate)
