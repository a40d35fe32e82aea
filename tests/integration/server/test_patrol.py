"""Damaged footage is found by the patrol: files gone, cut short or changed, told by the analyzer, marked, shown as gaps, told of."""

import asyncio
import json

import av
import pytest
from happened import VIDEO

from doorwatch.accounts.roles import TokenKind
from doorwatch.domain.time import DAY, HOUR, SECOND, to_iso
from doorwatch.recording.fmp4 import Fragmenter, Sample, init_segment, with_lengths
from doorwatch.recording.proving import Listed, damages
from doorwatch.recording.segments import SegmentWriter
from doorwatch.server.alerting.chores import Installation, look
from doorwatch.store import segments
from doorwatch.store.alerting import conditions

SEGMENTS = 30


@pytest.fixture
async def camera(owner):
    return (await owner.post("/api/cameras", {"name": "Dome", "url": "rtsp://127.0.0.1/x"}))["camera_id"]


def record(root, camera, begin):
    """Segments of a second each, one after the other, as an analyzer writes them."""
    with av.open(str(VIDEO)) as video:
        track = video.streams.video[0]
        init, extra = init_segment(track), bytes(track.codec_context.extradata or b"")
        packet = next(packet for packet in video.demux(track) if packet.is_keyframe)
        data = with_lengths(bytes(packet), extra)
    writer = SegmentWriter(root, camera)
    for number in range(SEGMENTS):
        at = begin + number * SECOND
        cut = Fragmenter()
        pieces = [cut.add(Sample(data, at, at, True)), cut.add(Sample(data, at + SECOND // 2, at + SECOND // 2, True))]
        writer.begin(init, at)
        for piece in filter(None, [*pieces, cut.finish()]):
            writer.add(piece)
        yield writer.finish()


@pytest.fixture
async def recorded(site, analyzer, camera, tmp_path):
    """Half a minute of recordings, an hour old, told to the server; their folder and their files in order."""
    root = tmp_path / "recordings"
    root.mkdir()
    made = list(record(root, camera, site.clock.now() - HOUR))
    rows = [
        {
            "segment_id": one.segment_id,
            "camera_id": camera,
            "start": to_iso(one.start),
            "end": to_iso(one.end),
            "bytes": one.bytes,
            "name": one.name,
            "sha256": one.sha256,
        }
        for one in made
    ]
    await analyzer.post("/api/analyzer/segments", {"segments": rows})
    disk = {"total": 10**12, "free": 10**11, "floor": 10**10, "cameras": [camera]}
    await analyzer.put("/api/analyzer/disk", disk)
    return root, [root / one.name for one in made]


@pytest.fixture
async def answering(analyzer, recorded):
    """The analyzer that has them; what it was asked to look at."""
    asked = []

    async def work(socket):
        while True:
            told = await socket.receive_json()
            if told["command"] == "prove":
                asked.append([one["segment_id"] for one in told["segments"]])
                found = damages(recorded[0], [Listed(**one) for one in told["segments"]])
                answer = json.dumps({"answer": {"damaged": found}})
                await analyzer.http.put(f"/api/analyzer/answers/{told['request_id']}", data=answer)

    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        task = asyncio.create_task(work(socket))
        yield asked
        task.cancel()


async def whole(site, rounds=40):
    """So many rounds that every recording was looked at."""
    return sum([await site.services.patrol.round(site.account) for _ in range(rounds)])


async def faults(site, camera):
    rows = await site.services.db.read(lambda conn: segments.between(conn, site.account, camera, 0, site.clock.now()))
    return {number: one.fault for number, one in enumerate(rows) if one.fault is not None}


async def lasting(site, later=0):
    place = Installation("http://x", site.services.settings.data_dir)

    def find(conn):
        look(conn, site.account, place, site.clock.now() + later)
        return {one.kind: (one.subject, one.detail) for one in conditions.lasting(conn, site.account)}

    return await site.services.db.write(find)


async def test_sound_recordings_are_looked_at_a_few_at_a_time_and_nothing_is_said(site, camera, answering):
    assert await whole(site, 5) == 0
    assert all(0 < len(one) <= 12 for one in answering)
    assert await faults(site, camera) == {}
    assert "footage_damaged" not in await lasting(site)


@pytest.mark.usefixtures("answering")
async def test_what_is_gone_cut_or_changed_is_marked_shown_as_a_gap_and_told(site, owner, camera, recorded):
    _, files = recorded
    files[4].unlink()
    files[5].write_bytes(files[5].read_bytes()[:-10])
    changed = bytearray(files[6].read_bytes())
    changed[-20] ^= 1
    files[6].write_bytes(changed)
    await whole(site)
    assert await faults(site, camera) == {4: "missing", 5: "truncated", 6: "altered"}
    begun = site.clock.now() - 2 * HOUR
    times = {"from_us": begun, "until_us": site.clock.now()}
    (shown,) = (await owner.get(f"/api/cameras/{camera}/timeline", params=times))["cameras"]
    assert len(shown["recorded"]) == 2
    assert shown["recorded"][1][0] - shown["recorded"][0][1] > 2 * SECOND
    subject, detail = (await lasting(site))["footage_damaged"]
    assert subject == "Dome"
    assert detail.startswith("3 pieces of what was recorded from")
    assert "doorwatch check --video" in detail


async def test_a_folder_that_is_gone_is_found_by_following_its_neighbours(site, camera, recorded, answering):
    for file in recorded[1]:
        file.unlink()
    found = await site.services.patrol.round(site.account)
    assert found > 12
    assert set((await faults(site, camera)).values()) == {"missing"}


async def test_a_file_that_was_put_back_loses_its_mark(site, camera, recorded, answering):
    file = recorded[1][10]
    data = file.read_bytes()
    file.unlink()
    await whole(site)
    assert await faults(site, camera) == {10: "missing"}
    file.write_bytes(data)
    await whole(site)
    assert await faults(site, camera) == {}


@pytest.mark.usefixtures("answering")
async def test_what_is_found_after_it_was_told_is_counted_as_well(site, recorded):
    _, files = recorded
    files[4].unlink()
    files[5].unlink()
    await whole(site)
    told = await lasting(site)
    assert told["footage_damaged"][1].startswith("2 pieces of what was recorded from")
    files[6].unlink()
    await whole(site)
    told = await lasting(site)
    assert told["footage_damaged"][1].startswith("3 pieces of what was recorded from")


async def test_what_was_found_long_ago_and_never_again_is_over(site, camera, recorded, answering):
    recorded[1][3].unlink()
    await whole(site)
    assert "footage_damaged" in await lasting(site)
    assert "footage_damaged" not in await lasting(site, DAY)


async def test_recordings_that_lie_with_two_analyzers_or_with_none_are_left_alone(site, camera, recorded, answering):
    recorded[1][3].unlink()
    # The camera was moved to another machine: each has some of its recordings, and nobody knows which.
    other = await site.machine(TokenKind.ANALYZER)
    await other.put("/api/analyzer/disk", {"total": 10**12, "free": 10**11, "floor": 10**10, "cameras": [camera]})
    assert await whole(site, 3) == 0
    assert answering == []
    assert await faults(site, camera) == {}


@pytest.mark.parametrize("answer", [{"error": "the disk is away"}, {"answer": {"damaged": ["x"]}}, {"answer": {}}])
async def test_an_answer_that_says_nothing_changes_nothing(site, analyzer, camera, recorded, answer):
    async def work(socket):
        while (told := await socket.receive_json()) is not None:
            if told["command"] == "prove":
                await analyzer.http.put(f"/api/analyzer/answers/{told['request_id']}", data=json.dumps(answer))

    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        task = asyncio.create_task(work(socket))
        assert await whole(site, 2) == 0
        task.cancel()
    assert await faults(site, camera) == {}
