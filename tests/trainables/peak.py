"""How much memory a call takes."""

import tracemalloc
from collections.abc import Callable

MIB = 2**20


def peak_mib(call: Callable[[], object]) -> float:
    """Most memory of arrays and objects that a call holds at a time, beyond what was there before.

    Pages of mapped files are not counted: the operating system takes them back.
    """
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        call()
        return (tracemalloc.get_traced_memory()[1] - before) / MIB
    finally:
        tracemalloc.stop()
