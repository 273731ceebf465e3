"""Reading amounts, counts, capacities, shares, terms and chips out of Japanese text."""

from dataclasses import replace
from datetime import date

from pipeline.gazetteer.vocabulary import Vocabulary
from pipeline.mention import Mention
from pipeline.normalise import NormalisedText, normalise
from pipeline.parse.derivation import derivation_of
from pipeline.parse.reader import read
from pipeline.parse.rendering import RULE_EXCHANGE, RULE_RENDERING, exchange_rates, renderings
from pipeline.values import Value

__all__ = ["find_mentions", "find_mentions_in", "renderings"]


def find_mentions(
    text: str, vocabulary: Vocabulary, *, published: date | None = None, explain: bool = False
) -> tuple[Mention[Value], ...]:
    """Every amount, count, capacity, share, term, chip and number that `text` mentions.

    Args:
        text: source text, any characters.
        vocabulary: currencies, units, chips.
        published: the article's date, for terms that count from it (2030年度まで) and for years
            of two digits (26年に).
        explain: whether mentions carry their derivation.

    Returns:
        Mentions in the order of their start, with offsets into `text`; two of one kind never
        overlap. The number inside a term or a date is a mention of its own, of kind NUMBER.

    Raises:
        Nothing.

    Example: 「最大194億ドル」 → Money 19400000000 USD, at most.
    """
    return find_mentions_in(normalise(text), vocabulary, published=published, explain=explain)


def find_mentions_in(
    normalised: NormalisedText,
    vocabulary: Vocabulary,
    *,
    published: date | None = None,
    explain: bool = False,
) -> tuple[Mention[Value], ...]:
    """Like `find_mentions`, for a text that is normalised already; offsets into its source."""
    text = normalised.text
    found = read(text, vocabulary, published)
    mentions = [one.mention for one in found]
    for index in exchange_rates(mentions, text):
        mentions[index] = replace(mentions[index], rule=RULE_EXCHANGE)
    for index in renderings(mentions, text):
        mentions[index] = replace(mentions[index], rule=RULE_RENDERING)
    source_span = normalised.source_span
    placed = [
        Mention(
            kind=mention.kind,
            span=source_span(mention.span.start, mention.span.end),
            value=mention.value,
            rule=mention.rule,
        )
        for mention in mentions
    ]
    if explain:
        placed = [
            replace(mention, derivation=derivation_of(one, mention, normalised))
            for one, mention in zip(found, placed, strict=True)
        ]
    return tuple(placed)
