"""Who is named where: party mentions in a reading view, and which of them are one entity.

The gazetteer decides where it knows a name. For the others there are patterns of how Japanese news
writes names (Latin capitals, katakana or quotes beside a word for a firm, kanji with the ending of
an institution) and the model's proposals; whether such a name plays a role in a deal is decided
later, from its context.
"""

import itertools
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.annotate import Annotation
from pipeline.assemble.names import RawName, model_names, pattern_names
from pipeline.gazetteer.companies import Companies
from pipeline.gazetteer.names import NameWords
from pipeline.sentences import Sentence
from pipeline.span import Span

_LEGAL_FORM = re.compile(
    r"株式会社|有限会社|合同会社|\(株\)|,? (?:Inc|Corp|Corporation|Ltd|LLC|PLC|plc|N\.?V|SAS|S\.A|Co)\b\.?"
    r"|(?<=[^会支本])社$| ?グループ$| Group$| Holdings?$| ?ホールディングス$"
)
_SHORT_FORM = 3  # characters from which a name can be the short form of a longer one


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyMention:
    """A name, or a word that stands for one, at its place in the view.

    Attributes:
        span: characters of the view.
        entity: key of the entity; resolved for 同社.
        origin: gazetteer, latin, katakana, kanji, legal, quote, model or anaphor.
    """

    span: Span
    entity: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyEntity:
    """All that is known of one party of an article.

    Attributes:
        key: gazetteer id with "g:" before it, or the folded name.
        name: canonical or fullest name.
        surfaces: forms used in the article, fullest first.
        gazetteer_id: None where unknown.
        kind: company, government, agency, fund, university, person, consortium or unknown.
        mentions: how often it is named.
        trade: what it mostly does, by the gazetteer; None where not told.
    """

    key: str
    name: str
    surfaces: tuple[str, ...]
    gazetteer_id: str | None
    kind: str
    mentions: int
    trade: str | None = None


def fold_name(name: str) -> str:
    """A name for comparison: lower case, without legal forms, blanks, dots and hyphens."""
    text = name
    while True:
        shorter = _LEGAL_FORM.sub("", text).strip(" ・,.")
        if shorter == text or not shorter:
            break
        text = shorter
    return re.sub(r"[\s・･.\-‐–—_'’「」『』]", "", text).lower()


def _rank(raw: RawName) -> str:
    """Of SKハイニックス, SK is no better name than the whole."""
    mixed = raw.origin == "katakana" and any(letter.isascii() for letter in raw.surface)
    return "latin" if mixed else raw.origin


def _without_overlaps(raws: Sequence[RawName], taken: Sequence[Span]) -> list[RawName]:
    """Earlier lists win over later ones, longer names over shorter ones of the same origin."""
    kept: list[RawName] = []
    blocked = list(taken)
    order = {
        "gazetteer": 0,
        "legal": 1,
        "quote": 2,
        "latin": 3,
        "kanji": 4,
        "katakana": 5,
        "model": 6,
    }
    for raw in sorted(raws, key=lambda r: (order[_rank(r)], -len(r.span), r.span.start)):
        if not any(raw.span.overlaps(span) for span in blocked):
            kept.append(raw)
            blocked.append(raw.span)
    return sorted(kept, key=lambda r: r.span.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Everybody in an article: mentions in text order, and the entities by key."""

    mentions: tuple[PartyMention, ...]
    entities: Mapping[str, PartyEntity]


def _parenthesised(text: str, first: RawName, second: RawName) -> bool:
    """Whether `second` is the other name of `first`: A（B）."""
    between = text[first.span.end : second.span.start]
    after = text[second.span.end : second.span.end + 1]
    return between in (
        "(",
        "（",
        " (",
        "（旧",
        "(旧",
        "（以下",
        "（以下、",
        "(以下、",
    ) and after in (")", "）", "、", "：", ":", "」")


def _alias_keys(text: str, raws: Sequence[RawName]) -> dict[str, str]:
    """Folded name → key of its entity, from gazetteer ids, A（B） pairs and short forms."""
    key_of: dict[str, str] = {}
    for raw in raws:
        if raw.gazetteer_id is not None:
            key_of[fold_name(raw.surface)] = "g:" + raw.gazetteer_id
    for first, second in itertools.pairwise(raws):
        if _parenthesised(text, first, second):
            _join_names(key_of, fold_name(first.surface), fold_name(second.surface))
    _join_short_forms(key_of, raws)
    return key_of


def _join_names(key_of: dict[str, str], first: str, second: str) -> None:
    """Let two names that are one share a key; what the gazetteer told apart stays apart."""
    if first in key_of:
        key_of.setdefault(second, key_of[first])
    elif second in key_of:
        key_of[first] = key_of[second]
    else:
        key_of[first] = key_of[second] = first


def _join_short_forms(key_of: dict[str, str], raws: Sequence[RawName]) -> None:
    """Nebius is Nebius Group NV where both stand in one article."""
    names = sorted({fold_name(raw.surface) for raw in raws}, key=len, reverse=True)
    compound = {fold_name(raw.surface) for raw in raws if " " in raw.surface or "・" in raw.surface}
    for short in names:
        if short in key_of or len(short) < _SHORT_FORM:
            continue
        longer = [
            name
            for name in names
            if name != short and name.startswith(short) and len(name) <= 4 * len(short)
        ]
        if longer and compound & set(longer):
            key_of[short] = key_of.get(longer[0], longer[0])


_ISSUER = frozenset({"当社", "弊社"})


def _resolve_anaphors(
    text: str, sentences: Sequence[Sentence], mentions: list[PartyMention], words: NameWords
) -> list[PartyMention]:
    """同社 is the party that was spoken of last: the topic before, else the nearest name before.

    当社 is who issues the release: the party named first.
    """
    out: list[PartyMention] = []
    for sentence in sentences:
        body = sentence.span.of(text)
        for match in words.anaphor.finditer(body):
            at = sentence.span.start + match.start()
            if match.group() in _ISSUER:
                entity = mentions[0].entity if mentions else None
            else:
                entity = _topic_before(text, mentions, at, sentence.span.start)
            if entity is not None:
                span = Span(at, at + len(match.group()))
                out.append(PartyMention(span=span, entity=entity, origin="anaphor"))
    return sorted([*mentions, *out], key=lambda m: m.span)


_TOPIC = re.compile(
    r"^(?:[」』）)]|（[^）]{0,40}）|\([^)]{0,40}\)|社|グループ|側|氏)*(?:は|が|も|では|には)"
)


def is_topic(text: str, span: Span) -> bool:
    """Whether the name at `span` is followed by は, が or も."""
    return _TOPIC.match(text[span.end : span.end + 48]) is not None


def _topic_before(
    text: str, mentions: Sequence[PartyMention], at: int, sentence_start: int
) -> str | None:
    earlier = [m for m in mentions if at - 600 < m.span.start < at]
    topics = [m for m in earlier if is_topic(text, m.span)]
    before = [m for m in topics if m.span.start < sentence_start] or topics
    if before:
        return before[-1].entity
    return earlier[-1].entity if earlier else None


_KATAKANA_BEFORE = re.compile(r"[ァ-ヴー]{2,}・$")
_KATAKANA_AFTER = re.compile(r"(?:・[ァ-ヴー]{2,})+")


def _whole_names(text: str, raws: Sequence[RawName], words: NameWords) -> list[RawName]:
    """Known names that stand inside a longer name are widened to it, as unknown names.

    Bain Capital Ventures is not Bain Capital. The ソニー of ソニー・カナタ・ラボ is another firm; two known names joined by ・ stay two.
    """
    starts = {raw.span.start for raw in raws}
    ends = {raw.span.end for raw in raws}
    out: list[RawName] = []
    for raw in raws:
        tail = words.tail.match(text, raw.span.end) if raw.surface[-1].isascii() else None
        if tail is not None:
            span = Span(raw.span.start, tail.end())
            out.append(RawName(span, span.of(text), "latin"))
            continue
        before = _KATAKANA_BEFORE.search(text, max(0, raw.span.start - 24), raw.span.start)
        after = _KATAKANA_AFTER.match(text, raw.span.end)
        widened_left = before is not None and raw.span.start - 1 not in ends
        widened_right = after is not None and raw.span.end + 1 not in starts
        if not (widened_left or widened_right):
            out.append(raw)
            continue
        start = before.start() if before and widened_left else raw.span.start
        end = after.end() if after and widened_right else raw.span.end
        span = Span(start, end)
        if not any(span.overlaps(other.span) for other in out):
            out.append(RawName(span, span.of(text), "katakana"))
    return out


_BRACKET = re.compile(r"\([^()\n]{4,160}\)")


def _speaks_for_firm(
    text: str, raw: RawName, companies: Companies | None, words: NameWords
) -> bool:
    """Whether a name is that of a person with a title (宮川潤一社長), who is no party."""
    company = companies.by_id.get(raw.gazetteer_id or "") if companies else None
    person = company is not None and company.kind == "person"
    if not person and raw.origin not in ("model", "kanji", "katakana", "latin"):
        return False
    return words.title.match(text, raw.span.end) is not None


def _profiles(text: str, words: NameWords) -> list[Span]:
    """Brackets that tell where a firm sits and who leads it; an alias in them (以下「X」) stays."""
    found = []
    for match in _BRACKET.finditer(text):
        if words.profile.search(match.group()):
            alias = match.group().find("以下")
            end = match.start() + alias if alias > 0 else match.end()
            found.append(Span(match.start(), end))
    return found


_KATAKANA, _KANJI = re.compile("[ァ-ヴー・]"), re.compile("[一-鿿々]")
_IN_JAPANESE = re.compile(
    r"[ァ-ヴー・&一-鿿々A-Z0-9]*[ァ-ヴー一-鿿々]{2}[ァ-ヴー・&一-鿿々A-Z0-9]*"
)


def _raw_names(
    text: str,
    sentences: Sequence[Sentence],
    annotations: Mapping[int, Annotation],
    companies: Companies | None,
    words: NameWords,
    blocked: Sequence[Span],
) -> list[RawName]:
    """All names of a view in text order, known and unknown, none overlapping another."""
    raws: list[RawName] = []
    products: list[Span] = []
    if companies is not None:
        known = [
            RawName(span, span.of(text), "gazetteer", company.id)
            for span, company in companies.find(text)
        ]
        raws = _whole_names(text, known, words)
        products = [span for span, _ in companies.find_products(text)]
    taken = [*(raw.span for raw in raws), *products, *blocked]
    for index, sentence in enumerate(sentences):
        body = sentence.span.of(text)
        found = pattern_names(body, words)
        if index in annotations:
            found += model_names(annotations[index], body, words)
        local = [replace(raw, span=raw.span.shifted(sentence.span.start)) for raw in found]
        near = [s for s in taken if s.overlaps(sentence.span)]
        raws += _without_overlaps(local, near)
    raws += _told_again(text, raws, taken)
    profiles = _profiles(text, words)
    return sorted(
        (
            raw
            for raw in raws
            if not any(raw.span.overlaps(span) for span in profiles)
            and not _speaks_for_firm(text, raw, companies, words)
        ),
        key=lambda raw: raw.span,
    )


def _told_again(text: str, raws: Sequence[RawName], taken: Sequence[Span]) -> list[RawName]:
    """Where names in katakana or kanji that one sentence gives away stand in others, too."""
    origins = {
        raw.surface: raw.origin for raw in raws if raw.origin in ("katakana", "kanji", "quote")
    }
    origins = {name: origin for name, origin in origins.items() if _IN_JAPANESE.fullmatch(name)}
    if not origins:
        return []
    longest_first = sorted(origins, key=len, reverse=True)
    again = re.compile("|".join(re.escape(name) for name in longest_first))
    blocked = sorted([*taken, *(raw.span for raw in raws)])
    starts = [span.start for span in blocked]
    found = []
    for match in again.finditer(text):
        span = Span(*match.span())
        at = bisect_left(starts, span.end)
        if at and blocked[at - 1].end > span.start:
            continue
        if not _goes_on(text, span):
            found.append(RawName(span, match.group(), origins[match.group()]))
    return found


def _goes_on(text: str, span: Span) -> bool:
    """Whether a word of the same script goes on before or behind `span`."""
    before, after = text[span.start - 1 : span.start], text[span.end : span.end + 1]
    first, last = text[span.start], text[span.end - 1]
    return any(
        script.match(inner) and script.match(outer)
        for script in (_KATAKANA, _KANJI)
        for inner, outer in ((first, before), (last, after))
    )


def _entity(key: str, forms: Counter[str], companies: Companies | None) -> PartyEntity:
    ordered = tuple(sorted(forms, key=lambda s: (-len(fold_name(s)), -len(s), s)))
    company = companies.by_id.get(key[2:]) if companies and key.startswith("g:") else None
    return PartyEntity(
        key=key,
        name=company.name if company else ordered[0],
        surfaces=ordered,
        gazetteer_id=company.id if company else None,
        kind=company.kind if company else "unknown",
        mentions=sum(forms.values()),
        trade=company.trade if company else None,
    )


def find_cast(
    text: str,
    sentences: Sequence[Sentence],
    annotations: Mapping[int, Annotation],
    companies: Companies | None,
    words: NameWords,
    blocked: Sequence[Span] = (),
) -> Cast:
    """All party mentions of a view, and the entities behind them.

    Args:
        text: the view's text.
        sentences: its sentences.
        annotations: the model's view of some sentences, by index.
        companies: the gazetteer; None reads without it.
        words: how unknown names look.
        blocked: spans of the view that are no names (amounts, chips).
    """
    raws = _raw_names(text, sentences, annotations, companies, words, blocked)
    key_of = _alias_keys(text, raws)
    mentions = []
    surfaces: dict[str, Counter[str]] = {}
    for raw in raws:
        folded = fold_name(raw.surface)
        key = "g:" + raw.gazetteer_id if raw.gazetteer_id else key_of.get(folded, folded)
        surfaces.setdefault(key, Counter())[raw.surface] += 1
        mentions.append(PartyMention(span=raw.span, entity=key, origin=raw.origin))
    return Cast(
        mentions=tuple(_resolve_anaphors(text, sentences, mentions, words)),
        entities={key: _entity(key, forms, companies) for key, forms in surfaces.items()},
    )
