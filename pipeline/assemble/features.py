"""What the scorers look at: an amount in its sentence, and a name seen from an amount.

Features are names with the value 1 (or a small number). The same functions serve training and
extraction, so the two can't drift apart.
"""

import math
import re

from pipeline.assemble.context import (
    NameContext,
    clauses_between,
    is_passive,
    last_trigger,
    next_trigger,
)
from pipeline.assemble.party import is_topic
from pipeline.assemble.reading import Anchor, Reading, SentenceReading, heading_of
from pipeline.assemble.rules import governing_trigger, rule_kind, rule_role
from pipeline.gazetteer.triggers import Found
from pipeline.mention import MentionKind
from pipeline.values import Money

Features = dict[str, float]

# What the rules say is worth more than any single word: a larger value is regularised less.
_RULE_WEIGHT = 2.0

# Rough yen per unit, only to tell a salary from a data centre.
_YEN = {"JPY": 1, "KRW": 0.11, "TWD": 4.8, "INR": 1.7, "CNY": 21, "THB": 4.5, "HKD": 19, "RUB": 1.7}
_YEN_OTHER = 150.0

_AFTER = re.compile(r"[ァ-ヴー]+|[一-鿿々]+|[ぁ-ん]|[A-Za-z]+|\d+|.")
_HYPOTHETICAL = re.compile(
    r"例えば|たとえば|もし|仮に|と仮定|だとすると|としたら|ケースでは|場合、"
)
_FORECAST = re.compile(
    r"予測|見通し|見込|推計|試算|アナリスト|調査会社|達すると|とみられ|予想|推定"
)
_REPORT = re.compile(r"発表|報じ|明らかに|公表|報道|によると|契約|締結|合意")
_YEAR_ONLY = re.compile(r"20\d\d年(?:度|には|に|の|は)?")
_TOTAL = re.compile(r"累計|これまで(?:に|の)?|合計|総額|合わせて|計(?=\d)")
_MASKED = re.compile(r"某|ある(?:大手|企業|クラウド|AI)|とある")


def yen_magnitude(money: Money) -> int:
    """Power of ten of an amount in yen, roughly; 0 where there is none."""
    least = money.least
    if least is None or least <= 0:
        return 0
    yen = float(least) * _YEN.get(money.currency, _YEN_OTHER)
    return int(math.log10(yen)) if yen >= 1 else 0


def distance_bin(characters: int) -> str:
    """A gap of characters in six steps."""
    for bound in (3, 8, 16, 32, 64):
        if characters <= bound:
            return str(bound)
    return "far"


def _trigger_features(
    out: Features, prefix: str, found: Found | None, offset: int, clauses: tuple[int, ...]
) -> None:
    if found is None:
        out[f"{prefix}=-"] = 1
        return
    gap = abs(found.span.start - offset)
    near = "same" if clauses_between(clauses, offset, found.span.start) == 0 else "other"
    out[f"{prefix}={found.trigger.id}"] = 1
    out[f"{prefix}.{near}={found.trigger.id}"] = 1
    out[f"{prefix}.d{distance_bin(gap)}={found.trigger.kind}"] = 1


def words_around(out: Features, text: str, start: int, end: int, lo: int, hi: int) -> None:
    """Add the words right before and behind `start`…`end`, within `lo`…`hi`."""
    after = _AFTER.findall(text[end : min(hi, end + 24)])[:6]
    for count in range(1, 5):
        if len(after) >= count:
            out["after=" + "".join(after[:count])] = 1
    content = next((w for w in after if len(w) >= 2), None)
    if content:
        out["after.word=" + content] = 1
    before = _AFTER.findall(text[max(lo, start - 24) : start])[-5:]
    for count in range(1, 4):
        if len(before) >= count:
            out["before=" + "".join(before[-count:])] = 1
    content = next((w for w in reversed(before) if len(w) >= 2), None)
    if content:
        out["before.word=" + content] = 1


def _value_features(out: Features, anchor: Anchor) -> None:
    mention = anchor.mention
    out[f"kind={mention.kind.value}"] = 1
    out[f"qualifier={mention.value.qualifier.value}"] = 1
    if isinstance(mention.value, Money):
        out[f"size={min(14, yen_magnitude(mention.value))}"] = 1
        out[f"currency={mention.value.currency if mention.value.currency in _YEN else 'other'}"] = 1
        if mention.value.per:
            out[f"per={mention.value.per}"] = 1
        if anchor.rendering is not None:
            out["has_rendering"] = 1
    elif mention.value.least is not None and mention.value.least > 0:
        out[f"{mention.kind.value}.size={int(math.log10(float(mention.value.least)) + 0.001)}"] = 1


def _same_value_elsewhere(reading: Reading, anchor: Anchor) -> int:
    value = anchor.mention.value
    return sum(
        1
        for other in reading.anchors
        if other is not anchor
        and type(other.mention.value) is type(value)
        and other.mention.value.least == value.least
        and getattr(other.mention.value, "currency", None) == getattr(value, "currency", None)
    )


def anchor_features(reading: Reading, anchor: Anchor) -> Features:
    """The features of one quantity: does it tell a deal, and of which kind?"""
    text = reading.text
    sentence = reading.sentences[anchor.sentence]
    span = anchor.mention.span
    clauses = sentence.clause_ends
    end = anchor.rendering.span.end + 1 if anchor.rendering else span.end
    out: Features = {"bias": 1}
    _value_features(out, anchor)
    words_around(out, text, span.start, end, sentence.start, sentence.end)
    after = next_trigger(sentence.triggers, span.end, sentence.end)
    before = last_trigger(sentence.triggers, span.start, sentence.start)
    _trigger_features(out, "T+", after, span.end, clauses)
    _trigger_features(out, "T-", before, span.start, clauses)
    if after is not None:
        second = next_trigger(sentence.triggers, after.span.end, sentence.end)
        _trigger_features(out, "T++", second, span.end, clauses)
    for found in sentence.triggers:
        near = "c" if clauses_between(clauses, found.span.start, span.start) == 0 else "s"
        out[f"has.{near}={found.trigger.id}"] = 1
    kind = rule_kind(reading, anchor)
    out[f"rule={kind}"] = _RULE_WEIGHT
    governing = governing_trigger(reading, anchor)
    if governing is not None:
        out[f"governed_by={governing.trigger.id}"] = _RULE_WEIGHT
        out[f"governed_by={governing.trigger.id}|{anchor.kind.value}"] = 1
    _sentence_features(out, reading, sentence, anchor)
    _parse_features(out, sentence, anchor)
    marks = {name.mark for name in sentence.names}
    for mark in marks:
        out[f"mark={mark}"] = 1
    out[f"names={min(4, len(sentence.names))}"] = 1
    known = sum(1 for name in sentence.names if name.mention.entity.startswith("g:"))
    out[f"known={min(3, known)}"] = 1
    out[f"repeated={min(3, _same_value_elsewhere(reading, anchor))}"] = 1
    out[f"others={min(4, len(sentence.money))}"] = 1
    return out


_SENTENCE_SIGNS = (
    ("hypothetical", _HYPOTHETICAL),
    ("forecast", _FORECAST),
    ("report", _REPORT),
    ("year", _YEAR_ONLY),
    ("total", _TOTAL),
    ("masked", _MASKED),
)


def sentence_signs(reading: Reading, sentence: SentenceReading) -> Features:
    """What a sentence says of its own standing: a hypothesis, a forecast, a plan, a total."""
    text = sentence.sentence.span.of(reading.text)
    said = reading.triggers.status_words(text)
    return {
        **{name: 1.0 for name, pattern in _SENTENCE_SIGNS if pattern.search(text)},
        **{f"status={status}": 1.0 for status, words in said.items() if words},
    }


def _sentence_features(
    out: Features, reading: Reading, sentence: SentenceReading, anchor: Anchor
) -> None:
    out[f"line={sentence.sentence.line.value}"] = 1
    out.update(sentence_signs(reading, sentence))
    if sentence.chips:
        out["chip"] = 1
    if sentence.index <= 1:
        out["lead"] = 1
    if anchor.kind is not MentionKind.MONEY and sentence.money:
        out["beside_money"] = 1
    _surrounding_features(out, reading, sentence)


def _surrounding_features(out: Features, reading: Reading, sentence: SentenceReading) -> None:
    heading = heading_of(reading, sentence.index)
    if heading is not None:
        out.update({f"heading={found.trigger.id}": 1.0 for found in heading.triggers})
    if sentence.index > 0:
        before = reading.sentences[sentence.index - 1]
        out.update({f"previous={found.trigger.kind}": 1.0 for found in before.triggers})


def _parse_features(out: Features, sentence: SentenceReading, anchor: Anchor) -> None:
    if not sentence.annotation.words:
        return
    at = anchor.mention.span.end - 1 - sentence.start
    for depth, lemma in enumerate(sentence.annotation.predicates_of(at, 3)):
        out[f"gov{depth}={lemma}"] = 1
        out[f"gov={lemma}"] = 1


_NEAR_BEHIND = 2  # sentences behind an amount that are told apart by their distance
_NEAR_BEFORE = 3  # sentences before it


def _place(reading: Reading, anchor: Anchor, sentence: SentenceReading, name: NameContext) -> str:
    gap = anchor.sentence - sentence.index
    if gap == 0:
        return "before" if name.mention.span.start < anchor.mention.span.start else "after"
    if sentence.index == reading.sentences[anchor.sentence].sentence.heading:
        return "heading"
    if sentence.index == 0 and gap > 2:
        return "title"
    if gap < -_NEAR_BEHIND:
        joins = any(found.trigger.id == "join_round" for found in sentence.triggers)
        return "joining" if joins else "later"
    if gap > _NEAR_BEFORE:
        return "topic" if name.mark == "は" else "earlier"
    return f"s{gap:+d}"


def name_features(
    reading: Reading, anchor: Anchor, kind: str, sentence: SentenceReading, name: NameContext
) -> Features:
    """The features of one name seen from one amount: does it buy, sell, or neither?

    Args:
        reading: the article.
        anchor: the quantity of the deal.
        kind: supply, investment, acquisition or capex.
        sentence: the sentence that holds the name.
        name: the name with its particle.
    """
    text = reading.text
    home = reading.sentences[anchor.sentence]
    span = name.mention.span
    place = _place(reading, anchor, sentence, name)
    mark = name.mark
    entity = reading.cast.entities.get(name.mention.entity)
    out: Features = {"bias": 1, f"kind={kind}": 1}
    out[f"place={place}"] = 1
    out[f"{kind}|{place}"] = 1
    out[f"mark={mark}"] = 1
    out[f"{kind}|mark={mark}"] = 1
    out[f"{place}|mark={mark}"] = 1
    out[f"{kind}|{place}|mark={mark}"] = 1
    out[f"origin={name.mention.origin}"] = 1
    out[f"list={min(3, name.size)}|{min(2, name.position)}"] = 1
    if name.size > 1:
        out[
            f"{kind}|list={min(3, name.size)}|{'first' if name.position == 0 else 'last' if name.position == name.size - 1 else 'mid'}|{place}"
        ] = 1
    if entity is not None:
        out[f"party={entity.kind}"] = 1
        out[f"{kind}|party={entity.kind}"] = 1
        if entity.trade is not None:
            out[f"{kind}|trade={entity.trade}"] = 1
            out[f"{kind}|{place}|trade={entity.trade}"] = 1
        out[f"told={min(4, entity.mentions)}"] = 1
        out[f"{place}|told={min(4, entity.mentions)}"] = 1
    if is_topic(text, span):
        out["topic"] = 1
        out[f"{place}|topic"] = 1
    _rank_features(out, reading, anchor, kind, place, name)
    role = rule_role(reading, anchor, kind, sentence, name)
    out[f"rule={role}"] = _RULE_WEIGHT
    out[f"{place}|rule={role}"] = _RULE_WEIGHT
    out[f"{kind}|rule={role}"] = _RULE_WEIGHT
    _name_trigger_features(out, reading, anchor, kind, sentence, name)
    _name_word_features(out, text, sentence, name)
    if place in ("before", "after"):
        _same_sentence_features(out, home, anchor, name, kind)
    else:
        out["subject_at_home"] = float(any(n.mark in ("は", "が", "も") for n in home.names))
        out[f"{place}|subject_at_home={out['subject_at_home']:.0f}"] = 1
        same = any(n.mention.entity == name.mention.entity for n in home.names)
        out[f"also_at_home={same}"] = 1
    if reading.triggers.marks_source(text[span.end : span.end + 12]):
        out["source"] = 1
    return out


_SUBJECTS = frozenset({"は", "が", "も", ":", "、"})


def subjects_before(reading: Reading, anchor: Anchor) -> list[str]:
    """Entities that stand as subject before a quantity, nearest first, each once.

    Those of its own sentence come first, then those of the sentences before it, then its heading:
    the order in which a reader looks for the subject that a Japanese sentence leaves out.
    """
    home = anchor.sentence
    order: list[str] = []
    indices = [home, *range(home - 1, max(-1, home - 7), -1)]
    heading = reading.sentences[home].sentence.heading
    if heading >= 0 and heading not in indices:
        indices.append(heading)
    if 0 not in indices:
        indices.append(0)
    for index in indices:
        for name in reversed(reading.sentences[index].names):
            if index == home and name.mention.span.start >= anchor.mention.span.start:
                continue
            strong = name.mark in ("は", "が", "も") or (name.mark in _SUBJECTS and index == home)
            if (strong or reading.sentences[index].sentence.level) and (
                name.mention.entity not in order
            ):
                order.append(name.mention.entity)
    return order


def _rank_features(
    out: Features, reading: Reading, anchor: Anchor, kind: str, place: str, name: NameContext
) -> None:
    subjects = subjects_before(reading, anchor)
    entity = name.mention.entity
    rank = str(min(3, subjects.index(entity))) if entity in subjects else "-"
    out[f"subject_rank={rank}"] = 1
    out[f"{kind}|subject_rank={rank}"] = 1
    out[f"{place}|{name.mark}|subject_rank={rank}"] = 1
    home = reading.sentences[anchor.sentence]
    if place in ("before", "after"):
        before = place == "before"
        alike = [
            n
            for n in home.names
            if n.mark == name.mark and (n.mention.span.start < anchor.mention.span.start) == before
        ]
        nearest = alike[-1] if before else alike[0]
        beside = nearest is name or (
            name.size > 1 and nearest.size == name.size and nearest.mark == name.mark
        )
        out[f"{name.mark}|{place}|nearest={beside}"] = 1
        out[f"{kind}|{name.mark}|{place}|nearest={beside}"] = 1
        out[f"{kind}|alone={len(home.names) == name.size}"] = 1


def _name_trigger_features(
    out: Features,
    reading: Reading,
    anchor: Anchor,
    kind: str,
    sentence: SentenceReading,
    name: NameContext,
) -> None:
    following = next_trigger(
        sentence.triggers, name.mention.span.end, sentence.end, deals_only=True
    )
    if following is not None:
        passive = "p" if is_passive(reading.text, following.span) else ""
        out[f"next={following.trigger.id}{passive}"] = 1
        out[f"{name.mark}|next={following.trigger.id}{passive}"] = 1
        out[f"next.d={distance_bin(following.span.start - name.mention.span.end)}"] = 1
    home = reading.sentences[anchor.sentence]
    governing = next_trigger(home.triggers, anchor.mention.span.end, home.end, deals_only=True)
    if governing is not None:
        passive = "p" if is_passive(reading.text, governing.span) else ""
        out[f"{name.mark}|amount.next={governing.trigger.id}{passive}"] = 1
        out[f"{kind}|{name.mark}|amount.next={governing.trigger.frame}{passive}"] = 1


def _name_word_features(
    out: Features, text: str, sentence: SentenceReading, name: NameContext
) -> None:
    span = name.mention.span
    after = _AFTER.findall(text[span.end : min(sentence.end, span.end + 16)])[:4]
    for count in range(1, 4):
        if len(after) >= count:
            out["n.after=" + "".join(after[:count])] = 1
    at = sentence.annotation.word_at(span.start - sentence.start)
    if at is not None:
        last = sentence.annotation.word_at(max(span.start, span.end - 1) - sentence.start)
        tags = {sentence.annotation.words[i].pos for i in (at, last) if i is not None}
        out[f"pos={'|'.join(sorted(tags))}|{name.mention.origin}"] = 1
    before = _AFTER.findall(text[max(sentence.start, span.start - 12) : span.start])[-2:]
    for count in range(1, 3):
        if len(before) >= count:
            out["n.before=" + "".join(before[-count:])] = 1


def _same_sentence_features(
    out: Features, home: SentenceReading, anchor: Anchor, name: NameContext, kind: str
) -> None:
    span, amount = name.mention.span, anchor.mention.span
    clauses = clauses_between(home.clause_ends, span.start, amount.start)
    place = "before" if span.start < amount.start else "after"
    out[f"{place}|clauses={min(3, clauses)}"] = 1
    out[f"{name.mark}|{place}|clauses={min(2, clauses)}"] = 1
    gap = amount.start - span.end if place == "before" else span.start - amount.end
    out[f"{place}|d={distance_bin(max(0, gap))}"] = 1
    low, high = min(span.end, amount.end), max(span.start, amount.start)
    between = sum(1 for n in home.names if low <= n.mention.span.start < high and n is not name)
    out[f"{place}|between={min(3, between)}"] = 1
    out[f"{name.mark}|{place}|between={min(2, between)}"] = 1
    rivals = sum(
        1
        for m in home.money
        if m.span != amount and low <= m.span.start < high and m.value.per in (None, "year")
    )
    out[f"{place}|rivals={min(2, rivals)}"] = 1
    words = home.annotation
    if words.words:
        mine = words.predicates_of(span.end - 1 - home.start, 3)
        its = words.predicates_of(amount.end - 1 - home.start, 4)
        shared = bool(mine) and mine[0] in its
        out[f"governed_alike={shared}"] = 1
        out[f"{name.mark}|governed_alike={shared}"] = 1
        if mine:
            out[f"{name.mark}|gov={mine[0]}"] = 1
            out[f"{kind}|{name.mark}|gov={mine[0]}"] = 1
