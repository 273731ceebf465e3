"""Folders are read in order, with globs and ignore rules, and never in circles."""

import os
from pathlib import Path

import pytest

from pipeline.ingest import ReadOptions, read_paths
from pipeline.ingest.walk import is_known, matches
from tests.ingest.making import articles_of, faults_of


def make_tree(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"港電機は{name}を買う。", encoding="utf-8")


def names_read(root: Path, **options: tuple[str, ...]) -> list[str]:
    read = read_paths([root], options=ReadOptions(**options))  # type: ignore[arg-type]
    return [os.path.relpath(article.source, root) for article in articles_of(read)]


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    make_tree(tmp_path, "b.md", "a/z.txt", "a/b/c.md", "c.MD", "a.md")
    assert names_read(tmp_path) == ["a/b/c.md", "a/z.txt", "a.md", "b.md", "c.MD"]


def test_hidden_and_unknown_files_are_left_out(tmp_path: Path) -> None:
    make_tree(tmp_path, "a.md", ".b.md", ".git/c.md", "d.png", "e.py", "f.gz", "Makefile")
    assert names_read(tmp_path) == ["a.md"]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"include": ("*.md",)}, ["a.md", "d/b.md", "d/e/c.md"]),
        ({"include": ("d/*.md",)}, ["d/b.md"]),
        ({"include": ("d/**/*.md",)}, ["d/b.md", "d/e/c.md"]),
        ({"include": ("*.log",)}, ["d/x.log"]),
        ({"ignore": ("d/",)}, ["a.md", "n.txt"]),
        ({"ignore": ("e",)}, ["a.md", "d/b.md", "n.txt"]),
        ({"ignore": ("*.md",)}, ["n.txt"]),
        ({"ignore": ("/a.md", "[mn].txt")}, ["d/b.md", "d/e/c.md"]),
        ({"include": ("*.md",), "ignore": ("d/e",)}, ["a.md", "d/b.md"]),
    ],
    ids=str,
)
def test_globs_choose(
    tmp_path: Path, options: dict[str, tuple[str, ...]], names: list[str]
) -> None:
    make_tree(tmp_path, "a.md", "n.txt", "d/b.md", "d/x.log", "d/e/c.md")
    assert names_read(tmp_path, **options) == names


def test_ignore_file_is_obeyed(tmp_path: Path) -> None:
    make_tree(tmp_path, "a.md", "drafts/b.md", "c.txt")
    (tmp_path / ".torihikiignore").write_text("# 下書き\ndrafts/\n\n*.txt\n")
    assert names_read(tmp_path) == ["a.md"]


def test_links_to_folders_are_followed(tmp_path: Path) -> None:
    make_tree(tmp_path, "real/a.md", "root/b.md")
    (tmp_path / "root" / "link").symlink_to(tmp_path / "real")
    assert names_read(tmp_path / "root") == ["b.md", "link/a.md"]


def test_a_loop_of_folders_is_quarantined_and_the_rest_read(tmp_path: Path) -> None:
    make_tree(tmp_path, "a/b.md", "c.md")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    read = list(read_paths([tmp_path]))
    assert len(articles_of(read)) == 2
    (fault,) = faults_of(read)
    assert fault.source == str(tmp_path / "a" / "again")
    assert "directory loop" in fault.reason


def test_links_to_nothing_and_to_themselves_are_quarantined(tmp_path: Path) -> None:
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (tmp_path / "self.md").symlink_to(tmp_path / "self.md")
    make_tree(tmp_path, "z.md")
    read = list(read_paths([tmp_path]))
    assert len(articles_of(read)) == 1
    assert [Path(fault.source).name for fault in faults_of(read)] == ["gone.md", "self.md"]


def test_pipes_in_folders_are_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    make_tree(tmp_path, "z.md")
    assert names_read(tmp_path) == ["z.md"]


@pytest.mark.parametrize(
    ("path", "glob", "is_match"),
    [
        ("a/b.md", "*.md", True),
        ("a/b.md", "a", True),
        ("a/b.md", "a/*.md", True),
        ("x/a/b.md", "a/*.md", False),
        ("x/a/b.md", "**/a/*.md", True),
        ("a/b.md", "**/b.md", True),
        ("a/b/c.md", "a/*.md", False),
        ("a/b.md", "b", False),
        ("a/b.md", "/b.md", False),
        ("ab.md", "?b.md", True),
        ("a+b.md", "a+b.md", True),
        ("aab.md", "a+b.md", False),
    ],
)
def test_matches(path: str, glob: str, *, is_match: bool) -> None:
    assert matches(path, (glob,)) is is_match


def test_is_known_looks_at_the_last_two_endings() -> None:
    known = frozenset({".md", ".jsonl.gz"})
    assert [is_known(name, known) for name in ("a.MD", "a.b.jsonl.gz", "a.gz", "md", "a.md.bak")] == [
        True, True, False, False, False,
    ]  # fmt: skip
