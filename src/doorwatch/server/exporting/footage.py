"""Where an export's video comes from: the clip that is kept with the incident, or the recording, cut on request.

The clip outlives the recording. It shows one camera and a few seconds: what goes beyond is asked of the analyzer.
"""

import asyncio
import secrets
from dataclasses import dataclass

from doorwatch.blobs import BlobError, Blobs
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND, Clock, Micros, to_iso
from doorwatch.server.exporting.contents import Contents, View, Wish
from doorwatch.server.live.analyzers import AnalyzerHub
from doorwatch.server.waiting import within
from doorwatch.store.evidence import Evidence

_CUT_SECONDS = 90.0
_CLOSE: Micros = SECOND // 5
"""A clip that begins or ends so much short of what was asked for is taken for whole: pictures lie apart."""


@dataclass(frozen=True, slots=True)
class Footage:
    """An MP4 file whose first picture was captured at `start`; `origin` says where it comes from."""

    data: bytes
    start: Micros
    end: Micros
    origin: str


class NoFootageError(DoorwatchError):
    """There is no video of a camera for the time; the text says why."""


class Cuttings:
    """Who waits for which piece of a recording: asked for with a command, it comes as a post of its own."""

    def __init__(self, analyzers: AnalyzerHub, clock: Clock) -> None:
        self._analyzers = analyzers
        self._clock = clock
        self._waiting: dict[tuple[str, str], asyncio.Future[Footage]] = {}

    async def cut(self, account: str, camera_id: str, start: Micros, end: Micros) -> Footage:
        """The recording of a camera from the last key picture before `start` to `end`. Raises NoFootageError."""
        key = account, secrets.token_hex(12)
        command = {"command": "cut", "request_id": key[1], "camera_id": camera_id}
        answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        try:
            told = {**command, "from": to_iso(start), "until": to_iso(end)}
            if not self._analyzers.tell_camera(account, camera_id, told):
                raise NoFootageError("no analyzer is connected that could cut it from the recording")
            if not await within(self._clock, answer, _CUT_SECONDS):
                raise NoFootageError("the analyzer did not answer in time: look at its log")
            found: Footage = answer.result()
            return found
        finally:
            del self._waiting[key]

    def arrived(self, account: str, request_id: str, found: Footage | NoFootageError) -> bool:
        """What an analyzer sent; false when nobody waits for it any more."""
        waiting = self._waiting.get((account, request_id))
        if waiting is None or waiting.done():
            return False
        if isinstance(found, NoFootageError):
            waiting.set_exception(found)
        else:
            waiting.set_result(found)
        return True


async def find(
    account: str, view: View, contents: Contents, wish: Wish, *, blobs: Blobs, cuttings: Cuttings
) -> Footage:
    """The best there is of a camera: what covers the wish, else what comes closest. Raises NoFootageError."""
    kept = contents.proofs.get("clip.mp4")
    mine = kept if kept is not None and kept.camera_id == view.camera_id else None
    if mine is not None and mine.start <= wish.start + _CLOSE and mine.start + mine.duration_us >= wish.end - _CLOSE:
        return await of_kept(blobs, mine)
    try:
        return await cuttings.cut(account, view.camera_id, wish.start, wish.end)
    except NoFootageError:
        if mine is None:
            raise
        return await of_kept(blobs, mine)


async def of_kept(blobs: Blobs, kept: Evidence) -> Footage:
    """The clip that is kept with an incident. Raises NoFootageError."""
    try:
        data = await asyncio.to_thread(blobs.get, kept.blob)
    except BlobError as error:
        raise NoFootageError(f"the clip that was kept cannot be read: {error}") from error
    return Footage(data, kept.start, kept.start + kept.duration_us, "the clip kept with the incident")
