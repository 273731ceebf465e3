"""How a mention was read, as a tree."""

from collections.abc import Iterator

import pytest

from pipeline.gazetteer.vocabulary import Vocabulary
from pipeline.mention import Derivation
from pipeline.parse import find_mentions


def flat(node: Derivation, depth: int = 0) -> Iterator[tuple[int, str, str]]:
    """The nodes as (depth, rule, text), the root first."""
    yield depth, node.rule, node.text
    for part in node.parts:
        yield from flat(part, depth + 1)


TREES = [
    (
        "最大で約194億ドル規模",
        [
            (0, "money", "最大で約194億ドル規模"),
            (1, "bound at_most", "最大で"),
            (1, "bound about", "約"),
            (1, "numeral 19400000000", "194億"),
            (2, "digits", "194"),
            (2, "multiplier 100000000", "億"),
            (1, "unit money USD", "ドル"),
            (1, "bound about", "規模"),
        ],
    ),
    (
        "2〜3GW",
        [
            (0, "capacity.range", "2〜3GW"),
            (1, "amount", "2"),
            (2, "numeral 2", "2"),
            (1, "join", "〜"),
            (1, "amount", "3GW"),
            (2, "numeral 3", "3"),
            (2, "unit capacity MW", "GW"),
        ],
    ),
    (
        "$7.2bn",
        [
            (0, "money", "$7.2bn"),
            (1, "prefix", "$"),
            (1, "numeral 7.2", "7.2"),
            (1, "scale 1000000000", "bn"),
        ],
    ),
    (
        "数十社",
        [
            (0, "count", "数十社"),
            (1, "numeral 10…100", "数十"),
            (2, "several", "数"),
            (2, "multiplier 10", "十"),
            (1, "unit count 社", "社"),
        ],
    ),
    (
        "ブラックウェル",
        [
            (0, "chip", "ブラックウェル"),
            (1, "family Blackwell of NVIDIA", "ブラックウェル"),
        ],
    ),
]


@pytest.mark.parametrize(("sentence", "nodes"), TREES, ids=[row[0] for row in TREES])
def test_derivation_names_every_step(
    vocabulary: Vocabulary, sentence: str, nodes: list[tuple[int, str, str]]
) -> None:
    """The tree tells which words became which part of the value."""
    [mention] = find_mentions(sentence, vocabulary, explain=True)
    assert mention.derivation is not None
    assert list(flat(mention.derivation)) == nodes


def test_derivation_points_into_the_source(vocabulary: Vocabulary) -> None:
    """Spans of the tree are source characters, its texts normalised ones."""
    sentence = "約７２億㌦"
    [mention] = find_mentions(sentence, vocabulary, explain=True)
    assert mention.derivation is not None
    unit = mention.derivation.parts[-1]
    assert (unit.text, unit.span.of(sentence)) == ("ドル", "㌦")


def test_derivation_of_a_compound_term_shows_its_parts(vocabulary: Vocabulary) -> None:
    """Each unit of 1年8カ月 is a part."""
    term = find_mentions("1年8カ月", vocabulary, explain=True)[0]
    assert term.derivation is not None
    assert [part.text for part in term.derivation.parts] == ["1年", "8カ月"]


def test_mentions_carry_no_derivation_unless_asked(vocabulary: Vocabulary) -> None:
    """Trees cost time, so they are made only on demand."""
    [mention] = find_mentions("7社", vocabulary)
    assert mention.derivation is None
