"""Memory that a process has done with goes back to the system, instead of staying with it for as long as it lives."""

import contextlib
import ctypes
import gc
from typing import TypeVar

E = TypeVar("E", bound=BaseException)


def give_back() -> None:
    """Free what only rings of references keep, and return the memory; for when much was let go of, not often."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # only GNU's C library has it
        ctypes.CDLL(None).malloc_trim(0)


def without_traces(error: E) -> E:
    """An error that is kept for what it says: where it was raised, and with that all that was being worked on, is let go."""
    cause: BaseException | None = error
    while cause is not None:
        cause.__traceback__, cause = None, cause.__cause__ or cause.__context__
    return error
