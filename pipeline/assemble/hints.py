"""What a tagger says beside rules and scorer, and how the two are brought together."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.span import Span
from pipeline.tagger.labels import KIND_TAGS, Tag
from pipeline.tagger.windows import CharacterTags

NONE = "none"  # as the rules call it, who import this module by way of the reading
_FLOOR = 1e-3  # no class is held to be impossible
_ROLE_TAGS = (Tag.BUYER, Tag.SELLER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """A tagger's reading of one article; offsets are those of the view.

    Attributes:
        tags: what it says.
        weight: how much it counts: 0 nothing, 1 alone.
    """

    tags: CharacterTags
    weight: float

    def _told(self, span: Span, tags: tuple[Tag, ...]) -> dict[str, float] | None:
        found: dict[str, float] = {}
        for tag in tags:
            probability = self.tags.probability(span, tag)
            if probability is None:
                return None
            found[tag.value] = probability
        return {**found, NONE: max(0.0, 1.0 - sum(found.values()))}

    def kinds(self, own: Mapping[str, float], span: Span) -> Mapping[str, float]:
        """Probabilities of the kinds of deal that a quantity tells, and of "none"."""
        return self._joined(own, self._told(span, KIND_TAGS))

    def roles(self, own: Mapping[str, float], span: Span) -> Mapping[str, float]:
        """Probabilities of a name being buyer, seller or "none"."""
        return self._joined(own, self._told(span, _ROLE_TAGS))

    def _joined(
        self, own: Mapping[str, float], told: Mapping[str, float] | None
    ) -> Mapping[str, float]:
        if told is None:  # not read by the tagger
            return own if self.weight < 1 else dict.fromkeys(own, 0.0) | {NONE: 1.0}
        return blend(own, told, self.weight)


def blend(own: Mapping[str, float], told: Mapping[str, float], weight: float) -> dict[str, float]:
    """Weighted geometric mean of two distributions over the classes of `own`; sums to 1.

    Args:
        own: of the rules or the scorer.
        told: of the tagger; a class that it lacks counts as hardly possible.
        weight: of the tagger, 0 to 1.
    """
    powers = {
        name: max(share, _FLOOR) ** (1 - weight) * max(told.get(name, 0.0), _FLOOR) ** weight
        for name, share in own.items()
    }
    whole = sum(powers.values())
    return {name: power / whole for name, power in powers.items()}
