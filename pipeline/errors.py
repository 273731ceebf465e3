"""What can go wrong, as one tree.

TorihikiError
├── SettingsError        settings or options that cannot be used
├── GazetteerError       a data file under models/ that cannot be used
├── IngestError          one input that cannot become an article
│   ├── DecodeError      bytes that are no text
│   └── FetchError       a page or feed that cannot be had
│       ├── ForbiddenAddressError  it lies where fetching must not go
│       ├── RobotsError            its site does not want it fetched
│       └── TransientFetchError    not now; the same again may pass
│           └── RestError          its site asked for a pause
├── StoreError           the database cannot be used
│   ├── NoDatabaseError  there is none yet, and this command would not make one
│   └── ConflictError    somebody else changed the record first
├── ReviewError          a review decision that cannot be made
└── ModelError           a trained model that is missing, corrupt or of another format

Every message says what is wrong, where, and how to mend it.
"""

from dataclasses import dataclass
from datetime import datetime


class TorihikiError(Exception):
    """Root of all errors that Torihiki raises on purpose."""


class SettingsError(TorihikiError):
    """Settings or options that cannot be used."""


class GazetteerError(TorihikiError):
    """A data file under models/ that cannot be used; the message names file and entry."""


class IngestError(TorihikiError):
    """One input that cannot become an article; the others go on."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class DecodeError(IngestError):
    """Bytes that no known encoding turns into text."""


class FetchError(IngestError):
    """A page or feed that cannot be had; `status` is the HTTP status where there was one."""

    def __init__(self, source: str, reason: str, *, status: int | None = None) -> None:
        super().__init__(source, reason)
        self.status = status


class ForbiddenAddressError(FetchError):
    """A URL, or where a redirect or its name leads to, that fetching must not reach."""


class RobotsError(FetchError):
    """A URL that its site's robots.txt closes to us."""


class TransientFetchError(FetchError):
    """A failure that may pass: no answer, a broken one, or a server's own error."""


class RestError(TransientFetchError):
    """A site that asked not to be asked before `until`."""

    def __init__(self, source: str, reason: str, until: datetime) -> None:
        super().__init__(source, reason)
        self.until = until


class StoreError(TorihikiError):
    """The database cannot be opened, read or written."""


class NoDatabaseError(StoreError):
    """There is no database yet, and the command that asks has no use for an empty one."""


class ConflictError(StoreError):
    """A record was changed by somebody else since it was read."""

    def __init__(self, record_id: str, seen: int, current: int) -> None:
        super().__init__(
            f"record {record_id}: you saw version {seen}, it is now {current}; load it again"
        )
        self.record_id = record_id
        self.seen = seen
        self.current = current


class ReviewError(TorihikiError):
    """A review decision that cannot be made; `code` names why, for pages in any language."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ModelError(TorihikiError):
    """A trained model that is missing, corrupt or of another format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """An input that failed, kept as data with its reason while the rest goes on.

    Attributes:
        source: file, archive member or URL.
        step: ingest, extract, store.
        reason: what is wrong and how to mend it, for a person.
    """

    source: str
    step: str
    reason: str
