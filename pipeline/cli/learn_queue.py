"""`torihiki learn queue` and `audit`: what reviewers should look at, and what they need not."""

from typing import Annotated

import typer

from pipeline.cli.database import DatabaseOption
from pipeline.cli.learn_options import now
from pipeline.errors import SettingsError

LEARNED_FOLDER = "learned"


def queue(
    db: DatabaseOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="数えるだけで並べ替えない · change nothing.")
    ] = False,
) -> None:
    """レビューの順番を学ぶ · Learn which records are worth a look, and order the queue by it.

    Doubt (learned from what reviewers corrected), parties that nobody has met, and amounts.

    Example: `torihiki learn queue`
    """
    from pipeline.cli.database import open_existing
    from pipeline.learn.autoaccept import order_queue
    from pipeline.learn.from_store import reviewed_articles
    from pipeline.learn.priority import PRIORITY_FILE, learn_priority, save_priority
    from pipeline.settings import load_settings

    settings = load_settings()
    with open_existing(db) as store:
        reviews = (r for item in reviewed_articles(store) for r in item.records)
        priority = learn_priority(reviews)
        share = settings.audit_share if settings.auto_accept is not None else 0.0
        count = order_queue(store, priority, share=share, dry_run=dry_run)
    if not dry_run:
        save_priority(priority, settings.models_dir / LEARNED_FOLDER / PRIORITY_FILE)
    basis = "learned" if priority.model else "too few reviews to learn from: by confidence"
    verb = "would be ordered" if dry_run else "ordered"
    print(f"{count:,} 件を並べ替え · {verb}; {priority.reviews:,} レビュー reviews, {basis}")


def audit(
    db: DatabaseOption = None,
    target: Annotated[
        float | None,
        typer.Option(min=0.5, max=0.999, help="正しくあるべき割合 · share that must be right."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="自動承認を実行する · accept what is confident enough.")
    ] = False,
    withdraw: Annotated[
        bool,
        typer.Option("--withdraw", help="自動承認を全部取り消す · take all such acceptances back."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="数えるだけ · count, change nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出す · one JSON object.")] = False,
) -> None:
    """確信度を人の判断で検査し、自動承認する · Check confidence by human decisions; accept by it.

    Automatic acceptance is off: it needs `auto_accept` in the settings or --target, and --apply. A
    random share (`audit_share`) is never accepted automatically; what people say of it keeps the
    threshold honest. Exit status 1 where no confidence is good enough.

    Example: `torihiki learn audit --target 0.97 --apply --dry-run`
    """
    import json
    from dataclasses import asdict

    from pipeline.cli.database import open_existing
    from pipeline.cli.learn_tables import print_audit
    from pipeline.learn.audit import audit as judge_confidence
    from pipeline.learn.autoaccept import accept_confident, decided_by_people, withdraw_automatic
    from pipeline.learn.from_store import reviewed_articles
    from pipeline.load import extractor_version
    from pipeline.settings import load_settings

    settings = load_settings()
    wanted = target or settings.auto_accept
    if apply and wanted is None:
        msg = (
            "automatic acceptance is off; set auto_accept = 0.97 in torihiki.toml or give --target"
        )
        raise SettingsError(msg)
    if apply and withdraw:
        raise SettingsError("give --apply or --withdraw, not both")
    version, share = extractor_version(settings), settings.audit_share
    with open_existing(db) as store:
        if withdraw:
            taken = withdraw_automatic(store, at=now(), dry_run=dry_run)
            print(f"{len(taken):,} 件を未レビューに戻す · automatic acceptances taken back")
            return
        decided = decided_by_people(reviewed_articles(store), version)
        found = judge_confidence(decided, target=wanted or 0.97, share=share)
        done = (
            accept_confident(store, found, version=version, share=share, at=now(), dry_run=dry_run)
            if apply
            else None
        )
    if as_json:
        print(json.dumps({**asdict(found), "applied": asdict(done) if done else None}))
    else:
        print_audit(found, done, version=version, dry_run=dry_run)
    if found.threshold is None:
        raise typer.Exit(1)
