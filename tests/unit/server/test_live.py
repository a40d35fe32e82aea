"""Fan-out to viewers and analyzers: bounded, complete, fair."""

import asyncio

import pytest

from doorwatch.domain.time import ManualClock
from doorwatch.server.live.analyzers import MOST_WAITING, AnalyzerHub
from doorwatch.server.live.feed import Entry, EventFeed, Source
from doorwatch.server.live.frames import FrameError, make_frame, read_header
from doorwatch.server.live.media import MOST_BYTES, MOST_FRAMES, MediaHub, Viewer
from doorwatch.server.live.snapshots import Snapshots


def frame(kind, camera="cam", payload=b"", **more):
    return make_frame({"camera_id": camera, "kind": kind, **more}, payload)


def publish(hub, data, account="acc"):
    hub.publish(account, read_header(data), data)


# Frames


def test_a_frame_says_its_camera_and_kind_and_keeps_its_payload():
    data = frame("fragment", payload=b"moof", start_us=5)
    header = read_header(data)
    assert (header.camera_id, header.kind) == ("cam", "fragment")
    assert data.endswith(b"moof")


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\0", b"\0\0\0\xff{}", b"\0\0\0\2{}", b"\0\0\0\2xx", frame("other"), b"\xff\xff\xff\xff" + b"x" * 9],
)
def test_a_frame_that_is_none_is_refused(data):
    with pytest.raises(FrameError):
        read_header(data)


# Video


async def test_a_newcomer_gets_the_init_segment_first_and_then_what_comes():
    hub = MediaHub(lambda key, on: None)
    publish(hub, frame("init", payload=b"ftyp"))
    publish(hub, frame("fragment", payload=b"old"))
    viewer = Viewer()
    hub.watch(("acc", "cam"), viewer)
    publish(hub, frame("fragment", payload=b"new"))
    assert (await viewer.next()).endswith(b"ftyp")
    assert (await viewer.next()).endswith(b"new")


async def test_nobody_sees_the_cameras_of_another_account_or_one_not_asked_for():
    hub = MediaHub(lambda key, on: None)
    viewer = Viewer()
    hub.watch(("acc", "cam"), viewer)
    publish(hub, frame("fragment", payload=b"a"), account="other")
    publish(hub, frame("fragment", camera="cam2", payload=b"b"))
    publish(hub, frame("fragment", payload=b"mine"))
    assert (await viewer.next()).endswith(b"mine")


def test_the_camera_is_told_once_that_somebody_watches_and_once_that_nobody_does():
    told = []
    hub = MediaHub(lambda key, on: told.append((key[1], on)))
    one, two = Viewer(), Viewer()
    for viewer in (one, two, one):
        hub.watch(("acc", "cam"), viewer)
    assert hub.watched("acc") == ["cam"]
    hub.unwatch(("acc", "cam"), one)
    hub.unwatch(("acc", "never"), one)
    hub.leave(two)
    hub.leave(two)
    assert told == [("cam", True), ("cam", False)]
    assert hub.watched("acc") == []


async def test_a_slow_viewer_loses_the_oldest_frames_and_delays_nobody():
    hub = MediaHub(lambda key, on: None)
    slow = Viewer()
    hub.watch(("acc", "cam"), slow)
    for number in range(MOST_FRAMES + 5):
        publish(hub, frame("people", at_us=number))
    assert b'"at_us":5' in await slow.next()


async def test_what_waits_for_a_viewer_is_bounded_in_bytes_too():
    viewer = Viewer()
    for _ in range(6):
        viewer.offer(b"x" * (MOST_BYTES // 4))
    assert len([await viewer.next() for _ in range(4)]) == 4
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(viewer.next(), 0.01)


def test_a_stream_that_ended_leaves_no_init_segment():
    hub = MediaHub(lambda key, on: None)
    publish(hub, frame("init"))
    hub.forget(("acc", "cam"))
    hub.watch(("acc", "cam"), viewer := Viewer())
    assert not viewer._frames


# Analyzers


async def commands(link):
    found = []
    while not link._commands.empty():
        found.append(await link.next())
    return found


async def test_one_analyzer_gets_all_cameras_and_revisions_grow():
    hub = AnalyzerHub(100)
    link = hub.join("acc", "one")
    for _ in range(2):
        hub.configure("acc", [{"camera_id": "a"}, {"camera_id": "b"}])
    first, second = await commands(link)
    assert [camera["camera_id"] for camera in first["cameras"]] == ["a", "b"]
    assert second["revision"] > first["revision"] >= 100


async def test_cameras_are_spread_over_analyzers_and_move_only_where_they_must():
    hub = AnalyzerHub(0)
    cameras = [{"camera_id": f"cam{number}"} for number in range(60)]
    links = {name: hub.join("acc", name) for name in ("one", "two", "three")}

    async def shares():
        hub.configure("acc", cameras)
        return {name: {c["camera_id"] for c in (await commands(link))[-1]["cameras"]} for name, link in links.items()}

    before = await shares()
    assert sum(len(share) for share in before.values()) == 60
    assert all(len(share) > 8 for share in before.values())
    hub.leave(links.pop("three"))
    after = await shares()
    assert before["one"] <= after["one"]
    assert before["two"] <= after["two"]
    assert len(after["one"] | after["two"]) == 60


async def test_a_second_connection_of_the_same_token_replaces_the_first():
    hub = AnalyzerHub(0)
    former = hub.join("acc", "one")
    newer = hub.join("acc", "one")
    assert former.replaced.is_set()
    assert not newer.replaced.is_set()
    assert hub.leave(former) is False
    assert hub.links("acc") == [newer]
    assert hub.leave(newer) is True
    assert hub.link_of("acc", "cam") is None


async def test_a_command_for_a_camera_goes_to_its_analyzer_alone():
    hub = AnalyzerHub(0)
    links = [hub.join("acc", name) for name in ("one", "two")]
    assert hub.tell_camera("acc", "cam", {"command": "snapshot"})
    assert sorted([len(await commands(link)) for link in links]) == [0, 1]
    assert not hub.tell_camera("other", "cam", {"command": "snapshot"})


def test_an_analyzer_that_takes_no_commands_is_sent_away_instead_of_being_waited_for():
    hub = AnalyzerHub(0)
    link = hub.join("acc", "one")
    for _ in range(MOST_WAITING + 1):
        hub.tell_all("acc", {"command": "gate"})
    assert link.replaced.is_set()


# The event stream


class Numbers(Source):
    """A source whose moments are numbers."""

    def __init__(self):
        self.last = 0

    async def newest(self, account):
        return self.last

    async def after(self, account, sequence, limit):
        return [Entry("moment", b"%d" % n, n) for n in range(sequence + 1, self.last + 1)][:limit]


class Stream:
    """A listener that reads in the background, as a browser does."""

    def __init__(self, feed, last_seen=None, account="acc"):
        self.events = []
        self._pieces = feed.listen(account, last_seen)
        self._task = asyncio.ensure_future(self._read())

    async def _read(self):
        async for piece in self._pieces:
            if piece.startswith(b"event: "):
                fields = dict(line.split(b": ", 1) for line in piece.strip().split(b"\n"))
                self.events.append((fields[b"event"].decode(), fields[b"data"].decode()))

    async def until(self, count):
        async with asyncio.timeout(60):
            while len(self.events) < count:
                await asyncio.sleep(0)
        return self.events

    async def close(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._pieces.aclose()


@pytest.fixture
async def feed():
    feed = EventFeed(Numbers(), ManualClock().sleep, poll_seconds=None)
    feed.numbers = feed._source
    running = asyncio.ensure_future(feed.run())
    yield feed
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


async def commit(feed, count=1):
    feed.numbers.last += count
    feed.changed(frozenset({"acc"}))
    await settle()


async def test_a_listener_hears_what_is_committed_from_now_on_in_order(feed):
    feed.numbers.last = 7
    stream = Stream(feed)
    await settle()
    await commit(feed)
    await commit(feed, 2)
    assert await stream.until(3) == [("moment", "8"), ("moment", "9"), ("moment", "10")]
    await stream.close()


async def test_who_comes_back_hears_what_was_missed_first_and_nothing_twice(feed):
    feed.numbers.last = 7
    stream = Stream(feed, last_seen=4)
    await settle()
    await commit(feed)
    assert [data for _, data in await stream.until(4)] == ["5", "6", "7", "8"]
    await stream.close()


async def test_who_was_away_too_long_or_has_an_id_of_another_database_is_told_to_reload(feed):
    feed.numbers.last = 5000
    for last_seen in (1, 6000):
        stream = Stream(feed, last_seen=last_seen)
        assert (await stream.until(1))[0][0] == "reload"
        await stream.close()


async def test_a_listener_who_reads_nothing_is_told_to_reload_and_the_others_miss_nothing(feed):
    pieces = feed.listen("acc", None)
    assert await anext(pieces) == b": hello\nretry: 1000\n\n"
    assert await anext(pieces) == b"id: 0\n\n"
    good = Stream(feed)
    await settle()
    for _ in range(15):
        await commit(feed, 100)
        await good.until(feed.numbers.last)
    first = await anext(pieces)
    assert first.startswith(b"event: reload\nid: 1500\n")
    assert len(good.events) == 1500
    await pieces.aclose()
    await good.close()


async def test_what_is_no_moment_is_passed_on_without_an_id_to_its_account_alone(feed):
    mine, other = Stream(feed), Stream(feed, account="other")
    await settle()
    feed.publish("acc", "camera", {"camera_id": "c"})
    assert await mine.until(1) == [("camera", '{"camera_id":"c"}')]
    await settle()
    assert other.events == []
    assert Entry("camera", b"{}").encoded() == b"event: camera\ndata: {}\n\n"
    await mine.close()
    await other.close()


async def test_streams_end_when_the_server_stops(feed):
    stream = Stream(feed)
    await settle()
    feed.close()
    await asyncio.wait_for(stream._task, 60)
    assert feed._listeners == {}


# Snapshots


async def test_a_picture_is_asked_for_once_however_many_look_and_not_again_while_it_is_fresh():
    clock, asked = ManualClock(), []
    snapshots = Snapshots(lambda key: asked.append(key) or True, clock)
    looks = [asyncio.ensure_future(snapshots.freshen(("acc", "cam"))) for _ in range(3)]
    await settle()
    snapshots.arrived(("acc", "cam"), clock.monotonic())
    await asyncio.gather(*looks)
    await snapshots.freshen(("acc", "cam"))
    assert asked == [("acc", "cam")]


async def test_a_picture_that_does_not_come_is_waited_for_only_so_long():
    clock = ManualClock()
    snapshots = Snapshots(lambda key: True, clock)
    look = asyncio.ensure_future(snapshots.freshen(("acc", "cam")))
    await settle()
    clock.advance(3)
    await asyncio.wait_for(look, 60)


async def test_without_an_analyzer_nothing_is_waited_for():
    await asyncio.wait_for(Snapshots(lambda key: False, ManualClock()).freshen(("acc", "cam")), 60)
