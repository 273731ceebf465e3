"""What is new in a feed and what changed: decided from data alone, no network, no database.

A feed's word is not taken for what it is: GUIDs repeat, links move, dates are renewed with every
build. Two stories are never made one by it; where in doubt, an entry is an entry of its own.
"""

import hashlib
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.fuzz import ratio

from pipeline.ingest.feedtypes import Entry

_SAME_TITLE = 80.0  # of 100: a headline that was edited, not replaced
_MANY = 5  # entries whose date alone changed; more than that, and half of all, are the feed's doing


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An entry as it was last seen.

    Attributes:
        key: its own, stable.
        identity: what the feed calls it, as a digest; several entries may be called alike.
        digest: of its words.
        updated: ISO 8601, "" where the feed gives none.
    """

    key: str
    identity: str
    url: str | None
    title: str
    digest: str
    updated: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An entry as it is seen now, with the key that it has or gets."""

    key: str
    identity: str
    entry: Entry
    digest: str

    @property
    def updated(self) -> str:
        """When the feed says that it was changed, ISO 8601, "" where it does not."""
        return self.entry.updated.isoformat() if self.entry.updated else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What to do with the entries of one document.

    Attributes:
        new: not seen before.
        changed: seen before with other words.
        touched: said to be updated, with the words that they had: their pages may tell more.
        same: as they were.
        repeated: how many entries said what another of the document said already.
        renewed: how many have a new date only, at once, so that nothing is made of it.
    """

    new: tuple[Seen, ...]
    changed: tuple[Seen, ...]
    touched: tuple[Seen, ...]
    same: tuple[Seen, ...]
    repeated: int = 0
    renewed: int = 0


def identities(entries: Iterable[Entry]) -> tuple[str, ...]:
    """What the feed calls the entries, to look up what is known of them."""
    return tuple(dict.fromkeys(_identity(entry) for entry in entries))


def decide(entries: Sequence[Entry], known: Iterable[Known]) -> Decisions:
    """Sort the entries of one document.

    Args:
        entries: as they stand in it.
        known: all known entries with one of `identities(entries)`.
    """
    by_identity: dict[str, list[Known]] = {}
    for one in known:
        by_identity.setdefault(one.identity, []).append(one)
    groups: dict[str, list[Entry]] = {}
    repeated = 0
    for entry in entries:
        repeated += _join(groups.setdefault(_identity(entry), []), entry)
    new: list[Seen] = []
    changed: list[Seen] = []
    touched: list[Seen] = []
    same: list[Seen] = []
    for identity, group in groups.items():
        for seen, old in _matched(identity, group, by_identity.get(identity, [])):
            if old is None:
                new.append(seen)
            elif old.digest != seen.digest:
                changed.append(seen)
            elif old.updated != seen.updated and not seen.entry.is_full:
                touched.append(seen)
            else:
                same.append(seen)
    met = len(changed) + len(touched) + len(same)
    by_the_feed = len(touched) > _MANY and len(touched) * 2 > met
    return Decisions(
        new=tuple(new),
        changed=tuple(changed),
        touched=() if by_the_feed else tuple(touched),
        same=tuple(same + touched if by_the_feed else same),
        repeated=repeated,
        renewed=len(touched) if by_the_feed else 0,
    )


def _join(group: list[Entry], entry: Entry) -> bool:
    """Add an entry to those called alike; of two with one title and place the newer stays."""
    for index, other in enumerate(group):
        if (other.url, other.title) == (entry.url, entry.title):
            if _is_newer(entry, other):
                group[index] = entry
            return True
    group.append(entry)
    return False


def _matched(
    identity: str, group: Sequence[Entry], known: Sequence[Known]
) -> list[tuple[Seen, Known | None]]:
    """Each entry of those called alike with the known one that it is, the surest first."""
    free = list(known)
    found: dict[int, Known] = {}
    for is_same in _SURE_TO_LIKELY:
        for number, entry in enumerate(group):
            if number not in found:
                match = next((one for one in free if is_same(entry, one)), None)
                if match is not None:
                    found[number] = match
                    free.remove(match)
    used = {one.key for one in known}
    matched: list[tuple[Seen, Known | None]] = []
    for number, entry in enumerate(group):
        old = found.get(number)
        key = old.key if old else _new_key(identity, entry, used)
        used.add(key)
        seen = Seen(key=key, identity=identity, entry=entry, digest=content_digest(entry))
        matched.append((seen, old))
    return matched


def _same_place(entry: Entry, one: Known) -> bool:
    return entry.url is not None and entry.url == one.url


def _like_title(entry: Entry, one: Known) -> bool:
    return ratio(entry.title, one.title) >= _SAME_TITLE


_SURE_TO_LIKELY: tuple[Callable[[Entry, Known], bool], ...] = (
    lambda entry, one: entry.url == one.url and entry.title == one.title,
    lambda entry, one: _same_place(entry, one) and _like_title(entry, one),
    lambda entry, one: entry.title == one.title,
    _same_place,
    _like_title,
)


def _new_key(identity: str, entry: Entry, used: Collection[str]) -> str:
    key = identity
    while key in used:
        key = _digest(key, entry.url or "", entry.title)
    return key


def _is_newer(entry: Entry, other: Entry) -> bool:
    dates = [one.updated or one.published for one in (entry, other)]
    if dates[0] is None or dates[1] is None:
        return False
    try:
        return dates[0] > dates[1]
    except TypeError:  # one of them without a zone
        return dates[0].replace(tzinfo=None) > dates[1].replace(tzinfo=None)


def _identity(entry: Entry) -> str:
    if entry.guid:
        return _digest(f"guid {entry.guid}")
    return _digest(f"url {entry.url}" if entry.url else f"text {entry.title}\n{entry.content}")


def content_digest(entry: Entry) -> str:
    """What tells that an entry's words changed; widths and white space do not count."""
    return _digest(entry.url or "", _fold(entry.title), _fold(entry.content))


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _digest(*parts: str) -> str:
    joined = "\n\n".join(parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]
