"""Find who sold what to whom: an article's values and names become deals with their slots."""

from pipeline.assemble.candidate import score_candidates
from pipeline.assemble.casting import ROLE_FLOOR
from pipeline.assemble.confidence import is_deal
from pipeline.assemble.deal import DEAL_FLOOR, Deal, assemble_deals
from pipeline.assemble.reading import Reading
from pipeline.assemble.scorer import Scorer
from pipeline.assemble.slots import find_chips, find_term

__all__ = ["assemble"]

_CANDIDATE_FLOOR = 0.1  # weaker quantities take no part, not even as a count beside a deal
_DOUBTFUL_FLOOR = 0.25  # from which a quantity is assembled, where the deal is judged afterwards


def assemble(
    reading: Reading,
    scorer: Scorer | None,
    *,
    deal_floor: float = DEAL_FLOOR,
    role_floor: float = ROLE_FLOOR,
) -> list[Deal]:
    """The deals that an article tells, slots filled, in text order.

    Args:
        reading: the article laid out.
        scorer: the trained part; None decides by the rules alone.
        deal_floor: probability from which a deal is kept.
        role_floor: probability from which a name takes a role.
    """
    judged = scorer is not None and scorer.keep is not None
    floor = min(deal_floor, _DOUBTFUL_FLOOR) if judged else deal_floor
    candidates = score_candidates(reading, scorer, floor=_CANDIDATE_FLOOR)
    deals = assemble_deals(
        reading, candidates, deal_floor=floor, role_floor=role_floor, scorer=scorer
    )
    for deal in deals:
        deal.term = find_term(reading, deal, scorer)
        deal.chips = find_chips(reading, deal, scorer)
    kept = []
    for deal in deals:
        deal.probability = is_deal(reading, deal, scorer)
        if deal.probability >= deal_floor:
            kept.append(deal)
    return kept
