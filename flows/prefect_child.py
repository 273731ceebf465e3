"""The child process of `flows.quiet`: Prefect's server on a socket that the parent opened.

Run as `python -m flows.prefect_child DESCRIPTOR`. Ends when its standard input does, that is when
the parent ends, even by SIGKILL.
"""

import os
import sys
import threading


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


def main() -> None:
    """Serve until the parent is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import uvicorn

    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        fd=int(sys.argv[1]),
        log_level="critical",
        lifespan="on",
    )


if __name__ == "__main__":
    main()
