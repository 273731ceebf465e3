"""The words of the number grammar: currencies, units, counters, chips, and words that are no numbers.

Read from currencies.toml, units.toml and chips.toml under models/; frozen once read.
"""

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline.errors import GazetteerError


class Dimension(StrEnum):
    """What a unit makes of the number before it."""

    MONEY = "money"
    COUNT = "count"
    CAPACITY = "capacity"
    PERCENT = "percent"
    TIME = "time"
    LABEL = "label"  # a rank, name, comparison or setting: 3位, 2倍, 3ナノ


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One written form of a unit.

    Attributes:
        dimension: what it measures.
        form: as written, normalised.
        code: ISO 4217 (money), the unit as returned (count), the ISO 8601 designator (time).
        factor: how many base units one is: currency units (セント 0.01), megawatts, per cent,
            units of `code` (四半期 is 3 M).
        not_before: what may not follow the form, or it is part of another word.
        is_minor: a part of a currency (セント, 銭).
        is_point: a difference of percentages (ポイント).
    """

    dimension: Dimension
    form: str
    code: str
    factor: Decimal = Decimal(1)
    not_before: tuple[str, ...] = ()
    is_minor: bool = False
    is_point: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipVendor:
    """A maker of chips and how its models are written; see models/chips.toml."""

    name: str
    names: tuple[str, ...]
    models: tuple[str, ...]
    families: tuple[str, ...]
    aliases: Mapping[str, str]
    patterns: Mapping[str, str]
    cautious: frozenset[str]


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is no number although `word[offset]` is a numeral; `not_before` ends it."""

    word: str
    offset: int
    not_before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Vocabulary:
    """All words of the number grammar. Compares and hashes by identity.

    Attributes:
        suffixes: units by the first character of their form, the longest form first.
        prefixes: currencies written before the number, by the last character, longest first.
        chips: vendors in the order of the file.
        words: words that are no numbers, by each numeral in them.
    """

    suffixes: Mapping[str, tuple[Unit, ...]]
    prefixes: Mapping[str, tuple[Unit, ...]]
    chips: tuple[ChipVendor, ...]
    words: Mapping[str, tuple[Word, ...]]

    def __repr__(self) -> str:
        """How much is in it: the whole would fill pages."""
        units = sum(len(units) for units in self.suffixes.values())
        return f"<Vocabulary: {units} forms of units, {len(self.chips)} chip vendors>"

    def unit_at(self, text: str, position: int) -> Unit | None:
        """The unit written at `position` of a normalised text, the longest that fits, or None."""
        if position >= len(text):
            return None
        for unit in self.suffixes.get(text[position], ()):
            form = unit.form
            if not text.startswith(form, position):
                continue
            end = position + len(form)
            if form[-1] in _LATIN and text[end : end + 1] in _LATIN_OR_DIGIT:
                continue
            if unit.not_before and text.startswith(unit.not_before, end):
                continue
            return unit
        return None

    def currency_before(self, text: str, position: int, floor: int) -> Unit | None:
        """The currency written right before `position`, not reaching back over `floor`."""
        if position <= floor:
            return None
        for unit in self.prefixes.get(text[position - 1], ()):
            start = position - len(unit.form)
            if start < floor or not text.endswith(unit.form, floor, position):
                continue
            if unit.form[0] in _LATIN and start and text[start - 1] in _LATIN_OR_DIGIT:
                continue
            return unit
        return None

    def word_end(self, text: str, position: int) -> int:
        """Where the word that makes the numeral at `position` no number ends (一部, 万が一); else 0.

        A word that ends in a numeral is none where the numeral goes on: 九十九 in 九十九兆.
        """
        for placed in self.words.get(text[position], ()):
            start = position - placed.offset
            word = placed.word
            if start < 0 or not text.startswith(word, start):
                continue
            end = start + len(word)
            if placed.not_before and text.startswith(placed.not_before, end):
                continue
            if word[-1] in _NUMERALS and text[end : end + 1] in _NUMERAL_TAIL:
                continue
            return end
        return 0


_KEPT = "㎡㎥²³"
_LATIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz²³")
_LATIN_OR_DIGIT = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_NUMERALS = frozenset("0123456789〇零一二三四五六七八九十百千万億兆京垓数何半")
_NUMERAL_TAIL = frozenset("0123456789〇零一二三四五六七八九十百千万億兆")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Currency(_Entry):
    code: str = Field(pattern=r"^[A-Z]{3}$")
    name: str
    names: list[str]
    symbols: list[str] = []
    minor: dict[str, int] = {}


class _Currencies(_Entry):
    currency: list[_Currency]


class _Count(_Entry):
    forms: list[str] = Field(min_length=1)
    name: str | None = None


class _Capacity(_Entry):
    forms: list[str] = Field(min_length=1)
    mw: Decimal


class _Percent(_Entry):
    forms: list[str] = Field(min_length=1)
    of: Decimal
    point: bool = False


class _Time(_Entry):
    forms: list[str] = Field(min_length=1)
    iso: str = Field(pattern=r"^(?:[YMWD]|T[HMS])$")
    times: int = 1


class _Label(_Entry):
    forms: list[str] = Field(min_length=1)


class _Words(_Entry):
    not_numbers: list[str]


class _Units(_Entry):
    count: list[_Count]
    capacity: list[_Capacity]
    percent: list[_Percent]
    time: list[_Time]
    label: list[_Label]
    words: _Words


class _Vendor(_Entry):
    name: str
    names: list[str] = Field(min_length=1)
    models: list[str] = []
    families: list[str] = []
    aliases: dict[str, str] = {}
    patterns: dict[str, str] = {}
    cautious: list[str] = []

    @field_validator("patterns")
    @classmethod
    def _compiles(cls, patterns: dict[str, str]) -> dict[str, str]:
        for pattern in patterns.values():
            try:
                re.compile(pattern)
            except re.error as error:
                msg = f"{pattern!r} is no regular expression: {error}"
                raise ValueError(msg) from error
        return patterns


class _Chips(_Entry):
    vendor: list[_Vendor]


def load_vocabulary(models_dir: Path) -> Vocabulary:
    """Read the words of the number grammar.

    Args:
        models_dir: the folder that holds currencies.toml, units.toml and chips.toml.

    Returns:
        The vocabulary, ready to use.

    Raises:
        GazetteerError: a file that is missing, no TOML, or has an entry that cannot be used; the
            message names file, entry and mend.
    """
    currencies = _read(models_dir / "currencies.toml", _Currencies)
    units = _read(models_dir / "units.toml", _Units)
    chips = _read(models_dir / "chips.toml", _Chips)
    suffixes = [*_currency_suffixes(currencies.currency), *_unit_suffixes(units)]
    return Vocabulary(
        suffixes=_by_character(suffixes, 0),
        prefixes=_by_character(_currency_prefixes(currencies.currency), -1),
        chips=tuple(_vendor(vendor) for vendor in chips.vendor),
        words=_placed(units.words.not_numbers),
    )


_Model = TypeVar("_Model", bound=BaseModel)


def _read(path: Path, model: type[_Model]) -> _Model:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); set TORIHIKI_MODELS_DIR to the models folder"
        raise GazetteerError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path}: no TOML in UTF-8: {error}; mend the line that it names"
        raise GazetteerError(msg) from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = "; ".join(_fault(data, fault) for fault in error.errors())
        msg = f"{path}: {faults}; the head of the file says what an entry holds"
        raise GazetteerError(msg) from error


def _fault(data: dict[str, Any], fault: Any) -> str:
    """One validation error with the entry that it is about, by name where it has one."""
    where = fault["loc"]
    entry: Any = data
    for part in where[:2]:
        try:
            entry = entry[part]
        except (KeyError, IndexError, TypeError):
            break
    shown = (
        entry.get("code") or entry.get("name") or entry.get("forms")
        if isinstance(entry, dict)
        else None
    )
    place = ".".join(str(part) for part in where)
    return f"{place}{f' ({shown})' if shown else ''}: {fault['msg']}"


def _written(form: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The form as it stands in a normalised text, with what may not follow it.

    Characters that normalisation keeps (㎡, m²) are kept, and folded as well, for texts that were
    folded elsewhere.
    """
    written, _, stops = form.partition("!")
    not_before = tuple(stop for stop in stops.split(",") if stop)
    yield unicodedata.normalize("NFKC", written), not_before
    if any(char in written for char in _KEPT):
        yield written, not_before


def _all_written(forms: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for form in forms:
        yield from _written(form)


def _currency_suffixes(currencies: Iterable[_Currency]) -> Iterator[Unit]:
    for currency in currencies:
        code = currency.code
        for form, not_before in _all_written([*currency.names, code, code.lower()]):
            yield Unit(dimension=Dimension.MONEY, form=form, code=code, not_before=not_before)
        for name, parts in currency.minor.items():
            yield Unit(
                dimension=Dimension.MONEY,
                form=name,
                code=code,
                factor=Decimal(1) / parts,
                is_minor=True,
            )


def _currency_prefixes(currencies: Iterable[_Currency]) -> Iterator[Unit]:
    for currency in currencies:
        code = currency.code
        for form, _ in _all_written([*currency.symbols, code, code.lower()]):
            yield Unit(dimension=Dimension.MONEY, form=form, code=code)


def _count_suffixes(counts: Iterable[_Count]) -> Iterator[Unit]:
    for count in counts:
        for form, stops in _all_written(count.forms):
            code = count.name or form
            yield Unit(dimension=Dimension.COUNT, form=form, code=code, not_before=stops)


def _unit_suffixes(units: _Units) -> Iterator[Unit]:
    yield from _count_suffixes(units.count)
    for capacity in units.capacity:
        for form, stops in _all_written(capacity.forms):
            yield Unit(
                dimension=Dimension.CAPACITY,
                form=form,
                code="MW",
                factor=capacity.mw,
                not_before=stops,
            )
    for percent in units.percent:
        for form, stops in _all_written(percent.forms):
            yield Unit(
                dimension=Dimension.PERCENT,
                form=form,
                code="%",
                factor=percent.of,
                not_before=stops,
                is_point=percent.point,
            )
    for time in units.time:
        for form, stops in _all_written(time.forms):
            factor = Decimal(time.times)
            yield Unit(
                dimension=Dimension.TIME, form=form, code=time.iso, factor=factor, not_before=stops
            )
    for label in units.label:
        for form, stops in _all_written(label.forms):
            yield Unit(dimension=Dimension.LABEL, form=form, code=form, not_before=stops)


def _by_character(units: Iterable[Unit], index: int) -> Mapping[str, tuple[Unit, ...]]:
    """Units by the character at `index` of their form, longest first, the first of equals kept."""
    table: dict[str, dict[str, Unit]] = defaultdict(dict)
    for unit in units:
        table[unit.form[index]].setdefault(unit.form, unit)
    return MappingProxyType(
        {
            char: tuple(sorted(forms.values(), key=lambda unit: -len(unit.form)))
            for char, forms in table.items()
        }
    )


def _placed(words: Iterable[str]) -> Mapping[str, tuple[Word, ...]]:
    """Words by each numeral in them, the longest first."""
    table: dict[str, set[Word]] = defaultdict(set)
    for entry in words:
        word, _, stops = entry.partition("!")
        not_before = tuple(stop for stop in stops.split(",") if stop)
        for offset, char in enumerate(word):
            if char in _NUMERALS:
                table[char].add(Word(word, offset, not_before))
    return MappingProxyType(
        {
            char: tuple(sorted(placed, key=lambda item: (-len(item.word), item.word, item.offset)))
            for char, placed in table.items()
        }
    )


def _vendor(vendor: _Vendor) -> ChipVendor:
    return ChipVendor(
        name=vendor.name,
        names=tuple(vendor.names),
        models=tuple(vendor.models),
        families=tuple(vendor.families),
        aliases=MappingProxyType(dict(vendor.aliases)),
        patterns=MappingProxyType(dict(vendor.patterns)),
        cautious=frozenset(vendor.cautious),
    )
