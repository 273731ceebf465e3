"""What a selection, or a text typed by hand, says for a slot; read by the extractor's own parsers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from pipeline.errors import ReviewError
from pipeline.gazetteer.companies import Companies, Company
from pipeline.gazetteer.vocabulary import Vocabulary
from pipeline.mention import Mention
from pipeline.parse import find_mentions
from pipeline.record import Evidence, Kind, Party, Slot, Status
from pipeline.review.edit import SlotValue
from pipeline.span import Span
from pipeline.values import Capacity, Chip, Count, Money, Number, Term, Value

_SEPARATORS = "、,，\n"
_DEFAULT_UNIT = "個"  # of a number typed without its counter
# A party's name is at most so long; a longer selection was a slip of the mouse.
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotReading:
    """A slot's value with the characters that say it (none for what was typed)."""

    value: SlotValue
    evidence: tuple[Evidence, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads values for slots; holds the gazetteers."""

    vocabulary: Vocabulary
    companies: Companies

    def read_selection(
        self, text: str, span: Span, slot: Slot, *, published: date | None = None
    ) -> SlotReading:
        """The value that selected characters say.

        A number is read within its line, so that bounds just outside the selection (約, 以上)
        count, and the evidence grows to the whole expression.

        Args:
            text: the article's source text.
            span: the selection, in characters of it; blanks at its edges do not count.
            slot: what it is to be read for.
            published: for dates relative to the article's.

        Raises:
            ReviewError: nothing is selected, or it says no such value.
        """
        span = _trimmed(text, span)
        if not len(span):
            raise ReviewError("no_selection", "nothing is selected in the article")
        words = span.of(text)
        if slot in (Slot.BUYER, Slot.SELLER):
            party = self._party(words, text)
            return SlotReading(value=(party,), evidence=(_quote(text, span),))
        if slot in (Slot.KIND, Slot.STATUS):
            raise ReviewError("not_from_text", f"choose {slot.value} from the list")
        line = _line_around(text, span)
        near = find_mentions(line.of(text), self.vocabulary, published=published)
        shifted = [replace(one, span=one.span.shifted(line.start)) for one in near]
        mentions = _best_first([one for one in shifted if one.span.overlaps(span)], span)
        value, used = _value_of(mentions, slot)
        if value in ((), None):
            inner = find_mentions(words, self.vocabulary, published=published)
            mentions = [replace(one, span=one.span.shifted(span.start)) for one in inner]
            value, used = _value_of(mentions, slot)
        if value in ((), None):
            if slot is not Slot.CHIPS:
                raise _unreadable(slot, words)
            return SlotReading(value=(Chip(model=words),), evidence=(_quote(text, span),))
        return SlotReading(value=value, evidence=tuple(_quote(text, one) for one in used))

    def read_typed(
        self, typed: str, slot: Slot, *, text: str = "", published: date | None = None
    ) -> SlotReading:
        """The value that a person typed, in the words of an article: 約140億ドル, 5年間, 10万個以上.

        Args:
            typed: an empty text empties the slot.
            slot: what it is for; parties and chips may be several, parted by 、 or a comma.
            text: the article, in which a known party's surfaces are looked for.
            published: for dates relative to the article's.

        Returns:
            The value; evidence None, so that the slot keeps the quotes that it has.

        Raises:
            ReviewError: it says no such value.
        """
        typed = typed.strip()
        if not typed and slot not in (Slot.KIND, Slot.STATUS):
            empty = () if slot in (Slot.BUYER, Slot.SELLER, Slot.CHIPS) else None
            return SlotReading(value=empty, evidence=None)
        value: SlotValue
        if slot is Slot.KIND:
            value = _choice(Kind, typed, slot)
        elif slot is Slot.STATUS:
            value = _choice(Status, typed, slot)
        elif slot in (Slot.BUYER, Slot.SELLER):
            value = tuple(self._party(name, text) for name in _parts(typed))
        elif slot is Slot.CHIPS:
            value = tuple(chip for name in _parts(typed) for chip in self._chips(name))
        else:
            mentions = find_mentions(typed, self.vocabulary, published=published)
            value, _ = _value_of(_best_first(mentions, Span(0, len(typed))), slot)
            if value is None:
                raise _unreadable(slot, typed)
        return SlotReading(value=value, evidence=None)

    def _chips(self, name: str) -> tuple[Chip, ...]:
        found = [one.value for one in find_mentions(name, self.vocabulary)]
        return tuple(one for one in found if isinstance(one, Chip)) or (Chip(model=name),)

    def _party(self, words: str, text: str) -> Party:
        if len(words) > LONGEST_NAME or "\n" in words:
            raise ReviewError("too_long", f"a party's name has at most {LONGEST_NAME} characters")
        company = self._company(words)
        if company is None:
            return Party(name=words, surfaces=(words,), gazetteer_id=None)
        elsewhere = [span.of(text) for span, other in self.companies.find(text) if other == company]
        surfaces = dict.fromkeys([*sorted(elsewhere, key=len, reverse=True)])
        if not surfaces or words in text:
            surfaces[words] = None
        return Party(name=company.name, surfaces=tuple(surfaces), gazetteer_id=company.id)

    def _company(self, words: str) -> Company | None:
        named = self.companies.named(words)
        if named is not None:
            return named
        found = {company.id: company for _, company in self.companies.find(words)}
        whole = [span for span, _ in self.companies.find(words) if len(span) == len(words)]
        return next(iter(found.values())) if len(found) == 1 and whole else None


def _trimmed(text: str, span: Span) -> Span:
    words = text[span.start : span.end]
    start = span.start + len(words) - len(words.lstrip())
    return Span(start, max(start, span.start + len(words.rstrip())))


def _line_around(text: str, span: Span) -> Span:
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    return Span(start, len(text) if end < 0 else end)


def _quote(text: str, span: Span) -> Evidence:
    return Evidence(start=span.start, end=span.end, quote=span.of(text))


def _parts(typed: str) -> list[str]:
    for mark in _SEPARATORS:
        typed = typed.replace(mark, "\n")
    return [part.strip() for part in typed.split("\n") if part.strip()]


def _best_first(mentions: Iterable[Mention[Value]], span: Span) -> list[Mention[Value]]:
    """Those that share most characters with the selection first."""

    def shared(one: Mention[Value]) -> int:
        return min(one.span.end, span.end) - max(one.span.start, span.start)

    return sorted(mentions, key=lambda one: (-shared(one), one.span))


def _value_of(mentions: Sequence[Mention[Value]], slot: Slot) -> tuple[SlotValue, list[Span]]:
    """The slot's value among mentions, best first, and the spans that say it."""
    if slot is Slot.CHIPS:
        chips = sorted((one.span, one.value) for one in mentions if isinstance(one.value, Chip))
        return tuple(dict.fromkeys(chip for _, chip in chips)), [span for span, _ in chips]
    for one in mentions:
        value = _as_slot(one.value, slot)
        if value is not None:
            return value, [one.span]
    return None, []


def _as_slot(value: Value, slot: Slot) -> Money | Term | Count | Decimal | None:
    match slot, value:
        case Slot.AMOUNT, Money():
            return value
        case Slot.AMOUNT_MAX, Money() | Number():
            return value.value if value.value is not None else value.high
        case Slot.TERM, Term():
            return value
        case Slot.COUNT, Count():
            return value
        case Slot.COUNT, Number():
            return Count(
                value=value.value,
                low=value.low,
                high=value.high,
                qualifier=value.qualifier,
                unit=_DEFAULT_UNIT,
            )
        case Slot.CAPACITY, Capacity() | Number():
            return value.least
    return None


def _choice(options: type[Kind] | type[Status], typed: str, slot: Slot) -> Kind | Status:
    try:
        return options(typed)
    except ValueError as error:
        known = ", ".join(one.value for one in options)
        raise ReviewError("unreadable", f"{slot.value} is one of {known}") from error


def _unreadable(slot: Slot, words: str) -> ReviewError:
    shown = words if len(words) <= LONGEST_NAME else words[: LONGEST_NAME - 1] + "…"
    return ReviewError("unreadable", f"{shown!r} cannot be read as {slot.value}")
