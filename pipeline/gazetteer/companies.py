"""Companies, governments, funds and people by every name they go by; from models/companies.toml.

`Companies.find` reads a whole text and gives the parties that it names, longest name first. The
rules for doubtful names (MS, メタ, アーム) are data in the same file; models/README.md says how to
edit it.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.errors import GazetteerError
from pipeline.gazetteer.scan import SHORTEST_NAME, Scanner, compile_names, fold
from pipeline.span import Span

COMPANIES_FILE = "companies.toml"
KINDS = ("company", "government", "agency", "fund", "university", "person", "consortium")

_ENTRY_FIELDS = frozenset({"name", "names", "weak", "country", "parent", "products", "trade"})
TRADES = (
    "lab",
    "platform",
    "cloud",
    "chips",
    "hardware",
    "telecom",
    "maker",
    "services",
    "finance",
    "energy",
    "software",
)
_GUARD_LISTS = frozenset({"not_before", "not_after", "only_before", "only_after"})
_GUARD_FIELDS = _GUARD_LISTS | {"exact"}
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_COUNTRY = re.compile(r"[A-Z]{2}")

# ソニー銀行 is another firm than ソニー.
_OTHER_FIRM = ("銀行", "証券", "生命", "損保", "信託")
# A bare country (日本, weak for 日本政府) acts only where one of these follows: 日本で is a place.
_ACTOR = ("は", "が", "と", "も", "、", "に対", "への", "から", "側")

_SEPARATOR = re.compile(r"[・･ \u3000＝=]")
_BEFORE = (
    r"(?:株式会社|合同会社|有限会社|合資会社|一般社団法人|一般財団法人|公益財団法人|国立研究開発法人"
    r"|独立行政法人|国立大学法人|学校法人|特定非営利活動法人|㈱|㈲|[(（]株[)）]|[(（]同[)）])[ 　]?"
)
_AFTER = r"""(?:
      (?:(?:[ 　](?:Group|Holdings?|Corporation|Technologies))?
         (?:,?[ 　](?:Inc|Corp|Ltd|LLC|LLP|PLC|plc|Plc|AG|SE|SA|S\.A|NV|N\.V|BV|B\.V|AB|ASA|Oy|GmbH
           |Pte\.?[ ]Ltd|Pty[ ]Ltd|Co\.?,?[ ]Ltd|Co|LP|L\.P|KK|K\.K)(?![A-Za-z])\.?)
       |[ 　](?:Group|Holdings?|Corporation)(?![A-Za-z])
       |[・ 　]?(?:グループ|ホールディングス|ホールディング|コーポレーション|インコーポレイテッド|インク
           |リミテッド|カンパニー|ジャパン)(?![ァ-ヺー])
       |(?:HD|ＨＤ)(?![A-Za-z])
       |[ 　]?(?:株式会社|合同会社|有限会社|㈱|[(（]株[)）])
       |社(?![員長会内外製債名史風宅屋説是章則業交務命用主給葬]))
    )"""
_LEGAL_BEFORE = re.compile(rf"{_BEFORE}\Z")
_LEGAL_AFTER = re.compile(_AFTER, re.VERBOSE)
_LEGAL_START = re.compile(rf"\A{_BEFORE}")
_LEGAL_END = re.compile(rf"{_AFTER}+\Z", re.VERBOSE)
_LEGAL_WINDOW = 12
# Written right before or after a doubtful name, these make it a party: 米MS, MS社.
_PARTY_BEFORE = re.compile(r"(?:米|英|仏|独|加|韓|台湾|中国|韓国|米国|英国|同業の|大手)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Somebody who can be a party to a deal.

    Attributes:
        id: stable slug, the key in models/companies.toml.
        name: canonical name.
        names: every form as written, the canonical one first; without legal forms.
        country: ISO 3166-1 alpha-2 code, None where none fits (a consortium, the EU is "EU").
        kind: one of `KINDS`.
        parent: id of the owner, None where it stands alone (DeepMind's is google).
        trade: one of `TRADES`, what it mostly does; None where not told.
    """

    id: str
    name: str
    names: tuple[str, ...]
    country: str | None
    kind: str
    parent: str | None = None
    trade: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """When a doubtful surface is read as a name.

    Attributes:
        weak: only beside a firm hint: the same party under a clear name in the same text, a legal
            form (MS社) or a country (米MS).
        not_before: not when the text goes on with one of these.
        not_after: not when the text before ends with one of these.
        only_before: only when the text goes on with one of these.
        only_after: only when the text before ends with one of these.
        exact: only in the capitals that it is written in (xAI; XAI is explainable AI).
    """

    weak: bool = False
    exact: bool = False
    not_before: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()

    def allows(self, folded: str, start: int, end: int) -> bool:
        """Whether the neighbours of folded[start:end] permit the name."""
        if self.not_before and folded.startswith(self.not_before, end):
            return False
        if self.not_after and folded.endswith(self.not_after, 0, start):
            return False
        if self.only_before and not folded.startswith(self.only_before, end):
            return False
        return not self.only_after or folded.endswith(self.only_after, 0, start)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surface:
    """One name: whose it is, how it is written, when it counts."""

    owner: str
    written: str
    guard: Guard
    is_product: bool = False


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    surface: _Surface


_NO_GUARD = Guard()


@dataclass(frozen=True, slots=True, kw_only=True)
class Companies:
    """The gazetteer of parties, frozen; made by `load_companies`.

    Attributes:
        by_id: every company by its id.
    """

    by_id: Mapping[str, Company]
    _surfaces: Mapping[str, _Surface] = field(repr=False)
    _scanner: Scanner = field(repr=False)

    def find(self, text: str) -> tuple[tuple[Span, Company], ...]:
        """The parties that a text names.

        Args:
            text: a whole article or passage, normalised or not; weak names (MS) need the clear
                name in the same text, so give the article rather than a sentence.

        Returns:
            Spans into `text`, in text order, not overlapping, each the longest name at its place
            with its legal form (株式会社X, X社, X Inc.) and without a country (米X).
        """
        folded = fold(text)
        hits = [hit for hit in self._scan(text, folded) if not hit.surface.is_product]
        clear = {hit.surface.owner for hit in hits if not hit.surface.guard.weak}
        found = []
        floor = 0
        for hit in hits:
            start, end = _with_legal_form(text, hit.start, hit.end, floor)
            if hit.surface.guard.weak and not (
                hit.surface.owner in clear
                or (start, end) != (hit.start, hit.end)
                or _PARTY_BEFORE.search(text, max(0, start - _LEGAL_WINDOW), start)
            ):
                continue
            found.append((Span(start, end), self.by_id[hit.surface.owner]))
            floor = end
        return tuple(found)

    def find_products(self, text: str) -> tuple[tuple[Span, Company], ...]:
        """Products and models (ChatGPT, Gemini) with their makers; they are no parties."""
        hits = self._scan(text, fold(text))
        return tuple(
            (Span(hit.start, hit.end), self.by_id[hit.surface.owner])
            for hit in hits
            if hit.surface.is_product
        )

    def named(self, name: str) -> Company | None:
        """The company that a whole string names, legal forms aside, or None.

        Example: 株式会社日立製作所 → Hitachi.
        """
        text = name.strip()
        for candidate in (text, _LEGAL_START.sub("", _LEGAL_END.sub("", text))):
            surface = self._surfaces.get(fold(candidate))
            if surface is not None and not surface.is_product:
                return self.by_id[surface.owner]
        return None

    def _scan(self, text: str, folded: str) -> Iterator[_Hit]:
        """Names whose neighbours and letter case permit them, in text order."""

        def accept(name: str, start: int, end: int) -> bool:
            surface = self._surfaces[name]
            return surface.guard.allows(folded, start, end) and _case_fits(surface, text[start:end])

        for start, end in self._scanner.scan(folded, accept):
            yield _Hit(start, end, self._surfaces[folded[start:end]])


def _case_fits(surface: _Surface, seen: str) -> bool:
    """Whether a Latin name's capitals will do: Apple and APPLE are a company, apple is a fruit.

    A name with capitals inside (OpenAI) is clear in any case unless its guard says `exact`.
    """
    written = surface.written
    if surface.guard.exact:
        return seen == written
    if not (written.isascii() and written.isalpha()) or not seen[:1].islower():
        return True
    return written[:1].islower() or not (written.isupper() or written.istitle())


def _with_legal_form(text: str, start: int, end: int, floor: int) -> tuple[int, int]:
    """The span widened by a legal form on either side, not reaching back over `floor`."""
    before = _LEGAL_BEFORE.search(text, max(floor, start - _LEGAL_WINDOW), start)
    if before is not None:
        start = before.start()
    while (after := _LEGAL_AFTER.match(text, end)) is not None and after.end() > end:
        end = after.end()
    return start, end


def load_companies(models_dir: Path) -> Companies:
    """The gazetteer of parties.

    Args:
        models_dir: the folder that holds companies.toml.

    Raises:
        GazetteerError: the file is missing, no TOML, has an entry that cannot be used or gives one
            name to two owners; the message names file, line and entry.
    """
    path = models_dir / COMPANIES_FILE
    source = _Source.read(path)
    guards = {fold(name): _guard(source, name, row) for name, row in source.table("guard").items()}
    by_id: dict[str, Company] = {}
    surfaces: dict[str, _Surface] = {}
    for kind in KINDS:
        for entry_id, row in source.table(kind).items():
            if entry_id in by_id:
                raise source.error(entry_id, f"stands under {by_id[entry_id].kind} too; keep one")
            by_id[entry_id] = _company(source, entry_id, kind, row)
            _add_surfaces(source, surfaces, guards, by_id[entry_id], row)
    for entry in by_id.values():
        if entry.parent is not None and entry.parent not in by_id:
            raise source.error(entry.id, f"parent {entry.parent!r} is no entry; add it or mend it")
    if unused := guards.keys() - surfaces.keys():
        name = min(unused)
        raise source.error(name, "has a guard but is nobody's name; add the name or drop the guard")
    return Companies(
        by_id=MappingProxyType(by_id),
        _surfaces=MappingProxyType(surfaces),
        _scanner=compile_names(surfaces),
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """companies.toml as read, with its text so that errors can name a line."""

    path: Path
    text: str
    tables: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "_Source":
        try:
            text = path.read_text(encoding="utf-8")
            tables = tomllib.loads(text)
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{path}: cannot be read ({error}); put the file there or mend it"
            raise GazetteerError(msg) from error
        except tomllib.TOMLDecodeError as error:
            msg = f"{path}: no TOML: {error}; mend that line"
            raise GazetteerError(msg) from error
        if unknown := tables.keys() - {*KINDS, "guard"}:
            msg = f"{path}: table [{min(unknown)}] is unknown; use {', '.join(KINDS)} or guard"
            raise GazetteerError(msg)
        return cls(path, text, tables)

    def table(self, name: str) -> Mapping[str, Mapping[str, Any]]:
        rows = self.tables.get(name, {})
        if not isinstance(rows, Mapping):
            raise self.error(name, "must be a table of entries")
        for key, row in rows.items():
            if not isinstance(row, Mapping):
                raise self.error(key, "must be { … }, see models/README.md")
        return rows

    def error(self, entry: str, fault: str) -> GazetteerError:
        line = next(
            (
                number
                for number, row in enumerate(self.text.splitlines(), 1)
                if re.match(rf"\s*[\"']?{re.escape(entry)}[\"']?\s*=", row, re.IGNORECASE)
            ),
            1,
        )
        return GazetteerError(f"{self.path}:{line}: {entry}: {fault}")


def _company(source: _Source, entry_id: str, kind: str, row: Mapping[str, Any]) -> Company:
    if not _ID.fullmatch(entry_id):
        raise source.error(entry_id, "an id is a-z, 0-9 and single hyphens; rename it")
    if unknown := row.keys() - _ENTRY_FIELDS:
        known = ", ".join(sorted(_ENTRY_FIELDS))
        raise source.error(entry_id, f"field {min(unknown)!r} is unknown; use {known}")
    name, country, parent = row.get("name"), row.get("country"), row.get("parent")
    if not isinstance(name, str) or not name.strip():
        raise source.error(entry_id, 'needs a name, as in name = "OpenAI"')
    if country is not None and not (isinstance(country, str) and _COUNTRY.fullmatch(country)):
        raise source.error(entry_id, f'country {country!r} must be two capitals, as in "JP"')
    if parent is not None and not isinstance(parent, str):
        raise source.error(entry_id, "parent must be the id of another entry")
    trade = row.get("trade")
    if trade is not None and trade not in TRADES:
        raise source.error(entry_id, f"trade {trade!r} is unknown; use {', '.join(TRADES)}")
    return Company(
        id=entry_id,
        name=name,
        names=_names(source, entry_id, name, row),
        country=country,
        kind=kind,
        parent=parent,
        trade=trade,
    )


def _names(source: _Source, entry_id: str, name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    """All names, canonical first; `weak` may repeat the canonical one, nothing else stands twice."""
    weak = _texts(source, entry_id, "weak", row.get("weak", []))
    clear = (name, *_texts(source, entry_id, "names", row.get("names", [])))
    names = (*clear, *(text for text in weak if text != name))
    seen: set[str] = set()
    for text in (*names, *_texts(source, entry_id, "products", row.get("products", []))):
        if fold(text) in seen:
            raise source.error(entry_id, f"{text!r} stands twice; keep it once")
        if len(text) < SHORTEST_NAME:
            raise source.error(entry_id, f"{text!r} is too short to be found safely; drop it")
        seen.add(fold(text))
    return names


def _texts(source: _Source, entry: str, label: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise source.error(entry, f'{label} must be a list of texts, as in ["メタ"]')
    return tuple(value)


def _guard(source: _Source, name: str, row: Mapping[str, Any]) -> Guard:
    if unknown := row.keys() - _GUARD_FIELDS:
        known = ", ".join(sorted(_GUARD_FIELDS))
        raise source.error(name, f"guard {min(unknown)!r} is unknown; use {known}")
    if not isinstance(exact := row.get("exact", False), bool):
        raise source.error(name, "exact must be true or false")
    lists = {
        label: tuple(fold(text) for text in _texts(source, name, label, row.get(label, [])))
        for label in _GUARD_LISTS
    }
    return Guard(
        exact=exact,
        not_before=lists["not_before"],
        not_after=lists["not_after"],
        only_before=lists["only_before"],
        only_after=lists["only_after"],
    )


def _add_surfaces(
    source: _Source,
    surfaces: dict[str, _Surface],
    guards: Mapping[str, Guard],
    company: Company,
    row: Mapping[str, Any],
) -> None:
    """Enter a company's names and products, in every spelling of their separators."""
    weak = row.get("weak", [])
    for written, is_product in (
        *((name, False) for name in company.names),
        *((name, True) for name in row.get("products", [])),
    ):
        folded = fold(written)
        guard = replace(guards.get(folded, _NO_GUARD), weak=written in weak)
        if company.kind == "company" and not is_product:
            guard = replace(guard, not_before=(*guard.not_before, *_OTHER_FIRM))
        if company.kind == "government" and guard.weak:
            guard = replace(guard, only_before=(*guard.only_before, *_ACTOR))
        surface = _Surface(owner=company.id, written=written, guard=guard, is_product=is_product)
        for spelling in _spellings(folded):
            known = surfaces.setdefault(spelling, surface)
            if known.owner != company.id or (known.is_product != is_product and spelling == folded):
                raise source.error(
                    company.id,
                    f"{written!r} is already a name of {known.owner}; keep it in one place",
                )
        surfaces[folded] = surface


def _spellings(folded: str) -> Iterable[str]:
    """A folded name with its separators as they may be written: ・, a space, = or nothing."""
    if not _SEPARATOR.search(folded):
        return (folded,)
    marks = (" ", "") if folded.isascii() else ("・", " ", "\u3000", "=", "＝", "")
    return dict.fromkeys((folded, *(_SEPARATOR.sub(mark, folded) for mark in marks)))
