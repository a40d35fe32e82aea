"""What becomes of one stream's coded pictures: fragments, which are recorded and shown live. Nothing is decoded here."""

from collections import deque
from dataclasses import asdict
from pathlib import Path

from doorwatch.analyzer.recorder import Recorder
from doorwatch.analyzer.source import Source, TimedPacket
from doorwatch.analyzer.wire import Link
from doorwatch.recording.fmp4 import Fragment, Fragmenter, Sample, init_segment, with_lengths
from doorwatch.recording.segments import Segment

_LONGEST_GROUP = 600


class Keeping:
    """The pictures of one opened stream as fragments; told to the parent as `recorded`, `segment` and `fragment`.

    `recordings` is the folder to record in, None where nothing is recorded. While `live` is set fragments are sent.
    """

    def __init__(self, link: Link, camera_id: str, source: Source, recordings: Path | None) -> None:
        self.init = init_segment(source.stream)
        self.live = False
        self._link = link
        self._camera_id = camera_id
        self._extradata = bytes(source.stream.codec_context.extradata or b"")
        self._fragmenter = Fragmenter()
        self._group: deque[Fragment] = deque(maxlen=_LONGEST_GROUP)
        self._sequence = 0
        self._recorder = Recorder(recordings, camera_id, self.init) if recordings is not None else None

    @property
    def trouble(self) -> str | None:
        """Why nothing is recorded, when something should be."""
        return self._recorder.trouble if self._recorder is not None else None

    def add(self, packet: TimedPacket) -> None:
        """Keep a picture."""
        if packet.jumped:
            self.end()
        data = with_lengths(bytes(packet.packet), self._extradata)
        done = self._fragmenter.add(Sample(data, packet.dts, packet.pts, packet.key))
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
            if self._recorder.trouble is None:
                self._link.send({"kind": "recorded", "until": piece.end})
        if self.live:
            self._send_live(piece)

    def _tell(self, segments: list[Segment]) -> None:
        for segment in segments:
            self._link.send({"kind": "segment", "segment": asdict(segment)})

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
