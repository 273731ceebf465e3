"""The shipped vocabulary, and reading one sentence with it."""

from collections.abc import Callable
from datetime import date

import pytest

from pipeline.gazetteer.vocabulary import Vocabulary, load_vocabulary
from pipeline.mention import Mention, MentionKind
from pipeline.parse import find_mentions
from pipeline.settings import PROJECT_ROOT
from pipeline.values import Value

Reading = list[tuple[str, Value]]


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """The vocabulary under models/, as users get it."""
    return load_vocabulary(PROJECT_ROOT / "models")


@pytest.fixture(scope="session")
def mentions_in(vocabulary: Vocabulary) -> Callable[..., tuple[Mention[Value], ...]]:
    """All mentions of a sentence; their quotes are checked against it."""

    def read(sentence: str, published: date | None = None) -> tuple[Mention[Value], ...]:
        found = find_mentions(sentence, vocabulary, published=published)
        assert all(0 <= one.span.start < one.span.end <= len(sentence) for one in found)
        return found

    return read


@pytest.fixture(scope="session")
def read(
    mentions_in: Callable[..., tuple[Mention[Value], ...]],
) -> Callable[..., Reading]:
    """The mentions of one kind as (quote, value)."""

    def of_kind(sentence: str, kind: MentionKind, published: date | None = None) -> Reading:
        return [
            (one.span.of(sentence), one.value)
            for one in mentions_in(sentence, published)
            if one.kind is kind
        ]

    return of_kind
