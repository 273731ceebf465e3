"""Candidates: quantities that tell a deal, each with its kind and the parties around it, scored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.assemble.context import NameContext
from pipeline.assemble.features import anchor_features, name_features
from pipeline.assemble.reading import Anchor, Reading, SentenceReading
from pipeline.assemble.rules import NONE, rule_kind, rule_role
from pipeline.assemble.scorer import Scorer
from pipeline.mention import MentionKind
from pipeline.sentences import LineKind

KINDS = ("supply", "investment", "acquisition", "capex")
_BACK, _FORTH = 3, 2  # sentences before and behind an amount whose names may be its parties
_RULE_TRUST = 0.8  # what a rule's word counts where no scorer is there
_RULE_FAR = 0.55  # the same for a name in another sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleVote:
    """One name's claim to a role: how likely, and where it stands."""

    entity: str
    role: str
    probability: float
    sentence: int
    name: NameContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A quantity with the probabilities of what it tells.

    Attributes:
        anchor: the quantity.
        kinds: probability of each kind, and of "none".
        votes: claims of the names around it, buyer and seller.
    """

    anchor: Anchor
    kinds: Mapping[str, float]
    votes: tuple[RoleVote, ...]

    @property
    def deal_probability(self) -> float:
        """Probability that it tells a deal at all."""
        return 1.0 - self.kinds.get(NONE, 0.0)

    @property
    def kind(self) -> str:
        """The likeliest kind of deal, leaving aside that it may be none."""
        return max(KINDS, key=lambda k: self.kinds.get(k, 0.0))


_LISTED = (LineKind.ITEM, LineKind.ROW)


def _same_block(home: SentenceReading, other: SentenceReading) -> bool:
    """Whether names of `other` can be parties of what `home` tells.

    They must stand under the same heading. Items of a list and rows of a table that name somebody
    themselves keep to themselves: a digest's next item tells another story.
    """
    if home.sentence.heading != other.sentence.heading:
        return False
    apart = home.sentence.line in _LISTED and other.sentence.line in _LISTED
    own_names = bool(home.names) and not _same_line(home, other)
    return not (apart and own_names)


def _same_line(home: SentenceReading, other: SentenceReading) -> bool:
    """Whether two sentences of a list item follow each other in one line."""
    first, second = sorted((home, other), key=lambda s: s.index)
    return second.index == first.index + 1 and second.start - first.end <= 1


_JOINING = "join_round"
_ROUNDS = ("raise", "procure", _JOINING)
_JOINING_REACH = 40  # sentences behind a round in which its investors may be told


def _joining_sentences(reading: Reading, anchor: Anchor) -> list[int]:
    """Sentences further on that tell who joined a round, without money of their own.

    この資金調達は…が主導し、…が参加した: an article tells it once, some sentences behind the amount.
    """
    told = {found.trigger.id for found in reading.sentences[anchor.sentence].triggers}
    if not told.intersection(_ROUNDS):
        return []
    last = min(len(reading.sentences), anchor.sentence + 1 + _JOINING_REACH)
    return [
        index
        for index in range(anchor.sentence + 1, last)
        if not reading.sentences[index].money
        and any(found.trigger.id == _JOINING for found in reading.sentences[index].triggers)
    ]


def _running_topic(reading: Reading, before: int) -> list[int]:
    """The nearest sentence before `before` with a name marked は: the topic while none other is set."""
    for index in range(before - 1, 0, -1):
        if any(name.mark == "は" for name in reading.sentences[index].names):
            return [index]
    return []


def names_in_scope(
    reading: Reading, anchor: Anchor
) -> tuple[tuple[SentenceReading, NameContext], ...]:
    """The names that may be parties of a quantity's deal, with their sentences, in text order.

    Those of its own sentence, of a few sentences around it in the same section, of its heading,
    of the title, the running topic, and whom the article tells of most.
    """
    home = reading.sentences[anchor.sentence]
    wanted: list[int] = []
    first = max(0, anchor.sentence - _BACK)
    last = min(len(reading.sentences) - 1, anchor.sentence + _FORTH)
    for index in range(first, last + 1):
        other = reading.sentences[index]
        if index == anchor.sentence or _same_block(home, other):
            if other.sentence.line is LineKind.HEADING and index != anchor.sentence:
                continue
            wanted.append(index)
    if home.sentence.heading >= 0:
        wanted.append(home.sentence.heading)
        above = reading.sentences[home.sentence.heading].sentence.heading
        if above >= 0:
            wanted.append(above)
    wanted.append(0)
    wanted += _running_topic(reading, first)
    if anchor.kind is MentionKind.MONEY:
        wanted += _joining_sentences(reading, anchor)
    scoped = [
        (reading.sentences[index], name)
        for index in sorted(set(wanted))
        for name in reading.sentences[index].names
    ]
    return tuple(_with_protagonist(reading, scoped))


def _with_protagonist(
    reading: Reading, scoped: list[tuple[SentenceReading, NameContext]]
) -> list[tuple[SentenceReading, NameContext]]:
    """Add whom the article tells of most, by its first telling, where it is not in scope.

    A company's own announcements leave its name out of tables and lists.
    """
    first = reading.protagonist
    if first is None:
        return scoped
    protagonist = first[1].mention.entity
    if any(name.mention.entity == protagonist for _, name in scoped):
        return scoped
    return sorted([*scoped, first], key=lambda pair: pair[1].mention.span)


def _rule_kinds(reading: Reading, anchor: Anchor) -> dict[str, float]:
    kind = rule_kind(reading, anchor)
    rest = (1 - _RULE_TRUST) / len(KINDS)
    return {name: _RULE_TRUST if name == kind else rest for name in (*KINDS, NONE)}


def _rule_roles(
    reading: Reading, anchor: Anchor, kind: str, sentence: SentenceReading, name: NameContext
) -> dict[str, float]:
    role = rule_role(reading, anchor, kind, sentence, name)
    trust = _RULE_TRUST if sentence.index == anchor.sentence else _RULE_FAR
    rest = (1 - trust) / 2
    return {r: trust if r == role else rest for r in ("buyer", "seller", NONE)}


_RESPECTIVELY = "それぞれ"
_OUT_OF_TURN = 0.1  # what is left of a claim when another name of the list is in turn


def _in_turn(reading: Reading, anchor: Anchor) -> tuple[set[str], str] | None:
    """The names of the list that an amount of 「AとBに、それぞれX、Y」 takes in turn, and whose it is.

    Returns:
        Entities of the list and the one in turn; None where the sentence has no such pair of lists.
    """
    home = reading.sentences[anchor.sentence]
    at = reading.text.find(_RESPECTIVELY, home.start, home.end)
    if at < 0 or anchor.mention.span.start < at:
        return None
    amounts = [
        a.mention.span
        for a in reading.anchors
        if a.sentence == anchor.sentence and a.kind is anchor.kind and a.mention.span.start > at
    ]
    lists = [n for n in home.names if n.size == len(amounts) and n.mention.span.end <= at]
    last = [n.mention.entity for n in lists[-len(amounts) :]]
    if len(amounts) < 2 or len(last) != len(amounts):
        return None
    return set(last), last[amounts.index(anchor.mention.span)]


_LONG_LIST = 3  # names from which a list is of one role


def _shared_in_lists(
    scoped: Sequence[tuple[SentenceReading, NameContext]], shares: list[Mapping[str, float]]
) -> list[Mapping[str, float]]:
    """The names of a long list (A、B、Cから) play one role: each gets the mean of the list.

    Two names side by side may be the two sides: AとBの契約.
    """
    out = list(shares)
    start = 0
    while start < len(scoped):
        size = scoped[start][1].size
        members = range(start, min(start + size, len(scoped)))
        if size >= _LONG_LIST and scoped[start][1].position == 0:
            mean = {
                role: sum(shares[i].get(role, 0.0) for i in members) / len(members)
                for role in shares[start]
            }
            for i in members:
                out[i] = mean
        start += size if scoped[start][1].position == 0 else 1
    return out


def score_candidate(reading: Reading, anchor: Anchor, scorer: Scorer | None) -> Candidate:
    """Score one quantity and the names around it; by the rules alone where `scorer` is None."""
    kinds: Mapping[str, float] = (
        scorer.anchors.predict(anchor_features(reading, anchor))
        if scorer
        else _rule_kinds(reading, anchor)
    )
    if reading.hints:
        kinds = reading.hints.kinds(kinds, anchor.mention.span)
    kind = max(KINDS, key=lambda k: kinds.get(k, 0.0))
    turn = _in_turn(reading, anchor)
    scoped = names_in_scope(reading, anchor)
    shares: list[Mapping[str, float]] = []
    for sentence, name in scoped:
        roles: Mapping[str, float] = (
            scorer.roles.predict(name_features(reading, anchor, kind, sentence, name))
            if scorer
            else _rule_roles(reading, anchor, kind, sentence, name)
        )
        if reading.hints:
            roles = reading.hints.roles(roles, name.mention.span)
        shares.append(roles)
    if turn is None:
        shares = _shared_in_lists(scoped, shares)
    votes: list[RoleVote] = []
    for (sentence, name), share in zip(scoped, shares, strict=True):
        entity = name.mention.entity
        out_of_turn = turn is not None and entity in turn[0] and entity != turn[1]
        votes += [
            RoleVote(
                entity=entity,
                role=role,
                probability=share.get(role, 0.0) * (_OUT_OF_TURN if out_of_turn else 1.0),
                sentence=sentence.index,
                name=name,
            )
            for role in ("buyer", "seller")
        ]
    return Candidate(anchor=anchor, kinds=kinds, votes=tuple(votes))


def score_candidates(
    reading: Reading, scorer: Scorer | None, *, floor: float
) -> tuple[Candidate, ...]:
    """All quantities whose probability of telling a deal reaches `floor`, in text order."""
    candidates = (score_candidate(reading, anchor, scorer) for anchor in reading.anchors)
    return tuple(c for c in candidates if c.deal_probability >= floor)
