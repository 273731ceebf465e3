"""What a user may set about reading; every option has a default that suits most folders."""

from dataclasses import dataclass

DEFAULT_MAX_ARTICLE_BYTES = 10_000_000
DEFAULT_MAX_RATIO = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How inputs are read.

    Attributes:
        title_fields, body_fields, url_fields, date_fields: names of fields in JSON, JSONL, CSV,
            Parquet and datasets, tried before the ones that are known by themselves; a dot goes
            into an object (`meta.headline`).
        include: globs of paths inside a folder or archive to read; empty means all known kinds.
        ignore: globs of paths inside a folder or archive to leave out, besides hidden files and
            what a `.torihikiignore` in the folder names.
        encoding: the encoding of all inputs; None finds out for each.
        max_article_bytes: the size of one article as stored (a file, a member, a line) in bytes;
            a longer one is quarantined.
        max_ratio: how many times larger than its compressed form an archive member may grow
            before it is refused as a bomb.
        as_dataset: open folders with Hugging Face `datasets`, whatever is in them.
    """

    title_fields: tuple[str, ...] = ()
    body_fields: tuple[str, ...] = ()
    url_fields: tuple[str, ...] = ()
    date_fields: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    encoding: str | None = None
    max_article_bytes: int = DEFAULT_MAX_ARTICLE_BYTES
    max_ratio: int = DEFAULT_MAX_RATIO
    as_dataset: bool = False
