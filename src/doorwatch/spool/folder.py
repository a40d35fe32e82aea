"""A folder has one owner: a lock that vanishes with the process that holds it."""

import fcntl
import os
from pathlib import Path

from doorwatch.spool.errors import SpoolBusyError, SpoolError

LOCK_NAME = "owner.lock"


def take_folder(folder: Path) -> int:
    """Lock a folder for this process, making it if need be; the descriptor that holds the lock.

    Raises SpoolBusyError when another process holds it, SpoolError when the folder cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SpoolError(
            f"the data folder {folder} cannot be used ({error.strerror}); name one that this user may write to"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise SpoolBusyError(
            f"the data folder {folder} belongs to the running process {owner}; stop it, or name another folder"
        ) from error
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        os.close(descriptor)
        raise SpoolError(
            f"the data folder {folder} cannot be written ({error.strerror}); free some space, or name another folder"
        ) from error
    return descriptor
