"""Users of the review page in the database: sessions, API tokens, failed logins, saved filters.

Secrets come here as digests only; pipeline/review/accounts.py makes and checks them.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.errors import StoreError
from pipeline.store.engine import reading, writing
from pipeline.store.review_tables import api_tokens, login_attempts, saved_filters, sessions, users
from pipeline.store.rows import now

LONGEST_USER_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who reviews; `disabled` ones cannot come in."""

    id: int
    name: str
    role: str
    password_hash: str
    language: str | None
    created_at: datetime
    disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that has logged in."""

    digest: str
    user: User
    csrf: str
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A program's key, without its secret."""

    id: int
    user: User
    label: str
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFilter:
    """A queue's filters under a name; `query` is what stands behind ? in its address."""

    id: int
    name: str
    query: str


def fold_user_name(name: str) -> str:
    """What two names must differ in: NFKC, case folded."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


class Accounts:
    """The tables `users`, `sessions`, `api_tokens`, `login_attempts`, `saved_filters`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add_user(self, name: str, *, role: str, password_hash: str) -> User:
        """A new user.

        Raises:
            StoreError: the name is taken, empty or longer than 64 characters.
        """
        name = name.strip()
        if not 0 < len(name) <= LONGEST_USER_NAME or not name.isprintable():
            msg = f"a user's name has 1 to {LONGEST_USER_NAME} printable characters, not {name!r}"
            raise StoreError(msg)
        values = {
            "name": name,
            "folded": fold_user_name(name),
            "role": role,
            "password_hash": password_hash,
            "created_at": now(),
        }
        try:
            with writing(self._engine) as connection:
                connection.execute(sa.insert(users).values(**values))
        except sa.exc.IntegrityError as error:
            msg = f"there is a user {name!r} already; take another name"
            raise StoreError(msg) from error
        added = self.user_named(name)
        assert added is not None  # noqa: S101 - written just now
        return added

    def user_named(self, name: str) -> User | None:
        """The user of this name, in any case; None where there is none."""
        query = sa.select(users).where(users.c.folded == fold_user_name(name))
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().first()
        return _user(row) if row else None

    def list_users(self) -> tuple[User, ...]:
        """All users by name, disabled ones too."""
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(users).order_by(users.c.folded)).mappings()
            return tuple(_user(row) for row in rows)

    def change_user(self, user_id: int, **values: Any) -> None:
        """Change columns of a user; disabling ends the user's sessions and tokens at once."""
        with writing(self._engine) as connection:
            connection.execute(sa.update(users).where(users.c.id == user_id).values(**values))
            if values.get("disabled_at") or "password_hash" in values:
                connection.execute(sa.delete(sessions).where(sessions.c.user_id == user_id))

    def put_session(
        self, digest: str, user_id: int, *, csrf: str, at: datetime, until: datetime
    ) -> None:
        """A browser has logged in; sessions that have expired go."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= at))
            connection.execute(
                sa.insert(sessions).values(
                    digest=digest,
                    user_id=user_id,
                    csrf=csrf,
                    created_at=at,
                    seen_at=at,
                    expires_at=until,
                )
            )

    def session(self, digest: str, *, at: datetime) -> Session | None:
        """The session of a cookie; None where it has expired or its user is disabled."""
        query = (
            sa.select(sessions, *_user_columns())
            .select_from(sessions.join(users))
            .where(
                sessions.c.digest == digest,
                sessions.c.expires_at > at,
                users.c.disabled_at.is_(None),
            )
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return Session(
            digest=row["digest"],
            user=_joined_user(row),
            csrf=row["csrf"],
            seen_at=row["seen_at"],
            expires_at=row["expires_at"],
        )

    def touch_session(self, digest: str, *, at: datetime, until: datetime) -> None:
        """The browser was here again."""
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(sessions)
                .where(sessions.c.digest == digest)
                .values(seen_at=at, expires_at=until)
            )

    def end_session(self, digest: str) -> None:
        """Log out."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.digest == digest))

    def put_token(
        self, user_id: int, *, label: str, digest: str, expires_at: datetime | None
    ) -> int:
        """A new API token; gives its id."""
        statement = sa.insert(api_tokens).values(
            user_id=user_id, label=label, digest=digest, created_at=now(), expires_at=expires_at
        )
        with writing(self._engine) as connection:
            return int(connection.execute(statement.returning(api_tokens.c.id)).scalar_one())

    def token(self, digest: str, *, at: datetime) -> ApiToken | None:
        """The token with this digest; None where it is revoked, expired or its user disabled."""
        with reading(self._engine) as connection:
            row = (
                connection.execute(
                    _tokens().where(
                        api_tokens.c.digest == digest,
                        api_tokens.c.revoked_at.is_(None),
                        sa.or_(api_tokens.c.expires_at.is_(None), api_tokens.c.expires_at > at),
                        users.c.disabled_at.is_(None),
                    )
                )
                .mappings()
                .first()
            )
        return _token(row) if row else None

    def touch_token(self, token_id: int, at: datetime) -> None:
        """A program used it."""
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(api_tokens).where(api_tokens.c.id == token_id).values(used_at=at)
            )

    def tokens_of(self, user_id: int) -> tuple[ApiToken, ...]:
        """A user's tokens, newest first, revoked ones too."""
        query = _tokens().where(users.c.id == user_id).order_by(api_tokens.c.id.desc())
        with reading(self._engine) as connection:
            return tuple(_token(row) for row in connection.execute(query).mappings())

    def revoke_token(self, token_id: int, *, user_id: int) -> bool:
        """End a token of this user; whether there was one to end."""
        statement = (
            sa.update(api_tokens)
            .where(
                api_tokens.c.id == token_id,
                api_tokens.c.user_id == user_id,
                api_tokens.c.revoked_at.is_(None),
            )
            .values(revoked_at=now())
        )
        with writing(self._engine) as connection:
            return connection.execute(statement).rowcount == 1

    def failures_since(self, scope: str, since: datetime) -> int:
        """Failed logins of a scope ("name:…", "host:…") after a moment."""
        query = (
            sa.select(sa.func.count())
            .select_from(login_attempts)
            .where(login_attempts.c.scope == scope, login_attempts.c.at > since)
        )
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def note_failure(self, scopes: tuple[str, ...], at: datetime, forget: datetime) -> None:
        """A login failed; those before `forget` no longer count for anybody and go."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(login_attempts).where(login_attempts.c.at < forget))
            connection.execute(
                sa.insert(login_attempts), [{"scope": scope, "at": at} for scope in scopes]
            )

    def clear_failures(self, scope: str) -> None:
        """A login went well; its name starts anew."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(login_attempts).where(login_attempts.c.scope == scope))

    def filters_of(self, user_id: int) -> tuple[SavedFilter, ...]:
        """A user's saved filters by name."""
        query = sa.select(saved_filters).where(saved_filters.c.user_id == user_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(saved_filters.c.name)).mappings()
            return tuple(
                SavedFilter(id=row["id"], name=row["name"], query=row["query"]) for row in rows
            )

    def save_filter(self, user_id: int, *, name: str, query: str) -> None:
        """Keep filters under a name; the same name again is changed."""
        with writing(self._engine) as connection:
            connection.execute(
                sa.delete(saved_filters).where(
                    saved_filters.c.user_id == user_id, saved_filters.c.name == name
                )
            )
            connection.execute(
                sa.insert(saved_filters).values(
                    user_id=user_id, name=name, query=query, created_at=now()
                )
            )

    def drop_filter(self, filter_id: int, *, user_id: int) -> bool:
        """Forget a saved filter of this user; whether there was one."""
        statement = sa.delete(saved_filters).where(
            saved_filters.c.id == filter_id, saved_filters.c.user_id == user_id
        )
        with writing(self._engine) as connection:
            return connection.execute(statement).rowcount == 1


def _user_columns() -> list[sa.Label[Any]]:
    return [column.label(f"user_{column.name}_") for column in users.c]


def _joined_user(row: Mapping[Any, Any]) -> User:
    return _user({column.name: row[f"user_{column.name}_"] for column in users.c})


def _user(row: Mapping[Any, Any]) -> User:
    return User(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        password_hash=row["password_hash"],
        language=row["language"],
        created_at=row["created_at"],
        disabled=row["disabled_at"] is not None,
    )


def _tokens() -> sa.Select[Any]:
    return sa.select(api_tokens, *_user_columns()).select_from(api_tokens.join(users))


def _token(row: Mapping[Any, Any]) -> ApiToken:
    return ApiToken(
        id=row["id"],
        user=_joined_user(row),
        label=row["label"],
        created_at=row["created_at"],
        used_at=row["used_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
