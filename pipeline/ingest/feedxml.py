"""Text of a feed made safe and sound for an XML parser.

A document type declaration can define entities that read files (XXE) or grow without end (a
billion laughs). No feed needs one: RSS 0.91 names a DTD by habit, which is left out; one that
defines entities is refused.
"""

import re
from xml.parsers import expat

_XML_DECLARATION = re.compile(r"\A\s*<\?xml\b.*?\?>", re.DOTALL)
_SKIPPED = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_INTERNAL = re.compile(r"<!(ENTITY|ATTLIST|ELEMENT|NOTATION)\b|%[\w.:-]+;", re.IGNORECASE)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_ITEM = re.compile(r"<(?:\w+:)?(item|entry)(?=[\s>])", re.IGNORECASE)
_CLOSING = re.compile(r"</((?:\w+:)?(?:item|entry))\s*>", re.IGNORECASE)
_ROOT_TAG = re.compile(r"<((?:[\w.-]+:)?[A-Za-z_][\w.-]*)")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class EntityDefinitionError(Exception):
    """A document that defines entities of its own."""


def clean_xml(text: str) -> tuple[str, int]:
    """`text` without declaration, DTD and characters that XML forbids; how many of those it held.

    Raises:
        EntityDefinitionError: the DTD defines something.
    """
    cleaned, count = _FORBIDDEN.subn("", _XML_DECLARATION.sub("", text, count=1))
    return _without_doctype(cleaned), count


def root_of(text: str) -> str:
    """The local name of the root element in small letters, "" where there is none."""
    found = _ROOT.match(text, _skip(text, 0))
    return found[1].lower() if found else ""


def _skip(text: str, at: int) -> int:
    while found := _SKIPPED.match(text, at):
        at = found.end()
    return at


def _without_doctype(text: str) -> str:
    start = _skip(text, 0)
    if not _DOCTYPE.match(text, start):
        return text[start:]
    end, subset = _end_of_doctype(text, start)
    if _INTERNAL.search(subset):
        msg = "its document type defines entities, as attacks do and no feed needs; not read"
        raise EntityDefinitionError(msg)
    return _without_doctype(text[end:])


def _end_of_doctype(text: str, start: int) -> tuple[int, str]:
    """Where a DOCTYPE ends, and its internal subset; an unended one takes all."""
    at, quote, opened = start, "", -1
    while at < len(text):
        char = text[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "[" and opened < 0:
            opened = at
        elif text.startswith("<!--", at):
            at = text.find("-->", at)
            if at < 0:
                break
        elif char == "]" and opened >= 0:
            closed = text.find(">", at)
            return (closed + 1 or len(text)), text[opened:at]
        elif char == ">" and opened < 0:
            return at + 1, ""
        at += 1
    return len(text), text[start:]


def split_items(text: str) -> tuple[str, list[str], str]:
    """A feed as what comes before its items, the items, and the tags that close it.

    Each item ends at its end tag, or where the next one begins: one that is broken does not take
    the next with it. Concatenated again, the three are the feed without what stands between.
    """
    root = _ROOT_TAG.match(text, _skip(text, 0))
    starts = [found.start() for found in _ITEM.finditer(text)]
    if root is None or not starts:
        return text, [], ""
    items: list[str] = []
    for start, following in zip(starts, [*starts[1:], len(text)], strict=True):
        closing = _CLOSING.search(text, start, following)
        items.append(text[start : closing.end() if closing else following])
    channel = "</channel>" if root[1].lower() == "rss" else ""
    return text[: starts[0]], items, f"{channel}</{root[1]}>"


def is_well_formed(fragment: str) -> bool:
    """Whether one element is well-formed XML by itself; prefixes need not be declared."""
    parser = expat.ParserCreate()
    try:
        parser.Parse(fragment.encode("utf-8"), True)
    except expat.ExpatError:
        return False
    return True
