"""Measures how soon an incident is told: a whole building as real processes, every step from picture to page.

    python bench/latency.py [--incidents N] [--clip plain|b-frames] [--folder F]

A camera plays the demo's clip over RTSP, whose truth is known to the picture; the simulated access control system lets
in some of the people, so that each of the others is an incident of its own (`group_gap` is 1 s for that). A client
listens to the event stream as a browser does. `provisional` is from the capture of the first picture on the new side to
the first word of the incident; `final` is what passed beyond the last entry plus `settle` until the client heard that the
incident is final. `plain` is a stream without B-frames, as cameras usually send; `b-frames` is the clip as it is.
`stage_ms` is each stage's mean and 95th percentile out of the programs' own metrics; the percentile is interpolated in
a histogram's bucket. The simulators run apart, and what they use is told apart. Prints one JSON object.
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import av
import numpy as np
from av.video.frame import PictureType
from prometheus_client.parser import text_string_to_metric_families
from watching.camera_rig import RATE, tree

from doorwatch.demo.building import CLIP_SECONDS, Building, clip_cues, clip_file
from doorwatch.demo.processes import Process, free_port
from doorwatch.domain.time import Micros, SystemClock, from_iso, from_seconds
from doorwatch.vision.models import data_folder, find

NOT_LET_IN = ("Ana", "Chidi", "Iris", "Fay")
"""Cardholders of the clip whose grants are left out: each then enters without one."""

POLICY = {"group_gap": 1.0, "settle": 6.0}
NEAR = from_seconds(1.5)
_STAGE, _JUDGED = "doorwatch_analyzer_stage_seconds", "doorwatch_crossing_to_incident_seconds"


@dataclass(slots=True)
class Heard:
    """What a client of the event stream heard: for each incident the first word, and the word that it is final."""

    first: dict[str, tuple[Micros, dict[str, Any]]] = field(default_factory=dict)
    final: dict[str, tuple[Micros, dict[str, Any]]] = field(default_factory=dict)

    async def listen(self, building: Building) -> None:
        """Listen until cancelled; a connection that ends is opened again."""
        clock = SystemClock()
        while True:
            async for name, told in building.server.events():
                if name == "incident":
                    self._take(clock.now(), told)

    def _take(self, now: Micros, told: dict[str, Any]) -> None:
        self.first.setdefault(told["incident_id"], (now, told))
        if told["state"] == "final":
            self.final.setdefault(told["incident_id"], (now, told))


def without_b_frames(folder: Path) -> Path:
    """The demo's clip as a camera sends it: no B-frames, a key picture every two seconds."""
    path = folder / "plain.mp4"
    with av.open(str(clip_file("demo.mp4"))) as source, av.open(str(path), "w") as target:
        options = {"preset": "veryfast", "crf": "20", "x264-params": "bframes=0:keyint=25:scenecut=0"}
        stream = target.add_stream("libx264", rate=RATE, options=options)
        shown = source.streams.video[0]
        stream.width, stream.height, stream.pix_fmt = shown.width, shown.height, "yuv420p"
        for index, frame in enumerate(source.decode(shown)):
            frame.pts, frame.time_base, frame.pict_type = index, 1 / RATE, PictureType.NONE
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return path


async def measure(incidents: int, clip: str, folder: Path) -> dict[str, Any]:
    """Run the building until so many incidents are final. Raises DoorwatchError when it does not come up."""
    port = free_port()
    building = Building(
        folder,
        lambda text: print(text, file=sys.stderr),
        free_port(),
        find(data_folder(), None).path,
        clip=without_b_frames(folder) if clip == "plain" else clip_file("demo.mp4"),
        cues=[cue for cue in clip_cues() if (cue.cardholder or "").partition(" ")[0] not in NOT_LET_IN],
        settings={"DOORWATCH_ANALYZER_METRICS_PORT": str(port)},
    )
    heard = Heard()
    try:
        await building.open()
        await building.server.call("PUT", f"/api/doors/{building.door_id}/policy", POLICY)
        listening = asyncio.create_task(heard.listen(building))
        before, begun = _used(building), time.monotonic()
        await _until_final(heard, incidents)
        cores = {name: round(used / (time.monotonic() - begun), 3) for name, used in _since(before, building).items()}
        listening.cancel()
        stages = await _stages(building, port)
        return {"cores": cores, **await _figures(building, heard), "stage_ms": stages}
    finally:
        await building.close()


async def _until_final(heard: Heard, incidents: int) -> None:
    patience = CLIP_SECONDS * (incidents / 5 + 2)
    async with asyncio.timeout(patience):
        while len(heard.final) < incidents:  # noqa: ASYNC110 - nobody tells how many there will be
            await asyncio.sleep(0.5)


async def _figures(building: Building, heard: Heard) -> dict[str, Any]:
    truth = [one["frame"] / float(RATE) for one in _truth() if one["direction"] == "in"]
    provisional, final, off, unmatched = [], [], [], 0
    for incident_id, (at, _) in heard.first.items():
        known = await building.server.call("GET", f"/api/incidents/{incident_id}")
        excess = [from_iso(one["at"]) for one in known["crossings"] if one["outcome"] in {"excess", "possible"}]
        captured = _nearest(building, truth, min(excess)) if excess else None
        if captured is None:
            unmatched += 1
            continue
        provisional.append(at - captured)
        off.append(min(excess) - captured)
        if incident_id in heard.final:
            told_at, told = heard.final[incident_id]
            final.append(told_at - from_iso(told["end"]) - from_seconds(POLICY["settle"]))
    states = [told["state"] for _, told in heard.first.values()]
    return {
        "incidents": len(heard.first),
        "told_first_as": {state: states.count(state) for state in sorted(set(states))},
        "not_in_the_truth": unmatched,
        "provisional": _spread(provisional),
        "final": _spread(final),
        "crossing_after_truth": _spread(off),
    }


def _truth() -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(clip_file("events.json").read_text())["crossings"]
    return told


def _nearest(building: Building, truth: Sequence[float], at: Micros) -> Micros | None:
    """When the picture was captured that really was the first on the new side; None when nobody crossed then."""
    whole = from_seconds(CLIP_SECONDS)
    showing = building.epoch + (at - building.epoch) // whole * whole
    times = [start + from_seconds(offset) for start in (showing - whole, showing, showing + whole) for offset in truth]
    nearest = min(times, key=lambda time: abs(time - at))
    return nearest if abs(nearest - at) < NEAR else None


def _spread(times: Sequence[Micros]) -> dict[str, Any]:
    if not times:
        return {"count": 0}
    p50, p95, p99 = np.percentile(times, [50, 95, 99]) / 1000
    most = max(times) / 1000
    return {
        "count": len(times),
        "p50_ms": round(p50),
        "p95_ms": round(p95),
        "p99_ms": round(p99),
        "max_ms": round(most),
    }


async def _stages(building: Building, port: int) -> dict[str, dict[str, int]]:
    """Every stage's mean and 95th percentile; `judge` is the server's, from a crossing's arrival to the commit."""
    async with aiohttp.ClientSession() as session:
        analyzer = await _histograms(session, f"http://127.0.0.1:{port}/metrics", _STAGE, "stage")
        server = await _histograms(session, f"{building.address}/metrics", _JUDGED, "since")
    return {name: told for name, told in (*analyzer.items(), ("judge", server.get("arrival", {}))) if told}


async def _histograms(session: aiohttp.ClientSession, url: str, name: str, label: str) -> dict[str, dict[str, int]]:
    async with session.get(url) as answer:
        families = list(text_string_to_metric_families(await answer.text()))
    samples = [one for family in families if family.name == name for one in family.samples]
    found = {}
    for value in {one.labels[label] for one in samples}:
        mine = [one for one in samples if one.labels[label] == value]
        count = next(one.value for one in mine if one.name == f"{name}_count")
        total = next(one.value for one in mine if one.name == f"{name}_sum")
        buckets = {float(one.labels["le"]): one.value for one in mine if one.name == f"{name}_bucket"}
        if count:
            p95 = round(_quantile(buckets, 0.95 * count) * 1000)
            found[value] = {"count": int(count), "mean": round(total / count * 1000), "p95": p95}
    return found


def _quantile(buckets: Mapping[float, float], rank: float) -> float:
    """Where a rank lies in cumulative buckets, in seconds; linear within one."""
    lower, below = 0.0, 0.0
    for upper, count in sorted(buckets.items()):
        if count >= rank:
            share = (rank - below) / (count - below) if count > below else 1.0
            return lower if upper == float("inf") else lower + share * (upper - lower)
        lower, below = upper, count
    return lower


def _used(building: Building) -> dict[str, float]:
    """CPU seconds that every part has used, with what it started."""
    parts: list[Process] = building.supervisor.processes
    return {
        part.name: sum(usage.cpu for usage in tree(part.pid).values()) for part in parts if part.pid is not None
    }  # fmt: skip


def _since(before: Mapping[str, float], building: Building) -> dict[str, float]:
    return {name: used - before.get(name, 0.0) for name, used in _used(building).items()}


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=24, help="how many are waited for; seven a showing of 72 s")
    parser.add_argument("--clip", choices=("plain", "b-frames"), default="plain", help="how the camera encodes")
    parser.add_argument("--folder", type=Path, help="keep logs and data here")
    parser.add_argument("--json", action="store_true", help="one JSON line; it is what is printed anyway")
    told = parser.parse_args(argv)
    # told to stop, it still takes its building away
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = told.folder or Path(tempfile.mkdtemp(prefix="doorwatch-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    begun, load = time.monotonic(), os.getloadavg()[0]
    try:
        row = asyncio.run(measure(told.incidents, told.clip, folder))
    finally:
        if told.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    loads = {"before": round(load, 1), "after": round(os.getloadavg()[0], 1)}
    told_row = {"bench": "latency", "case": told.clip, "seconds": round(time.monotonic() - begun, 1), **row}
    print(json.dumps({**told_row, "load": loads, "machine": machine}), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
