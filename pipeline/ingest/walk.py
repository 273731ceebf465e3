"""Which files of a folder are read: known kinds, in the order of their names, links followed once."""

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from pipeline.errors import IngestError
from pipeline.ingest.options import ReadOptions

IGNORE_FILE = ".torihikiignore"


def walk_files(
    root: Path, options: ReadOptions, known: frozenset[str]
) -> Iterator[Path | IngestError]:
    """The files under `root` to read, folder by folder, names in order.

    Hidden files, what `options.ignore` or a `.torihikiignore` file at the root matches, and
    files of unknown kinds are left out (`options.include` decides instead of the kinds where given).
    Links to folders are followed; one that leads back into its own path is yielded as an error.

    Args:
        root: a folder.
        options: globs, relative to `root`; `**` reaches over folders, a bare name matches anywhere.
        known: suffixes in small letters, with the dot, that can be read.
    """
    ignored = (*options.ignore, *_ignore_file(root))
    yield from _walk(root, root, (), options.include, ignored, known)


def _walk(
    folder: Path,
    root: Path,
    above: tuple[tuple[int, int], ...],
    include: tuple[str, ...],
    ignored: tuple[str, ...],
    known: frozenset[str],
) -> Iterator[Path | IngestError]:
    try:
        state = folder.stat()
        with os.scandir(folder) as entries:
            names = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield IngestError(str(folder), f"cannot be listed ({error.strerror}); check its rights")
        return
    identity = (state.st_dev, state.st_ino)
    if identity in above:
        reason = "directory loop: this link leads back to a folder above it; remove the link"
        yield IngestError(str(folder), reason)
        return
    for entry in names:
        path = folder / entry.name
        if entry.name.startswith(".") or matches(path.relative_to(root).as_posix(), ignored):
            continue
        if entry.is_dir():
            yield from _walk(path, root, (*above, identity), include, ignored, known)
        elif _wanted(path, root, include, known) and (entry.is_file() or entry.is_symlink()):
            yield path


def _wanted(path: Path, root: Path, include: tuple[str, ...], known: frozenset[str]) -> bool:
    if include:
        return matches(path.relative_to(root).as_posix(), include)
    return is_known(path.name, known)


def is_known(name: str, known: frozenset[str]) -> bool:
    """Whether a file's ending is one that can be read, `.jsonl.gz` as `.gz` over `.jsonl`."""
    return PurePosixPath(name).suffix.lower() in known


def matches(path: str, globs: tuple[str, ...]) -> bool:
    """Whether a relative path matches one of `globs`, as in a .gitignore file.

    A glob without a slash matches any part of the path; one with a slash the whole path from the
    root, or a folder above it.
    """
    parts = path.split("/")
    prefixes = ["/".join(parts[: length + 1]) for length in range(len(parts))]
    for glob in globs:
        pattern = glob.strip("/")
        if "/" not in pattern and "/" not in glob.rstrip("/"):
            if any(fnmatchcase(part, pattern) for part in parts):
                return True
        elif any(_match_whole(prefix, pattern) for prefix in prefixes):
            return True
    return False


def _match_whole(path: str, pattern: str) -> bool:
    return fnmatchcase(path, pattern) or (
        pattern.startswith("**/") and fnmatchcase(path, pattern[3:])
    )


def _ignore_file(root: Path) -> tuple[str, ...]:
    path = root / IGNORE_FILE
    if not path.is_file():
        return ()
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
