"""feeds.toml: which feeds are watched, and how; read strictly, edited without losing a comment."""

import os
import re
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import httpx
import tomlkit
from filelock import FileLock
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from tomlkit.exceptions import TOMLKitError

from pipeline.errors import ForbiddenAddressError, SettingsError
from pipeline.ingest.feedurl import clean_url
from pipeline.ingest.fetchguard import Guard

DEFAULT_FILE = Path("feeds.toml")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_HEADER = re.compile(r"^[ \t]*\[\[\s*feed\s*\]\]", re.MULTILINE)
_NEW_FILE = """\
# The feeds that Torihiki watches: `torihiki feeds --help`, docs/operate.md.
"""


class Content(StrEnum):
    """Where an article's text is taken from."""

    AUTO = "auto"  # the feed where it brings the whole text, else the page
    FEED = "feed"  # the feed, whatever it brings
    PAGE = "page"  # the page


def parse_duration(value: object) -> timedelta:
    """A length of time: 90s, 15m, 2h, 1d.

    Raises:
        ValueError: it is none, or 0.
    """
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    length = timedelta(**{_UNITS[found[2]]: float(found[1])}) if found else timedelta(0)
    if length <= timedelta(0):
        msg = 'write a length of time such as "90s", "15m", "2h" or "1d"'
        raise ValueError(msg)
    return length


def _check_encoding(value: object) -> object:
    if isinstance(value, str):
        try:
            "".encode(value)
        except LookupError as error:
            msg = 'no encoding of that name; write "cp932", "euc-jp", "utf-8" …'
            raise ValueError(msg) from error
    return value


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Feed(_Strict):
    """One `[[feed]]`.

    Attributes:
        url: of the feed.
        name: how people call it; unique.
        interval: how long between two polls.
        enabled: False keeps it in the file unread.
        encoding: where the feed and its pages are in another than they say; None finds out.
        content: where the text is taken from.
        include: globs of article URLs; empty takes all.
        exclude: globs of article URLs to leave out.
        robots: whether robots.txt is obeyed; False only where the site's owner agreed.
        max_pages: pages fetched at one poll; the others wait for the next.
        max_age: entries older than this when first seen are left out; None takes all.
    """

    url: str
    name: str = Field(min_length=1, max_length=100)
    interval: Duration = timedelta(minutes=15)
    enabled: bool = True
    encoding: Annotated[str | None, BeforeValidator(_check_encoding)] = None
    content: Annotated[Content, Field(strict=False)] = Content.AUTO
    include: list[str] = Field(default_factory=list)
    exclude: list[str] = Field(default_factory=list)
    robots: bool = True
    max_pages: int = Field(default=50, ge=0)
    max_age: Duration | None = None

    @model_validator(mode="after")
    def _check_url(self) -> "Feed":
        try:
            # By its looks only: addresses are looked at when it is fetched.
            Guard(allowed=frozenset({(httpx.URL(self.url).host, None)})).check_url(
                httpx.URL(self.url)
            )
        except (ForbiddenAddressError, httpx.InvalidURL) as error:
            reason = error.reason if isinstance(error, ForbiddenAddressError) else str(error)
            msg = f"url {self.url!r}: {reason}"
            raise ValueError(msg) from error
        return self

    def wants(self, url: str | None) -> bool:
        """Whether an article of this URL is to be read."""
        if url is None:
            return not self.include
        if any(fnmatchcase(url, pattern) for pattern in self.exclude):
            return False
        return not self.include or any(fnmatchcase(url, pattern) for pattern in self.include)


class FetchSection(_Strict):
    """`[fetch]`: manners and bounds.

    Attributes:
        host_interval: the least time between two requests to a host.
        host_at_once: the most requests to a host that are under way.
        timeout: for a whole fetch.
        silence: the longest that a server may say nothing.
        max_megabytes: of a feed or page, unpacked.
        feeds_at_once: feeds that are polled at the same time.
    """

    host_interval: Duration = timedelta(seconds=1)
    host_at_once: int = Field(default=2, ge=1)
    timeout: Duration = timedelta(seconds=60)
    silence: Duration = timedelta(seconds=20)
    max_megabytes: float = Field(default=30, gt=0, strict=False)
    feeds_at_once: int = Field(default=32, ge=1)


class NotifyFormat(StrEnum):
    """What a webhook is sent."""

    SLACK = "slack"  # {"text": …}: Slack, Mattermost, Rocket.Chat
    JSON = "json"  # everything, for a program


class NotifySection(_Strict):
    """`[notify]`: who is told of what.

    Attributes:
        webhook: URL that messages are posted to; "env:NAME" reads it from the environment.
        format: of the messages.
        min_amount: records of at least this are told, as money in Japanese or English
            ("100億円", "1億ドル"); one a currency, others are compared roughly; empty: none are.
        failures: a feed is told of after so many failures in a row; 0: never.
    """

    webhook: str
    format: Annotated[NotifyFormat, Field(strict=False)] = NotifyFormat.SLACK
    min_amount: list[str] = Field(default_factory=list)
    failures: int = Field(default=5, ge=0)

    def target(self) -> str:
        """The URL, from the environment where the file says so.

        Raises:
            SettingsError: the variable is not set.
        """
        if not self.webhook.startswith("env:"):
            return self.webhook
        name = self.webhook.removeprefix("env:")
        value = os.environ.get(name, "")
        if not value:
            msg = f"[notify] webhook: the environment has no {name}; set it, or write the URL"
            raise SettingsError(msg)
        return value


class FeedList(_Strict):
    """The whole of feeds.toml."""

    feed: list[Feed] = Field(default_factory=list)
    fetch: FetchSection = FetchSection()
    notify: NotifySection | None = None

    def find(self, wanted: str) -> Feed | None:
        """The feed of this name or URL."""
        url = clean_url(wanted)
        for feed in self.feed:
            if feed.name == wanted or feed.url == wanted or (url and clean_url(feed.url) == url):
                return feed
        return None


def load_feeds(path: Path) -> FeedList:
    """The feeds of a file.

    Raises:
        SettingsError: missing, no TOML, or an entry that cannot be used; names file, line and
            mend.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        msg = f"{path}: no such file; make it with `torihiki feeds add URL` or give --feeds FILE"
        raise SettingsError(msg) from error
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read ({error}); it must be TOML in UTF-8"
        raise SettingsError(msg) from error
    return parse_feeds(text, str(path))


def parse_feeds(text: str, name: str) -> FeedList:
    """The feeds of a text in TOML; `name` is for errors, which are those of `load_feeds`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{name}: no TOML: {error}; mend that line"
        raise SettingsError(msg) from error
    try:
        feeds = FeedList.model_validate(data)
    except ValidationError as error:
        faults = "\n".join(_fault(fault, text, name) for fault in error.errors())
        raise SettingsError(faults) from error
    _refuse_doubles(feeds, text, name)
    return feeds


def _fault(fault: Any, text: str, name: str) -> str:
    place: tuple[int | str, ...] = fault["loc"]
    said = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        said = "no such option; see docs/operate.md for those there are"
    line = name
    if len(place) > 1 and place[0] == "feed" and isinstance(place[1], int):
        line = f"{name}:{_line_of(text, place[1])}"
        place = ("feed", *place[2:])
    return f"{line}: {'.'.join(str(part) for part in place)}: {said}"


def _line_of(text: str, index: int) -> int:
    """The line on which the `[[feed]]` of this index begins."""
    starts = [found.start() for found in _HEADER.finditer(text)]
    return text.count("\n", 0, starts[index]) + 1 if index < len(starts) else 1


def _refuse_doubles(feeds: FeedList, text: str, name: str) -> None:
    for kind, keys in (
        ("name", [feed.name for feed in feeds.feed]),
        ("url", [clean_url(feed.url) or feed.url for feed in feeds.feed]),
    ):
        for index, key in enumerate(keys):
            first = keys.index(key)
            if first != index:
                here, there = _line_of(text, index), _line_of(text, first)
                msg = (
                    f"{name}:{here}: feed.{kind}: {key!r} stands in line {there} already; drop one"
                )
                raise SettingsError(msg)


@contextmanager
def editing(path: Path) -> Iterator[tomlkit.TOMLDocument]:
    """Change a file as a document that keeps comments and order; written whole or not at all.

    Raises:
        SettingsError: it cannot be read or written, or what came out cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=10):
            text = path.read_text(encoding="utf-8") if path.exists() else _NEW_FILE
            if path.exists():
                parse_feeds(text, str(path))
            document = tomlkit.parse(text)
            yield document
            changed = tomlkit.dumps(document)
            parse_feeds(changed, str(path))
            if changed != text or not path.exists():
                _replace(path, changed)
    except (OSError, TOMLKitError) as error:
        msg = f"{path}: cannot be changed ({error})"
        raise SettingsError(msg) from error


def _replace(path: Path, text: str) -> None:
    target = path.resolve()  # a link to the file stays a link
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        mode = target.stat().st_mode if target.exists() else 0o644
        Path(temporary).chmod(mode & 0o777)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def add_feeds(path: Path, feeds: Sequence[Feed]) -> tuple[list[Feed], list[Feed]]:
    """Write feeds into a file; those it has already are left alone.

    Returns:
        those added (with names made unique), and those that were there.

    Raises:
        SettingsError: as `editing`.
    """
    added: list[Feed] = []
    there: list[Feed] = []
    with editing(path) as document:
        listed = parse_feeds(tomlkit.dumps(document), str(path))
        names = {feed.name for feed in listed.feed}
        if "feed" not in document:
            document["feed"] = tomlkit.aot()
        tables: Any = document["feed"]
        for feed in feeds:
            if listed.find(feed.url) or any(one.url == feed.url for one in added):
                there.append(feed)
                continue
            named = feed.model_copy(update={"name": _unique(feed.name, names)})
            names.add(named.name)
            tables.append(_table(named))
            added.append(named)
    return added, there


def _unique(name: str, names: set[str]) -> str:
    number, candidate = 2, name
    while candidate in names:
        candidate, number = f"{name} {number}", number + 1
    return candidate


def _table(feed: Feed) -> Any:
    table = tomlkit.table()
    table.trivia.indent = "\n"  # an empty line before it
    table["name"] = feed.name
    table["url"] = feed.url
    for field in feed.model_fields_set - {"name", "url"}:
        value = getattr(feed, field)
        if value != Feed.model_fields[field].get_default(call_default_factory=True):
            table[field] = duration_text(value) if isinstance(value, timedelta) else value
    return table


def duration_text(length: timedelta) -> str:
    """A length of time as it is written: 90s, 15m, 2h, 1d."""
    seconds = length.total_seconds()
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def change_feed(path: Path, wanted: str, *, enabled: bool | None, remove: bool = False) -> Feed:
    """Switch a feed on or off, or take it out of the file.

    Args:
        path: feeds.toml.
        wanted: its name or URL.
        enabled: what it is to be; None leaves it.
        remove: take it out.

    Returns:
        the feed as it was.

    Raises:
        SettingsError: there is no such feed, or the file cannot be changed.
    """
    listed = load_feeds(path)
    feed = listed.find(wanted)
    if feed is None:
        names = ", ".join(one.name for one in listed.feed) or "none"
        msg = f"{path}: no feed {wanted!r}; there are: {names}"
        raise SettingsError(msg)
    index = listed.feed.index(feed)
    with editing(path) as document:
        tables: Any = document["feed"]
        if remove:
            del tables[index]
        elif enabled is False:
            tables[index]["enabled"] = False
        elif enabled and not feed.enabled:
            del tables[index]["enabled"]
    return feed
