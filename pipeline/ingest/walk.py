"""Which files of a folder are read: known kinds, in the order of names, links followed once."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from pipeline.errors import IngestError
from pipeline.ingest.options import ReadOptions

IGNORE_FILE = ".torihikiignore"


def walk_files(
    root: Path, options: ReadOptions, known: frozenset[str], is_unit: Callable[[Path], bool]
) -> Iterator[Path | IngestError]:
    """The files under `root` to read, folder by folder, names in order.

    Hidden files, what `options.ignore` or a `.torihikiignore` file at the root matches, and files
    of unknown kinds are left out (`options.include`, where given, decides instead of the kinds).
    Links to folders are followed; one that leads back into its own path is yielded as an error.

    Args:
        root: a folder.
        options: globs relative to `root`, as `matches` reads them.
        known: endings in small letters, with the dot, that can be read.
        is_unit: whether a folder below is read as a whole; it is yielded instead of its files.
    """
    try:
        ignored = (*options.ignore, *_ignore_file(root))
    except OSError as error:
        yield IngestError(str(root / IGNORE_FILE), f"cannot be read ({error.strerror})")
        return
    walk = _Walk(root=root, include=options.include, ignored=ignored, known=known, is_unit=is_unit)
    yield from walk.files(root, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    root: Path
    include: tuple[str, ...]
    ignored: tuple[str, ...]
    known: frozenset[str]
    is_unit: Callable[[Path], bool]

    def files(
        self, folder: Path, above: tuple[tuple[int, int], ...]
    ) -> Iterator[Path | IngestError]:
        try:
            state = folder.stat()
            identity = (state.st_dev, state.st_ino)
            if identity in above:
                reason = "directory loop: this link leads back to a folder above; remove the link"
                yield IngestError(str(folder), reason)
                return
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield IngestError(str(folder), f"cannot be listed ({error.strerror}); check its rights")
            return
        for entry in found:
            path = folder / entry.name
            inner = path.relative_to(self.root).as_posix()
            if entry.name.startswith(".") or matches(inner, self.ignored):
                continue
            if _is_folder(entry):
                yield from self._folder(path, (*above, identity))
            elif self._wanted(inner) and (entry.is_symlink() or entry.is_file()):
                yield path

    def _folder(
        self, path: Path, above: tuple[tuple[int, int], ...]
    ) -> Iterator[Path | IngestError]:
        if self.is_unit(path):
            yield path
        else:
            yield from self.files(path, above)

    def _wanted(self, inner: str) -> bool:
        return matches(inner, self.include) if self.include else is_known(inner, self.known)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself; reading it as a file will say so
        return False


def is_known(name: str, known: frozenset[str]) -> bool:
    """Whether a file's ending, or its last two (`.jsonl.gz`), is one that can be read."""
    suffixes = PurePosixPath(name.lower()).suffixes
    return suffixes[-1:] != [] and (suffixes[-1] in known or "".join(suffixes[-2:]) in known)


def matches(path: str, globs: tuple[str, ...]) -> bool:
    """Whether a relative path matches one of `globs`, as in a .gitignore file.

    `*` and `?` stay inside one part of the path, `**` reaches over parts. A glob without a slash
    matches any part; one with a slash is anchored at the root and matches a path or a folder
    above it.
    """
    return any(_pattern(glob).match(path) for glob in globs)


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    bare = glob.strip("/")
    anchored = "/" in glob.rstrip("/")
    pieces = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", bare)
    special = {"**/": r"(?:[^/]+/)*", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
    body = "".join(
        special.get(piece) or (piece if piece.startswith("[") else re.escape(piece))
        for piece in pieces
    )
    return re.compile(rf"{'' if anchored else '(?:.*/)?'}{body}(?:/.*)?\Z", re.DOTALL)


def _ignore_file(root: Path) -> tuple[str, ...]:
    path = root / IGNORE_FILE
    if not path.is_file():
        return ()
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
