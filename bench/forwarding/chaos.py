"""Rounds of trouble with a seed: kills and faults at random moments; in the end the server must know it all, once.

A gateway that was killed comes back to send in bulk or one by one, as the dice say.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from forwarding.kept import Told
from forwarding.rig import Rig

TYPES = ("AccessGranted", "DoorOpen", "DoorClose", "AccessRefused")


async def chaos(options: argparse.Namespace) -> dict[str, object]:
    """`--rounds` (200) rounds of a few events and one misfortune each; the seed is printed first."""
    rounds = options.rounds or 200
    sys.stderr.write(f"seed {options.seed}, {rounds} rounds\n")
    dice = random.Random(options.seed)
    settings = {"fragments": True, "duplicate": 0.1, "late": 0.1, "late_by": 0.5, "keep_alive": 0.5}
    async with Rig(mode=dice.choice(["individual", "bulk"]), sink=options.sink, doors=8, settings=settings) as rig:
        rig.values["genetec"] |= {
            "acs_verify_seconds": 1, "acs_stream_idle_seconds": 3, "acs_backfill_second_look_seconds": 2,
        }  # fmt: skip
        rig.write_values()
        await rig.start_gateway()
        started = time.monotonic()
        happened: Counter[str] = Counter()
        for _ in range(rounds):
            happened[await _round(rig, dice)] += 1
        await rig.control("heal", {})
        missing, extra = await _settled(rig)
        return {
            "bench": "gateway",
            "case": "chaos",
            "seed": options.seed,
            "rounds": rounds,
            "mode": rig.mode,
            "seconds": round(time.monotonic() - started, 1),
            "events": len(await rig.raised()),
            "lost": sum(missing.values()),
            "duplicated": sum(extra.values()),
            "happened": dict(happened),
        }


async def _round(rig: Rig, dice: random.Random) -> str:
    trouble = dice.choice(list(_TROUBLES))
    task = asyncio.create_task(_TROUBLES[trouble](rig, dice))
    doors = list(rig.simulator["doors"].values())
    for _ in range(dice.randint(3, 12)):
        await rig.control("raise", {"event_type": dice.choice(TYPES), "door": dice.choice(doors)})
        await asyncio.sleep(dice.random() * 0.02 + 0.002)
    await task
    return trouble


async def _kill_gateway(rig: Rig, dice: random.Random) -> None:
    await asyncio.sleep(dice.random() * 0.1)
    await rig.kill_gateway()
    await asyncio.sleep(dice.random() * 0.3)
    rig.set_mode(dice.choice(["individual", "bulk"]))
    await rig.start_gateway(wait=False)
    await asyncio.sleep(dice.random() * 2)


async def _kill_server(rig: Rig, dice: random.Random) -> None:
    await asyncio.sleep(dice.random() * 0.1)
    await rig.kill_server()
    await asyncio.sleep(dice.random() * 0.5)
    await rig.start_server()


def _fault(name: str, **parameters: object) -> Callable[[Rig, random.Random], Awaitable[None]]:
    async def happen(rig: Rig, dice: random.Random) -> None:
        await asyncio.sleep(dice.random() * 0.1)
        await rig.control(name, dict(parameters))

    return happen


async def _freeze(rig: Rig, dice: random.Random) -> None:
    await rig.control("freeze", {"seconds": dice.random() * 5})
    await asyncio.sleep(dice.random())


async def _quiet(_rig: Rig, dice: random.Random) -> None:
    await asyncio.sleep(dice.random() * 0.3)


_TROUBLES: dict[str, Callable[[Rig, random.Random], Awaitable[None]]] = {
    "kill gateway": _kill_gateway,
    "kill server": _kill_server,
    "cut": _fault("drop", how="cut"),
    "reset": _fault("drop", how="reset"),
    "close": _fault("drop", how="close"),
    "lost sessions": _fault("end_sessions"),
    "role restarted": _fault("restart", down_seconds=0.5),
    "answers 500": _fault("answers", status=500, times=3),
    "slow answers": _fault("answers", delay=0.3, times=5),
    "freeze": _freeze,
    "nothing": _quiet,
}


async def _settled(rig: Rig) -> tuple[Counter[Told], Counter[Told]]:
    """Wait until server and simulator agree, at most two minutes; what is missing and what is too much."""
    until = time.monotonic() + 120
    truth = Counter(set(await rig.raised()))
    while True:
        stored = Counter(await rig.kept.events())
        if stored == truth or time.monotonic() > until:
            return truth - stored, stored - truth
        await asyncio.sleep(0.5)
