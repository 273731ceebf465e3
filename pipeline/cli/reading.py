"""The options about reading that commands share; `torihiki extract` and `run archive` take them."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from pipeline.ingest.options import DEFAULT_MAX_ARTICLE_BYTES, DEFAULT_MAX_RATIO, ReadOptions

_PANEL = "読み込み · Reading"


def _option(*names: str, help_text: str) -> Any:
    return typer.Option(*names, help=help_text, rich_help_panel=_PANEL)


_OPTIONS: dict[str, tuple[Any, Any]] = {
    "title_field": (
        Annotated[
            list[str] | None, _option("--title-field", help_text="見出しの欄 · field of the title.")
        ],
        None,
    ),
    "body_field": (
        Annotated[
            list[str] | None,
            _option("--body-field", help_text="本文の欄（`a.b` も可） · field of the body."),
        ],
        None,
    ),
    "url_field": (
        Annotated[
            list[str] | None, _option("--url-field", help_text="URL の欄 · field of the URL.")
        ],
        None,
    ),
    "date_field": (
        Annotated[
            list[str] | None, _option("--date-field", help_text="日付の欄 · field of the date.")
        ],
        None,
    ),
    "include": (
        Annotated[
            list[str] | None,
            _option("--include", help_text="読むファイル（`news/**/*.md`） · globs to read."),
        ],
        None,
    ),
    "ignore": (
        Annotated[
            list[str] | None,
            _option("--ignore", help_text="読まないファイル（`drafts/`） · globs to leave out."),
        ],
        None,
    ),
    "encoding": (
        Annotated[
            str | None,
            _option("--encoding", help_text="文字コード（通常は不要） · if it is not found out."),
        ],
        None,
    ),
    "max_article_bytes": (
        Annotated[
            int,
            typer.Option(
                "--max-article-bytes",
                min=1000,
                help="記事一つの上限 · the size of one article at most.",
                rich_help_panel=_PANEL,
            ),
        ],
        DEFAULT_MAX_ARTICLE_BYTES,
    ),
    "max_ratio": (
        Annotated[
            int,
            typer.Option(
                "--max-ratio",
                min=2,
                help="圧縮ファイルが膨らむ上限の倍率 · how many times an archive may grow.",
                rich_help_panel=_PANEL,
            ),
        ],
        DEFAULT_MAX_RATIO,
    ),
    "dataset": (
        Annotated[
            bool,
            _option("--dataset", help_text="フォルダを `datasets` で開く · open folders with it."),
        ],
        False,
    ),
}


def with_read_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command with all reading options, which gets them as one argument `options`.

    Example:
        @with_read_options
        def extract(paths: Paths, *, options: ReadOptions) -> None: …
    """
    hints = get_type_hints(command, include_extras=True)
    kept = [
        parameter.replace(annotation=hints[name])
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "options"
    ]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in _OPTIONS.items()
    ]

    @wraps(command)
    def wrapped(*args: Any, **given: Any) -> None:
        chosen = {name: given.pop(name) for name in _OPTIONS}
        command(*args, options=_read_options(chosen), **given)

    del wrapped.__wrapped__
    order = sorted([*kept, *added], key=lambda parameter: parameter.kind)
    wrapped.__signature__ = inspect.Signature(order)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in order}
    return wrapped


def _read_options(chosen: dict[str, Any]) -> ReadOptions:
    return ReadOptions(
        title_fields=tuple(chosen["title_field"] or ()),
        body_fields=tuple(chosen["body_field"] or ()),
        url_fields=tuple(chosen["url_field"] or ()),
        date_fields=tuple(chosen["date_field"] or ()),
        include=tuple(chosen["include"] or ()),
        ignore=tuple(chosen["ignore"] or ()),
        encoding=chosen["encoding"],
        max_article_bytes=chosen["max_article_bytes"],
        max_ratio=chosen["max_ratio"],
        as_dataset=chosen["dataset"],
    )
