"""Entries and pages to articles: the whole text where it is to be had, and what is missing where not."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lxml.html import HtmlElement

from pipeline.article import Article, make_article
from pipeline.errors import IngestError
from pipeline.ingest.blocks import parse_tree
from pipeline.ingest.encoding import decode
from pipeline.ingest.feedlist import Content
from pipeline.ingest.feedphrases import Phrases
from pipeline.ingest.feedtypes import Entry
from pipeline.ingest.feedurl import clean_url
from pipeline.ingest.fields import article_from_fields
from pipeline.ingest.page import article_from_page
from pipeline.neardup import signature_of

_WHOLE_CONTENT = 200  # characters from which on what a feed offers as the body is taken for it
_WHOLE_SUMMARY = 800  # … and a summary, where the feed offers nothing else
_EMPTY = 40  # characters below which a page holds no story
_SAME_STORY = 0.3  # similarity, 0 to 1, from which on another text is the story's next version


class Access(StrEnum):
    """How much of an article is had."""

    FULL = "full"
    PARTIAL = "partial"  # only what the feed tells; the page could not be had
    PAYWALLED = "paywalled"  # what the site shows to those who do not pay or log in
    EMPTY = "empty"  # the page has no text (scripts only, a picture)


@dataclass(frozen=True, slots=True, kw_only=True)
class Had:
    """What could be had of an article.

    Attributes:
        article: None where there is nothing to read.
        access: how much of it that is.
        canonical: the address that the page gives as its own; None where it gives none, or the
            one that it was fetched from.
    """

    article: Article | None
    access: Access
    canonical: str | None = None


def article_from_entry(entry: Entry, *, source: str) -> Article | None:
    """The article as far as the feed tells it; None where it tells nothing.

    Args:
        entry: of a feed.
        source: the feed's URL.
    """
    row = {
        "title": entry.title,
        "content": entry.content,
        "url": entry.url,
        "published": published_of(entry),
    }
    try:
        return article_from_fields(row, source=source)
    except IngestError:
        if not entry.title:
            return None
    return make_article(
        entry.title,
        source=source,
        title=entry.title,
        url=entry.url,
        published=published_of(entry),
    )


def published_of(entry: Entry) -> datetime | None:
    """When the entry was published, or at least last changed."""
    return entry.published or entry.updated


def needs_page(entry: Entry, article: Article | None, content: Content, phrases: Phrases) -> bool:
    """Whether the page is to be fetched for the whole text.

    Args:
        entry: of a feed.
        article: what the feed tells.
        content: the user's choice.
        phrases: how a text says that it goes on.
    """
    if entry.url is None or content is Content.FEED:
        return False
    if article is None or content is Content.PAGE:
        return True
    body = article.text.removeprefix(article.title)
    enough = _WHOLE_CONTENT if entry.is_full else _WHOLE_SUMMARY
    return len(body.strip()) < enough or phrases.is_cut(body) or phrases.is_walled(body)


def article_from_web(
    data: bytes,
    *,
    url: str,
    charset: str | None,
    is_plain: bool,
    entry: Entry,
    source: str,
    phrases: Phrases,
) -> Had:
    """The article on a fetched page.

    Args:
        data: the page.
        url: where it was in the end.
        charset: as its header says; may be false.
        is_plain: plain text, no HTML.
        entry: that led there; gives the date where the page does not.
        source: the feed's URL.
        phrases: how a page says that it shows a part only.

    Raises:
        DecodeError: no text.
    """
    text, _ = decode(data, declared=charset, is_html=not is_plain, source=url)
    if is_plain:
        return Had(article=_dated(_plain(text, entry, source, url), entry), access=Access.FULL)
    tree = parse_tree(text)
    if tree is None:
        return Had(article=None, access=Access.EMPTY)
    canonical = _canonical(tree, url)
    try:
        # The site's own address, so that no date is taken from the feed's.
        article = article_from_page(text, source=source, url=canonical or url, name=url)
    except IngestError:
        return Had(article=None, access=Access.EMPTY, canonical=canonical)
    body = article.text.removeprefix(article.title).strip()
    walled = phrases.is_walled(body) or _says_walled(tree)
    if len(body) < _EMPTY:
        nothing = Access.PAYWALLED if walled else Access.EMPTY
        return Had(article=None, access=nothing, canonical=canonical)
    return Had(
        article=_dated(article, entry),
        access=Access.PAYWALLED if walled else Access.FULL,
        canonical=canonical,
    )


def best_of(page: Had, told: Article | None) -> Had:
    """What is kept of a page and of what the feed tells: of a part of the story, the longer.

    A whole page that has not half of what the feed tells is a notice in the story's place.
    """
    if told is None:
        return page
    length = len(page.article.text) if page.article else 0
    if length * (2 if page.access is Access.FULL else 1) < len(told.text):
        return Had(article=told, access=page.access, canonical=page.canonical)
    return page


def is_next_version(old: Article, new: Article) -> bool:
    """Whether `new` tells the story of `old`, perhaps reworked: the title, or enough of the text.

    An entry whose text was replaced altogether is another story in the same place.
    """
    if old.title and old.title == new.title:
        return True
    return signature_of(old).similarity(signature_of(new)) >= _SAME_STORY


def _plain(text: str, entry: Entry, source: str, url: str) -> Article:
    row = {"title": entry.title, "content": text, "url": url, "published": published_of(entry)}
    return article_from_fields(row, source=source)


def _dated(article: Article, entry: Entry) -> Article:
    """The article with the feed's date where it has none of its own."""
    moment = published_of(entry)
    if article.published is not None or moment is None:
        return article
    return make_article(
        article.text,
        source=article.source,
        title=article.title,
        url=article.url,
        published=moment,
        ignored=article.ignored,
    )


def _canonical(tree: HtmlElement, url: str) -> str | None:
    """The page's own address, where it is another one than it was fetched from."""
    for path in ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content"):
        for value in tree.xpath(path):
            found = clean_url(str(value), base=url)
            if found is not None:
                return found if found != clean_url(url) else None
    return None


def _says_walled(tree: HtmlElement) -> bool:
    """Whether the page's data for machines says that it is not free to read."""
    tiers = tree.xpath("//meta[@property='article:content_tier']/@content")
    if any(str(tier).strip().lower() == "locked" for tier in tiers):
        return True
    stated = tree.xpath("//*[@itemprop='isAccessibleForFree']/@content")
    if any(str(value).strip().lower() == "false" for value in stated):
        return True
    scripts = tree.xpath("//script[@type='application/ld+json']/text()")
    return any(_is_false(value) for script in scripts for value in _accessible(str(script)))


def _is_false(value: object) -> bool:
    return str(value).strip().lower() in {"false", "http://schema.org/false", "no"}


def _accessible(script: str) -> Iterator[object]:
    """What structured data says of the article itself, not of its parts."""
    try:
        waiting = [json.loads(script)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            if "isAccessibleForFree" in value:
                yield value["isAccessibleForFree"]
            waiting.extend(value.get("@graph", []) or [])
