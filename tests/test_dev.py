"""The ./dev script: what it says, and when it installs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = (
    "dev",
    "pyproject.toml",
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-learn.lock",
)

# A stand-in for .venv/bin/python that notes what pip is asked for instead of installing it.
PYTHON = """#!/bin/sh
if [ "$1 $2" = "-m pip" ]; then
  echo "$*" >> "{log}"
  ! echo "$*" | grep -q -f "{refuse}"
  exit
fi
exec "{python}" "$@"
"""


class Checkout:
    """A copy of the project's files with a virtual environment that only takes notes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "pip.log"
        self.refuse = folder / "pip.refuse"  # patterns of what pip fails at
        self.refuse.write_text("")
        for name in FILES:
            shutil.copy(ROOT / name, folder / name)
        (folder / ".venv" / "bin").mkdir(parents=True)
        python = folder / ".venv" / "bin" / "python"
        python.write_text(PYTHON.format(log=self.log, refuse=self.refuse, python=sys.executable))
        python.chmod(0o755)

    def dev(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            [self.folder / "dev", *words],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | environment,
        )

    def asked(self) -> list[str]:
        """What pip was asked to install since the last look."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line.split("--root-user-action=ignore ")[1] for line in lines]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_dev_alone_tells_its_commands(checkout: Checkout) -> None:
    done = checkout.dev()
    assert (done.returncode, done.stderr) == (0, "")
    assert "./dev COMMAND" in done.stdout


def test_dev_refuses_an_unknown_command(checkout: Checkout) -> None:
    done = checkout.dev("destroy")
    assert (done.returncode, done.stdout) == (2, "")
    assert "./dev COMMAND" in done.stderr


def test_setup_installs_the_lock_and_then_the_project(checkout: Checkout) -> None:
    assert checkout.dev("setup").returncode == 0
    assert checkout.asked() == [
        "--no-deps -r requirements.lock",
        "--no-deps --no-build-isolation -e .",
    ]


def test_setup_dev_installs_all_that_tests_need(checkout: Checkout) -> None:
    assert checkout.dev("setup", "dev").returncode == 0
    assert checkout.asked() == [
        "--no-deps -r requirements-dev.lock",
        "--no-deps -r requirements-learn.lock",
        "--no-deps --no-build-isolation -e .",
    ]


def test_a_second_setup_installs_nothing(checkout: Checkout) -> None:
    checkout.dev("setup")
    checkout.asked()
    done = checkout.dev("setup")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert checkout.asked() == []


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_file_is_installed_again(checkout: Checkout, name: str) -> None:
    checkout.dev("setup")
    checkout.asked()
    with (checkout.folder / name).open("a") as file:
        file.write("# changed\n")
    checkout.dev("setup")
    assert len(checkout.asked()) == 2


def test_a_failed_installation_stops_and_is_tried_again(checkout: Checkout) -> None:
    checkout.refuse.write_text("requirements")
    assert checkout.dev("setup").returncode != 0
    assert checkout.asked() == ["--no-deps -r requirements.lock"]
    checkout.refuse.write_text("")
    assert checkout.dev("setup").returncode == 0
    assert len(checkout.asked()) == 2


def test_torch_comes_from_its_own_index_where_pip_has_none(checkout: Checkout) -> None:
    checkout.refuse.write_text("requirements-learn.lock$")
    assert checkout.dev("setup", "dev").returncode == 0
    learn = [line for line in checkout.asked() if "learn" in line]
    assert learn == [
        "--no-deps -r requirements-learn.lock",
        "--no-deps -r requirements-learn.lock --extra-index-url https://download.pytorch.org/whl/cpu",
    ]


def test_dev_needs_a_python_that_is_new_enough(checkout: Checkout, tmp_path: Path) -> None:
    shutil.rmtree(checkout.folder / ".venv")
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("bash", "cat", "dirname", "grep", "rm"):
        (tools / tool).symlink_to(shutil.which(tool) or "")
    done = checkout.dev("setup", PATH=str(tools), PYTHON="/nonexistent/python")
    assert done.returncode == 2
    assert "needs Python 3.11 or later" in done.stderr
