"""`torihiki users …`: who may review."""

import sys
from contextlib import contextmanager
from enum import StrEnum
from getpass import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.database import DatabaseOption
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.review.accounts import Gate
    from pipeline.store.accounts import User

users_app = typer.Typer(
    help="レビュー画面の利用者 · The users of the review page.", no_args_is_help=True
)
_PASSWORD_NEEDED = "give the password on standard input: echo … | torihiki users …"  # noqa: S105


class RoleChoice(StrEnum):
    """What a user may do (pipeline.review.standing.Role has the same)."""

    REVIEWER = "reviewer"
    LEAD = "lead"
    ADMIN = "admin"


Name = Annotated[str, typer.Argument(help="利用者の名前 · the user's name.")]


@users_app.command("add")
def add(
    name: Name,
    role: Annotated[
        RoleChoice,
        typer.Option(
            help="役割：レビュー担当・主任・管理者 · leads adjudicate and draw samples, admins "
            "manage users."
        ),
    ] = RoleChoice.REVIEWER,
    db: DatabaseOption = None,
) -> None:
    """利用者を加える（パスワードは標準入力から） · Add a user; the password comes on stdin.

    Example: `torihiki users add 田中 --role reviewer < password.txt`
    """
    from pipeline.review.standing import Role

    password = _read_password()
    with _gate(db, create=True) as gate:
        user = gate.add_user(name, Role(role.value), password)
    print(f"{user.name}\t{user.role}")


@users_app.command("list")
def list_users(db: DatabaseOption = None) -> None:
    """利用者の一覧：名前、役割、登録日、状態 · Names, roles, days of entry, active or disabled.

    Example: `torihiki users list`
    """
    with _gate(db) as gate:
        for user in gate.accounts.list_users():
            state = "disabled" if user.disabled else "active"
            print(f"{user.name}\t{user.role}\t{user.created_at:%Y-%m-%d}\t{state}")


@users_app.command("role")
def change_role(
    name: Name,
    role: Annotated[RoleChoice, typer.Argument(help="新しい役割 · the new role.")],
    db: DatabaseOption = None,
) -> None:
    """役割を変える · Give a user another role.

    Example: `torihiki users role 田中 lead`
    """
    with _gate(db) as gate:
        gate.accounts.change_user(_known(gate, name).id, role=role.value)
    print(f"{name}\t{role.value}")


@users_app.command("disable")
def disable(name: Name, db: DatabaseOption = None) -> None:
    """入れないようにする（判断は残る） · Shut a user out; their decisions stay.

    Sessions and API tokens of the user end at once.

    Example: `torihiki users disable 田中`
    """
    from pipeline.store.rows import now

    with _gate(db) as gate:
        gate.accounts.change_user(_known(gate, name).id, disabled_at=now())
    print(f"{name}\tdisabled")


@users_app.command("enable")
def enable(name: Name, db: DatabaseOption = None) -> None:
    """また入れるようにする · Let a disabled user in again.

    Example: `torihiki users enable 田中`
    """
    with _gate(db) as gate:
        gate.accounts.change_user(_known(gate, name).id, disabled_at=None)
    print(f"{name}\tactive")


@users_app.command("password")
def password(name: Name, db: DatabaseOption = None) -> None:
    """パスワードを付け直す（標準入力から） · Set another password, from stdin; sessions end.

    Example: `torihiki users password 田中 < password.txt`
    """
    secret = _read_password()
    with _gate(db) as gate:
        gate.set_password(_known(gate, name), secret)
    print(f"{name}\tpassword changed")


@users_app.command("token")
def token(
    name: Name,
    label: Annotated[str, typer.Option(help="用途の名前 · what it is for.")] = "command line",
    days: Annotated[
        int | None,
        typer.Option(min=1, help="有効な日数（なければ無期限） · days until it expires."),
    ] = None,
    db: DatabaseOption = None,
) -> None:
    """API トークンを作って標準出力に示す · Make an API token and print it, this once.

    Example: `torihiki users token 田中 --label nightly-export --days 90`
    """
    with _gate(db) as gate:
        print(gate.make_token(_known(gate, name), label, days=days))


def _read_password() -> str:
    """The password: typed twice at a terminal, else the first line of standard input.

    Raises:
        SettingsError: there is none, or the two differ.
    """
    if sys.stdin.isatty():
        first = getpass("パスワード password: ")
        if getpass("もう一度 again: ") != first:
            raise SettingsError("the two passwords differ; try again")
        return first
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise SettingsError(_PASSWORD_NEEDED)
    return line


@contextmanager
def _gate(db: str | None, *, create: bool = False) -> "Iterator[Gate]":
    """The accounts of a database; `create` makes one where there is none yet."""
    from pipeline.review.accounts import Gate
    from pipeline.settings import load_settings
    from pipeline.store import open_store
    from pipeline.store.accounts import Accounts

    with open_store(load_settings(database_url=db).database_url, create=create) as store:
        yield Gate(Accounts(store.engine))


def _known(gate: "Gate", name: str) -> "User":
    user = gate.accounts.user_named(name)
    if user is None:
        msg = f"there is no user {name!r}; `torihiki users list` shows who there is"
        raise SettingsError(msg)
    return user


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(users_app, name="users")
