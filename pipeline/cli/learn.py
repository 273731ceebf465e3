"""`torihiki learn …`: from reviews to better models, and which model is in force."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.database import DatabaseOption
from pipeline.errors import ModelError, Quarantined, SettingsError

if TYPE_CHECKING:
    from pipeline.learn.candidates import Candidate
    from pipeline.learn.dataset import Document
    from pipeline.learn.promotion import Comparison
    from pipeline.learn.sources import Material

learn_app = typer.Typer(
    help="レビューから学ぶ · Learn from reviews: data, models, which model is in force.",
    no_args_is_help=True,
)

DataOption = Annotated[
    Path | None,
    typer.Option(help="`learn export` のフォルダ · a dataset that `learn export` wrote."),
]
GoldOption = Annotated[
    Path | None,
    typer.Option(help="正解ファイル（--articles と共に） · annotated deals, with --articles."),
]
ArticlesOption = Annotated[
    Path | None, typer.Option(help="正解の記事のフォルダ · the folder that `doc` starts from.")
]
OutOption = Annotated[
    Path | None,
    typer.Option(help="書き出すフォルダ（既定 models/） · folder of models to write under."),
]


def _now() -> datetime:
    return datetime.now(UTC)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _complain(failed: Iterable[Quarantined]) -> None:
    for item in failed:
        _say(f"torihiki: {item.step}: {item.source}: {item.reason}")


def material(data: Path | None, gold: Path | None, articles: Path | None) -> "Material":
    """The articles that options name.

    Raises:
        SettingsError: neither or both ways are given.
    """
    from pipeline.gazetteer.vocabulary import load_vocabulary
    from pipeline.learn.sources import from_annotations, from_dataset
    from pipeline.settings import load_settings

    if (data is None) == (gold is None) or (gold is None) != (articles is None):
        msg = (
            "give either --data DATASET (see `torihiki learn export`) or --gold FILE --articles DIR"
        )
        raise SettingsError(msg)
    if data is not None:
        return from_dataset(data)
    if gold is None or articles is None:  # both are given here; said for the type checker's sake
        raise SettingsError("give --gold FILE --articles DIR")
    found = from_annotations(gold, articles, load_vocabulary(load_settings().models_dir))
    _complain(found.failed)
    return found


def held_out_documents(found: "Material", *, annotated: bool) -> "tuple[Document, ...]":
    """What to measure on: the test part of a dataset, or all of an annotated file."""
    from pipeline.learn.split import Part

    return found.all() if annotated else found.parts[Part.TEST]


@learn_app.command("export")
def export(
    db: DatabaseOption = None,
    gold: GoldOption = None,
    articles: ArticlesOption = None,
    out: Annotated[
        Path, typer.Option(help="データセットのフォルダ · folder of the datasets.")
    ] = Path("data/processed/reviews"),
    validation: Annotated[float, typer.Option(help="検証の割合 · share of validation.")] = 0.1,
    test: Annotated[float, typer.Option(help="試験の割合 · share of test.")] = 0.1,
    seed: Annotated[int, typer.Option(help="乱数の種 · seed of the split.")] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="数えるだけで書かない · count, write nothing.")
    ] = False,
) -> None:
    """レビューをデータセットに書き出す · Write the reviews as a `datasets` dataset, split by deal.

    The folder's name is the version: the same reviews give the same one. Prints the folder.

    Example: `torihiki learn export --out data/processed/reviews`
    """
    from pipeline.cli.learn_tables import print_export
    from pipeline.gazetteer.vocabulary import load_vocabulary
    from pipeline.learn.dataset import export_dataset
    from pipeline.learn.sources import annotated_articles
    from pipeline.learn.split import Shares
    from pipeline.settings import load_settings

    try:
        shares = Shares(validation=validation, test=test)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    failed: list[Quarantined] = []
    pairs: list[tuple[str, str]] = []
    if gold is not None and articles is not None:
        vocabulary = load_vocabulary(load_settings().models_dir)
        reviewed, failed = annotated_articles(gold, articles, vocabulary)
        reviewed = list({item.article.id: item for item in reviewed}.values())
    elif gold is None and articles is None:
        from pipeline.cli.database import open_existing
        from pipeline.learn.from_store import near_duplicates, reviewed_articles

        with open_existing(db) as store:
            reviewed, pairs = list(reviewed_articles(store)), near_duplicates(store)
    else:
        raise SettingsError("--gold and --articles go together")
    known = {item.article.id for item in reviewed}
    result = export_dataset(
        reviewed,
        out,
        at=_now(),
        duplicates=[pair for pair in pairs if known.issuperset(pair)],
        shares=shares,
        seed=seed,
        dry_run=dry_run,
    )
    print_export(result, dry_run=dry_run)
    _complain(failed)
    print(result.folder)
    if failed:
        raise typer.Exit(1)


@learn_app.command("scorer")
def scorer(
    data: DataOption = None,
    gold: GoldOption = None,
    articles: ArticlesOption = None,
    out: OutOption = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--everything", help="試験の記事も使う · learn from the test part too, unmeasured."
        ),
    ] = False,
) -> None:
    """採点器を学び直す · Train the small scorer anew; prints the candidate's folder.

    It learns from train and validation, and its figures are of the test part. Nothing is put in
    force: `torihiki learn promote` does that.

    Example: `torihiki learn scorer --data data/processed/reviews/reviews-0123456789ab`
    """
    from pipeline.learn.training import train_candidate
    from pipeline.settings import load_settings

    found = material(data, gold, articles)
    settings = load_settings(models_dir=out)
    folder = train_candidate(
        found, load_settings(), settings.models_dir, at=_now(), everything=everything, say=_say
    )
    print(folder)
    if found.failed:
        raise typer.Exit(1)


@learn_app.command("tagger")
def tagger(
    data: DataOption = None,
    gold: GoldOption = None,
    articles: ArticlesOption = None,
    out: OutOption = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="DIR_OR_NAME",
            help="土台の日本語エンコーダ（無ければ文字単位で一から） · an encoder to fine-tune, a folder or a"
            " name on the hub; without it a small character-level one from scratch.",
        ),
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="最大の周回数 · passes at most.")] = 20,
    patience: Annotated[
        int, typer.Option(min=1, help="良くならず止まるまでの周回 · passes without gain.")
    ] = 5,
    batch: Annotated[int, typer.Option(min=1, help="一度に学ぶ窓 · windows a step.")] = 16,
    rate: Annotated[
        float | None, typer.Option(help="学習率 · learning rate (5e-4, with a base 5e-5).")
    ] = None,
    hidden: Annotated[int, typer.Option(min=8, help="一からの幅 · width from scratch.")] = 256,
    layers: Annotated[int, typer.Option(min=1, help="一からの層 · layers from scratch.")] = 4,
    seed: Annotated[int, typer.Option(help="乱数の種 · seed.")] = 0,
    cpu: Annotated[bool, typer.Option("--cpu", help="GPU を使わない · leave a GPU alone.")] = False,
    work: Annotated[Path, typer.Option(help="途中経過のフォルダ · folder of checkpoints.")] = Path(
        "data/processed/tagger"
    ),
) -> None:
    """系列ラベル付けを学ぶ · Train the token classifier; prints the candidate's folder.

    Needs the extra `learn` (torch). An interrupted training goes on where it was. The candidate is
    an ONNX network in eight bits, which runs without torch; nothing is put in force.

    Example: `torihiki learn tagger --data data/processed/reviews/reviews-0123456789ab`
    """
    from pipeline.learn.tagger.options import TaggerOptions, need_torch
    from pipeline.learn.training import train_tagger_candidate
    from pipeline.settings import load_settings

    need_torch()
    options = TaggerOptions(
        base=base,
        epochs=epochs,
        patience=patience,
        batch=batch,
        learning_rate=rate,
        hidden=hidden,
        layers=layers,
        seed=seed,
        cpu=cpu,
    )
    found = material(data, gold, articles)
    built = train_tagger_candidate(
        found,
        load_settings(),
        load_settings(models_dir=out).models_dir,
        work,
        options,
        at=_now(),
        progress=sys.stderr.isatty(),
        say=_say,
    )
    for name, value in built.figures.items():
        _say(f"{name}: {value:.3f}")
    print(built.folder)
    if found.failed:
        raise typer.Exit(1)


Spec = Annotated[
    str,
    typer.Argument(
        help="`active`, `default`, `rules`, または候補のフォルダ · or a candidate's folder"
        " (`FOLDER:alone`: a tagger without scorer)."
    ),
]


@learn_app.command("compare")
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
    from pipeline.learn.candidates import find_candidate
    from pipeline.learn.comparing import compare_measured, held_out, measure
    from pipeline.load import load_extractor
    from pipeline.settings import load_settings

    settings = load_settings()
    candidates = [find_candidate(name, settings) for name in names]
    found = material(*places)
    documents = held_out(held_out_documents(found, annotated=places[1] is not None), *candidates)
    if documents.left_out:
        _say(f"{documents.left_out} articles left out: one of the two has learned from them")
    measured = []
    for candidate in candidates:
        _say(f"{candidate.name}: {len(documents.documents)} articles …")
        extractor = load_extractor(settings, choice=candidate.choice)
        if "failed-" in extractor.version:
            msg = f"{candidate.name} cannot be loaded whole ({extractor.version})"
            raise ModelError(msg)
        measured.append(measure(extractor, documents.documents))
    comparison = compare_measured(*measured, resamples=resamples, seed=seed)
    return comparison, (measured[0].speed, measured[1].speed)


@learn_app.command("promote")
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
    found: Candidate = find_candidate(candidate, settings)
    put_in_force(settings.models_dir, found, reason=reason, at=_now())
    print(f"使用開始 in force: {candidate} ({reason})")


@learn_app.command("rollback")
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
    now = go_back(models_dir, reason=reason, at=_now()).now
    print(f"戻しました in force again: {now.scorer or 'rules'}, {now.tagger or 'no tagger'}")


@learn_app.command("models")
def models() -> None:
    """学んだモデルと使用中のものを示す · List trained models, and which is in force since when.

    Example: `torihiki learn models`
    """
    from pipeline.active import read_active
    from pipeline.cli.learn_tables import print_models
    from pipeline.settings import load_settings

    models_dir = load_settings().models_dir
    print_models(models_dir, read_active(models_dir))


def register(app: typer.Typer) -> None:
    """Add `learn`."""
    app.add_typer(learn_app, name="learn")
