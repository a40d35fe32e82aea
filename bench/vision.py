"""Measures what watching costs: decode, motion gate, detector, tracker, each alone and as one camera.

    python bench/vision.py [--detector NAME] [--case STAGE] [--clip FILE] [--seconds S]

Prints one JSON object per case. `camera` is all stages over a clip as a camera in motion does them, with frames chosen
by the gate as in the analyzer; `cameras_per_core` is how many of those one core carries.
"""

import argparse
import json
import os
import platform
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from doorwatch.domain.scene import scene_from_mapping
from doorwatch.domain.time import to_seconds
from doorwatch.vision.decode import Decoder, colours, luma
from doorwatch.vision.detect.base import Detector
from doorwatch.vision.models import data_folder, find
from doorwatch.vision.motion import MotionGate
from doorwatch.vision.pipeline import Counter

CLIPS = Path(__file__).parents[1] / "tests" / "clips"
CASES = ("decode", "gate", "detect", "track", "camera")


def decoded(clip: Path) -> Iterator[av.VideoFrame]:
    """The frames of a clip, as the analyzer's decoder gives them."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        decoder = Decoder(stream.codec_context)
        for packet in container.demux(stream):
            yield from decoder.decode(packet)


def timed(step: Callable[[], int], seconds: float) -> dict[str, Any]:
    """Repeat a step that returns how many items it did; figures per item."""
    walls: list[float] = []
    items, began, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds or not walls:
        start = time.perf_counter()
        done = step()
        walls.append((time.perf_counter() - start) / max(1, done) * 1000)
        items += done
    spent, wall = time.process_time() - cpu, time.perf_counter() - began
    p50, p95, p99 = np.percentile(walls, [50, 95, 99])
    return {
        "seconds": round(wall, 2),
        "achieved_per_s": round(items / wall, 1),
        "cpu_us_per_item": round(spent / items * 1e6),
        "cpu_cores": round(spent / wall, 2),
        "p50_ms": round(float(p50), 3),
        "p95_ms": round(float(p95), 3),
        "p99_ms": round(float(p99), 3),
        "rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def run(case: str, clip: Path, detector: Detector, seconds: float) -> dict[str, Any]:
    """One case over a clip of the door in tests/clips."""
    truth = json.loads((CLIPS / "truth.json").read_text())["clips"]
    scene = scene_from_mapping(next((c for c in truth if c["file"] == clip.name), truth[0])["scene"])
    kept = [(round((frame.time or 0) * 1e6), luma(frame), colours(frame)) for frame in decoded(clip)][:200]
    if case == "decode":
        return timed(lambda: sum(1 for frame in decoded(clip) if luma(frame) is not None), seconds)
    if case == "gate":

        def gates() -> int:
            gate = MotionGate([scene])
            return len([gate.wants(at, brightness) for at, brightness, _ in kept])

        return timed(gates, seconds)
    if case == "detect":
        pictures = iter(())

        def detects() -> int:
            nonlocal pictures
            picture = next(pictures, None)
            if picture is None:
                pictures = iter([p for _, _, p in kept])
                picture = next(pictures)
            detector.detect(picture)
            return 1

        return timed(detects, seconds)
    if case == "track":
        boxes = [(at, detector.detect(picture)) for at, _, picture in kept]

        def tracks() -> int:
            counter = Counter("bench", [scene], detector.profile)
            return len([counter.observe(at, found) for at, found in boxes])

        return timed(tracks, seconds)
    return camera(clip, scene, detector, seconds)


def camera(clip: Path, scene: Any, detector: Detector, seconds: float) -> dict[str, Any]:
    """Everything that one camera costs, over and over the same clip."""
    shown = searched = 0

    def watch() -> int:
        nonlocal shown, searched
        gate, counter = MotionGate([scene]), Counter("bench", [scene], detector.profile)
        done = 0
        for frame in decoded(clip):
            at = round((frame.time or 0) * 1e6)
            done += 1
            if gate.wants(at, luma(frame)):
                searched += 1
                counter.observe(at, detector.detect(colours(frame)))
        counter.finish()
        shown += done
        return done

    row = timed(watch, seconds)
    with av.open(str(clip)) as container:
        rate = float(container.streams.video[0].average_rate or 25)
    row["searched_share"] = round(searched / shown, 3)
    row["cameras_per_core"] = round(1e6 / (row["cpu_us_per_item"] * rate), 1)
    row["video_s_per_s"] = round(to_seconds(round(shown / rate * 1e6)) / row["seconds"], 1)
    return row


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", help="name or path; the best one in the data folder when absent")
    parser.add_argument("--case", choices=CASES, help="one stage; all when absent")
    parser.add_argument("--clip", type=Path, default=CLIPS / "s07-four-in.mp4")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--json", action="store_true", help="JSON lines; they are what is printed anyway")
    told = parser.parse_args(argv)
    if not (CLIPS).is_dir():
        parser.error("the drawn clips are part of a checkout's tests/clips; run this in one")
    detector = find(data_folder(), told.detector).open()
    for case in [told.case] if told.case else CASES:
        row = {"bench": "vision", "case": case, "detector": detector.name}
        row |= run(case, told.clip, detector, told.seconds)
        print(
            json.dumps(
                {**row, "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"}
            ),
            flush=True,
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
