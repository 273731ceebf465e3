"""Run migrations over the connection that pipeline.store.migrate hands over."""

from alembic import context

from pipeline.store.migrate import VERSION_TABLE
from pipeline.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
