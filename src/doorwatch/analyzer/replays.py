"""What was recorded, for whoever looks back: video as it lies on disk, a picture, who was where and when.

The server asks with a `replay` command and waits; the answer is put to it as it is. Nothing is kept for it, and a
question that nobody can answer any more is answered with a sentence.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import HOUR, Micros, to_iso
from doorwatch.recording.footage import LONGEST, footage
from doorwatch.recording.people import people_between, presence
from doorwatch.recording.segments import Recordings

AT_ONCE = 2
_MOST_WAITING = 80
_WIDEST = 1920
_LONGEST_PRESENCE = 6 * HOUR

Picture = Callable[[str, Micros, int], Awaitable[tuple[bytes, Micros]]]
Deliver = Callable[[str, bytes, Mapping[str, str]], Awaitable[None]]
_Answer = tuple[bytes, dict[str, str]]


class Replays:
    """Answers questions about recordings, a few at a time; `deliver` gets path, body and headers of an answer."""

    def __init__(self, recordings: Recordings, picture: Picture, deliver: Deliver) -> None:
        self._recordings = recordings
        self._picture = picture
        self._deliver = deliver
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def answer(self, command: Mapping[str, Any]) -> None:
        """Answer one `replay` command. Raises KeyError for one without an id."""
        request_id = quote(str(command["request_id"]), safe="")
        self._waiting += 1
        try:
            body, headers = await self._in_turn(command)
            await self._deliver(f"/api/analyzer/replays/{request_id}", body, headers)
        except DoorwatchError as error:
            await self._refuse(request_id, str(error))
        except (KeyError, ValueError, TypeError) as error:
            await self._refuse(request_id, f"the analyzer does not understand the question ({error}): update it")
        finally:
            self._waiting -= 1

    async def _in_turn(self, command: Mapping[str, Any]) -> _Answer:
        if self._waiting > _MOST_WAITING:
            raise DoorwatchError("the analyzer is asked for too much at once: try again in a moment")
        async with self._places:
            return await self._look(command)

    async def _refuse(self, request_id: str, sentence: str) -> None:
        body = json.dumps({"error": sentence}).encode()
        await self._deliver(f"/api/analyzer/answers/{request_id}", body, {"Content-Type": "application/json"})

    async def _look(self, asked: Mapping[str, Any]) -> _Answer:
        camera_id, what = str(asked["camera_id"]), asked["what"]
        if what == "picture":
            data, at = await self._picture(camera_id, int(asked["at"]), min(_WIDEST, max(16, int(asked["widest"]))))
            return data, {"Content-Type": "image/jpeg", "X-Start": to_iso(at)}
        start, end = int(asked["from"]), int(asked["until"])
        if what == "footage":
            found = await asyncio.to_thread(footage, self._recordings, camera_id, start, end)
            times = {"X-Start": to_iso(found.start), "X-Until": to_iso(found.end)}
            return found.data, {"Content-Type": "video/mp4", "X-Codec": found.codec, **times}
        root = self._recordings.root
        told: Any
        if what == "people":
            told = await asyncio.to_thread(people_between, root, camera_id, start, min(end, start + 4 * LONGEST))
        elif what == "presence":
            told = await asyncio.to_thread(presence, root, camera_id, start, min(end, start + _LONGEST_PRESENCE))
        else:
            raise ValueError(f"what is {what!r}")
        return json.dumps(told).encode(), {"Content-Type": "application/json"}
