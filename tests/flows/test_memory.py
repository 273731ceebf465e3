"""Threads share two arenas of memory."""

import subprocess
import sys

import pytest

# Threads that allocate at once; tells how many arenas that made, as glibc itself counts them.
_PROGRAM = """
import ctypes, sys, threading
from flows.memory import bound_arenas
if sys.argv[1] == "bound":
    assert bound_arenas()
begin = threading.Barrier(12)
def work():
    begin.wait()
    held = [ctypes.create_string_buffer(200) for _ in range(2000)]
    begin.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


def arenas(how: str) -> int:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", _PROGRAM, how], capture_output=True, text=True, check=True
    )
    return done.stdout.count("<heap ")


@pytest.mark.skipif(sys.platform != "linux", reason="arenas are glibc's")
def test_threads_share_two_arenas() -> None:
    assert arenas("bound") <= 2 < arenas("free")
