"""A request that is cancelled just as its answer arrives: stopping must never wait for ever."""

import asyncio
import random

import pytest
from aiohttp import web

from doorwatch.spool import PyreqwestTransport


@pytest.fixture
async def address():
    async def answer(request):
        await request.read()
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/x", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{site.port}/x"
    await runner.cleanup()


async def test_a_cancelling_is_never_lost_however_it_races_with_the_answer(address):
    chance = random.Random(7)
    transport = PyreqwestTransport(agent="test")
    lost = 0
    for _ in range(600):
        task = asyncio.create_task(transport.send("POST", address, b"{}", {}))
        await asyncio.sleep(chance.random() * 0.002)
        if task.done():
            continue
        task.cancel()
        done = await asyncio.gather(task, return_exceptions=True)
        lost += not isinstance(done[0], asyncio.CancelledError)
    await transport.close()
    assert lost == 0
