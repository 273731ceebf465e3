"""`torihiki learn compare`, `promote`, `rollback` and `models`: which model is in force."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.database import DatabaseOption
from pipeline.cli.learn_options import ArticlesOption, DataOption, GoldOption, material, now, say
from pipeline.errors import ModelError

if TYPE_CHECKING:
    from pipeline.learn.dataset import Document
    from pipeline.learn.promotion import Comparison
    from pipeline.learn.sources import Material


def held_out_documents(found: "Material", *, annotated: bool) -> "tuple[Document, ...]":
    """What to measure on: the test part of a dataset, or all of an annotated file."""
    from pipeline.learn.split import Part

    return found.all() if annotated else found.parts[Part.TEST]


Spec = Annotated[
    str,
    typer.Argument(
        help="`active`, `default`, `rules`, または候補のフォルダ · or a candidate's folder"
        " (`FOLDER:alone`: a tagger without scorer)."
    ),
]


def compare(
    first: Spec,
    second: Spec,
    data: DataOption = None,
    gold: GoldOption = None,
    articles: ArticlesOption = None,
    resamples: Annotated[int, typer.Option(min=100, help="再標本の数 · draws.")] = 2000,
    seed: Annotated[int, typer.Option(help="乱数の種 · seed of the draws.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出す · one JSON object.")] = False,
) -> None:
    """二つの抽出器を同じ記事で比べる · Compare two extractors on the same held-out articles.

    Paired bootstrap over articles that neither has learned from; says whether the second may take
    the place of the first. Exit status 0 either way.

    Example: `torihiki learn compare active models/learned/scorer-20261120-0123abcd --data DATASET`
    """
    from pipeline.cli.learn_tables import comparison_json, print_comparison
    from pipeline.learn.promotion import judge

    comparison, speeds = _compared(
        (first, second), (data, gold, articles), resamples=resamples, seed=seed
    )
    if as_json:
        import json

        print(json.dumps(comparison_json(comparison, speeds), ensure_ascii=False))
    else:
        print_comparison(comparison, judge(comparison), speeds)


def _compared(
    names: tuple[str, str],
    places: tuple[Path | None, Path | None, Path | None],
    *,
    resamples: int,
    seed: int,
) -> "tuple[Comparison, tuple[float, float]]":
    from time import perf_counter

    from pipeline.learn.candidates import find_candidate
    from pipeline.learn.comparing import compare_measured, held_out, measure
    from pipeline.learn.training import laid_out, plain_extractor
    from pipeline.settings import load_settings

    settings = load_settings()
    candidates = [find_candidate(name, settings) for name in names]
    found = material(*places)
    kept = held_out(held_out_documents(found, annotated=places[1] is not None), *candidates)
    if kept.left_out:
        say(f"{kept.left_out} articles left out: one of the two has learned from them")
    extractor = plain_extractor(settings)
    began = perf_counter()
    laid = laid_out(extractor, kept.documents, say, "compare")
    seconds = perf_counter() - began
    first, second = (measure(laid, one, layout_seconds=seconds) for one in candidates)
    comparison = compare_measured(first, second, resamples=resamples, seed=seed)
    return comparison, (first.speed, second.speed)


def cross_validate(
    gold: Annotated[Path, typer.Option(help="正解 · annotated deals.")],
    articles: Annotated[
        Path, typer.Option(help="正解の記事のフォルダ · the folder that `doc` starts from.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出す · one JSON object.")] = False,
) -> None:
    """出所を一つずつ外して測る · Leave every source out once: F1 on it by a scorer of the others.

    A source is the first folder of `doc`. Says what to expect of a source that nobody has reviewed
    yet; writes no model. Exit status 1 where an article cannot be read.

    Example: `torihiki learn cross-validate --gold train.jsonl --articles train_articles`
    """
    from pipeline.cli.learn_tables import folds_json, print_folds
    from pipeline.learn.crossvalidation import cross_validate as run_folds
    from pipeline.learn.lessons import taught
    from pipeline.learn.training import laid_out, laid_out_unnamed, plain_extractor
    from pipeline.settings import load_settings

    found = material(None, gold, articles)
    settings = load_settings()
    extractor = plain_extractor(settings)
    folds = run_folds(
        laid_out(extractor, found.all(), say, "cross-validate"),
        taught(extractor, settings.models_dir),
        also=laid_out_unnamed(settings, found.all()),
        on_fold=lambda fold: say(f"{fold.source}: core F1 {fold.figures['core'].f1:.3f}"),
    )
    if as_json:
        import json

        print(json.dumps(folds_json(folds), ensure_ascii=False))
    else:
        print_folds(folds)
    if found.failed:
        raise typer.Exit(1)


def promote(
    candidate: Spec,
    data: DataOption = None,
    gold: GoldOption = None,
    articles: ArticlesOption = None,
    tolerance: Annotated[
        float, typer.Option(min=0, max=1, help="種類ごとに許す悪化 · core F1 a kind may lose.")
    ] = 0.0,
    force: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            help="比べずに替える理由 · put it in force without comparing, because.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="比べるだけで替えない · compare, change nothing.")
    ] = False,
) -> None:
    """候補を使うモデルにする · Put a candidate in force if it earns its place.

    It is compared with what is in force; it must be better beyond noise on the core slots and worse
    on no kind. Exit status 1 where it is not promoted.

    Example: `torihiki learn promote models/learned/scorer-20261120-0123abcd --data DATASET`
    """
    from pipeline.cli.learn_tables import print_comparison
    from pipeline.learn.candidates import find_candidate
    from pipeline.learn.promotion import judge
    from pipeline.learn.registry import promote as put_in_force
    from pipeline.settings import load_settings

    settings = load_settings()
    reason = force or ""
    if force is None:
        comparison, speeds = _compared(
            ("active", candidate), (data, gold, articles), resamples=2000, seed=0
        )
        verdict = judge(comparison, tolerance=tolerance)
        print_comparison(comparison, verdict, speeds)
        if not verdict.promote:
            raise typer.Exit(1)
        core = comparison.measures["core"]
        reason = f"core F1 {core.first:.3f} → {core.second:.3f} on {comparison.articles} articles"
    if dry_run:
        print("替えません · --dry-run: nothing changed")
        return
    found = find_candidate(candidate, settings)
    put_in_force(settings.models_dir, found, reason=reason, at=now())
    print(f"使用開始 in force: {candidate} ({reason})")


def rollback(
    reason: Annotated[str, typer.Option(help="理由 · why; kept.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="示すだけで戻さない · show, change nothing.")
    ] = False,
) -> None:
    """前のモデルに戻す · Put back in force what was before the last promotion.

    Example: `torihiki learn rollback --reason "misses acquisitions"`
    """
    from pipeline.active import read_active
    from pipeline.learn.registry import previous
    from pipeline.learn.registry import rollback as go_back
    from pipeline.settings import load_settings

    models_dir = load_settings().models_dir
    if dry_run:
        target = previous(read_active(models_dir))
        if target is None:
            raise ModelError("there is nothing to go back to: no promotion stands")
        print(
            f"戻す先 would put in force: {target.scorer or 'rules'}, {target.tagger or 'no tagger'}"
        )
        return
    active = go_back(models_dir, reason=reason, at=now()).now
    print(f"戻しました in force again: {active.scorer or 'rules'}, {active.tagger or 'no tagger'}")


def models() -> None:
    """学んだモデルと使用中のものを示す · List trained models, and which is in force since when.

    Example: `torihiki learn models`
    """
    from pipeline.active import read_active
    from pipeline.cli.learn_tables import print_models
    from pipeline.settings import load_settings

    models_dir = load_settings().models_dir
    print_models(models_dir, read_active(models_dir))


def run(
    db: DatabaseOption = None,
    out: Annotated[
        Path, typer.Option(help="データセットと報告のフォルダ · folder of datasets and reports.")
    ] = Path("data/processed/reviews"),
    tagger: Annotated[
        bool, typer.Option("--tagger", help="系列ラベル付けも学ぶ · train a tagger too (torch).")
    ] = False,
    tolerance: Annotated[
        float, typer.Option(min=0, max=1, help="種類ごとに許す悪化 · core F1 a kind may lose.")
    ] = 0.0,
    report_only: Annotated[
        bool, typer.Option("--report-only", help="報告だけで替えない · report, promote nothing.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="新しいレビューがなくても学ぶ · train all the same.")
    ] = False,
) -> None:
    """レビューから学ぶ一連の流れ · The whole flow: export, train, compare, promote or report.

    Where no review is new it ends at once. Prints the folder of the report.

    Example: `torihiki learn run --report-only`
    """
    from flows.quiet import prefect_ready
    from pipeline.settings import load_settings

    url = load_settings(database_url=db).database_url
    with prefect_ready():
        from pydantic import SecretStr

        from flows.learn import learn, markdown

        outcome = learn(
            database_url=SecretStr(url),
            out=str(out),
            tagger=tagger,
            promote_winner=not report_only,
            tolerance=tolerance,
            again=again,
        )
    say(markdown(outcome))
    print(outcome.report)
