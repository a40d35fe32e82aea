"""Where every process that the analyzer starts begins: `python -m doorwatch.analyzer.child ROLE FD`.

A child lives only as long as its parent: the kernel kills it when the parent dies, and so does a closed line.
"""

import ctypes
import os
import signal
import socket
import sys
from importlib import import_module

from doorwatch.analyzer.wire import Link

ROLES = {
    "camera": "doorwatch.analyzer.camera_process",
    "main": "doorwatch.analyzer.main_process",
    "detector": "doorwatch.analyzer.detector_process",
    "likeness": "doorwatch.analyzer.likeness_process",
    "media": "doorwatch.analyzer.media_process",
}
_PR_SET_PDEATHSIG = 1


def main(role: str, descriptor: int) -> None:
    """Take the line to the parent, read the configuration that comes first, and do the role's work."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent ends its children itself
    link = Link(socket.socket(fileno=descriptor))
    first = link.receive()
    if first is None:
        return
    import_module(ROLES[role]).run(link, first.header)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies; ends at once when that has happened already."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent == 1 or os.getppid() != parent:
        sys.exit(0)  # it died before the kernel was asked


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
