"""Half-open character ranges of an article's source text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The characters `start` (included) to `end` (excluded) of a text.

    Raises:
        ValueError: where `start` is negative or lies behind `end`.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            msg = f"no span: start {self.start}, end {self.end}"
            raise ValueError(msg)

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The characters of `text` that this span covers."""
        return text[self.start : self.end]

    def shifted(self, by: int) -> "Span":
        """The same length, `by` characters further on."""
        return Span(self.start + by, self.end + by)

    def overlaps(self, other: "Span") -> bool:
        """Whether at least one character is in both."""
        return self.start < other.end and other.start < self.end

    def covers(self, other: "Span") -> bool:
        """Whether every character of `other` is in this span."""
        return self.start <= other.start and other.end <= self.end
