"""The child process of `flows.quiet`: Prefect's server on a socket that the parent opened.

Run as `python -m flows.prefect_child DESCRIPTOR`. Ends when its standard input does, that is when
the parent ends, even by SIGKILL.
"""

import os
import sys
import threading
from typing import Any


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


def _mend_scheduling() -> None:
    """Let Prefect's scheduler insert its runs under SQLAlchemy 2.1 as it does under 2.0.

    Prefect 3.8.8 hands over, with the columns of a run, the key `state`, a hybrid property that is
    written separately. SQLAlchemy 2.0 passes over it; 2.1 refuses the whole insert ("supply a
    bulk_dml decorated function"), and no scheduled run ever comes to be.
    """
    import sqlalchemy as sa
    from prefect.server.database import orm_models

    state: Any = sa.inspect(orm_models.FlowRun).all_orm_descriptors["state"]
    if getattr(state, "bulk_dml_setter", state) is None:
        state.inplace.bulk_dml(lambda _run, _row, _state: None)


def main() -> None:
    """Serve until the parent is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import uvicorn

    _mend_scheduling()

    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        fd=int(sys.argv[1]),
        log_level="critical",
        lifespan="on",
    )


if __name__ == "__main__":
    main()
