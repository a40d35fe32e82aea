"""How often the gateway really fsyncs: counted once by strace, which slows it down too much to measure anything else."""

import argparse
import asyncio
import shutil
from pathlib import Path

from forwarding.rig import Rig

CALLS = ("fsync", "fdatasync")


async def fsyncs(options: argparse.Namespace) -> dict[str, object]:
    """Offer a thousand events a second (or `--rate`) under `strace -c -f`; fsyncs of gateway in all and a commit."""
    if shutil.which("strace") is None:
        return {"bench": "gateway", "case": "fsyncs", "skipped": "strace is not installed"}
    async with Rig(mode="bulk", sink=options.sink, doors=200) as rig:
        await rig.start_gateway()
        before = await rig.metric("commits_total") or 0
        table = rig.folder / "strace"
        tracer = await asyncio.create_subprocess_exec(
            "strace", "-c", "-f", "-e", f"trace={','.join(CALLS)}", "-o", str(table),
            "-p", str(rig.processes["gateway"].pid), stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await asyncio.sleep(0.5)
        load = await rig.control("load", {"rate": options.rate or 1000, "seconds": options.seconds})
        await rig.wait_for_stored(int(load["events"]), 120)
        commits = (await rig.metric("commits_total") or 0) - before
        tracer.terminate()
        await tracer.wait()
        counted = count(table)
        return {
            "bench": "gateway",
            "case": "fsyncs",
            "sink": options.sink,
            "events": int(load["events"]),
            "seconds": load["seconds"],
            "fsyncs": counted,
            "commits": commits,
            "fsyncs_per_commit": round(counted / max(1, commits), 2),
        }


def count(table: Path) -> int:
    """The calls in the table that strace leaves."""
    rows = (line.split() for line in table.read_text().splitlines())
    return sum(int(row[3]) for row in rows if row and row[-1] in CALLS)
