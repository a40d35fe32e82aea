"""Where an export's video comes from: the clip that is kept with the incident, or the recording, cut on request.

The clip outlives the recording. It shows one camera and a few seconds: what goes beyond is asked of the analyzer.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from doorwatch.blobs import BlobError, Blobs
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND, Clock, Micros, to_iso
from doorwatch.server.exporting.contents import Contents, View, Wish
from doorwatch.server.live.analyzers import AnalyzerHub
from doorwatch.server.waiting import within
from doorwatch.store.evidence import Evidence

_CUT_SECONDS = 90.0
_PIECE: Micros = 20 * SECOND
"""So much is asked of an analyzer at once: ten minutes would be hundreds of megabytes in its memory and in the server's."""
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


class UnansweredError(NoFootageError):
    """There may be video, but the analyzer that would have it does not say."""


class Cuttings:
    """Who waits for which piece of a recording: asked for with a command, it comes as a post of its own."""

    def __init__(self, analyzers: AnalyzerHub, clock: Clock) -> None:
        self._analyzers = analyzers
        self._clock = clock
        self._waiting: dict[tuple[str, str], asyncio.Future[Footage]] = {}

    async def cut(self, account: str, camera_id: str, start: Micros, end: Micros) -> Footage:
        """The recording of a camera from the last key picture before `start` to `end`.

        Raises NoFootageError, UnansweredError.
        """
        key = account, secrets.token_hex(12)
        command = {"command": "cut", "request_id": key[1], "camera_id": camera_id}
        answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        try:
            told = {**command, "from": to_iso(start), "until": to_iso(end)}
            if not self._analyzers.tell_camera(account, camera_id, told):
                raise UnansweredError("no analyzer is connected that could cut it from the recording")
            if not await within(self._clock, answer, _CUT_SECONDS):
                raise UnansweredError("the analyzer did not answer in time: look at its log")
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
) -> AsyncIterator[Footage | NoFootageError]:
    """The best there is of a camera, piece by piece: what covers the wish, else what comes closest.

    At last, why there is no more of it where nobody could say; without any piece, why there is none.
    """
    kept = contents.proofs.get("clip.mp4")
    mine = kept if kept is not None and kept.camera_id == view.camera_id else None
    if mine is None or mine.start > wish.start + _CLOSE or mine.start + mine.duration_us < wish.end - _CLOSE:
        found, trouble = False, NoFootageError("there is no recording")
        for start, end in _pieces(wish.start, wish.end):
            try:
                yield await cuttings.cut(account, view.camera_id, start, end)
                found = True
            except NoFootageError as error:
                trouble = error
                if isinstance(error, UnansweredError):
                    break
        if found or mine is None:
            if not found or isinstance(trouble, UnansweredError):
                yield trouble
            return
    try:
        yield await of_kept(blobs, mine)
    except NoFootageError as error:
        yield error


def _pieces(start: Micros, end: Micros) -> Iterator[tuple[Micros, Micros]]:
    while end - start > 3 * _PIECE // 2:
        yield start, start + _PIECE
        start += _PIECE
    yield start, end


async def of_kept(blobs: Blobs, kept: Evidence) -> Footage:
    """The clip that is kept with an incident. Raises NoFootageError."""
    try:
        data = await asyncio.to_thread(blobs.get, kept.blob)
    except BlobError as error:
        raise NoFootageError(f"the clip that was kept cannot be read: {error}") from error
    return Footage(data, kept.start, kept.start + kept.duration_us, "the clip kept with the incident")
