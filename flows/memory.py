"""What the C library is told about memory, so that a process that polls for months stays small."""

import ctypes
import sys

_M_ARENA_MAX = -8  # glibc's malloc.h
_ARENAS = 2


def bound_arenas() -> bool:
    """Let all threads share two arenas of memory, from now on; whether the C library took it.

    glibc gives threads arenas of their own, eight a processor, and memory that one of them has let
    go serves no other. A process that polled feeds with some dozen threads grew from 400 to 840 MB
    in 75 polls, though it held no more objects; with two arenas from 354 to 416 MB (docs/operate.md).
    Other C libraries need and have nothing of the kind.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_ARENA_MAX, _ARENAS) == 1
