"""Decoded frames in memory that two processes share: written by a camera's process, read by a detector's.

The memory has no name in any file system and is gone when the last process that knows it is, however that one ended.
The reader opens it through the writer's entry in /proc, so that no descriptor has to travel.
"""

import mmap
import os

import numpy as np
from numpy.typing import NDArray

SLOTS = 4
"""Frames that may be under way; when none is free a camera leaves frames out rather than falling behind."""


class FrameRing:
    """The writer's side: `slots` frames of height x width x 3 bytes."""

    def __init__(self, width: int, height: int, slots: int = SLOTS) -> None:
        self.width, self.height = width, height
        self._size = width * height * 3
        self._file = os.memfd_create("doorwatch-frames", os.MFD_CLOEXEC)
        os.ftruncate(self._file, self._size * slots)
        self._memory = mmap.mmap(self._file, self._size * slots)
        self._free = list(range(slots))

    @property
    def path(self) -> str:
        """Where another process of the same user opens the memory."""
        return f"/proc/{os.getpid()}/fd/{self._file}"

    def put(self, frame: NDArray[np.uint8]) -> int | None:
        """Copy a frame into a free slot; its number, or None when all are taken."""
        if not self._free:
            return None
        slot = self._free.pop()
        start = slot * self._size
        target = np.frombuffer(self._memory, np.uint8, self._size, start).reshape(self.height, self.width, 3)
        target[:] = frame
        return slot

    def release(self, slot: int) -> None:
        """The reader is done with a slot."""
        if slot not in self._free:
            self._free.append(slot)

    def close(self) -> None:
        """Let go of the memory; readers that mapped it keep it until they let go as well."""
        os.close(self._file)


class FrameView:
    """The reader's side of a ring. Raises OSError when its writer is gone."""

    def __init__(self, path: str, width: int, height: int) -> None:
        self._shape = (height, width, 3)
        self._size = width * height * 3
        file = os.open(path, os.O_RDONLY)
        try:
            self._memory = mmap.mmap(file, 0, prot=mmap.PROT_READ)
        finally:
            os.close(file)

    def frame(self, slot: int) -> NDArray[np.uint8]:
        """The frame in a slot, read-only and without a copy: valid until the slot is released."""
        return np.frombuffer(self._memory, np.uint8, self._size, slot * self._size).reshape(self._shape)
