"""The short form of the chaos bench: a seeded story of kills and faults, and the server knows everything once."""

import asyncio
import random

import pytest
from aiohttp import web


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_happens_the_server_ends_up_with_every_event_exactly_once(make_site, seed):
    dice = random.Random(seed)
    mode = dice.choice(["bulk", "individual"])
    site = await make_site(
        {"webhooks": {"queue_forward_bulk_status": mode}}, fragments=True, duplicate=0.2, late=0.1, late_by=0.3
    )

    async def moody(queue, _body):
        if queue == "webhooks" and dice.random() < 0.2:
            await asyncio.sleep(dice.random() * 0.05)
            return web.json_response({"error": "busy"}, status=dice.choice([500, 503, 429]))
        return None

    site.ingest.answer = moody
    await site.start_gateway()
    troubles = ["kill", "server", "cut", "reset", "close", "sessions", "restart", "answers", "freeze"]
    for _ in range(2):
        dice.shuffle(troubles)
        for trouble in troubles:
            task = asyncio.create_task(happen(site, dice, trouble))
            for n in range(dice.randint(3, 8)):
                kind = dice.choice(["AccessGranted", "DoorOpen", "DoorClose"])
                site.happen(kind, door=dice.randrange(4), person=n % 6 if kind == "AccessGranted" else None)
                await asyncio.sleep(dice.random() * 0.03)
            await task
    await site.commands.execute("heal", {})
    await site.all_stored(60)
    assert site.metric('queue_dead_total{queue="webhooks"}') == 0


async def happen(site, dice, trouble):
    await asyncio.sleep(dice.random() * 0.05)
    if trouble == "kill":
        await site.kill_gateway()
        await asyncio.sleep(dice.random() * 0.2)
        await site.start_gateway(wait=False)
        await asyncio.sleep(dice.random())
    elif trouble == "server":
        await site.ingest.stop()
        await asyncio.sleep(dice.random() * 0.3)
        await site.ingest.start()
    elif trouble == "freeze":
        await site.commands.execute("freeze", {"seconds": dice.random() * 4})
    elif trouble == "sessions":
        await site.commands.execute("end_sessions", {})
    elif trouble == "restart":
        await site.commands.execute("restart", {"down_seconds": 0.3})
    elif trouble == "answers":
        await site.commands.execute("answers", {"status": 500, "times": 2})
    else:
        await site.commands.execute("drop", {"how": trouble})
