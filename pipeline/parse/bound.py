"""Bounds: the words around an amount that say about, at least, at most, or from … to.

    bounded  = before* amount after*            最大で約 194億ドル 規模
    range    = bounded join bounded             300〜400億円 · 5億ドルから10億ドル · 40以上50未満
    join     = 〜 | - | から | ないし | 、       the 、 only between 以上 and 以下, or 最大 and 最低

Of several words the bound wins over 約: 約500以上 is at least 500. The word behind wins over the
one before.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from pipeline.parse.numeral import Numeral
from pipeline.values import Qualifier

_ABOUT, _LEAST, _MOST = Qualifier.ABOUT, Qualifier.AT_LEAST, Qualifier.AT_MOST

# Words before an amount. A particle (最大で, 上限は) is taken along.
_BEFORE_WORDS: Mapping[Qualifier, str] = {
    _ABOUT: "約 およそ おおよそ おおむね おおむね、 概ね ほぼ だいたい 大体 凡そ ざっと 推定 推定で 推計 概算で 概算 目安は 目安 ~ c. ca. about around approximately",
    _LEAST: "少なくとも 少なくとも、 すくなくとも 最低 最低でも 最低で 最低限 最少 最少で 最小 最小で 最小値 最短 最短で 下限 下限は 優に 大なりイコール 大なり 以上、 ≥ ≧ over",
    _MOST: "最大 最大で 最大では 最大でも 最大値 最大で、 最高 最高で 最高でも 最長 最長で 最長でも 最多 最多で 上限 上限は 上限を 多くて 多くても 高々 たかだか せいぜい 小なりイコール 小なり ≤ ≦",
}
# Words behind an amount, with what may not follow them.
_AFTER_WORDS: tuple[tuple[Qualifier, str, str], ...] = (
    (
        _ABOUT,
        "程度 規模 前後 ほど くらい ぐらい 位の 位を 位に 相当 内外 見当 弱強 級 クラス がらみ そこそこ 余前後",
        "額 学 生 の規模 者 友 編",
    ),
    (_ABOUT, "台", "湾 北 風 数 詞 頭 本 所 座 帳"),
    (
        _LEAST,
        "以上 いじょう 超 超え 超える 超えた 超の を超え を超す を超える を超えた を超えて をこえ を越え を越える を越す を上回 を上回る を突破 超過 強 余り あまり 余 余りに より大き より大きい より大きく より多 より高 より上 より少なくな より小さくな より下でな を下らな を下回らな は下らな から上 以降",
        "化 力 制 豪 調 い 引 行 要 敵 者 烈 弱 伝 音 高層 越 剰 地 計 分 裕 波 白 命",
    ),
    (
        _MOST,
        "以下 以内 未満 弱 近く まで 足らず 足らずの に満たな に満たない を下回 を下回る を切 を割 を割り込 に迫 より小さ より小さい より小さく より少な より低 より下 より安 より多くな より大きくな を超えな を超えず を上回らな を超えなか が上限 を上限 が限度 止まり どまり",
        "点 者 体 冷 含 電 毒 小 気 火 酸 視 の町 の駅 の地 ま 待",
    ),
)


def _table(words: Iterable[tuple[str, Qualifier, tuple[str, ...]]], index: int) -> "_Words":
    table: dict[str, list[tuple[str, Qualifier, tuple[str, ...]]]] = defaultdict(list)
    for word in words:
        table[word[0][index]].append(word)
    return MappingProxyType(
        {
            char: tuple(sorted(found, key=lambda word: -len(word[0])))
            for char, found in table.items()
        }
    )


_Words = Mapping[str, tuple[tuple[str, Qualifier, tuple[str, ...]], ...]]
_BEFORE: _Words = _table(
    ((word, qualifier, ()) for qualifier, words in _BEFORE_WORDS.items() for word in words.split()),
    -1,
)
_AFTER: _Words = _table(
    (
        (word, qualifier, tuple(stops.split()))
        for qualifier, words, stops in _AFTER_WORDS
        for word in words.split()
    ),
    0,
)
AFTER_START = frozenset(_AFTER)
BEFORE_END = frozenset(_BEFORE)


@dataclass(frozen=True, slots=True)
class Hedge:
    """A bounding word: what it says and the characters that it takes."""

    qualifier: Qualifier
    start: int
    end: int


def hedge_before(text: str, position: int, floor: int) -> Hedge | None:
    """The bounding word that ends at `position`, one blank between allowed, not before `floor`."""
    end = position
    if end > floor and text[end - 1] == " ":
        end -= 1
    if end <= floor:
        return None
    for word, qualifier, _ in _BEFORE.get(text[end - 1], ()):
        start = end - len(word)
        if start >= floor and text.endswith(word, floor, end):
            if word[0].isascii() and word[0].isalpha() and start and text[start - 1].isalnum():
                continue
            return Hedge(qualifier, start, end)
    return None


def hedge_after(text: str, position: int) -> Hedge | None:
    """The bounding word that begins at `position`, or None."""
    if position >= len(text):
        return None
    for word, qualifier, stops in _AFTER.get(text[position], ()):
        if text.startswith(word, position):
            end = position + len(word)
            if stops and text.startswith(stops, end):
                continue
            return Hedge(qualifier, position, end)
    return None


def hedges_before(text: str, position: int, floor: int) -> tuple[Hedge, ...]:
    """The bounding words right before `position`, nearest first; two at most (最大で約)."""
    first = hedge_before(text, position, floor)
    if first is None:
        return ()
    second = hedge_before(text, first.start, floor)
    return (first,) if second is None else (first, second)


def hedges_after(text: str, position: int) -> tuple[Hedge, ...]:
    """The bounding words right behind `position`, nearest first; two at most (程度以上)."""
    first = hedge_after(text, position)
    if first is None:
        return ()
    second = hedge_after(text, first.end)
    return (first,) if second is None else (first, second)


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
    r"\ ?(?:(?P<dash>[〜~\-ー]{1,2})|(?P<words>から|ないし|乃至|より)"
    r"|(?P<comma>(?:で)?(?:、|,\ ?)(?:かつ)?|(?:て|かつ|で)、?))\ ?",
    re.VERBOSE,
)
JOIN_START = frozenset(" 〜~-ーかな乃よで、,て")


def join_at(text: str, position: int) -> tuple[str, int] | None:
    """How the range goes on at `position`: the kind of join (dash, words, comma) and its end."""
    match = _JOIN.match(text, position)
    if match is None or match.lastgroup is None:
        return None
    return match.lastgroup, match.end()


_BETWEEN = re.compile(r"と(?=[^。、\n]{1,24}?の(?:間|中|範囲))")
_BETWEEN_END = re.compile(r"の(?:間|中|範囲)")


def between_at(text: str, position: int) -> int | None:
    """Where the second end begins in 20と30の間, None where no と stands at `position`."""
    match = _BETWEEN.match(text, position)
    return None if match is None else match.end()


def is_between(text: str, position: int) -> bool:
    """Whether の間 (or の中, の範囲) stands at `position`."""
    return _BETWEEN_END.match(text, position) is not None


def shared_scale(low: Numeral, high: Numeral) -> int:
    """The multiplier that the lower end of a range takes from the upper one: 300〜400億 → 億.

    It is shared where the lower end has none of its own and stays below the upper end with it:
    5000〜1億 shares nothing, since 5000億 is more.
    """
    if high.scale == 1 or low.scale != 1 or low.is_kanji != high.is_kanji:
        return 1
    if low.low >= high.scale or low.high * high.scale > high.high:
        return 1
    return high.scale


def ordered(low: Decimal, high: Decimal) -> bool:
    """Whether two numbers can be the ends of a range."""
    return low < high
