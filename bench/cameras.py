"""Measures how many cameras a machine carries: real RTSP cameras, the whole analyzer, every process of it counted.

    python bench/cameras.py [--case moving|doors|soak] [--cameras N] [--detector NAME] [--workers N] [--seconds S]
                            [--trace FILE]

`moving`: people walk without a pause in front of every camera. `doors`: for 15 % of the time. `soak`: two cameras of
that kind, with what the memory did (`mib_grown` is the last quarter against the second; the slopes, of all and of each
process, are of the second half); run it for 14400 seconds before a release. `--trace` writes what every process held,
minute by minute, as JSON.
Cameras send 640 x 360 H.264 at 12.5 frames a second. Prints one JSON object per case. `cameras_per_core` is cameras over
cores used by all of the analyzer's processes; `covered` is the share of time that was really watched, and below 0.97
the figure means nothing. What simulates the cameras and the server runs apart and is told apart (`simulator_cores`).
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from prometheus_client.parser import text_string_to_metric_families
from watching.camera_rig import (
    CLIPS,
    TOKEN,
    Cameras,
    Sink,
    Usage,
    camera_rows,
    data_folder,
    door_clip,
    free_port,
    scene,
    tree,
    usage_of,
)  # fmt: skip

from doorwatch.domain.time import SECOND
from doorwatch.vision.models import data_folder as installed_in
from doorwatch.vision.models import find

CASES = {"moving": (1.0, 3), "doors": (0.15, 8), "soak": (0.15, 2)}
WARM_UP = 12.0
_STAGES = "doorwatch_analyzer_stage_seconds"

Memory = list[tuple[float, dict[int, Usage]]]
"""Seconds since the start, and what every process held then."""


@contextlib.asynccontextmanager
async def analyzer(sink: Sink, model: Path, workers: int, port: int) -> AsyncIterator[int]:
    """The analyzer as a program, reporting to the sink, its metrics on a port; its process id. Stopped at the end."""
    with data_folder(model) as folder:
        (folder / "token").write_text(TOKEN)
        command = [sys.executable, "-m", "doorwatch", "analyze", "--server", sink.url]
        command += ["--token-file", str(folder / "token"), "--data-dir", str(folder), "--workers", str(workers)]
        command += ["--metrics-port", str(port)]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            yield process.pid
        finally:
            process.terminate()
            await process.wait()


async def measure(case: str, told: argparse.Namespace) -> dict[str, Any]:
    """One case. Raises RuntimeError when the cameras do not all come up."""
    share, usual = CASES[case]
    count = told.cameras or usual
    model = find(installed_in(), told.detector).path
    with tempfile.TemporaryDirectory() as folder:
        cameras = Cameras(door_clip(Path(folder), share), count)
        sink = Sink(camera_rows(cameras.urls, scene))
        runner = await sink.start()
        try:
            port = free_port()
            async with analyzer(sink, model, told.workers, port) as pid:
                await _up(sink, count)
                await asyncio.sleep(WARM_UP)
                row = await _watch(sink, pid, cameras.process.pid or 0, count, told)
                row["stage_mean_ms"] = await stages(port)
        finally:
            cameras.close()
            await runner.cleanup()
    return {"bench": "cameras", "case": case, "detector": model.stem, "cameras": count, "workers": told.workers, **row}


async def stages(port: int) -> dict[str, int]:
    """How long each stage took on average since the start, out of the analyzer's own metrics."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        families = text_string_to_metric_families(await answer.text())
    samples = [one for family in families if family.name == _STAGES for one in family.samples]
    sums = {one.labels["stage"]: one.value for one in samples if one.name == f"{_STAGES}_sum"}
    counts = {one.labels["stage"]: one.value for one in samples if one.name == f"{_STAGES}_count"}
    return {stage: round(sums[stage] / count * 1000) for stage, count in counts.items() if count}


async def _up(sink: Sink, count: int) -> None:
    async with asyncio.timeout(60):
        while sum(code == 200 for code in sink.codes.values()) < count or len(sink.coverage) < count:
            sink.told.clear()
            await sink.told.wait()


async def _watch(sink: Sink, pid: int, simulator: int, count: int, told: argparse.Namespace) -> dict[str, Any]:
    before, camera_before, begun, seconds = tree(pid), usage_of(simulator), time.monotonic(), told.seconds
    sink.reset()
    memory: Memory = []
    while (passed := time.monotonic() - begun) < seconds:
        await asyncio.sleep(min(60.0, seconds / 20, seconds - passed))
        memory.append((time.monotonic() - begun, tree(pid)))
        if told.trace:
            told.trace.write_text(json.dumps(traced(memory), indent=1))
    after, camera_after, wall = memory[-1][1], usage_of(simulator), time.monotonic() - begun
    used: dict[str, float] = {}
    for number, usage in after.items():
        former = before.get(number)
        used[usage.role] = used.get(usage.role, 0.0) + usage.cpu - (former.cpu if former else 0.0)
    cores = sum(used.values()) / wall
    row = {
        "seconds": round(wall, 1),
        "cpu_cores": round(cores, 3),
        "cpu_by_role": {role: round(spent / wall, 3) for role, spent in sorted(used.items())},
        "cameras_per_core": round(count / cores, 1),
        "covered": round(sum(sink.coverage.values()) / (count * wall * SECOND), 3),
        "crossings": sink.crossings,
        "processes_replaced": len(set(after) - set(before)),
        **_lateness(sink),
        **_memory(after, memory, count),
    }
    if camera_before and camera_after:
        row["simulator_cores"] = round((camera_after.cpu - camera_before.cpu) / wall, 3)
    return row


def _lateness(sink: Sink) -> dict[str, Any]:
    """From a crossing's capture to its arrival at the server, and how far coverage lies behind when it arrives."""
    told: dict[str, Any] = {}
    for name, late in (("crossing", sink.late), ("coverage", sink.answered)):
        if late:
            p50, p95 = np.percentile(late, [50, 95]) / 1000
            told |= {f"{name}_p50_ms": round(float(p50)), f"{name}_p95_ms": round(float(p95))}
    return told


def traced(memory: Memory) -> dict[str, Any]:
    """What every process held, by role and number: the seconds, and MiB resident and proportional at each of them."""
    last = memory[-1][1]
    processes = {
        f"{usage.role} {pid}": {
            "rss_mib": [round(at[pid].rss, 2) if pid in at else None for _, at in memory],
            "pss_mib": [round(at[pid].pss, 2) if pid in at else None for _, at in memory],
        }
        for pid, usage in sorted(last.items())
    }
    return {"seconds": [round(at, 1) for at, _ in memory], "processes": processes}


def _memory(after: dict[int, Usage], memory: Memory, count: int) -> dict[str, Any]:
    def total(role: str) -> float:
        return sum(usage.rss for usage in after.values() if usage.role == role)

    def slope(sums: Sequence[float]) -> float:
        return round(float(np.polyfit([at for at, _ in half], sums, 1)[0]) * 3600, 2) if len(half) > 2 else 0.0

    workers = sum(usage.role == "detector" for usage in after.values())
    half = memory[len(memory) // 2 :]
    lasting = [pid for pid in sorted(after) if all(pid in usages for _, usages in half)]
    return {
        "mib_per_camera": round(total("camera") / count, 1),
        "mib_per_detector": round(total("detector") / max(1, workers), 1),
        "mib_parent": round(total("parent"), 1),
        "mib_whole_tree": round(sum(usage.pss for usage in after.values()), 1),
        "mib_grown": round(_grown([sum(usage.pss for usage in usages.values()) for _, usages in memory]), 1),
        "mib_growth_per_hour": slope([sum(usage.pss for usage in usages.values()) for _, usages in half]),
        "rss_growth_per_hour": {
            f"{after[pid].role} {pid}": slope([usages[pid].rss for _, usages in half]) for pid in lasting
        },
    }


def _grown(sums: Sequence[float]) -> float:
    """MiB that the last quarter of the run held more than the second, by their medians."""
    quarter = max(1, len(sums) // 4)
    return float(np.median(sums[-quarter:]) - np.median(sums[quarter : 2 * quarter] or sums[:1]))


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=CASES, help="one case; moving and doors when absent")
    parser.add_argument("--cameras", type=int, help="how many; 3 moving, 8 doors, 2 for soak when absent")
    parser.add_argument("--detector", help="name or path; the best one in the data folder when absent")
    parser.add_argument("--workers", type=int, default=1, help="detector processes")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--trace", type=Path, help="file for what every process held, minute by minute")
    parser.add_argument("--json", action="store_true", help="JSON lines; they are what is printed anyway")
    told = parser.parse_args(argv)
    if not CLIPS.is_dir():
        parser.error("the drawn clips are part of a checkout's tests/clips; run this in one")
    for case in [told.case] if told.case else ("moving", "doors"):
        row = asyncio.run(measure(case, told))
        row["machine"] = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
