"""The feeds flow with the fake extractor, in a process of its own.

`python -m tests.flows.feeds_program once DATABASE FEEDS` polls once and prints the numbers as
JSON; `… serve DATABASE FEEDS` polls every few seconds until it is stopped.
"""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

from flows.quiet import prefect_ready

EXTRACTOR = "tests.flows.fake_extractor"


def main() -> None:
    """Run as asked."""
    kind, database, feeds_file = sys.argv[1:]
    if kind == "serve":
        os.environ["TORIHIKI_DATABASE_URL"] = database
        with prefect_ready(scheduling=True):
            from flows.serving import serve_feeds

            serve_feeds(
                Path(feeds_file), every=timedelta(seconds=2), extractor=EXTRACTOR, in_process=True
            )
        return
    with prefect_ready():
        from pydantic import SecretStr

        import flows.feeds
        from flows.feeds import feeds

        # As often as ever, but the tests do not wait ten seconds for it.
        flows.feeds.poll_feed = flows.feeds.poll_feed.with_options(retry_delay_seconds=[0.1, 0.2])
        outcome = feeds(
            feeds_file,
            database_url=SecretStr(database),
            mode="now",
            extractor=EXTRACTOR,
            in_process=True,
        )
    assert outcome is not None
    sys.stdout.write(json.dumps(outcome.counts()))


if __name__ == "__main__":
    main()
