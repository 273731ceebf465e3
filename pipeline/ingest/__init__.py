"""Bytes to articles: files, folders, archives and streams of every kind that is read."""

from typing import TYPE_CHECKING, Any

from pipeline.ingest.options import ReadOptions

if TYPE_CHECKING:
    from pipeline.ingest.reader import read_paths, read_stream

__all__ = ["ReadOptions", "read_paths", "read_stream"]


def __getattr__(name: str) -> Any:
    """The readers, loaded when first asked for: commands that only take options start at once."""
    if name not in {"read_paths", "read_stream"}:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from pipeline.ingest import reader

    return getattr(reader, name)
