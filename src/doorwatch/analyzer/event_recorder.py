"""Recording by event: the last seconds are kept in memory, and go to disk when something asks for them.

Only whole groups of pictures are written: the recording begins at the last key picture before what is wanted, and ends
before the first one after it, so that what is held in memory always begins with a picture that can be decoded.
"""

from collections import deque

from doorwatch.analyzer.recorder import Recorder
from doorwatch.domain.time import SECOND, Micros
from doorwatch.recording.fmp4 import Fragment
from doorwatch.recording.segments import Segment

LATE: Micros = 8 * SECOND
"""Events are known a while after they happened: so much more than the pre-roll is held."""

MOST_BYTES = 64 << 20
"""What is held at most; of a stream that is larger than that the pre-roll is shorter."""


class EventRecorder:
    """A recorder that writes only what is wanted and the `pre_roll` before it; the same methods besides `keep`."""

    def __init__(self, recorder: Recorder, pre_roll: Micros) -> None:
        self._recorder = recorder
        self._held = pre_roll + LATE
        self._waiting: deque[Fragment] = deque()
        self._bytes = 0
        self._until: Micros = 0
        self._writing = False

    @property
    def trouble(self) -> str | None:
        """Why nothing is recorded, when something should be."""
        return self._recorder.trouble

    @property
    def written(self) -> Micros:
        """Up to which capture time it is recorded."""
        return self._recorder.written

    def keep(self, start: Micros, until: Micros) -> list[Segment]:
        """Record from `start`, as far as it is still held, to `until`."""
        self._until = max(self._until, until)
        if self._writing:
            return []
        pieces = self._from(start, until)
        self._writing = bool(pieces)
        return [segment for piece in pieces for segment in self._recorder.add(piece)]

    def add(self, piece: Fragment) -> list[Segment]:
        """Take a fragment: recorded when it is wanted, else held."""
        if self._writing and (not piece.key or piece.start <= self._until):
            return self._recorder.add(piece)
        done: list[Segment] = []
        if self._writing:
            self._writing = False
            done = self._recorder.finish()
        elif piece.start <= self._until and piece.key:
            # Wanted before anything was held: the camera has just been opened again.
            self._writing = True
            return self._recorder.add(piece)
        self._hold(piece)
        return done

    def finish(self) -> list[Segment]:
        """End what is being written: the stream ended, or its form changes."""
        self._writing = False
        self._waiting.clear()
        self._bytes = 0
        return self._recorder.finish()

    def _from(self, start: Micros, until: Micros) -> list[Fragment]:
        """Take out what is wanted of what is held: from the last key picture up to `start`, to the end of the group at `until`."""
        held = list(self._waiting)
        keys = [index for index, piece in enumerate(held) if piece.key]
        begins = max((index for index in keys if held[index].start <= start), default=next(iter(keys), len(held)))
        ends = next((index for index in keys if index >= begins and held[index].start > until), len(held))
        self._waiting = deque(held[ends:])
        self._bytes = sum(len(piece.data) for piece in self._waiting)
        return held[begins:ends]

    def _hold(self, piece: Fragment) -> None:
        if self._waiting and piece.start < self._waiting[-1].start:
            self._waiting.clear()  # the clock jumped back: what is held has times that come again
            self._bytes = 0
        self._waiting.append(piece)
        self._bytes += len(piece.data)
        while (group := self._first_group()) and (
            self._waiting[group].start <= piece.end - self._held or self._bytes > MOST_BYTES
        ):
            for _ in range(group):
                self._bytes -= len(self._waiting.popleft().data)

    def _first_group(self) -> int:
        """How many fragments the oldest group has that is complete; 0 for none."""
        return next((index for index, piece in enumerate(self._waiting) if index and piece.key), 0)
