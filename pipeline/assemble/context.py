"""What stands around a name or an amount: particles, lists of names, clauses, triggers."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.assemble.party import PartyMention
from pipeline.gazetteer.triggers import Found
from pipeline.span import Span

# What may stand between a name and its particle.
_SUFFIX = re.compile(
    r"(?:[」』\"”]|\([^()\n\d]{0,60}\)|社(?![長員会債内])|グループ|側|氏|さん|本社|傘下|など|等|ら(?=[がのはをにと])|ほか"
    r"|といった[^、。がはをにとへ]{0,24}(?=[がはをにとへかも])|(?:を含む|を中心とする|をはじめとする)[^、。がはをにとへ]{0,24}(?=[がはをにとへかも])"
    r"|(?:の)?(?:[2-9]|[二三四五六]|数|主要\d|複数)社|の\d社|CEO|最高経営責任者|会長|社長|創業者|\s)*"
)
_MARK = re.compile(
    r"に対して|に対する|に対し|に向けて|向けの|向けに|向け|にとって|による|によって|により|との間|への|へ|からの|から|より"
    r"|との|と|が|は|も|を|に|の|で|や|、|,|・|:|→|⇒|×|\(|\||-|/|。|$"
)
_SAME_MARK = {
    "に対して": "に", "に対し": "に", "に対する": "への", "に向けて": "向け", "向けの": "向け", "向けに": "向け",
    "によって": "による", "により": "による", "との間": "との", "より": "から", "→": ":", "⇒": ":", ",": "、",
}  # fmt: skip
_CONNECTOR = re.compile(
    r"(?:[」』]|\([^()\n\d]{0,60}\)|社|氏|など|等)*"
    r"(?:、|,|・|/|と|や|および|及び|並びに|ならびに|そして|さらに|、そして|&|\+|×|\s|and)+(?:今回の|新たに|加えて|さらに)?(?:「|『|米|英|仏|独|台湾|韓国|日本の|中国の)?"
)
_CLAUSE_END = re.compile(
    r"(?:して|しており|ており|でおり|おり|し|した(?:が|ほか|後|上で|ことで)?|され|されて|であり|あり|ため|ほか|一方|一方で|だが|ですが|ますが|が"
    r"|たり|れば|ように|ところ|のち|後に|うえで|んで|って|とともに|と共に|に加え|に加えて|ことから|ものの|つつ|ながら)、"
    r"|。|；|;"
)
_PASSIVE = re.compile(r"(?:さ|)れ(?:る|た|て|ま|、|$)|られ")


@dataclass(frozen=True, slots=True, kw_only=True)
class NameContext:
    """A party mention in its sentence.

    Attributes:
        mention: the name.
        mark: particle or sign behind the name or behind the list that it belongs to, one form for
            each meaning; "" where none is known.
        position: place in its list, from 0.
        size: names in the list.
    """

    mention: PartyMention
    mark: str
    position: int
    size: int


def mark_after(text: str, end: int) -> str:
    """The particle behind a name that ends at `end`, suffixes such as 社 and （…） skipped."""
    skip = _SUFFIX.match(text, end)
    at = skip.end() if skip else end
    match = _MARK.match(text, at)
    if match is None:
        return ""
    return _SAME_MARK.get(match.group(), match.group()) or "$"


_HEADLINE_COMMA = re.compile(r"(?:[」』]|\([^()\n\d]{0,60}\))*[、,](?:「|米|英|仏|独|台湾|韓国)?")
_OBJECT_MARKS = frozenset({"を", "に", "から", "と", "へ", "への", "との", "からの"})
_SENTENCE_START = re.compile(r"(?:^|[\n。!?|】■●・#\-])[\s「*]*(?:米|英|仏|独|加|台湾|韓国|中国)?$")


def _is_headline(text: str, group: Sequence[PartyMention], mark: str) -> bool:
    """Whether two names are a headline's subject and object: X、Yから…を調達, X、Yを買収."""
    if len(group) != 2 or mark not in _OBJECT_MARKS:
        return False
    first, second = group
    between = text[first.span.end : second.span.start]
    before = text[max(0, first.span.start - 12) : first.span.start]
    return bool(_HEADLINE_COMMA.fullmatch(between) and _SENTENCE_START.search(before))


def name_contexts(text: str, mentions: Sequence[PartyMention]) -> tuple[NameContext, ...]:
    """The names of one sentence with their particles; A、B、Cから gives から to all three.

    At the head of a sentence the comma of X、Yを買収 stands for は: X keeps it as its mark.
    """
    lists: list[list[PartyMention]] = []
    for mention in mentions:
        if lists:
            last = lists[-1][-1]
            between = text[last.span.end : mention.span.start]
            if _CONNECTOR.fullmatch(between):
                lists[-1].append(mention)
                continue
        lists.append([mention])
    out = []
    for group in lists:
        mark = mark_after(text, group[-1].span.end)
        if _is_headline(text, group, mark):
            out.append(NameContext(mention=group[0], mark="、", position=0, size=1))
            group = group[1:]
        out += [
            NameContext(mention=m, mark=mark, position=i, size=len(group))
            for i, m in enumerate(group)
        ]
    return tuple(out)


def clause_ends(text: str, span: Span) -> tuple[int, ...]:
    """Offsets in `text` behind each clause of the sentence at `span`."""
    return tuple(m.end() for m in _CLAUSE_END.finditer(text, span.start, span.end))


def clauses_between(ends: Sequence[int], first: int, second: int) -> int:
    """How many clause ends lie between two offsets."""
    low, high = min(first, second), max(first, second)
    return bisect_right(ends, high) - bisect_left(ends, low + 1)


def is_passive(text: str, trigger: Span) -> bool:
    """Whether the predicate that ends at `trigger` is passive (投資された)."""
    return _PASSIVE.match(text, trigger.end) is not None


def next_trigger(
    triggers: Sequence[Found], offset: int, limit: int, *, deals_only: bool = False
) -> Found | None:
    """The first trigger that starts at or behind `offset` and ends before `limit`."""
    for found in triggers:
        if found.span.start >= offset and found.span.end <= limit:
            if deals_only and found.trigger.kind == "none":
                continue
            return found
    return None


def last_trigger(
    triggers: Sequence[Found], offset: int, floor: int, *, deals_only: bool = False
) -> Found | None:
    """The last trigger that ends at or before `offset` and starts behind `floor`."""
    for found in reversed(triggers):
        if found.span.end <= offset and found.span.start >= floor:
            if deals_only and found.trigger.kind == "none":
                continue
            return found
    return None
