"""Cuts clips and draws pictures out of the recording, apart from everything else: a damaged file harms nobody."""

import os
import queue
import threading
from pathlib import Path
from typing import Any

from doorwatch.analyzer.wire import Link
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.scene import Tile, scene_from_mapping
from doorwatch.recording.clips import NothingRecordedError, cut_clip, picture_at
from doorwatch.recording.drawing import PaintedTile, TileState, draw_tiles
from doorwatch.recording.segments import Recordings

_SIGN_OF_LIFE = 5.0


def run(link: Link, configuration: dict[str, Any]) -> None:
    """Do one job after the other until the parent is gone."""
    recordings = Recordings(Path(configuration["recordings"]))
    jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(link, jobs), daemon=True).start()
    while True:
        try:
            job = jobs.get(timeout=_SIGN_OF_LIFE)
        except queue.Empty:
            link.send({"kind": "alive"})
            continue
        try:
            header, payload = _do(recordings, job)
        except NothingRecordedError as error:
            header, payload = {"kind": "nothing", "message": str(error)}, b""
        except DoorwatchError as error:
            header, payload = {"kind": "failed", "message": str(error)}, b""
        link.send({**header, "job": job["job"]}, payload)


def _listen(link: Link, jobs: "queue.SimpleQueue[dict[str, Any]]") -> None:
    while (message := link.receive()) is not None:
        jobs.put(message.header)
    os._exit(0)


def _do(recordings: Recordings, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    if job["kind"] == "clip":
        clip = cut_clip(recordings, job["camera_id"], job["start"], job["end"])
        return {"kind": "done", "start": clip.start, "duration": clip.duration}, clip.data
    still = picture_at(recordings, job["camera_id"], job["at"])
    if job.get("scene") is not None:
        tiles = [PaintedTile(Tile(one["column"], one["row"]), TileState(one["state"])) for one in job["tiles"]]
        still.image = draw_tiles(still.image, scene_from_mapping(job["scene"]), tiles)
    return {"kind": "done", "start": still.at, "duration": 0}, still.jpeg()
