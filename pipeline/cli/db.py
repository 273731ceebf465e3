"""`torihiki db …`: the database's schema."""

import typer

from pipeline.cli.database import DatabaseOption

db_app = typer.Typer(help="データベースの構造 · The database's schema.", no_args_is_help=True)


@db_app.command("upgrade")
def upgrade_database(db: DatabaseOption = None) -> None:
    """表を作る・新しい版にする · Create the tables, or bring them to this program's version.

    A new database is made; one that is up to date is left as it is. Make a copy first of one
    that matters.

    Example: `torihiki db upgrade --db postgresql://torihiki@db.example.org/torihiki`
    """
    from pipeline.settings import load_settings
    from pipeline.store import upgrade
    from pipeline.store.engine import parse_url, place_of

    url = load_settings(database_url=db).database_url
    applied = upgrade(url)
    place = place_of(parse_url(url))
    if applied:
        print(f"{place}: {', '.join(applied)}")
    else:
        print(f"{place}: 最新です · up to date already")


@db_app.command("status")
def show_status(db: DatabaseOption = None) -> None:
    """版と件数を示す · Show the schema's version and how much is in the database.

    Exit status 1 where an upgrade is due.

    Example: `torihiki db status`
    """
    from pipeline.settings import load_settings
    from pipeline.store.counts import table_counts
    from pipeline.store.engine import make_engine, parse_url, place_of
    from pipeline.store.migrate import schema_state

    url = parse_url(load_settings(database_url=db).database_url)
    engine = make_engine(url)
    state = schema_state(engine)
    print(f"{place_of(url)}")
    print(f"schema: {state.current or 'none'} (this program's: {state.head})")
    if not state.known:
        print("made by a newer Torihiki")
    elif state.pending:
        print(f"to be applied by `torihiki db upgrade`: {', '.join(state.pending)}")
    else:
        for name, rows in table_counts(engine).items():
            print(f"{name}: {rows:,}")
    engine.dispose()
    if state.pending or not state.known:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the group `db`."""
    app.add_typer(db_app, name="db")
