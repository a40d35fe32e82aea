"""Live video from analyzers to browsers: fan-out per camera, bounded per viewer.

A viewer who is too slow loses the oldest fragments, never delays others, and is told nothing: the player skips the gap.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from doorwatch.server.live.frames import FrameHeader
from doorwatch.server.metrics import DROPPED

CameraKey = tuple[str, str]
"""Account and camera id."""

MOST_BYTES = 24 << 20
MOST_FRAMES = 400


class Viewer:
    """One browser's socket: the frames that wait for it."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._ready = asyncio.Event()

    def offer(self, frame: bytes) -> None:
        """Queue a frame, dropping the oldest ones when too many wait."""
        self._frames.append(frame)
        self._bytes += len(frame)
        while self._bytes > MOST_BYTES or len(self._frames) > MOST_FRAMES:
            self._bytes -= len(self._frames.popleft())
            DROPPED.labels("media").inc()
        self._ready.set()

    async def next(self) -> bytes:
        """The next frame, when there is one."""
        while not self._frames:
            self._ready.clear()
            await self._ready.wait()
        frame = self._frames.popleft()
        self._bytes -= len(frame)
        return frame


class MediaHub:
    """Who watches which camera, and what a newcomer must have first."""

    def __init__(self, on_watched: Callable[[CameraKey, bool], None]) -> None:
        self._on_watched = on_watched
        self._viewers: dict[CameraKey, set[Viewer]] = {}
        self._inits: dict[CameraKey, bytes] = {}

    def watched(self, account: str) -> list[str]:
        """The cameras of an account that somebody watches now."""
        return [camera for owner, camera in self._viewers if owner == account]

    def watch(self, key: CameraKey, viewer: Viewer) -> None:
        """Let a viewer see a camera from now on, beginning with the init segment if one is known."""
        viewers = self._viewers.setdefault(key, set())
        if viewer in viewers:
            return
        viewers.add(viewer)
        if key in self._inits:
            viewer.offer(self._inits[key])
        if len(viewers) == 1:
            self._on_watched(key, True)

    def unwatch(self, key: CameraKey, viewer: Viewer) -> None:
        """A viewer does not want this camera any more."""
        viewers = self._viewers.get(key, set())
        if viewer in viewers:
            viewers.discard(viewer)
            if not viewers:
                del self._viewers[key]
                self._on_watched(key, False)

    def leave(self, viewer: Viewer) -> None:
        """A viewer is gone."""
        for key in [key for key, viewers in self._viewers.items() if viewer in viewers]:
            self.unwatch(key, viewer)

    def publish(self, account: str, header: FrameHeader, frame: bytes) -> None:
        """Hand a frame to all who watch its camera."""
        key = (account, header.camera_id)
        if header.kind == "init":
            self._inits[key] = frame
        for viewer in self._viewers.get(key, ()):
            viewer.offer(frame)

    def forget(self, key: CameraKey) -> None:
        """The camera's stream ended: its init segment holds no more."""
        self._inits.pop(key, None)
