"""The visible text of an HTML tree as blocks: a heading, paragraph, list item or cell each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree, html
from lxml.html import HtmlElement

_UNSEEN = frozenset(
    [
        "head",
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "math",
        "iframe",
        "object",
        "embed",
        "select",
        "option",
        "button",
        "textarea",
        "input",
        "form",
        "dialog",
        "canvas",
        "audio",
        "video",
        "map",
        "rp",
        "rt",
    ]
)
_PARTING = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "dl",
        "table",
        "blockquote",
        "pre",
        "figure",
        "section",
        "article",
        "main",
        "header",
        "footer",
        "nav",
        "aside",
        "hr",
        "address",
        "details",
        "fieldset",
        "body",
    ]
)
_LINE = frozenset(
    [
        "div",
        "li",
        "dt",
        "dd",
        "tr",
        "td",
        "th",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "figcaption",
        "summary",
        "legend",
        "center",
        "br",
    ]
)
_ASIDE = frozenset(("nav", "footer", "aside"))
_HIDDEN_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_CJK_GAP = re.compile(
    r"(?<=[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef])[ \t\r]*\n\s*(?=[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef])"
)
_GAP = re.compile(r"[ \t\r\n\f\u00a0]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One line of visible text.

    Attributes:
        text: without line ends, white space collapsed as browsers do.
        heading: 1 to 6 for h1 to h6, else 0.
        link_share: which part of the characters is inside links, 0 to 1.
        aside: inside nav, footer or aside.
        parted: a new paragraph begins here (an empty line stands before it).
    """

    text: str
    heading: int
    link_share: float
    aside: bool
    parted: bool


def parse_tree(page: str) -> HtmlElement | None:
    """The tree of a page or of a piece of HTML; None where there is nothing in it."""
    parser = html.HTMLParser(encoding="utf-8", huge_tree=False)
    data = page.encode("utf-8", "replace")
    try:
        return html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def find_blocks(tree: HtmlElement) -> list[Block]:
    """The blocks of visible text under `tree` in reading order; [] where nothing is visible."""
    return [block for block in _Writer().blocks(tree) if block.text]


class _Writer:
    """Walks a tree once, without recursion, and cuts its text into blocks."""

    def __init__(self) -> None:
        self._pieces: list[tuple[str, bool]] = []
        self._heading = 0
        self._links = 0
        self._asides = 0
        self._pre = 0
        self._parted = True

    def blocks(self, tree: HtmlElement) -> Iterator[Block]:
        walker = etree.iterwalk(tree, events=("start", "end"))
        for event, element in walker:
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                yield from self._open(element, tag, walker)
            else:
                yield from self._close(element, tag)
        yield from self._flush(parted=False)

    def _open(self, element: HtmlElement, tag: str, walker: etree.iterwalk) -> Iterator[Block]:
        if not tag or tag in _UNSEEN or _is_hidden(element):
            walker.skip_subtree()
            return
        if tag in _PARTING or tag in _LINE:
            yield from self._flush(parted=tag in _PARTING)
        self._count(tag, 1)
        yield from self._take(element.text)

    def _close(self, element: HtmlElement, tag: str) -> Iterator[Block]:
        if tag and tag not in _UNSEEN and not _is_hidden(element):
            if tag in _PARTING or tag in _LINE:
                yield from self._flush(parted=tag in _PARTING)
            self._count(tag, -1)
        yield from self._take(element.tail)

    def _count(self, tag: str, step: int) -> None:
        if tag == "a":
            self._links += step
        elif tag == "pre":
            self._pre += step
        elif tag in _ASIDE:
            self._asides += step
        elif len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":
            self._heading = int(tag[1]) if step > 0 else 0

    def _take(self, text: str | None) -> Iterator[Block]:
        if not text:
            return
        lines = text.split("\n") if self._pre else [_CJK_GAP.sub("", text)]
        for number, line in enumerate(lines):
            if number:
                yield from self._flush(parted=False)
            self._pieces.append((line, self._links > 0))

    def _flush(self, *, parted: bool) -> Iterator[Block]:
        text = _GAP.sub(" ", "".join(piece for piece, _ in self._pieces)).strip()
        if text:
            linked = sum(len(piece.strip()) for piece, is_link in self._pieces if is_link)
            yield Block(
                text=text,
                heading=self._heading,
                link_share=min(1.0, linked / len(text)),
                aside=self._asides > 0,
                parted=self._parted,
            )
            self._parted = False
        self._pieces = []
        self._parted = self._parted or parted


def _is_hidden(element: HtmlElement) -> bool:
    if "hidden" in element.attrib or element.get("aria-hidden") == "true":
        return True
    style = element.get("style")
    return bool(style) and _HIDDEN_STYLE.search(style) is not None
