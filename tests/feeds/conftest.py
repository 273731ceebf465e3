"""Sites that misbehave, and a fetcher that may reach them."""

from collections.abc import Iterator

import pytest

from pipeline.ingest.fetch import Fetcher, FetchLimits
from pipeline.ingest.fetchguard import make_guard
from pipeline.ingest.fetchhosts import HostLimits
from tests.feeds.site import Site, serving

LIMITS = FetchLimits(max_bytes=100_000, seconds=1.0, silence_seconds=0.6, max_redirects=4)


@pytest.fixture
def site() -> Iterator[Site]:
    """A news site of this test's own."""
    with serving() as opened:
        yield opened


@pytest.fixture
def forbidden() -> Iterator[Site]:
    """A site that nobody may ask: it stands for a service inside the network."""
    with serving() as opened:
        yield opened
        assert opened.asked == []


@pytest.fixture
def fetcher(site: Site) -> Iterator[Fetcher]:
    """A fetcher that may reach `site` and nothing else on this machine."""
    with Fetcher(
        make_guard([site.host]),
        contact="mailto:desk@example.org",
        limits=LIMITS,
        hosts=HostLimits(interval=0.0, at_once=8),
    ) as opened:
        yield opened
