"""The documents are true: commands exist, links lead somewhere, nothing is left out."""

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from pipeline.cli import app
from pipeline.gazetteer.companies import load_companies
from pipeline.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "models/README.md")
]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CLI_PAGE = ROOT / "docs" / "cli.md"

_BLOCK = re.compile(r"^```(?:bash|console|sh)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_DEV_CASE = re.compile(r"^  ([a-z]+)(?: \| -h \| --help)?\)", re.MULTILINE)


def page_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def commands_of(page: Path) -> Iterator[list[str]]:
    """Every command line of a page's shell blocks, as words, up to a pipe or redirection."""
    for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words:
                yield words


def shell_parts(words: list[str]) -> Iterator[list[str]]:
    """The commands of a line: split at pipes and &&, without redirections and assignments."""
    part: list[str] = []
    skip = False
    for word in [*words, "|"]:
        if word in {"|", "&&", ";"}:
            while part and re.fullmatch(r"[A-Z_]+=.*", part[0]):
                part.pop(0)
            if part:
                yield part
            part = []
        elif word in {">", "<", ">>", "2>"}:
            skip = True
        elif skip:
            skip = False
        else:
            part.append(word)


def check_torihiki(words: list[str]) -> None:
    """Follow the words down the command tree; fail at an unknown command or option."""
    command = typer.main.get_command(app)
    rest = words[1:]
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        assert rest[0] in command.commands, f"no command {' '.join(words)!r}"
        command = command.commands[rest.pop(0)]
    options = {
        o
        for p in command.params
        if isinstance(p, TyperOption)
        for o in (*p.opts, *p.secondary_opts)
    }
    for word in rest:
        if word.startswith("-") and word != "-":
            assert word.split("=")[0] in options | {"--help"}, (
                f"no option {word} in {' '.join(words)!r}"
            )


@pytest.mark.parametrize("page", [page for page in PAGES if page != CLI_PAGE], ids=page_id)
def test_every_command_shown_exists(page: Path) -> None:
    dev = set(_DEV_CASE.findall((ROOT / "dev").read_text(encoding="utf-8")))
    for line in commands_of(page):
        for words in shell_parts(line):
            if words[0] == "torihiki":
                check_torihiki(words)
            elif words[0] == "./dev":
                assert len(words) == 1 or words[1] in dev, f"./dev knows no {words[1]}"


def test_the_check_of_commands_can_fail() -> None:
    with pytest.raises(AssertionError, match="no command"):
        check_torihiki(["torihiki", "sell"])
    with pytest.raises(AssertionError, match="no option"):
        check_torihiki(["torihiki", "extract", "--sell"])


def test_readme_shows_the_two_commands() -> None:
    shown = list(commands_of(ROOT / "README.md"))
    assert ["./dev", "demo"] in shown
    assert ["./dev", "test"] in shown


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = _LINK.findall(page.read_text(encoding="utf-8"))
    broken = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert broken == []


def test_the_page_of_commands_is_what_the_program_says() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "typer", "pipeline.cli", "utils", "docs", "--name", "torihiki"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert CLI_PAGE.read_text(encoding="utf-8").strip() == made.stdout.strip(), "run ./dev docs"


def leaf_commands(command: object, path: str) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            yield from leaf_commands(child, f"{path} {name}")
    else:
        assert isinstance(command, TyperCommand)
        yield path, command


def test_every_command_has_a_help_text_with_an_example() -> None:
    commands = dict(leaf_commands(typer.main.get_command(app), "torihiki"))
    bare = [path for path, c in commands.items() if path not in (c.help or "") + (c.epilog or "")]
    assert commands
    assert bare == []


def test_every_setting_is_explained() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    missing = [
        name
        for name in Settings.model_fields
        if f"`{name}`" not in page or f"`TORIHIKI_{name.upper()}`" not in page
    ]
    assert missing == []


def test_every_data_file_is_explained() -> None:
    page = (ROOT / "models" / "README.md").read_text(encoding="utf-8")
    files = [f.relative_to(ROOT / "models").as_posix() for f in (ROOT / "models").rglob("*.toml")]
    assert [name for name in files if f"`{name}`" not in page] == []


def test_the_example_company_of_the_data_page_can_be_read(tmp_path: Path) -> None:
    page = (ROOT / "models" / "README.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    (tmp_path / "companies.toml").write_text(example, encoding="utf-8")
    companies = load_companies(tmp_path)
    assert len(companies.by_id) == 1


def test_the_changelog_ends_at_the_version_of_the_package() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", text, re.MULTILINE)
    assert versions[0] == PROJECT["version"]


def test_dev_help_names_every_command() -> None:
    script = (ROOT / "dev").read_text(encoding="utf-8")
    usage = script.split("<<'TEXT'\n")[1].split("\nTEXT")[0]
    assert set(_DEV_CASE.findall(script)) - {"help"} == set(
        re.findall(r"^  ([a-z]+)  ", usage, re.M)
    )


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    assert [f.name for f in folder.glob("0*.md") if f"({f.name})" not in listed] == []


def test_the_guide_lists_every_page() -> None:
    guide = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = [page.name for page in (ROOT / "docs").glob("*.md") if page.name != "index.md"]
    assert [name for name in pages if f"({name})" not in guide] == []
