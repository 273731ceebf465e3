"""`torihiki users …` and how `torihiki review` starts, as commands."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.errors import TorihikiError
from pipeline.review.accounts import Gate
from pipeline.store import open_store
from pipeline.store.accounts import Accounts

PASSWORD = "correct horse battery"  # noqa: S105 - of users made here


@pytest.fixture
def db(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'users.db'}"


def run(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=given, catch_exceptions=True)


def refusal(result: Result) -> str:
    assert isinstance(result.exception, TorihikiError)
    return str(result.exception)


def test_a_user_is_added_listed_changed_and_shut_out(db: str) -> None:
    added = run("users", "add", "田中", "--role", "lead", "--db", db, given=f"{PASSWORD}\n")
    assert (added.exit_code, added.stdout) == (0, "田中\tlead\n")
    assert run("users", "list", "--db", db).stdout.split("\t")[:2] == ["田中", "lead"]
    assert run("users", "role", "田中", "admin", "--db", db).stdout == "田中\tadmin\n"
    run("users", "disable", "田中", "--db", db)
    assert "disabled" in run("users", "list", "--db", db).stdout
    run("users", "enable", "田中", "--db", db)
    assert "active" in run("users", "list", "--db", db).stdout


def test_the_password_of_stdin_is_the_one_that_lets_in(db: str) -> None:
    run("users", "add", "田中", "--db", db, given=f"{PASSWORD}\n")
    with open_store(db) as store:
        gate = Gate(Accounts(store.engine))
        assert gate.log_in("田中", PASSWORD, host="x").user.role == "reviewer"
    run("users", "password", "田中", "--db", db, given="another long one\n")
    with open_store(db) as store:
        gate = Gate(Accounts(store.engine))
        assert gate.log_in("田中", "another long one", host="x").user.name == "田中"


def test_a_token_is_printed_alone_for_scripts(db: str) -> None:
    run("users", "add", "田中", "--db", db, given=f"{PASSWORD}\n")
    result = run("users", "token", "田中", "--days", "3", "--db", db)
    secret = result.stdout.strip()
    assert result.stdout == f"{secret}\n"
    with open_store(db) as store:
        token = Gate(Accounts(store.engine)).token(secret)
    assert token is not None
    assert token.user.name == "田中"
    assert token.expires_at is not None


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (("users", "add", "山田"), "short\n", "10 to 1024"),
        (("users", "add", "山田"), "", "standard input"),
        (("users", "add", "田中"), f"{PASSWORD}\n", "already"),
        (("users", "add", "TANAKA"), f"{PASSWORD}\n", None),
        (("users", "add", "　"), f"{PASSWORD}\n", "printable"),
        (("users", "disable", "誰か"), "", "no user '誰か'"),
        (("users", "password", "誰か"), f"{PASSWORD}\n", "no user"),
        (("users", "token", "田中", "--label", ""), "", "label"),
    ],
)
def test_what_cannot_be_done_is_said(
    db: str, words: tuple[str, ...], given: str, said: str | None
) -> None:
    run("users", "add", "田中", "--db", db, given=f"{PASSWORD}\n")
    result = run(*words, "--db", db, given=given)
    if said is None:
        assert result.exit_code == 0
        again = run("users", "add", "tanaka", "--db", db, given=given)
        assert "already" in refusal(again)  # capitals do not make another name
    else:
        assert said in refusal(result)


def test_review_needs_a_database_and_a_free_port(db: str) -> None:
    import socket

    assert "there is no database" in refusal(run("review", "--db", db))
    run("users", "add", "田中", "--db", db, given=f"{PASSWORD}\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"port {port}" in refusal(run("review", "--db", db, "--port", port))
    assert "cannot listen" in refusal(run("review", "--db", db, "--host", "192.0.2.1"))


def test_a_page_does_not_wait_for_the_browser_to_acknowledge_its_headers() -> None:
    import socket

    from pipeline.cli.review import listen

    with (
        listen("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
