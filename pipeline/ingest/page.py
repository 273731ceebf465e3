"""HTML pages and pieces of HTML as articles.

trafilatura decides where the main text begins and ends; the text itself is written from the tree,
because trafilatura leaves out headings and labels of cards, which often hold the very names.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime

from lxml.html import HtmlElement

from pipeline.article import Article, make_article
from pipeline.errors import IngestError
from pipeline.ingest.blocks import Block, find_blocks, parse_tree
from pipeline.ingest.dates import date_in_name, parse_date
from pipeline.ingest.linklists import names_link_list
from pipeline.ingest.markdown import with_title
from pipeline.span import Span

_LOOKS_LIKE_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_MARKUP = re.compile(
    r"</?(?:p|br|div|span|a|ul|ol|li|h[1-6]|table|tr|td|th|img|strong|em|b|i|blockquote|figure"
    r"|section|article|pre|code)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_PARTING = re.compile(r"</?(?:p|br|div|ul|ol|li|h[1-6]|table|blockquote|pre)\b", re.IGNORECASE)
_EMPTY_LINE = re.compile(r"\n[ \t]*\n")
_MARKDOWN = re.compile(
    r"^[ \t]{0,3}(?:#{1,6} |[-*+] |\d{1,3}\. |```|~~~|> |\|)|\]\((?:https?:|/|\.)", re.MULTILINE
)
_FEW_MARKS = 2
_SITE_SUFFIX = re.compile(r"\s*[|｜]\s*[^|｜]+$|\s+[-–—]\s+[^-–—]{1,30}$")
_DATE_META = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished' or @name='datePublished']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//meta[@name='date' or @name='pubdate' or @name='DC.date.issued' or @name='dc.date']/@content",
    "//time/@datetime",
)
_LINKED = 0.8
_MAX_ELEMENTS = 100_000
_MIN_ANCHOR = 10
_ENOUGH_SHARE = 0.5


def looks_like_html(text: str) -> bool:
    """Whether `text` begins as a whole HTML page does."""
    return _LOOKS_LIKE_HTML.match(text[:4096]) is not None


def has_markup(text: str) -> bool:
    """Whether `text` is a piece of HTML, as bodies in feeds and JSON often are.

    Markdown with a tag here and there is none.
    """
    if not _MARKUP.search(text):
        return False
    return text.lstrip().startswith("<") or len(_MARKDOWN.findall(text)) < _FEW_MARKS


def article_from_page(
    page: str, *, source: str, url: str | None = None, name: str | None = None
) -> Article:
    """The article on an HTML page.

    Args:
        page: the page's source, decoded.
        source: where it is from.
        url: its address where known; else the page's own canonical address is taken.
        name: what may tell the date where the page does not; its source where it is None.

    Raises:
        IngestError: a page without any visible text.
    """
    tree = parse_tree(page)
    blocks = find_blocks(tree) if tree is not None else []
    if tree is None or not blocks:
        raise IngestError(source, "no text on this page; save it after its scripts have run")
    main = _main_blocks(page, blocks, tree)
    title = _title(tree, main)
    body, marked = _write(main)
    whole = with_title(title, body)
    shift = len(whole) - len(body)
    return make_article(
        whole,
        source=source,
        title=title,
        url=url or _attribute(tree, "//link[@rel='canonical']/@href"),
        published=_published(tree) or date_in_name(source if name is None else name),
        ignored=tuple(span.shifted(shift) for span in marked),
    )


def text_from_markup(markup: str) -> tuple[str, tuple[Span, ...]]:
    """The visible text of a piece of HTML, and which spans of it are link lists.

    Without tags that part lines, its own line ends do.
    """
    if not _PARTING.search(markup):
        markup = _EMPTY_LINE.sub("<p>", markup).replace("\n", "<br>")
    tree = parse_tree(markup)
    if tree is None:
        return "", ()
    return _write(find_blocks(tree))


def _main_blocks(page: str, blocks: list[Block], tree: HtmlElement) -> list[Block]:
    """The blocks from the first to the last that trafilatura takes for main text.

    Where it finds less than half of what stands outside navigation, all of that is taken: pages
    made of cards and tables are no running text, but they are all content. So it is with pages of
    over 100,000 elements, for which trafilatura takes minutes.
    """
    content = [block for block in blocks if not block.aside] or blocks
    if sum(1 for _ in tree.iter()) > _MAX_ELEMENTS:
        return content
    import trafilatura  # half a second, which texts need not wait

    found = trafilatura.extract(
        page, include_comments=False, include_tables=True, favor_recall=True, deduplicate=False
    )
    known = _squeeze(found or "")
    kept = [
        number
        for number, block in enumerate(blocks)
        if len(block.text) >= _MIN_ANCHOR and _squeeze(block.text) in known
    ]
    visible = sum(len(_squeeze(block.text)) for block in content)
    if not kept or len(known) < _ENOUGH_SHARE * visible:
        return content
    first, last = _widen(blocks, known, kept[0], kept[-1])
    return [
        block
        for block in blocks[first : last + 1]
        if not block.aside or _squeeze(block.text) in known
    ]


def _widen(blocks: list[Block], known: str, first: int, last: int) -> tuple[int, int]:
    """Take in the headings before the main text, and short cells and items that follow it."""
    while first > 0 and not blocks[first - 1].aside and blocks[first - 1].heading:
        first -= 1
    for number in range(last + 1, len(blocks)):
        block = blocks[number]
        if block.aside or not (block.heading or _squeeze(block.text) in known):
            break
        if not block.heading:
            last = number
    return first, last


def _write(blocks: list[Block]) -> tuple[str, tuple[Span, ...]]:
    """The text of `blocks`, a line each, and the spans of its link lists."""
    listed = _link_list_numbers(blocks)
    pieces: list[str] = []
    spans: list[Span] = []
    length = 0
    for number, block in enumerate(blocks):
        gap = "" if not pieces else "\n\n" if block.parted else "\n"
        start = length + len(gap)
        length = start + len(block.text)
        pieces.append(gap + block.text)
        if number in listed:
            spans.append(Span(start, length))
    return "".join(pieces), tuple(spans)


def _link_list_numbers(blocks: list[Block]) -> set[int]:
    """Blocks of links under a heading that names a list of links, with the heading."""
    listed: set[int] = set()
    for number, block in enumerate(blocks):
        if block.link_share >= _LINKED or not names_link_list(block.text):
            continue
        end = number + 1
        while end < len(blocks) and blocks[end].link_share >= _LINKED:
            end += 1
        if end > number + 1:
            listed.update(range(number, end))
    return listed


def _title(tree: HtmlElement, main: list[Block]) -> str:
    first = [block.text for block in main if block.heading == 1]
    named = _attribute(tree, "//meta[@property='og:title']/@content")
    page_title = " ".join((tree.findtext(".//title") or "").split())
    if len(first) == 1:
        return first[0]
    for candidate in (named, page_title):
        if candidate:
            return _SITE_SUFFIX.sub("", candidate) or candidate
    return first[0] if first else ""


def _published(tree: HtmlElement) -> datetime | None:
    for path in _DATE_META:
        moment = parse_date(_attribute(tree, path))
        if moment is not None:
            return moment
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        for stated in _dates_in_json(str(script)):
            moment = parse_date(stated)
            if moment is not None:
                return moment
    return None


def _dates_in_json(script: str) -> Iterator[object]:
    try:
        waiting = [json.loads(script)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "datePublished" in value:
                yield value["datePublished"]
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _attribute(tree: HtmlElement, path: str) -> str | None:
    values = tree.xpath(path)
    return str(values[0]).strip() or None if values else None


def _squeeze(text: str) -> str:
    return "".join(text.split()).replace("|", "")
