"""The `--db` option that many commands share."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipeline.store import Store

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        help="データベース（既定 TORIHIKI_DATABASE_URL） · sqlite:///PATH or "
        "postgresql://USER@HOST/DATABASE; the settings' if not given.",
    ),
]


def open_existing(db: str | None) -> "Store":
    """The store that a reading command works on.

    Raises:
        StoreError: there is none, or it cannot be used.
    """
    from pipeline.settings import load_settings
    from pipeline.store import open_store

    return open_store(load_settings(database_url=db).database_url, create=False)
