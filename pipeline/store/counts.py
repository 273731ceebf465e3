"""How many rows the tables have, for a person who looks after the database."""

import sqlalchemy as sa

from pipeline.store.engine import reading


def table_counts(engine: sa.Engine) -> dict[str, int]:
    """Table → rows, of every table in the database that is not Alembic's own."""
    names = sorted(sa.inspect(engine).get_table_names())
    with reading(engine) as connection:
        return {
            name: connection.execute(
                sa.select(sa.func.count()).select_from(sa.table(name))
            ).scalar_one()
            for name in names
            if name != "torihiki_version"
        }
