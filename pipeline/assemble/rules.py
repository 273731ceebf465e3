"""What the trigger table alone says: the kind that a quantity tells, the role that a name plays.

These rules carry the extraction where no trained scorer is there, and are the scorer's strongest
features where one is.
"""

from pipeline.assemble.context import (
    NameContext,
    clauses_between,
    is_passive,
    last_trigger,
    next_trigger,
)
from pipeline.assemble.reading import Anchor, Reading, SentenceReading, heading_of
from pipeline.gazetteer.triggers import Found
from pipeline.mention import MentionKind

NONE = "none"
_NEAR = 40  # characters within which a trigger before an amount governs it (買収額は9000億円)
_SUBJECT_MARKS = frozenset({"は", "が", "も", "、", ":"})


def governing_trigger(reading: Reading, anchor: Anchor) -> Found | None:
    """The trigger that governs a quantity: the first behind it in its clause, else close before it.

    A word for what is no deal (評価額, 売上) governs only in the same clause.
    """
    sentence = reading.sentences[anchor.sentence]
    span = anchor.mention.span
    after = next_trigger(sentence.triggers, span.end, sentence.end)
    before = last_trigger(sentence.triggers, span.start, sentence.start)
    same_after = after and clauses_between(sentence.clause_ends, span.end, after.span.start) == 0
    same_before = before and clauses_between(sentence.clause_ends, before.span.end, span.start) == 0
    if before and same_before and span.start - before.span.end <= 4:
        return before  # 調達額は4億円, 評価額102億ドル
    if after and same_after:
        return after
    if before and same_before and span.start - before.span.end <= _NEAR:
        return before
    if after and after.trigger.kind != NONE:
        return after
    if before and before.trigger.kind != NONE:
        return before
    heading = heading_of(reading, anchor.sentence)
    if heading is not None:
        return next_trigger(heading.triggers, heading.start, heading.end, deals_only=True)
    return None


def rule_kind(reading: Reading, anchor: Anchor) -> str:
    """supply, investment, acquisition, capex or none, by the governing trigger.

    投資 and 投じる with a receiver (〜に投資, 〜への投資) are an investment, without one capex.
    """
    found = governing_trigger(reading, anchor)
    if found is None:
        return NONE
    if anchor.kind is not MentionKind.MONEY and found.trigger.kind in ("investment", "acquisition"):
        return NONE
    if found.trigger.id in ("fund", "spend"):
        sentence = reading.sentences[anchor.sentence]
        receivers = [n for n in sentence.names if n.mark in ("に", "へ", "への")]
        return "investment" if receivers else "capex"
    return found.trigger.kind


def _role_by(found: Found, mark: str, *, passive: bool) -> str:
    roles = found.trigger.roles
    if mark in _SUBJECT_MARKS:
        return roles.get("passive" if passive else "subject", NONE)
    return roles.get(mark, NONE)


def rule_role(
    reading: Reading, anchor: Anchor, kind: str, sentence: SentenceReading, name: NameContext
) -> str:
    """buyer, seller or none: the name's particle read by the trigger that governs it."""
    home = reading.sentences[anchor.sentence]
    if sentence.index != home.index:
        governing = governing_trigger(reading, anchor)
        if governing is None or name.mark not in _SUBJECT_MARKS:
            return NONE
        return _role_by(governing, name.mark, passive=is_passive(reading.text, governing.span))
    candidates = [
        f for f in home.triggers if f.trigger.kind == kind and f.span.start >= name.mention.span.end
    ]
    found = candidates[0] if candidates else governing_trigger(reading, anchor)
    if found is None or found.trigger.kind == NONE:
        return NONE
    return _role_by(found, name.mark, passive=is_passive(reading.text, found.span))
