"""Front matter: the block of `key: value` lines at the head of a Jekyll, Hugo or Marp file."""

import re
from typing import Any

import yaml

from pipeline.errors import IngestError

_MAX_FRONT_MATTER = 65_536
_OPENING = re.compile(r"\s*---[ \t]*\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_KEY_LINE = re.compile(r"\s*[A-Za-z_][\w-]*[ \t]*:(?:[ \t]|$)")
_PLAIN_VALUE = re.compile(r"^([A-Za-z_][\w-]*:[ \t]+)([^\s\"'\[{|>&*!%@`].*?)[ \t]*$", re.MULTILINE)
_KNOWN_KEYS = frozenset({"layout", "title", "date", "author", "tags", "categories", "description"})


def split_front_matter(text: str, source: str) -> tuple[dict[str, Any], str]:
    """The front matter as a mapping of strings, lists and mappings, and the body after it.

    A block whose opening `---` was lost is recognised by its keys. Values stay strings: dates and
    numbers are not guessed. A value with an unquoted colon (`title: A: B`) is read as it is meant.

    Args:
        text: a whole file, line ends as line feeds.
        source: where it is from, for the error.

    Raises:
        IngestError: front matter that is no YAML mapping; names the line.
    """
    start = _front_matter_start(text)
    if start is None:
        return {}, text
    closing = _CLOSING.search(text, start, start + _MAX_FRONT_MATTER)
    if closing is None:
        return {}, text
    block = text[start : closing.start()]
    if not _KEY_LINE.match(block.lstrip()):
        return {}, text
    first_line = text.count("\n", 0, start) + 1
    return _parse(block, first_line, source), text[closing.end() :].removeprefix("\n")


def _front_matter_start(text: str) -> int | None:
    opening = _OPENING.match(text)
    if opening:
        return opening.end()
    head = text[:_MAX_FRONT_MATTER].lstrip()
    first = head.partition("\n")[0].partition(":")[0].strip()
    second = head.partition("\n")[2].partition("\n")[0]
    if first in _KNOWN_KEYS and _KEY_LINE.match(second):
        return len(text) - len(text.lstrip())
    return None


def _parse(block: str, first_line: int, source: str) -> dict[str, Any]:
    try:
        values = _load(block)
    except yaml.YAMLError as error:
        try:
            values = _load(_PLAIN_VALUE.sub(_quote, block))
        except yaml.YAMLError:
            raise IngestError(source, _complaint(error, first_line)) from error
    if not isinstance(values, dict):
        reason = f"front matter from line {first_line} has no `key: value` lines; mend or delete it"
        raise IngestError(source, reason)
    return {str(key): value for key, value in values.items()}


def _load(block: str) -> object:
    # BaseLoader builds strings, lists and mappings only, so it is as safe as SafeLoader; the one
    # over libyaml is ten times faster.
    return yaml.load(block, Loader=yaml.CBaseLoader)  # noqa: S506


def _quote(line: re.Match[str]) -> str:
    value = line[2].replace("'", "''")
    return f"{line[1]}'{value}'"


def _complaint(error: yaml.YAMLError, first_line: int) -> str:
    found = getattr(error, "problem_mark", None)
    begun = getattr(error, "context_mark", None)
    line = first_line + (found.line if found is not None else 0)
    since = f", in what begins at line {first_line + begun.line}" if begun is not None else ""
    problem = getattr(error, "problem", None) or "cannot be parsed"
    return f"front matter is no YAML at line {line}{since} ({problem}); quote the value or mend it"
