"""The same payload through Debian's syslog-ng: lines over TCP, a reliable disk buffer, HTTP to the same sink."""

import argparse
import asyncio
import json
import shutil
import subprocess
import time

from forwarding.rig import CLOCK_TICKS, PEOPLE, Rig, Usage, cardholder, free_port, percentiles, usage_of

from doorwatch.domain.time import to_iso

_CONFIGURATION = """
@version: {version}
options {{ stats_freq(0); log-msg-size(65536); }};
source lines {{ network(transport(tcp) ip("127.0.0.1") port({port}) flags(no-parse) log-iw-size(100000) max-connections(4)); }};
destination sink {{
  http(url("http://127.0.0.1:{sink}/api/pacs/webhooks") method("POST") headers("Content-Type: application/json")
    user-agent("peer") body("{body}") {batch} workers({workers}) persist-name("sink")
    disk-buffer(reliable(yes) disk-buf-size(2147483648) mem-buf-size(67108864) dir("{folder}")));
}};
log {{ source(lines); destination(sink); flags(flow-control); }};
"""
_BULK = 'batch-lines(500) batch-timeout(50) delimiter(",") body-prefix("{\\"events\\":[") body-suffix("]}")'


async def peer(options: argparse.Namespace) -> dict[str, object]:
    """Offer lines at `--rate` (0: flat out) for `--seconds`; what it cost and what arrived."""
    if shutil.which("syslog-ng") is None:
        return {"bench": "gateway", "case": "peer", "skipped": "syslog-ng is not installed"}
    async with Rig(mode=options.mode, sink="light", doors=1) as rig:
        port = free_port()
        process = _start(rig, options.mode, port)
        try:
            return await _run(rig, options, process, port)
        finally:
            process.kill()
            process.wait()


def _start(rig: Rig, mode: str, port: int) -> "subprocess.Popen[bytes]":
    version = subprocess.run(["syslog-ng", "--version"], capture_output=True, text=True, check=True).stdout
    rig.peer = f"syslog-ng {version.split('(')[1].split(')')[0]}"
    text = _CONFIGURATION.format(
        version=".".join(version.split("(")[1].split(")")[0].split(".")[:2]),
        port=port,
        sink=rig.server_port,
        folder=rig.folder,
        body="$MSG" if mode == "bulk" else '{\\"event\\":$MSG}',
        batch=_BULK if mode == "bulk" else "",
        workers=4 if mode == "bulk" else 16,
    )
    (rig.folder / "peer.conf").write_text(text)
    return subprocess.Popen(
        ["syslog-ng", "-F", "--no-caps", "-f", str(rig.folder / "peer.conf"), "-R", str(rig.folder / "peer.persist"),
         "-p", str(rig.folder / "peer.pid"), "-c", str(rig.folder / "peer.ctl")],
        stderr=(rig.folder / "peer.log").open("wb"),
    )  # fmt: skip


async def _run(
    rig: Rig, options: argparse.Namespace, process: "subprocess.Popen[bytes]", port: int
) -> dict[str, object]:
    rate = options.rate if options.rate is not None else (10_000 if options.mode == "bulk" else 5_000)
    writer = await _connect(port)
    before = usage_of(process.pid)
    started = time.monotonic()
    offered = await _offer(writer, rate, options.seconds)
    offering = time.monotonic() - started
    await rig.wait_for_stored(offered, 120)
    wall = time.monotonic() - started
    after: Usage = usage_of(process.pid)
    found = await rig.kept.tally()
    stored = found.distinct
    cpu = (after.ticks - before.ticks) / CLOCK_TICKS
    return {
        "bench": "gateway", "case": "peer", "peer": rig.peer, "mode": options.mode, "seconds": round(wall, 2),
        "offered": offered, "offered_per_s": round(offered / offering, 1), "achieved_per_s": round(stored / wall, 1),
        "lost": offered - stored, "cpu_us_per_item": round(cpu / max(1, stored) * 1e6, 1),
        "cpu_cores": round(cpu / wall, 3), "rss_mib": round(after.peak_mib, 1), "flat_out": not rate,
        **percentiles(found.waits),
    }  # fmt: skip


async def _connect(port: int) -> asyncio.StreamWriter:
    for _ in range(200):
        try:
            return (await asyncio.open_connection("127.0.0.1", port))[1]
        except OSError:
            await asyncio.sleep(0.05)
    raise RuntimeError("syslog-ng does not listen")


async def _offer(writer: asyncio.StreamWriter, rate: float, seconds: float) -> int:
    """Lines as the gateway would forward them, at a rate; how many."""
    started, made = time.monotonic(), 0
    while (elapsed := time.monotonic() - started) < seconds:
        missing = int(rate * elapsed) - made if rate else 500
        now = time.time_ns() // 1000
        writer.write(b"".join(line(made + n, now) for n in range(missing)))
        made += missing
        await writer.drain()
        await asyncio.sleep(0.01 if rate else 0)
    writer.close()
    return made


def line(number: int, now: int) -> bytes:
    """One event, distinct by its number."""
    door = f"00000000-0000-4000-8000-{number % 200:012d}"
    person = cardholder(number % PEOPLE)
    event = {
        "event_id": f"{number:032x}", "device_id": door, "timestamp": to_iso(now, 3), "event_type": "AccessGranted",
        "source": "stream", "side": "in", "access_point_id": door, "actor_id": door,
        "actor_name": person["name"], "actor_email": person["email"],
    }  # fmt: skip
    return json.dumps(event).encode() + b"\n"
