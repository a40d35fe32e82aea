"""The analyzer of the clip's door as far as its recording goes: written as analyzers write it, answered from as they answer."""

import asyncio
import json
import threading

import av
from websockets.asyncio.client import connect

from doorwatch.analyzer.replays import Replays
from doorwatch.domain.time import SECOND, from_iso, to_iso
from doorwatch.recording.clips import cut_clip, picture_at
from doorwatch.recording.fmp4 import Fragmenter, Sample, init_segment, with_lengths
from doorwatch.recording.people import PeopleLog
from doorwatch.recording.segments import Recordings, SegmentWriter


class Recorder(threading.Thread):
    """The analyzer's recording of one showing of the clip, and its own answers to whoever looks back.

    `others` are further cameras that saw the same, by id, with how many microseconds later each takes its pictures.
    """

    def __init__(self, door, root, base, others=None):
        super().__init__(daemon=True)
        self.door, self.base = door, base
        self.recordings = Recordings(root)
        self.trouble = None
        self._replays = Replays(self.recordings, self._picture, self._deliver)
        self._loop = asyncio.new_event_loop()
        self.times = self._record(door.camera_id, base)
        for camera, later in (others or {}).items():
            self._record(camera, base + later)

    def _record(self, camera, base):
        """Write the recording of a camera and tell it; when its pictures were captured."""
        root, times = self.recordings.root, []
        writer, cut, done = SegmentWriter(root, camera), Fragmenter(), []
        with av.open(self.door.video) as video:
            track = video.streams.video[0]
            init, extra = init_segment(track), bytes(track.codec_context.extradata or b"")
            pieces = []
            for packet in [p for p in video.demux(track) if p.size]:
                dts, pts = (round(float(t * packet.time_base) * SECOND) for t in (packet.dts, packet.pts))
                times.append(base + pts)
                pieces.append(
                    cut.add(Sample(with_lengths(bytes(packet), extra), base + dts, base + pts, packet.is_keyframe))
                )
        for piece in [piece for piece in (*pieces, cut.finish()) if piece]:
            if piece.key and (writer.start is None or piece.start - writer.start >= 4 * SECOND):
                done.append(writer.finish())
                writer.begin(init, piece.start)
            writer.add(piece)
        done = [one for one in (*done, writer.finish()) if one]
        rows = [
            {
                "segment_id": one.segment_id,
                "camera_id": camera,
                "start": to_iso(one.start),
                "end": to_iso(one.end),
                "bytes": one.bytes,
                "name": one.name,
            }
            for one in done
        ]
        self.door.analyzer("POST", "/api/analyzer/segments", {"segments": rows})
        log = PeopleLog(root, camera)
        self.seen = self.door.watch(base)
        for seen in self.seen:
            log.add(seen.at, [self._person(one) for one in seen.people])
        log.flush()
        return times

    def _person(self, one):
        tile = list(one.tile) if one.tile is not None else None
        return {
            "track": one.track,
            "door_id": self.door.door_id,
            "box": one.box[:4],
            "foot": one.foot,
            "tile": tile,
        }

    async def _picture(self, camera_id, at, widest):
        still = picture_at(self.recordings, camera_id, at)
        return still.jpeg(widest=widest), still.at

    async def _deliver(self, path, body, headers):
        await asyncio.to_thread(self.door.analyzer, "PUT", path, body, **headers)

    def run(self):
        try:
            self._loop.run_until_complete(self._serve())
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - told at the end
            self.trouble = error

    async def _serve(self):
        self._task = asyncio.current_task()
        address = self.door.base.replace("http", "ws", 1) + "/api/analyzer/stream"
        headers = {"Authorization": f"Bearer {self.door.analyzer_token}"}
        async with connect(address, additional_headers=headers) as stream, asyncio.TaskGroup() as group:
            async for message in stream:
                command = json.loads(message)
                if command["command"] == "replay":
                    group.create_task(self._replays.answer(command))
                elif command["command"] == "cut":
                    group.create_task(self._cut(command))

    async def _cut(self, command):
        camera_id, start, end = command["camera_id"], from_iso(command["from"]), from_iso(command["until"])
        clip = await asyncio.to_thread(cut_clip, self.recordings, camera_id, start, end)
        headers = {"X-Start": to_iso(clip.start), "X-Duration-Us": str(clip.duration), "Content-Type": "video/mp4"}
        await self._deliver(f"/api/analyzer/cuts/{command['request_id']}", clip.data, headers)

    def stop(self):
        self._loop.call_soon_threadsafe(self._task.cancel)
        self.join(10)
