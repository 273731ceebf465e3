"""A value at its place in the source text, with the rule that read it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from pipeline.span import Span

V = TypeVar("V", covariant=True)


class MentionKind(StrEnum):
    """The dimensions that the parsers read."""

    MONEY = "money"
    NUMBER = "number"
    COUNT = "count"
    CAPACITY = "capacity"
    PERCENT = "percent"
    TERM = "term"
    CHIP = "chip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """One step of how a mention was read: rule, the characters it took, and its own parts."""

    rule: str
    span: Span
    text: str
    parts: tuple["Derivation", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention(Generic[V]):
    """A `value` said by the source characters of `span` (bounds such as 約 and 以上 included).

    `rule` names the rule that made it; `derivation` is its tree, left out of comparisons.
    """

    kind: MentionKind
    span: Span
    value: V
    rule: str
    derivation: Derivation | None = field(default=None, compare=False, repr=False)
