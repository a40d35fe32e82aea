"""Measures what recording costs, and what a power cut leaves of it.

    python bench/record.py [--case copy|streams|cuts|spool-cuts|server-cuts] [--seconds S] [--cameras N] [--rows N] [--seed N]

`copy`: a clip of 1920 x 1080 at 25 frames a second (4 Mbit/s) is taken through all that a camera's process does to record it, as fast
as it goes: units rewritten, fragments, hash, segments, fsync. `cpu_share` is the processor time for a second of video, in
per cent of a core, without reading the network. `streams`: the same pictures come from RTSP cameras, and each is recorded by the process that an
analyzer has for a main stream; `cpu_share` is what a camera takes of a core, all of it, `read_share` what a process takes that reads
a stream and does nothing with it. `cuts`: the power is cut `--rows` times at random moments under a recorder and a database on one
disk; what is then recovered is proved as `doorwatch check --video` does. `lost` counts segments whose row was committed and that are not
whole, `faults` everything that the proof finds, `power` says how it was cut. `spool-cuts` and `server-cuts` do the same to a spool that
is filled and emptied, and to a server that is installed and posted to: `told` counts items whose `put` returned, and events whose post
was answered 2xx. The seed is printed; the same one cuts at the same places.
"""

import argparse
import itertools
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.frame import PictureType
from recording.power_cuts import cuts, record_for_ever
from recording.power_queues import queue_cuts, serve_for_ever, spool_for_ever
from recording.streams import recorded_streams

from doorwatch.analyzer.recorder import Recorder
from doorwatch.domain.time import SECOND
from doorwatch.recording.fmp4 import Fragmenter, InitSegment, Sample, init_segment, with_lengths
from doorwatch.recording.segments import Segment

CLIP = Path(__file__).parents[1] / "tests" / "clips" / "s02-tailgating.mp4"
BASE = 1_790_000_000 * SECOND
CASES = ("copy", "streams", "cuts", "spool-cuts", "server-cuts")


def wide_clip(folder: Path) -> Path:
    """Four seconds of the door in 1920 x 1080, 25 frames a second, 4 Mbit/s, a key picture every two seconds."""
    path = folder / "wide.mp4"
    with av.open(str(CLIP)) as source, av.open(str(path), "w") as target:
        options = {"preset": "ultrafast", "x264-params": "bframes=0:keyint=50:scenecut=0:nal-hrd=cbr:force-cfr=1"}
        stream = target.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 1920, 1080, "yuv420p", 4_000_000
        for index, frame in enumerate(itertools.islice(source.decode(video=0), 100)):
            large = frame.reformat(width=1920, height=1080, format="yuv420p")
            large.pts, large.time_base, large.pict_type = index, Fraction(1, 25), PictureType.NONE
            target.mux(stream.encode(large))
        target.mux(stream.encode(None))
    return path


def pictures(clip: Path) -> tuple[InitSegment, list[tuple[bytes, int, int, bool]], bytes]:
    """Init segment, coded pictures (data, decoding and showing time in microseconds, key) and the codec's own data."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        extradata = bytes(stream.codec_context.extradata or b"")
        tick = float(stream.time_base or 0) * SECOND
        found = [
            (bytes(packet), round((packet.dts or 0) * tick), round((packet.pts or 0) * tick), packet.is_keyframe)
            for packet in container.demux(stream)
            if packet.size
        ]
        return init_segment(stream), found, extradata


def recorded(root: Path, clip: Path) -> Iterator[list[Segment]]:
    """Record a clip again and again without an end; the segments that each picture finished, and once a picture."""
    init, found, extradata = pictures(clip)
    length = found[-1][1] - found[0][1] + (found[1][1] - found[0][1])
    recorder, fragmenter = Recorder(root, "cam", init), Fragmenter()
    for turn in itertools.count():
        offset = BASE + turn * length
        for data, dts, pts, key in found:
            piece = fragmenter.add(Sample(with_lengths(data, extradata), offset + dts, offset + pts, key))
            yield recorder.add(piece) if piece is not None else []


def copy(seconds: float) -> dict[str, Any]:
    """The cost of recording so many seconds of video."""
    with tempfile.TemporaryDirectory(prefix="doorwatch-bench-") as folder:
        clip, root = wide_clip(Path(folder)), Path(folder) / "recordings"
        count, done = round(seconds * 25), 0
        begun, used = time.monotonic(), time.process_time()
        for segments in itertools.islice(recorded(root, clip), count):
            done += len(segments)
        used, took = time.process_time() - used, time.monotonic() - begun
        size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
        return {
            "case": "copy",
            "seconds": round(took, 2),
            "video_seconds": seconds,
            "cpu_share": round(100 * used / seconds, 3),
            "cpu_us_per_item": round(used / count * 1e6, 1),
            "mbit_per_s": round(size * 8 / seconds / 1e6, 2),
            "segments": done,
        }


def streams(seconds: float, cameras: int) -> dict[str, Any]:
    """The cost of recording RTSP cameras for so long."""
    with tempfile.TemporaryDirectory(prefix="doorwatch-bench-") as folder:
        return {"case": "streams", **recorded_streams(wide_clip(Path(folder)), seconds, cameras)}


def _measured(case: str, asked: argparse.Namespace, seed: int) -> dict[str, Any]:
    if case == "copy":
        return copy(asked.seconds or 600.0)
    if case == "streams":
        return streams(asked.seconds or 60.0, asked.cameras)
    child = [sys.executable, __file__, "--part", case, "--child"]
    if case == "cuts":
        return cuts(asked.rows, seed, child)
    return queue_cuts(case.removesuffix("-cuts"), asked.rows, seed, child)


def _child(part: str, folder: Path) -> None:
    """What runs under a power cut, for ever."""
    if part == "spool-cuts":
        spool_for_ever(folder)
    elif part == "server-cuts":
        serve_for_ever(folder)
    else:  # ten times as fast as a camera sends
        record_for_ever(folder, lambda root: recorded(root, CLIP))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--seconds", type=float, default=0.0, help="of video, for copy (600) and streams (60)")
    parser.add_argument("--cameras", type=int, default=4, help="for streams")
    parser.add_argument("--rows", type=int, default=40, help="power cuts")
    parser.add_argument("--seed", type=int, default=None, help="of the cuts; another one each time when absent")
    parser.add_argument("--json", action="store_true", help="always so")
    parser.add_argument("--part", default="cuts", help=argparse.SUPPRESS)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child is not None:
        _child(asked.part, asked.child)
        return
    seed = random.SystemRandom().randrange(1 << 32) if asked.seed is None else asked.seed
    failed = False
    for case in asked.case or CASES:
        told = _measured(case, asked, seed)
        failed = failed or bool(told.get("lost") or told.get("faults"))
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        print(json.dumps({"bench": "record", **told, "machine": machine, "load": round(os.getloadavg()[0], 1)}))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
