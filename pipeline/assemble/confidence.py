"""How sure a record is: a calibrated probability that it is right as a whole."""

import math
import re

from pipeline.assemble.deal import Deal
from pipeline.assemble.features import Features, sentence_signs, yen_magnitude
from pipeline.assemble.reading import Reading
from pipeline.assemble.rules import governing_trigger, rule_kind, rule_role
from pipeline.assemble.scorer import Scorer
from pipeline.record import Slot


def slot_confidence(deal: Deal) -> dict[Slot, float]:
    """Confidence of each filled slot: that of its deal, times that of the least sure party."""
    base = deal.probability
    kinds = deal.candidates[0].kinds
    out = {Slot.KIND: base * kinds.get(deal.kind, 0.0) / max(1e-9, 1 - kinds.get("none", 0.0))}
    out[Slot.STATUS] = base
    for slot, role in ((Slot.BUYER, "buyer"), (Slot.SELLER, "seller")):
        votes = deal.parties.get(role, [])
        if votes:
            out[slot] = base * min(v.probability for v in votes)
    for slot, filled in (
        (Slot.AMOUNT, deal.amount),
        (Slot.AMOUNT_MAX, deal.amount_max),
        (Slot.TERM, deal.term),
        (Slot.COUNT, deal.count),
        (Slot.CAPACITY, deal.capacity),
        (Slot.CHIPS, deal.chips or None),
    ):
        if filled is not None:
            out[slot] = base
    return out


_FORECAST = re.compile(r"予測|見通し|見込|推計|試算|アナリスト|調査会社|予想|推定")


def logit(probability: float) -> float:
    """Log odds, kept within ±4.6."""
    clipped = min(0.99, max(0.01, probability))
    return math.log(clipped / (1 - clipped))


def confidence_features(reading: Reading, deal: Deal) -> dict[str, float]:
    """What the confidence of a whole record is judged by."""
    votes = [v for role in deal.parties.values() for v in role]
    home = {c.anchor.sentence for c in deal.candidates}
    accepted = {v.entity for v in votes}
    rejected = [v.probability for c in deal.candidates for v in c.votes if v.entity not in accepted]
    kinds = deal.candidates[0].kinds
    share = kinds.get(deal.kind, 0.0) / max(1e-9, 1 - kinds.get("none", 0.0))
    lead = deal.candidates[0].anchor
    forecast = _FORECAST.search(reading.sentences[lead.sentence].sentence.span.of(reading.text))
    tellings = [c.deal_probability for c in deal.candidates]
    return {
        **_telling_features(reading, deal),
        **_side_features(reading, deal),
        "probability": logit(deal.probability),
        "mean_probability": logit(sum(tellings) / len(tellings)),
        "kind_share": logit(share),
        "least_vote": logit(min((v.probability for v in votes), default=0.0)),
        "best_vote": logit(max((v.probability for v in votes), default=0.0)),
        "both_sides": float(bool(deal.parties.get("buyer")) and bool(deal.parties.get("seller"))),
        f"rule={rule_kind(reading, lead)}": 1.0,
        f"rule_agrees={rule_kind(reading, lead) == deal.kind}": 1.0,
        f"{deal.kind}|forecast={forecast is not None}": 1.0,
        f"line={reading.sentences[lead.sentence].sentence.line.value}": 1.0,
        f"party_at_home={any(v.sentence in home for v in votes)}": 1.0,
        "rejected_at_home": float(
            sum(
                1
                for n in reading.sentences[lead.sentence].names
                if n.mention.entity not in accepted
            )
        ),
        "best_rejected": max(rejected, default=0.0),
        "far_party": float(any(v.sentence not in home for v in votes)),
        "tellings": float(min(4, len(deal.candidates))),
        "no_buyer": float(not deal.parties.get("buyer")),
        "no_seller": float(not deal.parties.get("seller")),
        "many_parties": float(len(votes) > 3),
        "unknown_party": float(any(not v.entity.startswith("g:") for v in votes)),
        "no_money": float(deal.amount is None),
        "chips": float(bool(deal.chips)),
        "count": float(deal.count is not None),
        "term": float(deal.term is not None),
        "ceiling": float(deal.amount_max is not None),
        "vague": float(deal.amount is not None and deal.amount.value.value is None),
        f"kind={deal.kind}": 1.0,
        "amounts_of_article": float(min(6, len(reading.anchors))),
    }


def _telling_features(reading: Reading, deal: Deal) -> Features:
    """How the leading figure is told: by which word, of which size, in what kind of sentence."""
    lead = deal.candidates[0].anchor
    sentence = reading.sentences[lead.sentence]
    out: Features = sentence_signs(reading, sentence)
    governing = governing_trigger(reading, lead)
    word = governing.trigger.id if governing else "-"
    out[f"governed_by={word}"] = 1.0
    out[f"{deal.kind}|governed_by={word}"] = 1.0
    out[f"qualifier={lead.mention.value.qualifier.value}"] = 1.0
    if deal.amount is not None:
        out[f"size={min(14, yen_magnitude(deal.amount.value))}"] = 1.0
        out[f"per={deal.amount.value.per}"] = 1.0
    out[f"money_in_sentence={min(3, len(sentence.money))}"] = 1.0
    out[f"at={min(4, sentence.index // 4)}"] = 1.0
    return out


def _side_features(reading: Reading, deal: Deal) -> Features:
    """Where the parties stand, with which particle, and whether the rules see them so, too."""
    out: Features = {}
    lead = deal.candidates[0].anchor
    home = {c.anchor.sentence for c in deal.candidates}
    sides = []
    for role in ("buyer", "seller"):
        votes = deal.parties.get(role, [])
        sides.append(f"{role}s={min(3, len(votes))}")
        if not votes:
            continue
        best = max(votes, key=lambda v: (v.sentence in home, v.probability))
        place = "home" if best.sentence in home else "away"
        told = rule_role(reading, lead, deal.kind, reading.sentences[best.sentence], best.name)
        entity = reading.cast.entities[best.entity]
        out[f"{deal.kind}|{role}|{place}|mark={best.name.mark}"] = 1.0
        out[f"{role}|{place}|rule={told}"] = 1.0
        out[f"{deal.kind}|{role}|trade={entity.trade}"] = 1.0
        out[f"{deal.kind}|{role}|party={entity.kind}"] = 1.0
    out[f"{deal.kind}|{'|'.join(sides)}"] = 1.0
    return out


def is_deal(reading: Reading, deal: Deal, scorer: Scorer | None) -> float:
    """Probability that an assembled deal is one that the article tells, its parties considered.

    The quantity's own probability where no model for it is there.
    """
    if scorer is None or scorer.keep is None:
        return deal.probability
    return scorer.keep.predict(confidence_features(reading, deal)).get("right", 0.0)


def record_confidence(reading: Reading, deal: Deal, scorer: Scorer | None) -> float:
    """Probability that a record is right (deal found, all core slots right), calibrated in training.

    Without a trained model it is the product of what the rules trust, which is no probability.
    """
    if scorer is not None and scorer.confidence is not None:
        return scorer.confidence.predict(confidence_features(reading, deal)).get("right", 0.0)
    votes = [v.probability for role in deal.parties.values() for v in role]
    return deal.probability * min(votes, default=0.5)
