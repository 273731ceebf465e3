"""The same amount written twice, and exchange rates: what is no second amount.

rendering = money "(" words money words ")"                       194億ドル(約2兆9000億円)
          | money "=" money | money 、日本円で money              380億ドル、日本円で約5.8兆円
exchange  = "1ドル" [ = ] money                                   1ドル=150円
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from pipeline.mention import Mention
from pipeline.values import Money, Value

RULE_EXCHANGE = "money.exchange-rate"
RULE_RENDERING = "money.rendering"

_EXCHANGE = re.compile(r"[\ *]*(?:[=＝≒≈]|は|が|あたり|当たり|につき)?[\ *]*(?:約|およそ)?")
_EXCHANGED = (1, 100)  # what an exchange rate is given for
_LONGEST_GAP = 60  # characters between an amount and its rendering
_OPENS = re.compile(
    r"(?:の?(?:規模|相当|以上|超|余り|あまり|弱|強|程度|前後|分)?(?:相当)?[*_]{0,2}\ ?)"
    r"[(（\[［〔【]\ ?[^()（）\[\]［］〔〕【】]{0,40}$"
)
_FOLLOWS = re.compile(
    r"[*_]{0,2}(?:\ ?[=＝≒≈]\ ?"
    r"|、?(?:日本円|円換算|円|邦貨|米ドル換算|ドル換算|米ドル)(?:に?換算すると|に?換算して|にして|に換算で|換算で|で|では|だと)、?)"
    r"(?:約|およそ|\ )*$"
)
_CLOSES = re.compile(r"[^()（）\[\]［］〔〕【】。]{0,24}[)）\]］〕】(（]")
_OTHER_FACT = re.compile(r"うち|内訳|前年|前期|前回|従来|当初|上限|前は|増|減|頭金|残り")


def exchange_rates(mentions: Sequence[Mention[Value]], text: str) -> set[int]:
    """The indexes of the two amounts of each exchange rate (1ドル=150円)."""
    found: set[int] = set()
    for index, (one, other) in enumerate(pairwise(mentions)):
        if not isinstance(one.value, Money) or not isinstance(other.value, Money):
            continue
        if one.value.value not in _EXCHANGED or one.value.currency == other.value.currency:
            continue
        if _EXCHANGE.fullmatch(text, one.span.end, other.span.start):
            found |= {index, index + 1}
    return found


def renderings(mentions: Sequence[Mention[Value]], text: str) -> dict[int, int]:
    """Which amounts repeat another in a second currency: 194億ドル（約2兆9000億円）.

    Args:
        mentions: as `find_mentions` returns them, of any kinds, in order.
        text: the text that they point into.

    Returns:
        The index of each repeating amount with the index of the amount that it renders.

    Raises:
        Nothing.

    Source: the annotation rule that an amount repeated in another currency is no second amount.
    """
    found: dict[int, int] = {}
    main: int | None = None
    for index, mention in enumerate(mentions):
        if not isinstance(mention.value, Money) or mention.rule == RULE_EXCHANGE:
            continue
        if main is not None and _renders(mentions[main], mention, text):
            found[index] = main
        else:
            main = index
    return found


def _renders(main: Mention[Value], other: Mention[Value], text: str) -> bool:
    if not isinstance(main.value, Money) or not isinstance(other.value, Money):
        return False
    if main.value.currency == other.value.currency and _size(main.value) != _size(other.value):
        return False
    gap = text[main.span.end : other.span.start]
    if len(gap) > _LONGEST_GAP or _OTHER_FACT.search(gap):
        return False
    if _FOLLOWS.match(gap):
        return True
    return _OPENS.match(gap) is not None and _CLOSES.match(text, other.span.end) is not None


def _size(money: Money) -> tuple[Decimal | None, Decimal | None]:
    """The number itself, or its bounds: 6000万円 and ¥60,000,000 are one amount."""
    return (money.value, None) if money.value is not None else (money.low, money.high)
