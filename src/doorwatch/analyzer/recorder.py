"""Writes one camera's fragments into segments; a disk that fails stops the recording, never the counting."""

from pathlib import Path

from doorwatch.domain.time import SECOND, Micros
from doorwatch.recording.fmp4 import Fragment, InitSegment
from doorwatch.recording.segments import Segment, SegmentWriter

LENGTH: Micros = 4 * SECOND
"""A segment ends at the first key picture after this."""

_LONGEST: Micros = 60 * SECOND
_PAUSE: Micros = 10 * SECOND


class Recorder:
    """One camera's recording. Every method returns the segments that are safely on disk because of it."""

    def __init__(self, root: Path, camera_id: str, init: InitSegment) -> None:
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
            if self._writer.start is None and piece.key:
                self._writer.begin(self._init, piece.start)
            if self._writer.start is not None:
                self._writer.add(piece)
                self.trouble = None
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

    def _fail(self, error: OSError, at: Micros) -> list[Segment]:
        self._writer.abandon()
        self._resume = at + _PAUSE
        self.trouble = f"the recording cannot be written ({error.strerror}): check the disk's space and rights"
        return []
