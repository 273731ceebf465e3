"""`torihiki learn …`: from reviews to data and to trained models."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import learn_link, learn_models, learn_queue
from pipeline.cli.database import DatabaseOption
from pipeline.cli.learn_options import (
    ArticlesOption,
    DataOption,
    GoldOption,
    OutOption,
    complain,
    material,
    now,
    say,
)
from pipeline.errors import Quarantined, SettingsError

learn_app = typer.Typer(
    help="レビューから学ぶ · Learn from reviews: data, models, which model is in force.",
    no_args_is_help=True,
)


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
        at=now(),
        duplicates=[pair for pair in pairs if known.issuperset(pair)],
        shares=shares,
        seed=seed,
        dry_run=dry_run,
    )
    print_export(result, dry_run=dry_run)
    complain(failed)
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
        found, load_settings(), settings.models_dir, at=now(), everything=everything, say=say
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
            " name on the hub; without it a small network over characters from scratch.",
        ),
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="最大の周回数 · passes at most.")] = 20,
    patience: Annotated[
        int, typer.Option(min=1, help="良くならず止まるまでの周回 · passes without gain.")
    ] = 5,
    batch: Annotated[int, typer.Option(min=1, help="一度に学ぶ窓 · windows a step.")] = 16,
    rate: Annotated[
        float | None, typer.Option(help="学習率 · learning rate (2e-3, with a base 5e-5).")
    ] = None,
    hidden: Annotated[int, typer.Option(min=8, help="一からの幅 · width from scratch.")] = 128,
    layers: Annotated[int, typer.Option(min=1, help="一からの注意の層 · layers of attention.")] = 2,
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
        at=now(),
        progress=sys.stderr.isatty(),
        say=say,
    )
    for name, value in built.figures.items():
        say(f"{name}: {value:.3f}")
    print(built.folder)
    if found.failed:
        raise typer.Exit(1)


@learn_app.command("simulate")
def simulate(
    gold: Annotated[Path, typer.Option(help="レビューされる記事の正解 · articles to review.")],
    articles: Annotated[Path, typer.Option(help="その記事のフォルダ · their folder.")],
    test_gold: Annotated[Path, typer.Option(help="測る記事の正解 · articles to measure on.")],
    test_articles: Annotated[Path, typer.Option(help="その記事のフォルダ · their folder.")],
    batch: Annotated[
        int, typer.Option(min=1, help="一度にレビューする記事 · articles a batch.")
    ] = 25,
    runs: Annotated[int, typer.Option(min=1, help="順序ごとの回数 · runs of each order.")] = 3,
    plot: Annotated[
        Path | None, typer.Option(help="曲線を書くファイル · SVG or PNG to draw the curve into.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="点を JSON で · points as JSON.")] = False,
) -> None:
    """レビューが増えると F1 がどう伸びるか試す · Simulate reviews: F1 against articles reviewed.

    Annotated articles stand for reviewers' work, in the order of the queue and in random order; the
    scorer learns anew after every batch.

    Example: `torihiki learn simulate --gold train.jsonl --articles train_articles
    --test-gold dev.jsonl --test-articles articles --plot curve.svg`
    """
    import json
    from dataclasses import asdict

    from pipeline.cli.learn_tables import print_curve
    from pipeline.learn.lessons import taught
    from pipeline.learn.plots import plot_curve
    from pipeline.learn.simulation import simulate as run
    from pipeline.learn.training import laid_out, plain_extractor
    from pipeline.settings import load_settings

    train, test = material(None, gold, articles), material(None, test_gold, test_articles)
    settings = load_settings()
    extractor = plain_extractor(settings)
    points = run(
        laid_out(extractor, train.all(), say, "to review"),
        laid_out(extractor, test.all(), say, "to measure on"),
        lessons=taught(extractor, settings.models_dir),
        seeds=range(runs),
        batch=batch,
        on_point=lambda p: say(f"{p.order} {p.seed}: {p.articles} articles, core F1 {p.core:.3f}"),
    )
    if plot is not None:
        plot_curve(points, plot)
    if as_json:
        print(json.dumps([asdict(point) for point in points]))
    else:
        print_curve(points)
    if train.failed or test.failed:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add `learn`."""
    for command in (
        learn_models.compare,
        learn_models.promote,
        learn_models.rollback,
        learn_models.models,
        learn_models.run,
        learn_queue.queue,
        learn_queue.audit,
    ):
        learn_app.command(command.__name__)(command)
    learn_app.command("cross-validate")(learn_models.cross_validate)
    learn_app.command("link")(learn_link.learn_link)
    app.add_typer(learn_app, name="learn")
