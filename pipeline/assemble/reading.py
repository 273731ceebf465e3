"""One article laid out for assembly: its sentences with names, triggers and values in place."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.annotate import EMPTY, Annotation
from pipeline.assemble.context import NameContext, clause_ends, name_contexts
from pipeline.assemble.hints import Hints
from pipeline.assemble.party import Cast, find_cast
from pipeline.gazetteer.companies import Companies
from pipeline.gazetteer.names import NameWords
from pipeline.gazetteer.triggers import Found, Triggers
from pipeline.mention import Mention, MentionKind
from pipeline.parse.chip import RULE_COMPARED
from pipeline.parse.rendering import RULE_EXCHANGE, renderings
from pipeline.parse.term import RULE_OFFSET, RULE_UNTIL
from pipeline.sentences import LineKind, Sentence
from pipeline.values import Capacity, Chip, Count, Money, Percent, Term, Value
from pipeline.view import ReadingView


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceReading:
    """A sentence with all that was found in it; offsets are those of the view."""

    index: int
    sentence: Sentence
    names: tuple[NameContext, ...]
    triggers: tuple[Found, ...]
    clause_ends: tuple[int, ...]
    money: tuple[Mention[Money], ...]
    counts: tuple[Mention[Count], ...]
    capacities: tuple[Mention[Capacity], ...]
    percents: tuple[Mention[Percent], ...]
    terms: tuple[Mention[Term], ...]
    chips: tuple[Mention[Chip], ...]
    annotation: Annotation

    @property
    def start(self) -> int:
        """First character in the view."""
        return self.sentence.span.start

    @property
    def end(self) -> int:
        """Behind the last character in the view."""
        return self.sentence.span.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A quantity that a deal may hang on: money, units of goods, or power.

    Attributes:
        mention: value and place, in the view.
        sentence: index of its sentence.
        rendering: the same amount in another currency, in brackets behind it.
    """

    mention: Mention[Money] | Mention[Count] | Mention[Capacity]
    sentence: int
    rendering: Mention[Money] | None = None

    @property
    def kind(self) -> MentionKind:
        """Money, count or capacity."""
        return self.mention.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An article laid out for assembly.

    Attributes:
        view: the article as read; all offsets are those of its text.
        sentences: its sentences with what was found in them.
        kept: indices of the sentences that passed the gate.
        cast: the parties that the article names.
        triggers: the words that tell deals.
        anchors: quantities that a deal may hang on, in text order.
        protagonist: the first telling of the party that is told of most; None where two are equal.
        hints: what a tagger says.
    """

    view: ReadingView
    sentences: tuple[SentenceReading, ...]
    kept: tuple[int, ...]
    cast: Cast
    triggers: Triggers
    anchors: tuple[Anchor, ...]
    protagonist: tuple[SentenceReading, NameContext] | None = None
    hints: Hints | None = None

    @property
    def text(self) -> str:
        """The view's text."""
        return self.view.text


_NO_LENGTH = frozenset({RULE_OFFSET, RULE_UNTIL})  # 27年前; until 2030, of unknown length


def _renderings(
    text: str, money: Sequence[Mention[Money]]
) -> tuple[list[Mention[Money]], dict[int, Mention[Money]]]:
    """Main amounts, and by the index of a main amount the one that repeats it in brackets.

    Exchange rates (1ドル150円) are no amounts.
    """
    repeats = renderings(money, text)
    main: list[Mention[Money]] = []
    place: dict[int, int] = {}
    rendered: dict[int, Mention[Money]] = {}
    for index, mention in enumerate(money):
        if index in repeats:
            if repeats[index] in place:
                rendered.setdefault(place[repeats[index]], mention)
        elif mention.rule != RULE_EXCHANGE:
            place[index] = len(main)
            main.append(mention)
    return main, rendered


_GOODS_UNIT = re.compile(
    r"個|基|枚|台|ノード|ラック|チップ|システム|GPU|TPU|CPU|サーバー?|アクセラレーター?|機|セット|モジュール|本|両|ユニット|ポッド|ボード|カード|システム|クラスター?|トレイ"
)


def is_goods(count: Count) -> bool:
    """Whether a counter counts goods delivered (chips, servers, racks), not people, firms, shares."""
    return _GOODS_UNIT.fullmatch(count.unit) is not None


def _by_kind(mentions: Sequence[Mention[Value]], kind: MentionKind) -> tuple[Mention[Value], ...]:
    return tuple(m for m in mentions if m.kind is kind)


def _anchors(text: str, reading: SentenceReading) -> list[Anchor]:
    found: list[Anchor] = []
    main, rendered = _renderings(text, reading.money)
    for index, money in enumerate(main):
        if money.value.per in (None, "year", "month"):
            found.append(
                Anchor(mention=money, sentence=reading.index, rendering=rendered.get(index))
            )
    found += [
        Anchor(mention=count, sentence=reading.index)
        for count in reading.counts
        if is_goods(count.value)
    ]
    # 数ギガワット says no capacity that a record could hold.
    found += [
        Anchor(mention=c, sentence=reading.index)
        for c in reading.capacities
        if c.value.value is not None
    ]
    return sorted(found, key=lambda a: a.mention.span)


def read_article(
    view: ReadingView,
    sentences: Sequence[Sentence],
    kept: Sequence[int],
    annotations: Mapping[int, Annotation],
    mentions: Sequence[Mention[Value]],
    companies: Companies | None,
    triggers: Triggers,
    words: NameWords,
) -> Reading:
    """Lay an article out.

    Args:
        view: the article as read.
        sentences: its sentences.
        kept: indices of those that can hold a deal.
        annotations: GiNZA's view of the kept ones, by index.
        mentions: all values of the view, offsets in the view.
        companies: the gazetteer, or None to read without.
        triggers: words that tell deals.
        words: how unknown names look.
    """
    text = view.text
    cast = find_cast(
        text,
        sentences,
        annotations,
        companies,
        words,
        [m.span for m in mentions if m.kind is not MentionKind.NUMBER],
    )
    starts = [s.span.start for s in sentences]
    values: list[list[Mention[Value]]] = [[] for _ in sentences]
    for mention in mentions:
        at = bisect_right(starts, mention.span.start) - 1
        if at >= 0 and mention.span.start < sentences[at].span.end:
            values[at].append(mention)
    names: list[list[int]] = [[] for _ in sentences]
    for index, party in enumerate(cast.mentions):
        at = bisect_right(starts, party.span.start) - 1
        if at >= 0 and party.span.start < sentences[at].span.end:
            names[at].append(index)
    readings = []
    for index, sentence in enumerate(sentences):
        body = sentence.span.of(text)
        local = values[index]
        readings.append(
            SentenceReading(
                index=index,
                sentence=sentence,
                names=name_contexts(text, [cast.mentions[i] for i in names[index]]),
                triggers=tuple(
                    Found(span=f.span.shifted(sentence.span.start), trigger=f.trigger)
                    for f in triggers.find(body)
                ),
                clause_ends=clause_ends(text, sentence.span),
                money=_by_kind(local, MentionKind.MONEY),  # type: ignore[arg-type]
                counts=_by_kind(local, MentionKind.COUNT),  # type: ignore[arg-type]
                capacities=_by_kind(local, MentionKind.CAPACITY),  # type: ignore[arg-type]
                percents=_by_kind(local, MentionKind.PERCENT),  # type: ignore[arg-type]
                terms=_by_kind(  # type: ignore[arg-type]
                    [m for m in local if m.rule not in _NO_LENGTH], MentionKind.TERM
                ),
                chips=_by_kind(  # type: ignore[arg-type]
                    [m for m in local if m.rule != RULE_COMPARED], MentionKind.CHIP
                ),
                annotation=annotations.get(index, EMPTY),
            )
        )
    anchors = [a for i in kept for a in _anchors(text, readings[i])]
    return Reading(
        view=view,
        sentences=tuple(readings),
        kept=tuple(kept),
        cast=cast,
        triggers=triggers,
        anchors=tuple(anchors),
        protagonist=_protagonist(cast, readings),
    )


_PROTAGONIST = 3  # tellings from which an article is about somebody


def _protagonist(
    cast: Cast, readings: Sequence[SentenceReading]
) -> tuple[SentenceReading, NameContext] | None:
    told = sorted(((e.mentions, key) for key, e in cast.entities.items()), reverse=True)[:2]
    if not told or told[0][0] < _PROTAGONIST:
        return None
    if len(told) == 2 and told[0][0] == told[1][0]:
        return None
    return next(
        (
            (sentence, name)
            for sentence in readings
            for name in sentence.names
            if name.mention.entity == told[0][1]
        ),
        None,
    )


def heading_of(reading: Reading, index: int) -> SentenceReading | None:
    """The heading that a sentence stands under."""
    at = reading.sentences[index].sentence.heading
    return reading.sentences[at] if at >= 0 else None


def is_row(sentence: SentenceReading) -> bool:
    """Whether it is a row of a table."""
    return sentence.sentence.line is LineKind.ROW
