"""The tables that linking works with: what was linked, its blocks and edges, and by which version.

They can be made anew from the records at any time (`linking.relink`), except `home` and `arrival`,
which keep the ids of deals stable. Ids of records are no foreign keys: a record that the extractor
has dropped must still be found here, to be taken out of its blocks.
"""

import sqlalchemy as sa

from pipeline.store.tables import metadata

link_records = sa.Table(
    "link_records",
    metadata,
    sa.Column("record_id", sa.String(32), primary_key=True),
    sa.Column("article_id", sa.String(32), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # of the record, when it was linked
    sa.Column("arrival", sa.BigInteger, nullable=False),  # order in which records came
    sa.Column("home", sa.String(32)),  # the deal that it first came to
    sa.Column("deal_id", sa.String(32)),  # the deal that it is in
    sa.Column("data", sa.JSON, nullable=False),  # pipeline.link.recordjson, as it was linked
    sa.Index(None, "article_id"),
    sa.Index(None, "arrival", unique=True),
    sa.Index(None, "home"),
    sa.Index(None, "deal_id"),
)

link_blocks = sa.Table(
    "link_blocks",
    metadata,
    sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("record_id", sa.String(32), primary_key=True),
    sqlite_with_rowid=False,
)

link_edges = sa.Table(  # each edge twice, once from either end
    "link_edges",
    metadata,
    sa.Column("record_id", sa.String(32), primary_key=True),
    sa.Column("other_id", sa.String(32), primary_key=True),
    sa.Column("packed", sa.Integer, nullable=False),  # pipeline.link.ledger: support and score
    sqlite_with_rowid=False,
)

link_state = sa.Table(
    "link_state",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
