"""Feeds from OPML, the file that feed readers export."""

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

import httpx
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pydantic import ValidationError

from pipeline.errors import IngestError, Quarantined
from pipeline.ingest.encoding import decode
from pipeline.ingest.feedlist import Feed
from pipeline.ingest.feedxml import EntityDefinitionError, clean_xml, root_of


def parse_opml(data: bytes, *, source: str) -> Iterator[Feed | Quarantined]:
    """The feeds of an OPML file, folders flattened; what is no feed comes out with its reason.

    Raises:
        IngestError: no OPML.
    """
    text, _ = decode(data, source=source)
    try:
        cleaned, _ = clean_xml(text)
        root = fromstring(cleaned)
    except (ParseError, DefusedXmlException, EntityDefinitionError) as error:
        raise IngestError(source, f"no OPML ({error}); export it from your reader again") from error
    if root_of(cleaned) != "opml":
        raise IngestError(source, f"it is <{root_of(cleaned)}>, no OPML")
    for outline in root.iter("outline"):
        url = _attribute(outline, "xmlUrl")
        if url:
            yield _feed(url, _attribute(outline, "title") or _attribute(outline, "text"), source)


def _attribute(outline: Any, name: str) -> str:
    """An attribute, whatever its case: xmlUrl, xmlurl."""
    for key, value in outline.attrib.items():
        if key.lower() == name.lower():
            return " ".join(str(value).split())
    return ""


def _feed(url: str, name: str, source: str) -> Feed | Quarantined:
    try:
        return make_feed(url, name)
    except (ValidationError, httpx.InvalidURL) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        said = reason.removeprefix("Value error, ")
        return Quarantined(source=f"{source}: {url}", step="ingest", reason=said)


def make_feed(url: str, name: str | None, **options: Any) -> Feed:
    """A feed of this URL, called as its host where it has no name.

    Raises:
        ValidationError, httpx.InvalidURL: what cannot be used.
    """
    called = " ".join((name or "").split())[:100] or httpx.URL(url).host or url
    return Feed.model_validate({"url": url, "name": called, **options})
