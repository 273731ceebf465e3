"""Review: users, sessions, tokens; events that cannot be changed; what the queue sorts by."""

import sqlalchemy as sa
from alembic import op

revision = "0002_review"
down_revision = "0001_core"

_TABLES = (
    "users",
    "sessions",
    "api_tokens",
    "login_attempts",
    "saved_filters",
    "reviews",
    "review_events",
    "review_requests",
    "review_locks",
    "review_skips",
    "review_readings",
)
_INDEXES = (
    "queue_at_stake",
    "queue_confidence",
    "queue_amount_sort",
    "queue_published_at",
    "flagged",
)


def upgrade() -> None:
    """Create the tables of pipeline/store/review_tables.py and index the queue."""
    _create_accounts()
    _create_reviews()
    _forbid_changes("review_events")
    _order_queue()


def downgrade() -> None:
    """Drop them again; the events go with them."""
    op.drop_index("ix_articles_source_id", "articles")
    op.drop_index("ix_record_parties_found", "record_parties")
    for name in _INDEXES:
        op.drop_index(f"ix_records_{name}", "records")
    with op.batch_alter_table("records") as batch:
        batch.drop_column("at_stake")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER review_events_append_only ON review_events")
        op.execute("DROP FUNCTION torihiki_append_only()")
    for name in _TABLES[::-1]:
        op.drop_table(name)


def _create_accounts() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("folded", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("folded", name=op.f("uq_users_folded")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_login_attempts_scope_at"), "login_attempts", ["scope", "at"], unique=False
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"], unique=False)
    op.create_table(
        "saved_filters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_saved_filters_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filters")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_filters_user_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)


def _create_reviews() -> None:
    op.create_table(
        "review_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("track", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("group", sa.String(length=36), nullable=False),
        sa.Column("reverses", sa.String(length=36), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("extractor_version", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_review_events_actor_id"), "review_events", ["actor", "id"], unique=False
    )
    op.create_index(
        op.f("ix_review_events_at_action_actor"),
        "review_events",
        ["at", "action", "actor"],
        unique=False,
    )
    op.create_index(
        op.f("ix_review_events_record_id_id"), "review_events", ["record_id", "id"], unique=False
    )
    op.create_table(
        "reviews",
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("machine", sa.JSON(), nullable=True),
        sa.Column("machine_version", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("replaced_by", sa.String(length=32), nullable=True),
        sa.Column("verdicts", sa.String(length=16), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("conflict_event", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_article_id"), "reviews", ["article_id"], unique=False)
    op.create_index(op.f("ix_reviews_conflict_event"), "reviews", ["conflict_event"], unique=False)
    op.create_index(
        op.f("ix_reviews_decided_at_decided_by_record_id"),
        "reviews",
        ["decided_at", "decided_by", "record_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_reviews_verdicts_machine_version_record_id"),
        "reviews",
        ["verdicts", "machine_version", "record_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_reviews_origin_record_id"), "reviews", ["origin", "record_id"], unique=False
    )
    op.create_table(
        "review_locks",
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_review_locks_user_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_review_locks")),
    )
    op.create_index(op.f("ix_review_locks_user_id"), "review_locks", ["user_id"], unique=False)
    op.create_table(
        "review_readings",
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_review_readings_user_id")),
        sa.PrimaryKeyConstraint("record_id", "place", name=op.f("pk_review_readings")),
    )
    op.create_index(
        op.f("ix_review_readings_closed_record_id"),
        "review_readings",
        ["closed", "record_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_review_readings_user_id_finished_at"),
        "review_readings",
        ["user_id", "finished_at"],
        unique=False,
    )
    op.create_table(
        "review_requests",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_review_requests_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_requests")),
    )
    op.create_index(op.f("ix_review_requests_at"), "review_requests", ["at"], unique=False)
    op.create_table(
        "review_skips",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_review_skips_user_id")),
        sa.PrimaryKeyConstraint("user_id", "record_id", name=op.f("pk_review_skips")),
    )


def _forbid_changes(table: str) -> None:
    """Let rows be inserted only: whoever has the database's password cannot rewrite history."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION torihiki_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION torihiki_append_only()"
    )


def _order_queue() -> None:
    """The queue's order, as rows.at_stake computes it, for the records that are there."""
    op.create_index(op.f("ix_articles_source_id"), "articles", ["source", "id"], unique=False)
    op.create_index(
        "ix_record_parties_found",
        "record_parties",
        ["folded", "side", "record_id", "gazetteer_id"],
        unique=False,
    )
    op.add_column("records", sa.Column("at_stake", sa.Double(), server_default="0", nullable=False))
    op.create_index(
        "ix_records_flagged",
        "records",
        ["id"],
        unique=False,
        sqlite_where=sa.text("disagreement IS NOT NULL"),
        postgresql_where=sa.text("disagreement IS NOT NULL"),
    )
    op.create_index(
        "ix_records_queue_amount_sort",
        "records",
        [
            "state",
            "amount_sort",
            "id",
            "article_id",
            "kind",
            "status",
            "confidence",
            "published_at",
        ],
        unique=False,
    )
    op.create_index(
        "ix_records_queue_at_stake",
        "records",
        [
            "state",
            "at_stake",
            "id",
            "article_id",
            "kind",
            "status",
            "amount_sort",
            "confidence",
            "published_at",
        ],
        unique=False,
    )
    op.create_index(
        "ix_records_queue_confidence",
        "records",
        [
            "state",
            "confidence",
            "id",
            "article_id",
            "kind",
            "status",
            "amount_sort",
            "published_at",
        ],
        unique=False,
    )
    op.create_index(
        "ix_records_queue_published_at",
        "records",
        [
            "state",
            "published_at",
            "id",
            "article_id",
            "kind",
            "status",
            "amount_sort",
            "confidence",
        ],
        unique=False,
    )
    op.execute("UPDATE records SET at_stake = (1 - confidence) * (amount_sort + 1000000)")
