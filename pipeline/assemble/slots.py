"""The slots beside the money: term, chips, status."""

import re
from collections.abc import Iterator

from pipeline.assemble.context import clauses_between
from pipeline.assemble.deal import Deal
from pipeline.assemble.features import Features, distance_bin, words_around
from pipeline.assemble.reading import Reading, SentenceReading
from pipeline.assemble.scorer import FITS, LinearModel, Scorer
from pipeline.mention import Mention
from pipeline.record import Status
from pipeline.span import Span
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


def terms_in_scope(reading: Reading, deal: Deal) -> Iterator[tuple[SentenceReading, Mention[Term]]]:
    """Lengths that may be a deal's term: in a telling sentence, or right beside one."""
    home = set(deal.sentences)
    for index in sorted({i + d for i in home for d in (-1, 0, 1)}):
        if 0 <= index < len(reading.sentences):
            sentence = reading.sentences[index]
            yield from ((sentence, t) for t in sentence.terms if _is_length(t, reading))


def _fill_features(
    slot: str, reading: Reading, deal: Deal, sentence: SentenceReading, span: Span
) -> Features:
    """How a mention stands to the figures of a deal; the same for all slots, named by the slot."""
    text = reading.text
    out: Features = {
        "bias": 1,
        f"kind={deal.kind}": 1,
        f"tellings={min(3, len(deal.sentences))}": 1,
    }
    words_around(out, text, span.start, span.end, sentence.start, sentence.end)
    own = [c.anchor.mention.span for c in deal.candidates if c.anchor.sentence == sentence.index]
    out[f"line={sentence.sentence.line.value}"] = 1
    if own:
        nearest = min(own, key=lambda s: abs(s.start - span.start))
        low, high = min(nearest.end, span.end), max(nearest.start, span.start)
        place = "before" if span.start < nearest.start else "after"
        clauses = min(2, clauses_between(sentence.clause_ends, nearest.start, span.start))
        rivals = min(2, sum(1 for m in sentence.money if low <= m.span.start < high))
        names = min(2, sum(1 for n in sentence.names if low <= n.mention.span.start < high))
        out[f"place={place}"] = 1
        out[f"{place}|clauses={clauses}"] = 1
        out[f"{place}|rivals={rivals}"] = 1
        out[f"{place}|names={names}"] = 1
        out[f"{place}|d={distance_bin(max(0, high - low))}"] = 1
        between = text[low:high]
        if len(between) <= _SHORT:
            out[f"between={between}"] = 1
        closer = any(
            abs(m.span.start - span.start) < abs(nearest.start - span.start)
            for m in sentence.money
            if m.span not in own
        )
        out[f"{place}|closer={closer}"] = 1
    else:
        gap = min((sentence.index - i for i in deal.sentences), key=abs)
        out[f"place=s{max(-3, min(3, gap)):+d}"] = 1
        out[f"money={min(2, len(sentence.money))}"] = 1
        parties = deal.entities("buyer") | deal.entities("seller")
        named = {n.mention.entity for n in sentence.names}
        out[f"parties={bool(parties & named)}|others={bool(named - parties)}"] = 1
    return {f"{slot}:{name}": value for name, value in out.items()}


def term_features(
    reading: Reading, deal: Deal, sentence: SentenceReading, term: Mention[Term]
) -> Features:
    """The features of one length: is it the term of this deal?"""
    out = _fill_features("term", reading, deal, sentence, term.span)
    around = reading.text[
        max(sentence.start, term.span.start - 12) : min(sentence.end, term.span.end + 14)
    ]
    out["term:rule"] = _term_score(reading, deal, sentence, term)
    out[f"term:word={_TERM_WORD.search(around) is not None}"] = 1
    months = term.value.value or 0
    out[f"term:years={months % 12 == 0}|{'long' if months > _LONG_TERM else 'short'}"] = 1
    out[f"term:parsed={term.rule}"] = 1
    out[f"term:kind={deal.kind}|long={months > _LONG_TERM}"] = 1
    return out


_SHORT = 6  # characters between a mention and a figure that are looked at as they are
_LONG_TERM = 24  # months


def _filling(scorer: Scorer | None) -> LinearModel | None:
    return scorer.filling if scorer is not None else None


def find_term(reading: Reading, deal: Deal, scorer: Scorer | None) -> Mention[Term] | None:
    """The length of the contract or plan: in a telling sentence, or 期間は5年 right beside one."""
    model = _filling(scorer)
    home = set(deal.sentences)
    best: tuple[float, Mention[Term]] | None = None
    for sentence, term in terms_in_scope(reading, deal):
        if model is not None:
            score = model.predict(term_features(reading, deal, sentence, term))[FITS]
            least = _FILL_FLOOR
        else:
            score = _term_score(reading, deal, sentence, term)
            least = 0.9 if sentence.index in home else 0.6
        if score >= least and (best is None or score > best[0]):
            best = (score, term)
    return best[1] if best else None


_FILL_FLOOR = 0.4  # probability from which a term or a chip belongs to a deal


_COMPARED = re.compile(
    r"(?:の[\d.,]+倍|より|に匹敵|と比べ|に比べ|を上回|を凌|に対抗|の後継|とは異な|並み|の代替|に代わ)"
)


def chips_in_scope(reading: Reading, deal: Deal) -> Iterator[tuple[SentenceReading, Mention[Chip]]]:
    """Chips that a deal may be about: of its telling sentences, of those beside, of its heading."""
    home = set(deal.sentences)
    wanted = {i + d for i in home for d in (-1, 0, 1)}
    wanted |= {reading.sentences[i].sentence.heading for i in home}
    if deal.count is not None:
        wanted |= {s.index for s in reading.sentences if s.start <= deal.count.span.start < s.end}
    for index in sorted(wanted):
        if 0 <= index < len(reading.sentences):
            sentence = reading.sentences[index]
            yield from ((sentence, c) for c in sentence.chips)


def chip_features(
    reading: Reading, deal: Deal, sentence: SentenceReading, chip: Mention[Chip]
) -> Features:
    """The features of one chip: is this deal about it?"""
    out = _fill_features("chip", reading, deal, sentence, chip.span)
    compared = _COMPARED.match(reading.text[chip.span.end : chip.span.end + 8])
    out["chip:compared"] = float(compared is not None)
    out[f"chip:rule={_belongs(deal, sentence, chip)}"] = 1
    out[f"chip:units={deal.count is not None}|power={deal.capacity is not None}"] = 1
    out[f"chip:alone={len({c.value.model for c in sentence.chips}) == 1}"] = 1
    out[f"chip:seller={bool(deal.entities('seller'))}"] = 1
    return out


def find_chips(reading: Reading, deal: Deal, scorer: Scorer | None) -> list[Mention[Chip]]:
    """The chips that a deal is about, each model once, in text order.

    By the rules: those of its telling sentences that stand close to its figures and are not only
    compared with.
    """
    if deal.kind not in ("supply", "capex"):
        return []
    model = _filling(scorer)
    home = set(deal.sentences)
    found: dict[str, Mention[Chip]] = {}
    for sentence, chip in chips_in_scope(reading, deal):
        if model is not None:
            features = chip_features(reading, deal, sentence, chip)
            fits = model.predict(features)[FITS] >= _FILL_FLOOR
        else:
            told = sentence.index in home or _holds_count(deal, sentence)
            compared = _COMPARED.match(reading.text[chip.span.end : chip.span.end + 8])
            fits = told and compared is None and _belongs(deal, sentence, chip)
        if fits:
            found.setdefault(chip.value.model, chip)
    return sorted(found.values(), key=lambda c: c.span)


def _holds_count(deal: Deal, sentence: SentenceReading) -> bool:
    return deal.count is not None and sentence.start <= deal.count.span.start < sentence.end


def _belongs(deal: Deal, sentence: SentenceReading, chip: Mention[Chip]) -> bool:
    """Whether a chip stands closer to this deal's figures than to other money of the sentence."""
    own = [c.anchor.mention.span for c in deal.candidates if c.anchor.sentence == sentence.index]
    if deal.count is not None and _holds_count(deal, sentence):
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
