"""Files that hold one article each, and the choice of a reader for text whose kind is not told."""

from pathlib import PurePosixPath
from typing import BinaryIO

from pipeline.article import Article
from pipeline.errors import IngestError
from pipeline.ingest.encoding import decode
from pipeline.ingest.markdown import article_from_text
from pipeline.ingest.options import ReadOptions
from pipeline.ingest.page import article_from_page, looks_like_html

PAGE_SUFFIXES = frozenset({".html", ".htm", ".xhtml", ".shtml"})
TEXT_SUFFIXES = frozenset({".md", ".markdown", ".mkd", ".mdown", ".mdx", ".txt", ".text"})


def read_document(stream: BinaryIO, *, name: str, source: str, options: ReadOptions) -> Article:
    """The article that a stream holds from here to its end.

    Args:
        stream: at the first byte of the document.
        name: its file name, whose ending tells Markdown from HTML; a page is recognised by its
            beginning too.
        source: what the article is to give as its source.
        options: the limit of size and the encoding.

    Raises:
        IngestError: empty, too large, binary, or nothing to read in it.
    """
    data = read_limited(stream, source, options)
    if not data.strip():
        raise IngestError(source, "empty: no text to read; delete it or fill it")
    is_page = PurePosixPath(name).suffix.lower() in PAGE_SUFFIXES
    text, _ = decode(data, declared=options.encoding, is_html=is_page, source=source)
    if is_page or looks_like_html(text):
        return article_from_page(text, source=source)
    return article_from_text(text, source=source)


def read_limited(stream: BinaryIO, source: str, options: ReadOptions) -> bytes:
    """All bytes of a stream, never holding more than the size limit.

    Raises:
        IngestError: more bytes than `options.max_article_bytes`.
    """
    data = stream.read(options.max_article_bytes + 1)
    if len(data) > options.max_article_bytes:
        raise IngestError(source, too_large(options))
    return data


def too_large(options: ReadOptions) -> str:
    """Why an article is refused for its size, and which option raises the limit."""
    return (
        f"larger than {options.max_article_bytes:,} bytes, too large for one article; "
        "raise --max-article-bytes if it is one"
    )
