"""Three processes on one machine: simulated PACS, gateway, server; and what can be asked of them while they run."""

import asyncio
import json
import os
import platform
import shutil
import socket
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import yaml
from forwarding.kept import Kept, LightKept, ServerKept, Told

from doorwatch.domain.time import from_iso

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
PEOPLE = 500
START_SECONDS = 180
"""For a process that starts where others have the processors."""
_LIGHT = Path(__file__).with_name("sink.py")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU ticks that a process used, and its peak memory."""

    ticks: int
    peak_mib: float


def describe() -> str:
    """The machine in a few words."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "?",
    )
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores {model}, load {load:.1f}, Python {platform.python_version()}, {platform.system()}"


def usage_of(pid: int) -> Usage:
    """CPU and peak memory of a process and its children."""
    ticks, peak = 0, 0.0
    for one in (pid, *_children(pid)):
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        status = Path(f"/proc/{one}/status").read_text()
        ticks += int(fields[11]) + int(fields[12])
        peak += next((int(text.split()[1]) for text in status.splitlines() if text.startswith("VmHWM")), 0) / 1024
    return Usage(ticks, peak)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_children(int(child))]
    return found


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    """p50, p95 and p99, where there is anything."""
    if not milliseconds:
        return {}
    ordered = sorted(milliseconds)
    return {f"p{p}_ms": round(ordered[min(len(ordered) - 1, len(ordered) * p // 100)], 1) for p in (50, 95, 99)}


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cardholder(number: int) -> dict[str, str]:
    """Somebody whose name and mail are as long as people's are: an event is more than 400 bytes with them."""
    first, last = f"Maximiliane-{number:04d}", "Hohenberger-Castellanos"
    return {
        "name": f"{first} {last}",
        "first_name": first,
        "last_name": last,
        "email": f"{first.lower()}.{last.lower()}@facilities.example.com",
    }


class Rig:
    """Starts everything in a temporary folder and takes it away again."""

    def __init__(self, *, mode: str, sink: str, doors: int, settings: dict[str, Any] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="doorwatch-bench-"))
        self.mode = mode
        self.sink = sink
        self.doors = doors
        self.settings = settings or {}
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self.health_port, self.server_port = free_port(), free_port()
        self.simulator: dict[str, Any] = {}
        self.token = "token"
        self.peer = ""
        self.kept: Kept
        self.values: dict[str, Any] = {}
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=600))
        if self.sink == "light":
            self.kept = LightKept(self.folder / "light.kept", self.server_port, self._http)
        else:
            self.kept = ServerKept(self.folder / "server/doorwatch.db")
        try:
            await self._start_simulator()
            await self.start_server()
            self._configure()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Kill everything and remove the folder."""
        for process in self.processes.values():
            if process.returncode is None:
                process.kill()
                await process.wait()
        if self._http is not None:
            await self._http.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- processes ------------------------------------------------------------------------------------------------

    async def _start(self, name: str, *arguments: str, pipe: bool = False) -> asyncio.subprocess.Process:
        log = (self.folder / f"{name}.log").open("ab")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdout=asyncio.subprocess.PIPE if pipe else log,
            stderr=log,
            env={**os.environ, "DOORWATCH_DATA_DIR": str(self.folder / name)},
        )
        self.processes[name] = process
        return process

    async def _start_simulator(self) -> None:
        scenario = {
            "generate": {"doors": self.doors},
            "cardholders": [cardholder(number) for number in range(PEOPLE)],
            "settings": {"keep_alive": 5, **self.settings},
        }
        (self.folder / "scenario.yaml").write_text(yaml.safe_dump(scenario))
        process = await self._start(
            "simulator", "-m", "doorwatch", "simulate", "genetec", "--port", "0", "--json",
            "--scenario", str(self.folder / "scenario.yaml"), pipe=True,
        )  # fmt: skip
        assert process.stdout is not None
        self.simulator = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))

    async def start_server(self) -> None:
        """Start the server, again after it was killed."""
        if self.sink == "light":
            await self._start("server", str(_LIGHT), str(self.server_port), str(self.folder / "light.kept"))
        else:
            await self._start("server", "-m", "doorwatch", "serve", "--no-analyzer", "--port", str(self.server_port))
        async with asyncio.timeout(START_SECONDS):
            while not await self._answers():  # noqa: ASYNC110 - another process is asked
                await asyncio.sleep(0.05)
        if self.sink == "server" and self.token == "token":
            maker = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "doorwatch", "token", "create", "bench", "--data-dir", str(self.folder / "server"),
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            self.token = (await maker.communicate())[0].decode().split()[-1]

    async def _answers(self) -> bool:
        assert self._http is not None
        with suppress(aiohttp.ClientError):
            async with self._http.get(f"http://127.0.0.1:{self.server_port}/readyz") as answer:
                return answer.status == 200
        return False

    def _configure(self) -> None:
        self.values = {
            "camio": {
                "camio_endpoint": f"http://127.0.0.1:{self.server_port}/api/pacs",
                "camio_auth_token": self.token,
            },
            "genetec": {
                "acs_server_ip": "127.0.0.1",
                "acs_port": self.simulator["port"],
                "acs_app_id": self.simulator["application_id"],
                "acs_username": self.simulator["user"],
                "acs_password": self.simulator["password"],
            },
            "advanced": {"health_port": self.health_port, "health_host": "127.0.0.1"},
            "webhooks": {"queue_forward_bulk_status": self.mode},
        }
        self.write_values()

    def set_mode(self, mode: str) -> None:
        """Let the next gateway send in bulk or one by one."""
        self.mode = mode
        self.values["webhooks"]["queue_forward_bulk_status"] = mode
        self.write_values()

    def write_values(self) -> None:
        """Write values.yaml as it is now."""
        (self.folder / "values.yaml").write_text(yaml.safe_dump(self.values))

    async def start_gateway(self, *, wait: bool = True) -> float:
        """Start the gateway; milliseconds until the PACS was heard."""
        started = time.monotonic()
        await self._start("gateway", "-m", "doorwatch.gateway", "--config", str(self.folder / "values.yaml"))
        async with asyncio.timeout(START_SECONDS):
            while wait and await self.metric("pacs_connected") != 1:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return (time.monotonic() - started) * 1000

    async def introduce(self) -> int:
        """Let everybody pass once, so that names are known as they are to a gateway that runs; how many events that made."""
        load = await self.control("load", {"rate": 1000, "events": PEOPLE})
        await self.wait_for_stored(int(load["events"]), 60)
        await asyncio.sleep(1)
        return int(load["events"])

    async def kill_gateway(self) -> None:
        """End it as kill -9 does."""
        process = self.processes["gateway"]
        if process.returncode is None:
            process.kill()
        await process.wait()

    async def kill_server(self) -> None:
        """End it as kill -9 does."""
        process = self.processes["server"]
        if process.returncode is None:
            process.kill()
        await process.wait()

    # -- asking ---------------------------------------------------------------------------------------------------

    def usage(self, process: str = "gateway") -> Usage:
        """What a process used so far."""
        return usage_of(self.processes[process].pid)

    async def control(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """A command to the simulator."""
        assert self._http is not None
        async with self._http.post(f"{self.simulator['control_url']}/commands/{name}", json=parameters) as answer:
            body: dict[str, Any] = await answer.json()
            if answer.status != 200:
                raise RuntimeError(body)
            return body

    async def metric(self, name: str) -> float | None:
        """One of the gateway's metrics; None while it does not answer."""
        assert self._http is not None
        with suppress(aiohttp.ClientError):
            async with self._http.get(f"http://127.0.0.1:{self.health_port}/metrics") as answer:
                for line in (await answer.text()).splitlines():
                    if line.startswith(f"doorwatch_gateway_{name} "):
                        return float(line.split()[-1])
        return None

    async def wait_for_count(self, count: int, seconds: float) -> bool:
        """Wait until so many events have arrived, as long as some come within `seconds`; whether they have."""
        moved, last = time.monotonic(), -1
        while (held := await self.kept.count(count)) < count:
            if held != last:
                last, moved = held, time.monotonic()
            elif time.monotonic() - moved > seconds:
                return False
            await asyncio.sleep(0.1)
        return True

    async def wait_for_stored(self, count: int, seconds: float) -> float:
        """As `wait_for_count`, of events that are looked at one by one: what came twice counts once. Seconds it took."""
        started = time.monotonic()
        while True:
            there = await self.wait_for_count(count, seconds)
            took = time.monotonic() - started  # without the look, which is not the gateway's
            if (await self.kept.tally()).distinct >= count or not there:
                return took

    async def raised(self) -> list[Told]:
        """The simulator's own record, in the shape of what was kept."""
        assert self._http is not None
        found: list[Told] = []
        after = 0
        while True:
            async with self._http.get(f"{self.simulator['control_url']}/events", params={"after": after}) as answer:
                events = (await answer.json())["events"]
            if not events:
                return found
            for one in events:
                millis = (from_iso(one["timestamp"]) + 500) // 1000
                found.append((one["door"], one["event_type"], millis, one["cardholder"] or ""))
            after = events[-1]["sequence"]
