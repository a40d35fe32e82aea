"""What a fault of our own means for the message that met it: it is tried again for a day, and people read cause and cure."""

import errno
import os

from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.domain.errors import DoorwatchError

_CURES = {
    errno.ENOSPC: "make room on the disk of its data folder",
    errno.EDQUOT: "make room on the disk of its data folder",
    errno.EMFILE: "let it open more files (ulimit -n), then restart it",
    errno.ENFILE: "let the machine open more files, then restart it",
    errno.ENOMEM: "give it more memory, or restart it",
    errno.EACCES: "let its user read and write its data folder",
    errno.EROFS: "make its data folder writable",
    errno.EIO: "look at the disk of its data folder, which fails",
}


def refusal_of(error: Exception) -> DeliveryError:
    """A fault as a refusal for now. What the other side or a channel refused stays as it is."""
    if isinstance(error, DeliveryError):
        return error
    return DeliveryError(_sentence(error), again=True)


def _sentence(error: Exception) -> str:
    match error:
        case DoorwatchError():
            return str(error)
        case MemoryError():
            return "the server had too little memory for this message: give it more, or restart it"
        case OSError():
            why = os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
            cure = _CURES.get(error.errno or 0, "see its log and its disk, and restart it if it stays so")
            return f"the server could not work on this message ({why}): {cure}"
        case _:
            what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            return (
                f"a fault in Doorwatch itself kept this message ({what}): its log has the whole story; report it, and send the "
                "message again after an update"
            )
