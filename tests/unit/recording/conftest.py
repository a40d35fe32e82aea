"""A rendered clip as samples on a UTC timeline, as a camera's process gets them."""

from pathlib import Path

import av
import pytest

from doorwatch.domain.time import SECOND
from doorwatch.recording.fmp4 import Fragmenter, Sample, init_segment, with_lengths
from doorwatch.recording.segments import SegmentWriter

BASE = 1_790_000_000_000_000
CLIPS = Path(__file__).parents[2] / "clips"


class Footage:
    """Samples of a clip from `base` on, its init segment, and its fragments."""

    def __init__(self, name="s02-tailgating", base=BASE):
        self.base = base
        with av.open(str(CLIPS / f"{name}.mp4")) as container:
            stream = container.streams.video[0]
            self.init = init_segment(stream)
            extradata = bytes(stream.codec_context.extradata)
            tick = float(stream.time_base) * SECOND
            self.samples = [
                Sample(
                    with_lengths(bytes(packet), extradata),
                    base + round(packet.dts * tick),
                    base + round(packet.pts * tick),
                    packet.is_keyframe,
                )
                for packet in container.demux(stream)
                if packet.size
            ]

    def fragments(self, least=400_000):
        fragmenter = Fragmenter(least)
        found = [piece for sample in self.samples if (piece := fragmenter.add(sample)) is not None]
        return [*found, fragmenter.finish()]

    def record(self, root, camera_id="cam", length=4 * SECOND):
        """Write all of it as segments; the last one is finished, too."""
        writer, done = SegmentWriter(root, camera_id), []
        for piece in self.fragments():
            if piece.key and (writer.start is None or piece.start - writer.start >= length):
                done.append(writer.finish())
                writer.begin(self.init, piece.start)
            writer.add(piece)
        done.append(writer.finish())
        return [segment for segment in done if segment is not None]


@pytest.fixture(scope="session")
def footage():
    return Footage()


@pytest.fixture(scope="session")
def other_footage():
    """Another clip, recorded an hour later."""
    return Footage("s01-one-in", BASE + 3600 * SECOND)


@pytest.fixture(scope="session")
def hevc_footage(hevc_clip):
    return Footage(str(hevc_clip.with_suffix("")))


@pytest.fixture(scope="session")
def smaller_footage(footage, resized_clip):
    """What the same camera sent after its picture was made smaller."""
    return Footage(str(resized_clip(320, 180).with_suffix("")), footage.base + 12_960_000)
