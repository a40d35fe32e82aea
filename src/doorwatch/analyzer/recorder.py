"""Writes one camera's fragments into segments; a disk that fails stops the recording, never the counting."""

import os
from pathlib import Path

from doorwatch.domain.time import SECOND, Micros
from doorwatch.recording.fmp4 import Fragment, InitSegment
from doorwatch.recording.segments import Segment, SegmentWriter

LENGTH: Micros = 4 * SECOND
"""A segment ends at the first key picture after this."""

_LONGEST: Micros = 60 * SECOND
_PAUSE: Micros = 10 * SECOND


class Recorder:
    """One camera's recording. Every method returns the segments that are safely on disk because of it.

    No segment is begun while fewer than `stop_below` bytes of the disk are free. `written` is the capture time up to
    which it is recorded, `trouble` why it is not.
    """

    def __init__(self, root: Path, camera_id: str, init: InitSegment, *, stop_below: int = 0) -> None:
        self._root = root
        self._stop_below = stop_below
        self.written: Micros = 0
        self._writer = SegmentWriter(root, camera_id)
        self._init = init
        self._resume: Micros = 0
        self.trouble: str | None = None

    def add(self, piece: Fragment) -> list[Segment]:
        """Record a fragment."""
        if piece.start < self._resume:
            return []
        try:
            done = self._finish_if_due(piece)
            if self._writer.start is None and piece.key and not self._writer.recorded(piece.start):
                if (short := self._lacks_room()) is not None:
                    self.trouble, self._resume = short, piece.start + _PAUSE
                    return done
                self._writer.begin(self._init, piece.start)
            if self._writer.start is not None:
                self._writer.add(piece)
                self.trouble, self.written = None, piece.end
        except OSError as error:
            return self._fail(error, piece.start)
        return done

    def finish(self) -> list[Segment]:
        """End the segment that is being written: the stream ended, or its form changes."""
        try:
            segment = self._writer.finish()
        except OSError as error:
            return self._fail(error, 0)
        return [segment] if segment is not None else []

    def _finish_if_due(self, piece: Fragment) -> list[Segment]:
        start = self._writer.start
        if start is None or not piece.key:
            return []
        if piece.start - start >= LENGTH - SECOND // 2 or not 0 <= piece.start - start < _LONGEST:
            return self.finish()
        return []

    def _lacks_room(self) -> str | None:
        """Why nothing more should be written here, when so little of the disk is free."""
        if not self._stop_below:
            return None
        told = os.statvfs(next(folder for folder in (self._root, *self._root.parents) if folder.exists()))
        free = told.f_bavail * told.f_frsize
        if free >= self._stop_below:
            return None
        return (
            f"the recording is stopped, {free / 1e9:.2f} GB of the disk are free: make room there, or have less kept "
            f"(it goes on from {self._stop_below / 1e9:.2f} GB)"
        )

    def _fail(self, error: OSError, at: Micros) -> list[Segment]:
        self._writer.abandon()
        self._resume = at + _PAUSE
        self.trouble = f"the recording cannot be written ({error.strerror}): check the disk's space and rights"
        return []
