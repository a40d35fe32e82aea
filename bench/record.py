"""Measures what recording costs, and what a power cut leaves of it.

    python bench/record.py [--case copy|cuts] [--seconds S] [--rows N] [--seed N]

`copy`: a clip of 1920 x 1080 at 25 frames a second (4 Mbit/s) is taken through all that a camera's process does to record it, as fast
as it goes: units rewritten, fragments, hash, segments, fsync. `cpu_share` is the processor time for a second of video, in
per cent of a core, without reading the network. `cuts`: a recorder is killed `--rows` times at random moments, what was not forced
to disk is lost or cut at random, and what is then recovered is proved as `doorwatch check --video` does; `lost` counts segments
that were told and are not whole, `faults` everything that the proof finds. The seed is printed; the same one cuts at the same places.
"""

import argparse
import itertools
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.frame import PictureType

from doorwatch.analyzer.recorder import Recorder
from doorwatch.domain.time import SECOND
from doorwatch.recording.fmp4 import Fragmenter, InitSegment, Sample, init_segment, with_lengths
from doorwatch.recording.segments import Recordings, Segment, hash_of, read_entries

CLIP = Path(__file__).parents[1] / "tests" / "clips" / "s02-tailgating.mp4"
BASE = 1_790_000_000 * SECOND


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


def cuts(rounds: int, seed: int) -> dict[str, Any]:
    """Kill a recorder at random moments, lose what was not forced to disk, recover, and prove what is there."""
    chance, lost, faults, told_all = random.Random(seed), 0, 0, 0
    begun = time.monotonic()
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="doorwatch-bench-") as folder:
            root = Path(folder) / "recordings"
            told = _killed(root, chance.uniform(0.0, 0.6))
            _cut_power(root, {one["name"] for one in told}, chance)
            found = {one.segment_id: one for one in Recordings(root).recover("cam")}
            told_all += len(told)
            lost += sum(1 for one in told if found.get(one["segment_id"]) != Segment(**one))
            faults += _unproved(root, list(found.values()))
    return {
        "case": "cuts",
        "seconds": round(time.monotonic() - begun, 2),
        "rounds": rounds,
        "seed": seed,
        "told": told_all,
        "lost": lost,
        "faults": faults,
    }


def _killed(root: Path, after: float) -> list[dict[str, Any]]:
    """What a recorder told of its segments until it was killed so many seconds after its first."""
    command = [sys.executable, __file__, "--child", str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        if process.stdout is None:
            raise RuntimeError("the recorder came without a pipe")
        first = process.stdout.readline()
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
    # A line that was cut short was told to nobody.
    return [json.loads(line) for line in (first + rest).splitlines(keepends=True) if line.endswith(b"\n")]


def _cut_power(root: Path, told: set[str], chance: random.Random) -> None:
    """Lose what was written and not forced to disk: the ends of unfinished files, and names given a moment ago."""
    for path in sorted(root.rglob("*.mp4")):
        if path.relative_to(root).as_posix() not in told and chance.random() < 0.5:
            path.rename(path.with_suffix(".part"))
    for path in sorted(root.rglob("*.part")):
        size = chance.randint(0, path.stat().st_size)
        zeros = chance.randint(0, 8192) if chance.random() < 0.5 else 0
        with path.open("r+b") as file:
            file.truncate(size)
            file.truncate(size + zeros)  # file systems lengthen a file before its bytes are there


def _unproved(root: Path, found: Sequence[Segment]) -> int:
    """How many segments are not what they are told to be, files without a segment, and files left unfinished."""
    wrong = 0
    for one in found:
        entries = read_entries(root / one.name)
        times = (min(entry.start for entry in entries), max(entry.end for entry in entries)) if entries else None
        wrong += (times, hash_of(root / one.name)) != ((one.start, one.end), one.sha256)
        with av.open(str(root / one.name)) as container:
            wrong += not any(packet.is_keyframe for packet in container.demux(video=0))
    ordered = sorted(found, key=lambda one: one.start)
    wrong += sum(1 for one, other in itertools.pairwise(ordered) if one.end > other.start)
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix in {".mp4", ".part"}}
    return wrong + len(files ^ {one.name for one in found})


def _child(root: Path) -> None:
    """Record without an end, ten times as fast as a camera sends, and tell each segment."""
    for segments in recorded(root, CLIP):
        time.sleep(0.0005)
        for one in segments:
            told = {name: getattr(one, name) for name in Segment.__dataclass_fields__}
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=("copy", "cuts"), action="append")
    parser.add_argument("--seconds", type=float, default=600.0, help="of video, for copy")
    parser.add_argument("--rows", type=int, default=40, help="power cuts")
    parser.add_argument("--seed", type=int, default=None, help="of the cuts; another one each time when absent")
    parser.add_argument("--json", action="store_true", help="always so")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child is not None:
        _child(asked.child)
        return
    seed = random.SystemRandom().randrange(1 << 32) if asked.seed is None else asked.seed
    failed = False
    for case in asked.case or ("copy", "cuts"):
        told = copy(asked.seconds) if case == "copy" else cuts(asked.rows, seed)
        failed = failed or bool(told.get("lost") or told.get("faults"))
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        print(json.dumps({"bench": "record", **told, "machine": machine, "load": round(os.getloadavg()[0], 1)}))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
