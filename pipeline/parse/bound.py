"""Bounds: the words around an amount that say about, at least or at most, and what joins a range.

    bounded  = before* amount after*            最大で約 194億ドル 規模
    join     = 〜 | - | から | ないし | と … の間 | 、

Of several words a bound wins over 約: 約500以上 is at least 500. Of two bounds the one behind the
amount wins.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.parse.numeral import Numeral
from pipeline.values import Qualifier

_ABOUT, _LEAST, _MOST = Qualifier.ABOUT, Qualifier.AT_LEAST, Qualifier.AT_MOST

# Words before an amount. Behind "!" stands what may not stand before the word.
_BEFORE_WORDS: Mapping[Qualifier, str] = {
    _ABOUT: "約!要,規,契,公,制,節,集,条,盟,婚,解,予,誓,倹,大 およそ おおよそ おおむね 概ね ほぼ だいたい"
    " 大体 凡そ ざっと 推定 推定で 推計 推計で 概算で 目安は 目安で 平均で約 ~ ≈ ± about approximately",
    _LEAST: "少なくとも 少なくとも、 すくなくとも 最低 最低でも 最低で 最低限 最少 最少で 最小 最小で"
    " 最小値 最短 最短で 下限 下限は 下限が 最低は 最小は 最小値は 優に 大なりイコール 大なり ≥ ≧ > >=",
    _MOST: "最大 最大で 最大では 最大でも 最大値 最高 最高で 最高でも 最長 最長で 最長でも 最多 最多で"
    " 上限 上限は 多くて 多くても 多くとも 高々 たかだか せいぜい 上限が 最大は 最高は 最大値は 小なりイコール 小なり ≤ ≦ < <=",
}
# Words behind an amount. Behind "!" stands what may not follow.
_AFTER_WORDS: Mapping[Qualifier, str] = {
    _ABOUT: "程度 規模 前後 ほど くらい ぐらい 位の!置 相当 内外!装 見当 級!友,生,数 クラス!タ,ス がらみ"
    " そこそこ ばかり!か 台!湾,北,風,数,詞,頭,本,所,座,帳,南,地",
    _LEAST: "以上 超!高,音,伝,越,党,大,小,人,絶,一流,電 超え 超える 超えた 超す を超え を超える を超えた"
    " を超えて を超す をこえ を越え を越す を上回 を上回る を上回り を上回った を突破 超過 強!化,力,制,豪,調,い,引,行,要,敵,者,烈,"
    "み,め,ま 余り!に あまり!に,の 余!剰,地,計,分,裕,波,白,命,談,震,儀 より大き より大きい より大きく より多"
    " より多い より多く より高 より高い より高く より上 より長 より長い より長く より低くな より短くな より少なくな より小さくな より下でな を下らな"
    " を下回らな は下らな ちょっと ちょい +!0,1,2,3,4,5,6,7,8,9",
    _MOST: "以下 以内 未満 弱!点,者,体,冷,含,電,毒,小,気,火,酸,視,い,み,ま,め,肉 近く 足らず たらず に満たな"
    " に満たない を下回 を下回る を下回り を下回った を切る を切った を切り を割り込 に迫 より小さ より小さい より小さく より少な"
    " より少ない より少なく より低 より低い より低く より下 より安 より安い より短 より短い より短く より高くな より長くな より多くな より大きくな を超えな"
    " を超えず を上回らな が上限 を上限 が限度 止まり どまり まで!に,増,拡大,引,伸,上,下,減,膨,積,高,成長,縮,回復,達,落,低,急,倍,進,来,行,至,も,達し",
}


@dataclass(frozen=True, slots=True)
class _Word:
    """A bounding word and what may not stand at its outer side."""

    word: str
    qualifier: Qualifier
    stops: tuple[str, ...]


def _table(words: Mapping[Qualifier, str], index: int) -> Mapping[str, tuple[_Word, ...]]:
    """The words by the character at `index`, the longest first."""
    table: dict[str, list[_Word]] = defaultdict(list)
    for qualifier, row in words.items():
        for entry in row.split():
            word, _, stops = entry.partition("!")
            table[word[index]].append(_Word(word, qualifier, tuple(filter(None, stops.split(",")))))
    return MappingProxyType(
        {
            char: tuple(sorted(found, key=lambda word: -len(word.word)))
            for char, found in table.items()
        }
    )


_BEFORE = _table(_BEFORE_WORDS, -1)
_AFTER = _table(_AFTER_WORDS, 0)

AFTER_START = frozenset(_AFTER) | {" ", "*", "_"}
"""The characters that a bounding word behind an amount can begin with."""
BEFORE_END = frozenset(_BEFORE) | {" ", "*", "_", "〜"}
"""The characters that can stand between a bounding word and its amount, or end that word."""

_BLANKS = frozenset(" *_")  # a blank or the mark of emphasis: **194億ドル**以上
_MOST_BLANKS = 3
_ALPHANUMERIC = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
# What stands before the < or > of a tag or an arrow: no comparison.
_TAG = _ALPHANUMERIC | frozenset("/\"'-=<>;}")
_OPEN_BEFORE = frozenset(" \n\t|([「『、。:")
_OPEN_BEHIND = frozenset(" \n\t|)]」』、。<*")


@dataclass(frozen=True, slots=True)
class Hedge:
    """A bounding word: what it says and the characters that it takes."""

    qualifier: Qualifier
    start: int
    end: int


def hedges_before(text: str, position: int, floor: int) -> tuple[Hedge, ...]:
    """The bounding words right before `position`, nearest first; two at most (最大で約).

    Args:
        text: normalised text.
        position: where the amount begins.
        floor: how far back a word may reach.

    Returns:
        The words; a 〜 that nothing stands before counts as up to.
    """
    first = _hedge_before(text, position, floor)
    if first is None:
        return ()
    second = _hedge_before(text, first.start, floor)
    return (first,) if second is None else (first, second)


def _hedge_before(text: str, position: int, floor: int) -> Hedge | None:
    end = position
    while end > floor and text[end - 1] in _BLANKS:
        end -= 1
    if end <= floor or position - end > _MOST_BLANKS:
        return None
    for entry in _BEFORE.get(text[end - 1], ()):
        word = entry.word
        start = end - len(word)
        if start < floor or not text.endswith(word, floor, end):
            continue
        if entry.stops and text.endswith(entry.stops, 0, start):
            continue
        if (
            word[0].isascii()
            and start
            and text[start - 1] in (_TAG if word[0] in "<>" else _ALPHANUMERIC)
        ):
            continue
        return Hedge(entry.qualifier, start, end)
    if text[end - 1] == "〜" and (end == 1 or text[end - 2] in _OPEN_BEFORE):
        return Hedge(_MOST, end - 1, end)
    return None


def hedges_after(text: str, position: int) -> tuple[Hedge, ...]:
    """The bounding words right behind `position`, nearest first; two at most (程度以上)."""
    at = position
    while at < position + _MOST_BLANKS and text[at : at + 1] in _BLANKS:
        at += 1
    first = _hedge_after(text, at)
    if first is None or (at > position and first.end - first.start == 1):
        return ()
    second = _hedge_after(text, first.end)
    return (first,) if second is None else (first, second)


def _hedge_after(text: str, position: int) -> Hedge | None:
    if position >= len(text):
        return None
    for entry in _AFTER.get(text[position], ()):
        if text.startswith(entry.word, position):
            end = position + len(entry.word)
            if entry.stops and text.startswith(entry.stops, end):
                continue
            return Hedge(entry.qualifier, position, end)
    return None


def is_open_end(text: str, position: int) -> bool:
    """Whether a 〜 at `position` has no other end: 「1万円〜」 is from 1万円 up."""
    following = text[position + 1 : position + 2]
    return text.startswith("〜", position) and (not following or following in _OPEN_BEHIND)


def qualifier_of(before: tuple[Hedge, ...], after: tuple[Hedge, ...]) -> Qualifier:
    """What the words around an amount say together."""
    if not before and not after:
        return Qualifier.EXACT
    for hedge in (*after, *before):
        if hedge.qualifier is not _ABOUT:
            return hedge.qualifier
    return _ABOUT


# What may stand between the two ends of a range.
_JOIN = re.compile(
    r"\ ?(?:(?P<dash>[〜~\-—ー]{1,2})|(?P<deviation>±|\+/-|プラスマイナス)|(?P<words>から|ないし|乃至|より)"
    r"|(?P<comma>で?(?:、|・|,\ ?)(?:かつ)?|(?:て|かつ|で)、?))\ ?"
)
JOIN_START = frozenset(" 〜~-—ー±+プかな乃よで、・,てと")
"""The characters that what joins a range can begin with."""

_BETWEEN = re.compile(r"と(?=[^。、\n]{1,24}?の(?:間|あいだ|中|範囲))")
_BETWEEN_END = re.compile(r"の(?:間|あいだ|中|範囲)")


def join_at(text: str, position: int) -> tuple[str, int] | None:
    """How the range goes on at `position`: the kind of join (dash, words, comma, deviation), its end."""
    match = _JOIN.match(text, position)
    if match is None or match.lastgroup is None:
        return None
    return match.lastgroup, match.end()


def between_at(text: str, position: int) -> int | None:
    """Where the second end begins in 20と30の間; None where no such と stands at `position`."""
    match = _BETWEEN.match(text, position)
    return None if match is None else match.end()


def between_end(text: str, position: int) -> int | None:
    """Where の間 (の中, の範囲) at `position` ends; None where it does not stand there."""
    match = _BETWEEN_END.match(text, position)
    return None if match is None else match.end()


def shared_scale(low: Numeral, high: Numeral) -> int:
    """The multiplier that the lower end of a range takes from the upper one: 300〜400億 → 億.

    It is shared where the lower end has none of its own and stays below the upper end with it:
    5000〜1億 shares nothing, since 5000億 is more.
    """
    if high.scale == 1 or low.has_multiplier or low.is_kanji != high.is_kanji:
        return 1
    return 1 if low.high * high.scale > high.high else high.scale
