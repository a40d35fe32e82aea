"""How full the disk with the recordings is: told to the server, which alone knows what may be deleted."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from doorwatch.analyzer.uploads import Uploads
from doorwatch.domain.recording import free_floor
from doorwatch.domain.time import Clock

EVERY = 10.0


class DiskReports:
    """Tells the server every ten seconds; `stopped` says of each camera why it is not recorded."""

    def __init__(
        self,
        recordings: Path,
        wanted: int | None,
        uploads: Uploads,
        stopped: Callable[[], Mapping[str, str]],
        clock: Clock,
    ) -> None:
        self._recordings = recordings
        self._wanted = wanted
        self._uploads = uploads
        self._stopped = stopped
        self._clock = clock

    async def run(self) -> None:
        """Tell until cancelled. What a server that is away misses is told with the next report."""
        while True:
            if (body := self._report()) is not None:
                await self._uploads.tell("/api/analyzer/disk", body)
            await self._clock.sleep(EVERY)

    def _report(self) -> bytes | None:
        try:
            told = os.statvfs(self._recordings)
            cameras = sorted(folder.name for folder in self._recordings.iterdir() if folder.is_dir())
        except OSError:
            return None
        total = told.f_blocks * told.f_frsize
        report = {
            "total": total,
            "free": told.f_bavail * told.f_frsize,
            "floor": free_floor(total, self._wanted),
            "cameras": cameras,
            "stopped": dict(self._stopped()),
        }
        return json.dumps(report).encode()


def stop_below(recordings: Path, wanted: int | None) -> int:
    """Free bytes below which nothing more is recorded in a folder, so that its disk is never full; 0 for any."""
    try:
        told = os.statvfs(recordings)
    except OSError:
        return 0
    return free_floor(told.f_blocks * told.f_frsize, wanted) // 2
