"""Who may come in: passwords, sessions, API tokens, and a brake on guessing.

Secrets are random and long; the database holds their SHA-256, and of passwords argon2id hashes.
"""

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.errors import ReviewError
from pipeline.review.standing import Role
from pipeline.store.accounts import Accounts, ApiToken, Session, User, fold_user_name
from pipeline.store.rows import now

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1024
SESSION_HOURS = 12  # without a visit
TOKEN_PREFIX = "trh_"  # noqa: S105 - lets scanners for leaked secrets know ours
FAILURES_A_NAME = 5  # then the name rests
FAILURES_A_HOST = 50  # a whole office may share one address
FAILURE_MINUTES = 15
# A visit is noted so often at most, for reading pages should not write.
_TOUCH_SECONDS = 60
# A hash takes 64 MB; so many at once are enough for a login page.
_AT_ONCE = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just begun: the cookie's secret, told only now, and the CSRF token."""

    secret: str
    csrf: str
    user: User


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets users in."""

    accounts: Accounts
    clock: Callable[[], datetime] = now
    hasher: PasswordHasher = field(default_factory=PasswordHasher)

    def add_user(self, name: str, role: Role, password: str) -> User:
        """A new user.

        Raises:
            ReviewError: the password is too short or long.
            StoreError: the name is taken or unusable.
        """
        check_password(password)
        return self.accounts.add_user(
            name, role=role.value, password_hash=self.hasher.hash(password)
        )

    def set_password(self, user: User, password: str) -> None:
        """Another password; all sessions of the user end.

        Raises:
            ReviewError: it is too short or long.
        """
        check_password(password)
        self.accounts.change_user(user.id, password_hash=self.hasher.hash(password))

    def log_in(self, name: str, password: str, *, host: str) -> NewSession:
        """A session for the right password.

        Raises:
            ReviewError: "too_many_attempts" for a while after failures, "bad_login" for a wrong
                name or password, which are not told apart.
        """
        at = self.clock()
        since = at - timedelta(minutes=FAILURE_MINUTES)
        by_name, by_host = f"name:{fold_user_name(name)[:64]}", f"host:{host[:64]}"
        if (
            self.accounts.failures_since(by_name, since) >= FAILURES_A_NAME
            or self.accounts.failures_since(by_host, since) >= FAILURES_A_HOST
        ):
            msg = f"too many failed logins; try again in {FAILURE_MINUTES} minutes"
            raise ReviewError("too_many_attempts", msg)
        user = self.accounts.user_named(name)
        if not self._password_fits(user, password) or user is None or user.disabled:
            self.accounts.note_failure((by_name, by_host), at, since)
            raise ReviewError("bad_login", "name or password is wrong")
        self.accounts.clear_failures(by_name)
        if self.hasher.check_needs_rehash(user.password_hash):
            self.accounts.change_user(user.id, password_hash=self.hasher.hash(password))
        return self.begin_session(user)

    def begin_session(self, user: User) -> NewSession:
        """A session for a user whose identity is certain."""
        at = self.clock()
        session = NewSession(secrets.token_urlsafe(32), secrets.token_urlsafe(32), user)
        self.accounts.put_session(
            _digest(session.secret),
            user.id,
            csrf=session.csrf,
            at=at,
            until=at + timedelta(hours=SESSION_HOURS),
        )
        return session

    def session(self, secret: str) -> Session | None:
        """The session of a cookie, lengthened by this visit; None where it is over."""
        at = self.clock()
        found = self.accounts.session(_digest(secret), at=at)
        if found is not None and (at - found.seen_at).total_seconds() >= _TOUCH_SECONDS:
            until = at + timedelta(hours=SESSION_HOURS)
            self.accounts.touch_session(found.digest, at=at, until=until)
        return found

    def log_out(self, secret: str) -> None:
        """End a session."""
        self.accounts.end_session(_digest(secret))

    def make_token(self, user: User, label: str, *, days: int | None = None) -> str:
        """An API token, told only now; it may do what its user may.

        Raises:
            ReviewError: the label is empty or longer than 64 characters.
        """
        label = label.strip()
        if not 0 < len(label) <= 64 or not label.isprintable():
            raise ReviewError("bad_label", "a token's label has 1 to 64 printable characters")
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        expires = self.clock() + timedelta(days=days) if days is not None else None
        self.accounts.put_token(user.id, label=label, digest=_digest(secret), expires_at=expires)
        return secret

    def token(self, secret: str) -> ApiToken | None:
        """The token of this secret; None where it is unknown, expired or revoked."""
        at = self.clock()
        found = self.accounts.token(_digest(secret), at=at)
        if found is None:
            return None
        if found.used_at is None or (at - found.used_at).total_seconds() >= _TOUCH_SECONDS:
            self.accounts.touch_token(found.id, at)
        return found

    def _password_fits(self, user: User | None, password: str) -> bool:
        if len(password) > LONGEST_PASSWORD:
            return False
        with _AT_ONCE:
            try:
                # An unknown name takes as long as a wrong password.
                kept = user.password_hash if user else _nobodys_hash(self.hasher)
                return self.hasher.verify(kept, password)
            except (VerificationError, InvalidHashError):
                return False


@cache
def _nobodys_hash(hasher: PasswordHasher) -> str:
    return hasher.hash(secrets.token_urlsafe(32))


def check_password(password: str) -> None:
    """Refuse passwords that are too easy to guess.

    Raises:
        ReviewError: shorter than 10 or longer than 1024 characters.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        msg = f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
        raise ReviewError("bad_password", msg)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
