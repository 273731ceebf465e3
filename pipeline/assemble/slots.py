"""The slots beside the money: term, chips, status."""

import re

from pipeline.assemble.context import clauses_between
from pipeline.assemble.deal import Deal
from pipeline.assemble.reading import Reading, SentenceReading
from pipeline.mention import Mention
from pipeline.record import Status
from pipeline.values import Chip, Term

_NOT_A_TERM = re.compile(r"(?:過去|この|ここ|直近|創業|設立から|前年|毎|第|築|わずか|最近の?)\s*$")
_NOT_TERM_AFTER = re.compile(
    r"前|連続|ぶり|目|以内|以上前|後に|後の|代|生|債|物国債|来|ごと|分の|比|で初|も前|経"
)
_TERM_WORD = re.compile(
    r"契約|期間|リース|にわた|供給|今後|間で|計画|賃貸|融資|確約|コミット|複数年|ライセンス|支払"
)
_CANCEL_SCOPE = 60
_MONTHS_MIN, _MONTHS_MAX = 2, 600


def _is_length(term: Mention[Term], reading: Reading) -> bool:
    """Whether a term can be the length of a contract: 5年間, not 3年前 or 20年のキャリア."""
    months = term.value.value
    if months is None or not _MONTHS_MIN <= months <= _MONTHS_MAX:
        return False
    text = reading.text
    if _NOT_A_TERM.search(text[max(0, term.span.start - 6) : term.span.start]):
        return False
    return _NOT_TERM_AFTER.match(text[term.span.end : term.span.end + 4]) is None


def _term_score(
    reading: Reading, deal: Deal, sentence: SentenceReading, term: Mention[Term]
) -> float:
    """How well a term fits a deal: nearness to its figures, and words of duration around it."""
    text = reading.text
    around = text[max(sentence.start, term.span.start - 12) : min(sentence.end, term.span.end + 14)]
    score = 1.0 if _TERM_WORD.search(around) else 0.0
    own = [c for c in deal.candidates if c.anchor.sentence == sentence.index]
    if own:
        nearest = min(
            own, key=lambda c: abs(c.anchor.mention.span.start - term.span.start)
        ).anchor.mention.span
        clauses = clauses_between(sentence.clause_ends, nearest.start, term.span.start)
        gap = max(nearest.start - term.span.end, term.span.start - nearest.end)
        rivals = sum(
            1
            for m in sentence.money
            if min(nearest.start, term.span.start)
            < m.span.start
            < max(nearest.start, term.span.start)
        )
        score += 1.5 - 0.6 * clauses - 0.8 * rivals + (0.6 if gap <= 12 else 0.0)
    else:
        score -= 0.4
    return score


def find_term(reading: Reading, deal: Deal) -> Mention[Term] | None:
    """The length of the contract or plan: in a telling sentence, or 期間は5年 right beside one."""
    home = set(deal.sentences)
    near = {i + d for i in home for d in (-1, 0, 1)}
    best: tuple[float, Mention[Term]] | None = None
    for index in sorted(i for i in near if 0 <= i < len(reading.sentences)):
        sentence = reading.sentences[index]
        for term in sentence.terms:
            if not _is_length(term, reading):
                continue
            score = _term_score(reading, deal, sentence, term)
            if score >= (0.9 if index in home else 0.6) and (best is None or score > best[0]):
                best = (score, term)
    return best[1] if best else None


_COMPARED = re.compile(
    r"(?:の[\d.,]+倍|より|に匹敵|と比べ|に比べ|を上回|を凌|に対抗|の後継|とは異な|並み|の代替|に代わ)"
)


def find_chips(reading: Reading, deal: Deal) -> list[Mention[Chip]]:
    """The chips that a deal is about, each model once.

    Those of its telling sentences, and of a sentence right beside one that names a party of the
    deal; chips that are only compared with are left out.
    """
    if deal.kind not in ("supply", "capex"):
        return []
    home = set(deal.sentences)
    if deal.count is not None:
        home |= {s.index for s in reading.sentences if s.start <= deal.count.span.start < s.end}
    found: dict[str, Mention[Chip]] = {}
    for index in sorted(home):
        sentence = reading.sentences[index]
        for chip in sentence.chips:
            if _COMPARED.match(reading.text[chip.span.end : chip.span.end + 8]):
                continue
            if _belongs(deal, sentence, chip):
                found.setdefault(chip.value.model, chip)
    return list(found.values())


def _belongs(deal: Deal, sentence: SentenceReading, chip: Mention[Chip]) -> bool:
    """Whether a chip stands closer to this deal's figures than to other money of the sentence."""
    own = [c.anchor.mention.span for c in deal.candidates if c.anchor.sentence == sentence.index]
    if deal.count is not None and sentence.start <= deal.count.span.start < sentence.end:
        own.append(deal.count.span)
    if not own:
        return False
    mine = min(clauses_between(sentence.clause_ends, s.start, chip.span.start) for s in own)
    return mine <= 1


def find_status(reading: Reading, deal: Deal) -> Status:
    """How far the deal has come, from the words around its figures.

    Cancelled where a word for it follows close to a figure; prospective where most tellings speak
    of plans or talks and none says that it is signed or done; else firm.
    """
    prospective = firm = 0
    for candidate in deal.candidates:
        sentence = reading.sentences[candidate.anchor.sentence]
        span = candidate.anchor.mention.span
        ends = [e for e in sentence.clause_ends if e > span.end]
        limit = ends[1] if len(ends) > 1 else sentence.end
        tail = reading.text[span.end : limit]
        words = reading.triggers.status_words(tail)
        if words["cancelled"] and tail.find(words["cancelled"][0]) <= _CANCEL_SCOPE:
            return Status.CANCELLED
        prospective += bool(words["prospective"]) and not words["firm"]
        firm += bool(words["firm"]) or not words["prospective"]
    return Status.PROSPECTIVE if prospective > firm else Status.FIRM
