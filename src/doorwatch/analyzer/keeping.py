"""What becomes of one stream's coded pictures: fragments, which are recorded and shown live. Nothing is decoded here."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from doorwatch.analyzer.event_recorder import EventRecorder
from doorwatch.analyzer.recorder import Recorder
from doorwatch.analyzer.source import CodedPicture, CopiedSource
from doorwatch.analyzer.wire import Link
from doorwatch.domain.time import Micros
from doorwatch.recording.fmp4 import Fragment, Fragmenter, InitSegment, Sample, init_segment
from doorwatch.recording.segments import Segment

_LONGEST_GROUP = 600


AnyRecorder: TypeAlias = Recorder | EventRecorder


@dataclass(frozen=True, slots=True)
class Recorded:
    """How a stream is recorded: below `folder`; around events only where `pre_roll` is given; not on a full disk."""

    folder: Path
    pre_roll: Micros | None = None
    stop_below: int = 0

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Recorded":
        """What the parent tells a child under `recorded`."""
        pre_roll = told.get("pre_roll")
        return cls(Path(told["folder"]), None if pre_roll is None else int(pre_roll), int(told.get("stop_below", 0)))

    def told(self) -> dict[str, Any]:
        """The same for a message to another process."""
        return {"folder": str(self.folder), "pre_roll": self.pre_roll, "stop_below": self.stop_below}

    def recorder(self, camera_id: str, init: InitSegment) -> AnyRecorder:
        """A recorder of this kind."""
        recorder = Recorder(self.folder, camera_id, init, stop_below=self.stop_below)
        return recorder if self.pre_roll is None else EventRecorder(recorder, self.pre_roll)


class Keeping:
    """The pictures of one opened stream as fragments; told to the parent as `recorded`, `segment` and `fragment`.

    `recorded` says how it is recorded, None where it is not. While `live` is set fragments are sent.
    """

    def __init__(self, link: Link, camera_id: str, source: CopiedSource, recorded: Recorded | None) -> None:
        self.init = init_segment(source.stream)
        self.live = False
        self._link = link
        self._camera_id = camera_id
        self._extradata = bytes(source.stream.codec_context.extradata or b"")
        self._fragmenter = Fragmenter()
        self._group: deque[Fragment] = deque(maxlen=_LONGEST_GROUP)
        self._sequence = 0
        self._recorder = recorded.recorder(camera_id, self.init) if recorded is not None else None
        self._told_until: Micros = 0

    @property
    def trouble(self) -> str | None:
        """Why nothing is recorded, when something should be."""
        return self._recorder.trouble if self._recorder is not None else None

    def add(self, picture: CodedPicture) -> None:
        """Keep a picture."""
        if picture.jumped:
            self.end()
        data = picture.in_mp4(self._extradata)
        done = self._fragmenter.add(Sample(data, picture.dts, picture.pts, picture.key))
        if done is not None:
            self._pass_on(done)

    def end(self) -> None:
        """End the recording: the stream ended, or its times jumped."""
        rest = self._fragmenter.finish()
        if rest is not None:
            self._pass_on(rest)
        self._fragmenter = Fragmenter()
        if self._recorder is not None:
            self._tell(self._recorder.finish())

    def keep(self, start: Micros, until: Micros) -> None:
        """Have the pictures from `start` to `until` recorded, where only events are."""
        if isinstance(self._recorder, EventRecorder):
            self._tell(self._recorder.keep(start, until))

    def show(self) -> None:
        """Send what a new viewer needs: the group of pictures that is running, from its key picture on."""
        for piece in list(self._group):
            self._send_live(piece)

    def _pass_on(self, piece: Fragment) -> None:
        if piece.key:
            self._group.clear()
        self._group.append(piece)
        if self._recorder is not None:
            self._tell(self._recorder.add(piece))
        if self.live:
            self._send_live(piece)

    def _tell(self, segments: list[Segment]) -> None:
        for segment in segments:
            self._link.send({"kind": "segment", "segment": asdict(segment)})
        if self._recorder is not None and self._recorder.written != self._told_until:
            self._told_until = self._recorder.written
            self._link.send({"kind": "recorded", "until": self._told_until})

    def _send_live(self, piece: Fragment) -> None:
        self._sequence += 1
        self._link.send(
            {
                "camera_id": self._camera_id,
                "kind": "fragment",
                "start_us": piece.start,
                "duration_us": piece.duration,
                "sequence": self._sequence,
                "key": piece.key,
            },
            piece.data,
        )
