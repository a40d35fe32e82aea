"""A camera's main stream off the network, recorded by the very process that the analyzer keeps for it; and one that only reads it."""

import socket
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from watching.camera_rig import Cameras

from doorwatch.analyzer import main_process
from doorwatch.analyzer.keeping import Recorded
from doorwatch.analyzer.source import open_camera
from doorwatch.analyzer.wire import Link
from doorwatch.domain.time import SECOND
from doorwatch.recording.segments import Recordings

CAMERA = "cam"
_WARM_UP = 3.0
"""Opening a stream is dear, and done once."""

_PATIENCE = 90.0


def recorded_streams(clip: Path, seconds: float, count: int) -> dict[str, Any]:
    """Processor time for recording `count` cameras for so long, in per cent of a core a camera; what reading alone takes of it."""
    with tempfile.TemporaryDirectory(prefix="doorwatch-bench-") as name:
        cameras = Cameras(clip, count + 1)
        root = Path(name)
        try:
            told = [
                _started(_record, {"url": url, "root": str(root / str(number))})
                for number, url in enumerate(cameras.urls[:-1])
            ]
            begun = root / "reads"
            reading = _started(_read, {"url": cameras.urls[-1], "begun": str(begun)})
            _until(lambda: begun.exists() and all(any((root / str(n)).rglob("*.part")) for n in range(count)))
            time.sleep(_WARM_UP)
            pids = [process.pid or 0 for process in (*told, reading)]
            before, since = [_cpu(pid) for pid in pids], time.monotonic()
            time.sleep(seconds)
            spent, took = [_cpu(pid) - was for pid, was in zip(pids, before, strict=True)], time.monotonic() - since
            for process in (*told, reading):
                process.kill()
                process.join()
        finally:
            cameras.close()
        kept = [one for number in range(count) for one in Recordings(root / str(number)).recover(CAMERA)]
        video = sum(one.end - one.start for one in kept) / SECOND
        return {
            "seconds": round(took, 2),
            "cameras": count,
            "cpu_share": round(100 * sum(spent[:-1]) / took / count, 3),
            "read_share": round(100 * spent[-1] / took, 3),
            "video_seconds": round(video, 1),
            "mbit_per_s": round(sum(one.bytes for one in kept) * 8 / max(video, 1.0) / 1e6, 2),
            "segments": len(kept),
        }


def _started(work: Callable[[dict[str, Any]], None], told: dict[str, Any]) -> BaseProcess:
    process = get_context("spawn").Process(target=work, args=(told,), daemon=True)
    process.start()
    return process


def _until(there: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE
    while not there():
        if time.monotonic() > until:
            raise RuntimeError("the cameras did not come up: look at the output of their processes")
        time.sleep(0.1)


def _cpu(pid: int) -> float:
    """Seconds of processor that all threads of a process have had, to the nanosecond: a clock's ticks are too coarse for little."""
    spent = [int(one.read_text().split()[0]) for one in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    if not spent:
        raise RuntimeError("a process ended early: look at its output")
    return sum(spent) / 1e9


def _record(told: dict[str, Any]) -> None:
    """As the analyzer's child; what it says goes nowhere."""
    ours, theirs = socket.socketpair()
    settings = {"camera_id": CAMERA, "url": told["url"], "stand_in": told["url"], "transport": "tcp"}

    def drain() -> None:
        while theirs.recv(1 << 16):
            pass

    threading.Thread(target=drain, daemon=True).start()
    main_process.run(Link(ours), {**settings, "recorded": Recorded(Path(told["root"])).told()})


def _read(told: dict[str, Any]) -> None:
    with closing(open_camera(told["url"])) as source:
        packets = source.packets()
        next(packets)
        Path(told["begun"]).touch()
        for _ in packets:
            pass
