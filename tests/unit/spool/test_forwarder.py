"""Whose fault a failure is, and what it costs; against a scripted server and a clock that the test moves."""

import asyncio
import json
import sys
from collections import Counter
from contextlib import asynccontextmanager

import pytest

from doorwatch.domain.time import ManualClock
from doorwatch.spool import (
    Backoff,
    Delivery,
    Endpoint,
    Forwarder,
    Reply,
    ScriptedTransport,
    Spool,
    TransportError,
    envelope,
)

EVENTS = envelope("events", "event")
WAY = ScriptedTransport


def steady(first=1.0, most=8.0):
    return Backoff(first, most, spread=lambda: 1.0)


class Soon(ScriptedTransport):
    """Sends without being awaited; now and then it has no connection, or one that is closed already."""

    def __init__(self, answer):
        super().__init__(answer)
        self._times = 0
        self._tasks = set()

    def prepare(self, method, url, headers):
        return method, url, headers

    def send_soon(self, prepared, body, told):
        method, url, headers = prepared
        self._times += 1
        if self._times % 4 == 0:
            return False
        if self._times % 5 == 0:
            asyncio.get_running_loop().call_soon(told, None)
            return True
        task = asyncio.create_task(self._send(method, url, body, headers, told))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _send(self, method, url, body, headers, told):
        try:
            reply = await self.send(method, url, body, headers)
        except TransportError as error:
            reply = error
        told(reply)


@pytest.fixture(params=[ScriptedTransport, Soon], autouse=True)
def way(request, monkeypatch):
    """Every test is run both ways: each request awaited by a worker, and all of them heard by callbacks."""
    monkeypatch.setattr(sys.modules[__name__], "WAY", request.param, raising=False)


@asynccontextmanager
async def forwarding(tmp_path, answer, payloads=(), clock=None, **endpoint):
    """A spool with payloads [(key, dict)], emptied by a forwarder; yields (spool, forwarder, transport, clock)."""
    clock = clock or ManualClock()
    transport = WAY(answer)
    async with await Spool.open(tmp_path, ["q"], now=clock.now, synchronous="OFF") as spool:
        for key, payload in payloads:
            await spool.put("q", key, json.dumps(payload).encode())
        forwarder = Forwarder(
            Delivery(
                spool,
                "q",
                Endpoint("http://server/api", EVENTS, **endpoint),
                transport,
                clock=clock,
                backoff=steady(),
                item_backoff=lambda: steady(0.5, 1.0),
            )
        )
        task = asyncio.create_task(forwarder.run())
        try:
            yield spool, forwarder, transport, clock
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(condition, clock=None, step=0.25, most=4000):
    """Let the loop run (and time pass) until something holds."""
    for _ in range(most):
        if condition():
            return
        await asyncio.sleep(0.0005)
        if clock is not None:
            clock.advance(step)
    raise AssertionError("it never came true")


def numbers(body):
    body = json.loads(body)
    return [e["n"] for e in body["events"]] if "events" in body else [body["event"]["n"]]


def events(count, doors=1):
    return [(f"door{n % doors}", {"n": n}) for n in range(count)]


async def test_requests_that_are_out_together_have_each_some_of_the_keys(tmp_path):
    """A batch that took a little of every key would leave nothing to send until its answer came."""
    answered, order = asyncio.Event(), {}

    async def slowly(_url, body):
        for n in numbers(body):
            order.setdefault(n % 20, []).append(n)
        await answered.wait()
        return Reply(200)

    waiting = [(f"door{n % 20}", {"n": n}) for n in range(200)]
    async with forwarding(tmp_path, slowly, waiting, batch=40, in_flight=4) as (spool, _, transport, _):
        await until(lambda: len(transport.sent) == 4)
        doors = [{n % 20 for n in numbers(body)} for _, body, _ in transport.sent]
        assert sum(len(some) for some in doors) == len(set().union(*doors)), "no door is in two of them"
        assert sum(len(numbers(body)) for _, body, _ in transport.sent) == 160
        answered.set()
        await until(lambda: not spool.counts("q").depth)
    assert all(told == sorted(told) for told in order.values())
    assert sum(len(told) for told in order.values()) == 200


async def test_items_go_one_by_one_or_in_batches(tmp_path):
    async with forwarding(tmp_path / "a", None, events(3)) as (spool, _, transport, _):
        await until(lambda: not spool.counts("q").depth)
        assert [numbers(body) for _, body, _ in transport.sent] == [[0], [1], [2]]
    async with forwarding(tmp_path / "b", None, events(3), batch=10) as (spool, _, transport, _):
        await until(lambda: not spool.counts("q").depth)
        assert [numbers(body) for _, body, _ in transport.sent] == [[0, 1, 2]]


async def test_headers_are_asked_before_each_request(tmp_path):
    tokens = iter(["a", "b"])
    async with forwarding(tmp_path, None, events(2), headers=lambda: {"Authorization": f"Bearer {next(tokens)}"}) as (
        spool,
        _,
        transport,
        _,
    ):
        await until(lambda: not spool.counts("q").depth)
    assert [h["Authorization"] for _, _, h in transport.sent] == ["Bearer a", "Bearer b"]


@pytest.mark.parametrize("status", [401, 403, 408, 429, 503, 302, None])
@pytest.mark.parametrize("batch", [1, 10])
async def test_an_outage_of_any_length_never_makes_a_dead_letter(tmp_path, status, batch):
    def answer(_url, _body):
        if clock.monotonic() < 3600:
            if status is None:
                raise TransportError("Connect: refused")
            return Reply(status)
        return Reply(200)

    clock = ManualClock()
    async with forwarding(tmp_path, answer, events(5, 2), clock, batch=batch, max_retries=3) as (
        spool,
        f,
        transport,
        _,
    ):
        await until(lambda: f.state.away is not None)
        await until(lambda: not spool.counts("q").depth, clock, step=20)
        assert spool.counts("q").buried == 0
        assert spool.counts("q").delivered == 5
        assert f.state.away is None
        assert len(transport.sent) < 500


async def test_the_same_server_error_for_everything_is_an_outage_and_no_refusal(tmp_path):
    def answer(_url, _body):
        return Reply(500 if clock.monotonic() < 600 else 200)

    clock = ManualClock()
    async with forwarding(tmp_path, answer, events(20, 4), clock, batch=10, max_retries=2) as (spool, _, _, _):
        await until(lambda: not spool.counts("q").depth, clock, step=5)
        assert spool.counts("q").buried == 0


@pytest.mark.parametrize("batch", [1, 7])
async def test_an_item_over_which_the_server_stumbles_while_it_takes_others_dies_after_its_retries(tmp_path, batch):
    def answer(_url, body):
        return Reply(500 if 3 in numbers(body) else 200)

    async with forwarding(tmp_path, answer, events(20, 5), batch=batch, max_retries=2) as (spool, _, _, clock):
        number = 100
        while spool.counts("q").buried == 0:
            await spool.put("q", f"door{number % 5}", b'{"n": %d}' % number)
            number += 1
            for _ in range(4):
                await asyncio.sleep(0.001)
                clock.advance(1)
            assert number < 400
        (letter,) = await spool.dead_letters()
        assert json.loads(letter.payload)["n"] == 3
        assert letter.reason == "HTTP 500 (after 2 retries)"
        await until(lambda: not spool.counts("q").depth, clock)
        assert spool.counts("q").delivered == 19 + number - 100


@pytest.mark.parametrize("batch", [1, 7])
async def test_a_refused_item_holds_up_its_own_key_only_and_dies_after_its_retries(tmp_path, batch):
    refusals = Counter()

    def answer(_url, body):
        if 0 in numbers(body):
            refusals.update([len(numbers(body))])
            return Reply(400, b'{"error": "no such door"}')
        return Reply(200)

    async with forwarding(tmp_path, answer, events(10, 5), batch=batch, max_retries=3) as (spool, _, transport, clock):
        await until(lambda: spool.counts("q").delivered == 8)
        assert [n for _, body, _ in transport.sent for n in numbers(body)].count(5) == sum(
            5 in numbers(body) for _, body, _ in transport.sent if 0 in numbers(body)
        )
        await until(lambda: spool.counts("q").buried == 1, clock)
        await until(lambda: spool.counts("q").delivered == 9, clock)
        (letter,) = await spool.dead_letters()
        assert letter.reason == "HTTP 400: no such door (after 3 retries)"
        assert letter.attempts == 3
        assert refusals[1] == 4


async def test_a_batch_that_was_answered_partly_loses_only_its_bad_items(tmp_path):
    def answer(_url, body):
        bad = [i for i, n in enumerate(numbers(body)) if n in {2, 4}]
        if not bad:
            return Reply(200)
        errors = [{"index": i, "field": "timestamp", "error": "is missing"} for i in bad]
        return Reply(422, json.dumps({"error": "two bad", "stored": 4, "errors": errors}).encode())

    async with forwarding(tmp_path, answer, events(6, 2), batch=10) as (spool, _, transport, _):
        await until(lambda: not spool.counts("q").depth)
        letters = await spool.dead_letters()
        assert [json.loads(letter.payload)["n"] for letter in letters] == [2, 4]
        assert {letter.reason for letter in letters} == {"HTTP 422: timestamp: is missing"}
        assert len(transport.sent) == 1
        assert spool.counts("q").delivered == 4


async def test_a_batch_that_is_too_large_is_halved_until_it_fits(tmp_path):
    def answer(_url, body):
        return Reply(413 if len(numbers(body)) > 3 else 200)

    async with forwarding(tmp_path, answer, events(12), batch=12) as (spool, _, transport, _):
        await until(lambda: not spool.counts("q").depth)
        taken = [n for _, body, _ in transport.sent for n in numbers(body) if len(numbers(body)) <= 3]
        assert taken == list(range(12))


@pytest.mark.parametrize("value", ["30", "Fri, 02 Jan 2026 00:00:30 GMT"])
async def test_retry_after_is_honoured_as_seconds_and_as_a_date(tmp_path, value):
    times = []

    def answer(_url, _body):
        times.append(clock.monotonic())
        return Reply(429, headers={"retry-after": value}) if len(times) == 1 else Reply(200)

    clock = ManualClock(20_455 * 86_400_000_000)  # 2026-01-02
    async with forwarding(tmp_path, answer, events(1), clock) as (spool, _, _, _):
        await until(lambda: not spool.counts("q").depth, clock)
    assert 30 <= times[1] - times[0] < 32


async def test_while_the_server_is_away_one_request_at_a_time_looks_for_it(tmp_path):
    out, most = 0, 0

    async def slow(_url, _body):
        nonlocal out, most
        out += 1
        most = max(most, out if forwarder.state.away else 0)
        await asyncio.sleep(0)
        out -= 1
        return Reply(503)

    async with forwarding(tmp_path, slow, events(50, 50), in_flight=16) as (_, forwarder, transport, clock):
        await until(lambda: forwarder.state.away is not None)
        await asyncio.sleep(0.01)
        before = len(transport.sent)
        for _ in range(40):
            clock.advance(1)
            await asyncio.sleep(0.001)
        assert 0 < len(transport.sent) - before <= 8
        assert before <= 17
        assert most == 1


async def test_order_within_a_key_is_kept_whatever_the_server_does(tmp_path):
    import random

    dice = random.Random(7)
    accepted = {}

    def answer(_url, body):
        kind = dice.random()
        if kind < 0.15:
            raise TransportError("reset")
        if kind < 0.25:
            return Reply(503)
        if kind < 0.35:
            return Reply(500)
        if kind < 0.4:
            return Reply(413)
        for n in numbers(body):
            accepted.setdefault(n % 4, []).append(n)
        return Reply(200)

    async with forwarding(tmp_path, answer, events(200, 4), batch=9, in_flight=3) as (spool, _, _, clock):
        await until(lambda: not spool.counts("q").depth, clock, step=2)
    for door, got in accepted.items():
        assert got == list(range(door, 200, 4))


async def test_an_item_waits_for_company_no_longer_than_it_should(tmp_path):
    async with forwarding(tmp_path, None, batch=5, linger=30) as (spool, _, transport, clock):
        for n in range(3):
            await spool.put("q", "log", b'{"n": %d}' % n)
        for _ in range(20):
            clock.advance(1)
            await asyncio.sleep(0.001)
        assert transport.sent == []
        await until(lambda: transport.sent, clock)
        assert 29 <= clock.monotonic() <= 33
        for n in range(5):
            await spool.put("q", "log", b'{"n": %d}' % n)
        await until(lambda: len(transport.sent) == 2, clock)
        assert clock.monotonic() <= 36


@pytest.mark.parametrize("how", ["gzip", "zstd"])
async def test_a_body_is_compressed_where_that_is_asked_for(tmp_path, how):
    import gzip

    import zstandard

    unpack = gzip.decompress if how == "gzip" else zstandard.decompress
    async with forwarding(tmp_path, None, [("d", {"n": 1, "text": "x" * 900})], compression=how) as (spool, _, t, _):
        await until(lambda: not spool.counts("q").depth)
    _, body, headers = t.sent[0]
    assert headers["Content-Encoding"] == how
    assert json.loads(unpack(body))["event"]["n"] == 1


async def test_what_was_out_when_the_forwarder_stops_goes_back(tmp_path):
    async def never(_url, _body):
        await asyncio.Event().wait()

    async with forwarding(tmp_path, never, events(3, 3), in_flight=2) as (spool, _, transport, _):
        await until(lambda: len(transport.sent) == 2)
    async with await Spool.open(tmp_path, ["q"]) as spool:
        assert spool.counts("q").depth == 3


async def test_going_away_and_coming_back_are_each_told_once(tmp_path):
    told = []

    def answer(_url, _body):
        return Reply(503 if clock.monotonic() < 100 else 200)

    clock = ManualClock()
    async with await Spool.open(tmp_path, ["q"], synchronous="OFF") as spool:
        forwarder = Forwarder(
            Delivery(
                spool,
                "q",
                Endpoint("http://s", EVENTS, in_flight=4),
                ScriptedTransport(answer),
                clock=clock,
                on_away=told.append,
                on_back=lambda: told.append("back"),
            )
        )
        task = asyncio.create_task(forwarder.run())
        for n in range(8):
            await spool.put("q", str(n), b'{"n": 1}')
        await until(lambda: not spool.counts("q").depth, clock, step=1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert told == ["HTTP 503", "back"]
