"""A disk whose power can be cut: a file system (FUSE) that knows what was forced to it, and loses the rest as real ones do.

    python power_disk.py FOLDER SURVIVED SEED

is mounted on FOLDER until it is unmounted. `mkdir FOLDER/.settle` forces all there is, `mkdir FOLDER/.cut` cuts the power (neither
makes a folder): what is left then is written below SURVIVED, and whatever is asked afterwards fails. Of a file that was not forced (fsync) any of its blocks
may be there, old or new; a name that was given, changed or taken away stays as it was unless its folder was forced, or by chance. That
is what POSIX promises, and less than most file systems keep.
"""

import errno
import os
import random
import stat
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mfusepy

_BLOCK = 4096
_TOTAL = 1 << 28
"""Blocks that it is said to have: it lies in memory, and is never full."""


@dataclass(eq=False, slots=True)
class Node:
    """A file: what it holds, and what of it was forced to the disk."""

    data: bytearray = field(default_factory=bytearray)
    forced: bytes = b""
    changed: int = 0
    """When it was written last, in nanoseconds."""


class PowerDisk(mfusepy.Operations):  # type: ignore[misc] # it tells no types
    """The file system: `_tree` is what programs see, of paths to files (None: a folder), `_forced` what of it is on the disk."""

    use_ns = True

    def __init__(self, survived: Path, seed: int) -> None:
        self._survived = survived
        self._chance = random.Random(seed)
        self._tree: dict[str, Node | None] = {"/": None}
        self._forced: dict[str, Node | None] = {"/": None}
        self._open: dict[int, Node] = {}
        self._handles = 0
        self._off = False

    # what a power cut leaves

    def _cut(self) -> None:
        self._off = True
        tree = dict(self._forced)
        for folder in sorted({_above(path) for path in {*self._tree, *tree} if path != "/"}):
            # Changes of a folder that were not forced may have reached the disk all the same: all of them, or none.
            if self._chance.random() < 0.5:
                _take_over(tree, self._tree, folder)
        for path, node in sorted(tree.items()):
            if _above(path) not in tree:
                continue
            target = self._survived / path.lstrip("/")
            if node is None:
                target.mkdir(parents=True, exist_ok=True)
            elif target.parent.is_dir():
                target.write_bytes(self._torn(node))

    def _torn(self, node: Node) -> bytes:
        """A file's bytes as they are found: what was forced, and of what came after any blocks."""
        now, kept = bytes(node.data), node.forced
        if now == kept:
            return kept
        size = self._chance.choice((len(kept), len(now), self._chance.randint(*sorted((len(kept), len(now))))))
        found = bytearray(kept[:size].ljust(size, b"\0"))
        for start in range(0, size, _BLOCK):
            piece = slice(start, min(start + _BLOCK, size))
            if now[piece] != kept[piece] and self._chance.random() < 0.5:
                found[piece] = now[piece].ljust(piece.stop - piece.start, b"\0")
        return bytes(found)

    # what programs ask

    def _must_be_on(self) -> None:
        if self._off:
            raise mfusepy.FuseOSError(errno.EIO)

    def _node(self, path: str) -> Node:
        self._must_be_on()
        if path not in self._tree:
            raise mfusepy.FuseOSError(errno.ENOENT)
        node = self._tree[path]
        if node is None:
            raise mfusepy.FuseOSError(errno.EISDIR)
        return node

    def _handle(self, node: Node) -> int:
        self._handles += 1
        self._open[self._handles] = node
        return self._handles

    def getattr(self, path: str, _fh: int | None = None) -> dict[str, Any]:
        """What `stat` tells."""
        if path not in self._tree:
            raise mfusepy.FuseOSError(errno.ENOENT)
        node = self._tree[path]
        if node is None:
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2, "st_uid": os.getuid(), "st_gid": os.getgid()}
        told = {"st_mode": stat.S_IFREG | 0o644, "st_nlink": 1, "st_uid": os.getuid(), "st_gid": os.getgid()}
        return {**told, "st_size": len(node.data), "st_mtime": node.changed}

    def readdir(self, path: str, _fh: int) -> list[str]:
        """The names in a folder."""
        return [".", "..", *(name.rpartition("/")[2] for name in self._tree if name != "/" and _above(name) == path)]

    def statfs(self, _path: str) -> dict[str, int]:
        """How full it is: never."""
        return {"f_bsize": _BLOCK, "f_frsize": _BLOCK, "f_blocks": _TOTAL, "f_bfree": _TOTAL, "f_bavail": _TOTAL}

    def mkdir(self, path: str, _mode: int) -> int:
        """Make a folder, or do what its name says."""
        if path == "/.cut":
            self._cut()
        elif path == "/.settle":
            self._forced = dict(self._tree)
            for node in self._tree.values():
                if node is not None:
                    node.forced = bytes(node.data)
        else:
            self._must_be_on()
            self._tree[path] = None
        return 0

    def rmdir(self, path: str) -> int:
        """Take a folder away."""
        self._must_be_on()
        if any(_above(name) == path for name in self._tree if name != "/"):
            raise mfusepy.FuseOSError(errno.ENOTEMPTY)
        del self._tree[path]
        return 0

    def create(self, path: str, _mode: int, _fi: object = None) -> int:
        """Make a file."""
        self._must_be_on()
        node = self._tree[path] = Node(changed=time.time_ns())
        return self._handle(node)

    def open(self, path: str, flags: int) -> int:
        """Open a file."""
        node = self._node(path)
        if flags & os.O_TRUNC:
            node.data.clear()
        return self._handle(node)

    def release(self, _path: str, fh: int) -> int:
        """Close it."""
        self._open.pop(fh, None)
        return 0

    def read(self, _path: str, size: int, offset: int, fh: int) -> bytes:
        """Read from it."""
        self._must_be_on()
        return bytes(self._open[fh].data[offset : offset + size])

    def write(self, _path: str, data: bytes, offset: int, fh: int) -> int:
        """Write to it."""
        self._must_be_on()
        node = self._open[fh]
        node.data.extend(b"\0" * max(0, offset - len(node.data)))
        node.data[offset : offset + len(data)] = data
        node.changed = time.time_ns()
        return len(data)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """Cut or lengthen it."""
        node = self._open[fh] if fh in self._open else self._node(path)
        del node.data[length:]
        node.data.extend(b"\0" * (length - len(node.data)))
        return 0

    def fsync(self, _path: str, _only_data: int, fh: int) -> int:
        """Force what it holds to the disk; its name is another matter."""
        self._must_be_on()
        node = self._open[fh]
        node.forced = bytes(node.data)
        return 0

    def fsyncdir(self, path: str, _only_data: int, _fh: int) -> int:
        """Force the names in a folder to the disk."""
        self._must_be_on()
        _take_over(self._forced, self._tree, path)
        return 0

    def unlink(self, path: str) -> int:
        """Take a name away."""
        self._node(path)
        del self._tree[path]
        return 0

    def link(self, target: str, source: str) -> int:
        """Give a file a second name."""
        self._tree[target] = self._node(source)
        return 0

    def rename(self, old: str, new: str) -> int:
        """Give another name to a file."""
        node = self._node(old)
        del self._tree[old]
        self._tree[new] = node
        return 0

    def chmod(self, _path: str, _mode: int) -> int:
        """All may read and write."""
        return 0

    def utimens(self, _path: str, _times: object = None) -> int:
        """Times are our own."""
        return 0


def _take_over(target: dict[str, Node | None], source: dict[str, Node | None], folder: str) -> None:
    """Make the names directly in a folder those of another tree."""
    for path in [path for path in target if path != "/" and _above(path) == folder and path not in source]:
        del target[path]
    target.update({path: node for path, node in source.items() if path != "/" and _above(path) == folder})


def _above(path: str) -> str:
    return path.rpartition("/")[0] or "/"


if __name__ == "__main__":
    disk = PowerDisk(Path(sys.argv[2]), int(sys.argv[3]))
    mfusepy.FUSE(disk, sys.argv[1], foreground=True, nothreads=True, fsname="doorwatch-power-disk")
