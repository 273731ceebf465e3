"""A record prepared for comparing: logarithms, folded names, places, and a sketch of its words.

Made once for each record, small (about 1 kB) and fast to compare, so that millions fit in memory.
"""

import math
import re
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipeline.gazetteer.cues import Cues
from pipeline.gazetteer.rates import Rates
from pipeline.link.names import fold_party, name_words, sound_key
from pipeline.link.record import LinkParty, LinkRecord
from pipeline.values import Money, Qualifier

SKETCH_BITS = 2048

_SPACED_YEAR = re.compile(r"(?<=\d)\s+(?=年)")
_YEAR = re.compile(r"(?<!\d)(20[0-4]\d)(?:年|\b)")
_ROUND = re.compile(r"(?:プレ)?(?:シリーズ|series)[\s-]?([a-k])(?![a-z])|(シード|\bseed\b)")
_NAME = re.compile(r"[a-z][a-z0-9]+|[ァ-ヺー]{3,}")
_NO_WORDS = re.compile(r"[\d,.\s*|()「」『』、。・:#\[\]/-]+")
_CHIP_NOISE = re.compile(
    r"nvidia|エヌビディア|amd|google|グーグル|aws|amazon|intel|チップ|gpu|instinct|製|[\s・-]"
)


class PartyKey:
    """A party as it is compared; one object for all tellings that name it alike."""

    __slots__ = ("families", "folded", "forms", "ids", "sounds", "words")

    def __init__(self, party: LinkParty) -> None:
        self.ids = party.ids
        self.families = party.families
        self.folded = frozenset(fold_party(name) for name in party.names)
        self.sounds = frozenset(key for name in self.folded if (key := sound_key(name)))
        self.forms = frozenset(words for name in party.names if (words := name_words(name)))
        self.words = frozenset(word for words in self.forms for word in words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """An amount as it is compared: natural logarithms, in its own currency and in dollars.

    Attributes:
        log: of the value; None for a range or vague number.
        low, high: of the bounds; both the value's where there is a value.
        dollars: what to add to a logarithm to have it in dollars; None without a rate.
        digits: significant digits of the value, 1 for 100億; more of them agree less by chance.
        ceiling: logarithm of the higher ceiling beside it.
    """

    log: float | None
    low: float
    high: float
    currency: str
    per: str | None
    dollars: float | None
    digits: int
    qualifier: Qualifier
    ceiling: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Telling:
    """One record, prepared; `day` is a proleptic ordinal."""

    id: str
    article: str
    day: int | None
    kind: str
    status: str
    buyer: tuple[PartyKey, ...]
    seller: tuple[PartyKey, ...]
    money: Sum | None
    count: float | None
    capacity: float | None
    term: float | None
    chips: frozenset[str]
    years: frozenset[int]
    rounds: frozenset[str]
    places: frozenset[str]
    events: frozenset[str]
    names: frozenset[str]
    running_total: bool
    sketch: int
    sketch_size: int

    @property
    def order(self) -> tuple[int, str]:
        """Where it stands among all tellings: by day, those without one last, then by id."""
        return (self.day if self.day is not None else _NO_DAY, self.id)


_NO_DAY = date.max.toordinal()
_EMPTY: frozenset[str] = frozenset()


class Preparer:
    """Makes tellings of records; parties and sets of words that come again are shared."""

    def __init__(self, rates: Rates, cues: Cues) -> None:
        self._rates = rates
        self._cues = cues
        self._parties: dict[LinkParty, PartyKey] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}

    def tell(self, record: LinkRecord) -> Telling:
        """The record as it is compared."""
        buyer = tuple(self._party(party) for party in record.buyer)
        seller = tuple(self._party(party) for party in record.seller)
        text = unicodedata.normalize("NFKC", " ".join(record.quotes)).lower()
        text = _SPACED_YEAR.sub("", text)
        own_words = {word for party in (*buyer, *seller) for word in party.words}
        cues = self._cues
        names = {word for word in _NAME.findall(text) if word not in own_words} - cues.generic
        sketch = _sketch(text)
        return Telling(
            id=record.id,
            article=record.article,
            day=record.published.toordinal() if record.published else None,
            kind=record.kind.value,
            status=record.status.value,
            buyer=buyer,
            seller=seller,
            money=self._sum(record.amount, record.amount_max, record.published),
            count=_log(record.count),
            capacity=_log(record.capacity_mw),
            term=float(record.term_months) if record.term_months else None,
            chips=self._shared(chip_key(chip) for chip in record.chips),
            years=frozenset(int(year) for year in _YEAR.findall(text)),
            rounds=self._shared(letter or "seed" for letter, _seed in _ROUND.findall(text)),
            places=self._shared(cues.places[form] for form in cues.place_pattern.findall(text)),
            events=self._shared(
                name for name, pattern in cues.events.items() if pattern.search(text)
            ),
            names=self._shared(names),
            running_total=cues.running_total.search(text) is not None,
            sketch=sketch,
            sketch_size=sketch.bit_count(),
        )

    def _party(self, party: LinkParty) -> PartyKey:
        key = self._parties.get(party)
        if key is None:
            key = self._parties[party] = PartyKey(party)
        return key

    def _shared(self, words: Iterable[str]) -> frozenset[str]:
        found = frozenset(words)
        return self._sets.setdefault(found, found) if found else _EMPTY

    def _sum(self, amount: Money | None, ceiling: Decimal | None, day: date | None) -> Sum | None:
        if amount is None:
            return None
        log, low, high = _log(amount.value), _log(amount.low), _log(amount.high)
        least = log if log is not None else low if low is not None else high
        if least is None:
            return None
        rate = self._rates.per_dollar(amount.currency, day)
        return Sum(
            log=log,
            low=log if log is not None else least,
            high=log if log is not None else high if high is not None else least,
            currency=amount.currency,
            per=amount.per,
            dollars=-math.log(rate) if rate is not None else None,
            digits=significant_digits(amount.value) if amount.value is not None else 0,
            qualifier=amount.qualifier,
            ceiling=_log(ceiling),
        )


def chip_key(chip: str) -> str:
    """A chip's name folded: NVIDIA H100 GPU and H100 are one."""
    folded = unicodedata.normalize("NFKC", chip).lower()
    return _CHIP_NOISE.sub("", folded) or folded


def significant_digits(value: Decimal) -> int:
    """How many digits a number needs: 1 for 100億, 4 for 1079億."""
    return len(value.normalize().as_tuple().digits)


def _log(value: Decimal | None) -> float | None:
    return math.log(float(value)) if value is not None and value > 0 else None


def _sketch(text: str) -> int:
    """The set of a text's character pairs, numbers and marks left out, as bits of one integer."""
    words = _NO_WORDS.sub("", text)
    sketch = 0
    for pair in {words[i : i + 2] for i in range(len(words) - 1)}:
        sketch |= 1 << (zlib.crc32(pair.encode("utf-8", "surrogatepass")) % SKETCH_BITS)
    return sketch
