"""Bytes to articles: files, folders, archives and streams of every kind that is read."""

from pipeline.ingest.options import ReadOptions
from pipeline.ingest.reader import read_paths, read_stream

__all__ = ["ReadOptions", "read_paths", "read_stream"]
