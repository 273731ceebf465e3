"""How a mention was read, as a tree: what `torihiki parse --explain` prints."""

from pipeline.mention import Derivation, Mention
from pipeline.normalise import NormalisedText
from pipeline.parse.amount import Amount
from pipeline.parse.chip import FoundChip
from pipeline.parse.interval import Interval
from pipeline.parse.numeral import numeral_parts
from pipeline.parse.reader import Found
from pipeline.parse.term import Length
from pipeline.values import Value


def derivation_of(found: Found, mention: Mention[Value], normalised: NormalisedText) -> Derivation:
    """The derivation of one mention.

    Args:
        found: the mention in normalised offsets, with what it was read from.
        mention: the same in source offsets, with its final rule.
        normalised: the text and its map.

    Returns:
        The tree, in source offsets; its root is the mention's rule.
    """
    tree = _Tree(normalised)
    source = found.source
    if isinstance(source, Interval):
        parts = tree.interval(source)
    elif isinstance(source, Length):
        parts = tuple(tree.amount(part) for part in source.parts)
    else:
        parts = () if source is None else tree.chip(source)
    span = found.mention.span
    return tree.node(mention.rule, span.start, span.end, parts)


class _Tree:
    """Makes nodes of one text."""

    __slots__ = ("normalised",)

    def __init__(self, normalised: NormalisedText) -> None:
        self.normalised = normalised

    def node(
        self, rule: str, start: int, end: int, parts: tuple[Derivation, ...] = ()
    ) -> Derivation:
        span = self.normalised.source_span(start, end)
        return Derivation(rule=rule, span=span, text=self.normalised.text[start:end], parts=parts)

    def interval(self, interval: Interval) -> tuple[Derivation, ...]:
        if interval.last is None:
            return self.amount_parts(interval.first)
        first, last = self.amount(interval.first), self.amount(interval.last)
        join = (interval.first.end, interval.last.start)
        if join[0] < join[1]:
            return (first, self.node("join", *join), last)
        return (first, last)

    def amount(self, amount: Amount) -> Derivation:
        return self.node("amount", amount.start, amount.end, self.amount_parts(amount))

    def amount_parts(self, amount: Amount) -> tuple[Derivation, ...]:
        parts = [
            self.node(f"bound {hedge.qualifier}", hedge.start, hedge.end)
            for hedge in reversed(amount.before)
        ]
        numeral_end = amount.numeral_start + len(amount.numeral.text)
        if amount.number_start < amount.numeral_start:
            parts.append(self.node("prefix", amount.number_start, amount.numeral_start))
        parts.append(self.numeral(amount, numeral_end))
        if numeral_end < amount.number_end:
            parts.append(self.node(f"scale {amount.scale}", numeral_end, amount.number_end))
        if amount.number_end < amount.unit_end and amount.unit is not None:
            unit = f"unit {amount.unit.dimension} {amount.unit.code}"
            parts.append(self.node(unit, amount.number_end, amount.unit_end))
        parts += [
            self.node(f"bound {hedge.qualifier}", hedge.start, hedge.end) for hedge in amount.after
        ]
        return tuple(parts)

    def numeral(self, amount: Amount, end: int) -> Derivation:
        start = amount.numeral_start
        numeral = amount.numeral
        value = f"{numeral.low}…{numeral.high}" if numeral.is_vague else format(numeral.low, "f")
        parts = numeral_parts(numeral.text)
        nodes = tuple(self.node(rule, start + at, start + to) for rule, at, to in parts)
        return self.node(f"numeral {value}", start, end, nodes if len(nodes) > 1 else ())

    def chip(self, found: FoundChip) -> tuple[Derivation, ...]:
        kind = "family" if found.chip.is_family else "model"
        vendor = found.chip.vendor or "?"
        rule = f"{kind} {found.chip.model} of {vendor}"
        return (self.node(rule, found.start, found.end),)
