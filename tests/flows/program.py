"""A run of the archive flow with the fake extractor, in a process of its own.

`python -m tests.flows.program DATABASE PATH [dask]` prints the run's numbers as JSON.
"""

import json
import sys

from flows.quiet import prefect_ready


def main() -> None:
    """Run once."""
    database, path, *rest = sys.argv[1:]
    dask = "dask" in rest
    with prefect_ready():
        from pydantic import SecretStr

        from flows.archive import archive, task_runner
        from flows.batching import BatchSize

        run = archive.with_options(
            task_runner=task_runner(workers=2, max_memory=None, dask=dask, address=None)
        )
        outcome = run(
            [path],
            database_url=SecretStr(database),
            workers=2,
            distributed=dask,
            batch=BatchSize(articles=4),
            extractor="tests.flows.fake_extractor",
        )
    sys.stdout.write(json.dumps(outcome.counts()))


if __name__ == "__main__":
    main()
