"""Which sentences can hold a deal, decided from the text alone.

A deal needs a quantity (money, chips, capacity) and a word that tells a deal; so a sentence is kept
where it has a quantity, and a deal word stands in it or close to it. What is dropped is counted by
reason. The patterns are deliberately wide: the gate may let through what is no deal, it must not
lose one.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.gazetteer.triggers import Triggers
from pipeline.sentences import LineKind, Sentence
from pipeline.span import Span
from pipeline.view import ReadingView


class DropReason(StrEnum):
    """Why a sentence cannot hold a deal."""

    IGNORED = "link list or navigation"
    NO_QUANTITY = "no quantity"
    NO_DEAL_WORD = "quantity without a deal word near it"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecision:
    """Indices of the sentences that pass, and for every other one the reason why not."""

    kept: tuple[int, ...]
    dropped: tuple[tuple[int, DropReason], ...]

    def counts(self) -> dict[str, int]:
        """Dropped sentences by reason."""
        return dict(Counter(reason.value for _, reason in self.dropped))


_NUMERAL = r"[\d〇一二三四五六七八九十百千万億兆数]"
_QUANTITY = re.compile(
    rf"""
      {_NUMERAL}[\d,.\s]*(?:[KMBTkmbt]n?|[万億兆千百十]|(?:b|m|tr)illion)*\s*
        (?:[^\s\d。、]{{0,6}}(?:ドル|円|元|ユーロ|ポンド|ウォン|バーツ|ルピー|ルピア|ペソ|フラン|リラ|クローネ|クローナ
          |ディルハム|リヤル|リアル|ルーブル|シェケル|ドン|リンギット|ズウォティ|ランド|ディナール)
        |USD|EUR|JPY|GBP|CNY|KRW|TWD|INR|AED|SAR|SGD|dollars?)
    | (?:[$€£¥₩₹]|USD|EUR|JPY|GBP|CNY|KRW|TWD|INR|AED|SAR|SGD|HK\$|NT\$)\s*\d
    | (?:{_NUMERAL}|[\d.]\s)\s*(?:IT[-\s]?)?(?:[GMk]W|ギガ|メガ|キロ)
    | {_NUMERAL}[\d,.\s]*[万千億]?\s*(?:個|基|枚|台|ノード|ラック|チップ|システム|GPU|TPU|CPU|サーバ|アクセラレ|本|機|両|セット|ライセンス|モジュール)
    """,
    re.VERBOSE,
)
_CONTEXT = 3  # sentences on either side in which a deal word counts


def has_quantity(text: str) -> bool:
    """Whether a text can hold money, units of goods or electric power."""
    return _QUANTITY.search(text) is not None


def _near_deal_word(sentences: Sequence[Sentence], index: int, deal: Sequence[bool]) -> bool:
    sentence = sentences[index]
    near = range(max(0, index - _CONTEXT), min(len(sentences), index + _CONTEXT + 1))
    if any(deal[other] for other in near):
        return True
    heading = sentence.heading
    while heading >= 0:
        if deal[heading]:
            return True
        heading = sentences[heading].heading
    if sentence.line is LineKind.ROW:
        above = index
        while above > 0 and sentences[above - 1].line is LineKind.ROW:
            above -= 1
            if deal[above]:
                return True
    return False


def gate(
    view: ReadingView,
    sentences: Sequence[Sentence],
    triggers: Triggers,
    ignored: Sequence[Span] = (),
) -> GateDecision:
    """Decide for every sentence whether it can hold a deal.

    Args:
        view: the article as read.
        sentences: all its sentences.
        triggers: what tells a deal.
        ignored: spans of the source that are no part of the story.
    """
    story = frozenset(without_gate(view, sentences, ignored).kept)
    texts = [sentence.span.of(view.text) for sentence in sentences]
    deal = [triggers.says_deal(text) for text in texts]
    kept: list[int] = []
    dropped: list[tuple[int, DropReason]] = []
    for index, text in enumerate(texts):
        if index not in story:
            dropped.append((index, DropReason.IGNORED))
        elif not has_quantity(text):
            dropped.append((index, DropReason.NO_QUANTITY))
        elif not _near_deal_word(sentences, index, deal):
            dropped.append((index, DropReason.NO_DEAL_WORD))
        else:
            kept.append(index)
    return GateDecision(kept=tuple(kept), dropped=tuple(dropped))


def without_gate(
    view: ReadingView, sentences: Sequence[Sentence], ignored: Sequence[Span] = ()
) -> GateDecision:
    """Keep the whole story, to measure what the gate is worth; link lists are no part of it."""
    kept: list[int] = []
    dropped: list[tuple[int, DropReason]] = []
    for index, sentence in enumerate(sentences):
        source = view.source_span(sentence.span.start, sentence.span.end)
        if any(span.overlaps(source) for span in ignored):
            dropped.append((index, DropReason.IGNORED))
        else:
            kept.append(index)
    return GateDecision(kept=tuple(kept), dropped=tuple(dropped))
