"""Cuts clips and draws pictures out of the recording, apart from everything else: a damaged file harms nobody."""

import os
import queue
import threading
from pathlib import Path
from typing import Any

from doorwatch.analyzer.wire import Link, Message
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.scene import Tile, scene_from_mapping
from doorwatch.recording.blurring import Whereabouts, hidden_clip, hidden_jpeg, hide
from doorwatch.recording.clips import NothingRecordedError, Still, cut_clip, picture_at
from doorwatch.recording.drawing import PaintedTile, TileState, draw_tiles
from doorwatch.recording.segments import Recordings

_SIGN_OF_LIFE = 5.0
_SMALL_QUALITY = 72


def run(link: Link, configuration: dict[str, Any]) -> None:
    """Do one job after the other until the parent is gone."""
    recordings, passing = Recordings(Path(configuration["recordings"])), Recordings(Path(configuration["passing"]))
    jobs: queue.SimpleQueue[Message] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(link, jobs), daemon=True).start()
    while True:
        try:
            message = jobs.get(timeout=_SIGN_OF_LIFE)
        except queue.Empty:
            link.send({"kind": "alive"})
            continue
        try:
            job = message.header
            if "people" in job:
                header, payload = _do_blurred(passing, job, message.payload)
            else:
                header, payload = _do(recordings, job)
        except NothingRecordedError as error:
            header, payload = {"kind": "nothing", "message": str(error)}, b""
        except DoorwatchError as error:
            header, payload = {"kind": "failed", "message": str(error)}, b""
        link.send({**header, "job": job["job"]}, payload)


def _listen(link: Link, jobs: "queue.SimpleQueue[Message]") -> None:
    while (message := link.receive()) is not None:
        jobs.put(message)
    os._exit(0)


def _do(recordings: Recordings, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    if job["kind"] == "clip":
        clip = cut_clip(recordings, job["camera_id"], job["start"], job["end"])
        return {"kind": "done", "start": clip.start, "duration": clip.duration}, clip.data
    return _drawn(picture_at(recordings, job["camera_id"], job["at"]), job)


def _do_blurred(passing: Recordings, job: dict[str, Any], payload: bytes) -> tuple[dict[str, Any], bytes]:
    """The same of a camera of which only blurred people are kept; its raw video only passes through."""
    people = Whereabouts.read(job["people"])
    if job["kind"] == "snapshot":
        return {"kind": "done"}, hidden_jpeg(payload, people.around(job["at"]))
    if job["kind"] == "clip":
        clip = hidden_clip(passing, job["camera_id"], job["start"], job["end"], people)
        return {"kind": "done", "start": clip.start, "duration": clip.duration}, clip.data
    still = picture_at(passing, job["camera_id"], job["at"])
    still.image = hide(still.image, people.around(still.at))
    return _drawn(still, job)


def _drawn(still: Still, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    if job.get("scene") is not None:
        tiles = [PaintedTile(Tile(one["column"], one["row"]), TileState(one["state"])) for one in job["tiles"]]
        still.image = draw_tiles(still.image, scene_from_mapping(job["scene"]), tiles)
    if (widest := job.get("widest")) is not None:
        return {"kind": "done", "start": still.at, "duration": 0}, still.jpeg(_SMALL_QUALITY, widest=widest)
    return {"kind": "done", "start": still.at, "duration": 0}, still.jpeg()
