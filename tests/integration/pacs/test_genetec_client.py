"""Security Center in particular: what it is asked, and what is said when it cannot be reached."""

import asyncio
import datetime as dt
import socket
from contextlib import aclosing

import pytest
import trustme
from driver_contract import read_back, until

from doorwatch.domain.time import SECOND, SystemClock
from doorwatch.pacs.driver import Alive, Events, Missed, PacsError, PacsEvent, PacsRefusedError, Subscribed
from doorwatch.pacs.genetec.client import LONGEST_QUERY
from doorwatch.pacs.genetec.event_types import NAMES


def requests(stage, path):
    return [r for r in stage.simulator.routes.requests if r["path"].lower().endswith(path.lower())]


async def refusal(stage, **changes):
    driver = stage.driver(**changes)
    try:
        with pytest.raises(PacsError) as caught:
            await driver.connect()
    finally:
        await driver.close()
    assert "\n" not in str(caught.value)
    return str(caught.value)


async def test_names_and_mails_come_with_a_second_copy_and_are_asked_for_once(stage):
    driver = stage.driver()
    await driver.inventory()
    async with aclosing(driver.stream()) as stream:
        await until(stream, Subscribed)
        await stage.raise_event("AccessGranted", stage.door, "Jordan Rivera")
        first = (await until(stream, Events)).events[0]
        assert (first.actor_id, first.actor_name) == (stage.person.guid, None)
        again = await until(stream, Events)
        assert not again.proves
        assert (again.events[0].actor_name, again.events[0].actor_email) == ("Jordan Rivera", "jordan@example.com")
        assert again.events[0].at == first.at
        await stage.raise_event("AccessGranted", stage.door, "Jordan Rivera")
        third = (await until(stream, Events)).events[0]
        assert third.actor_name == "Jordan Rivera"
    assert len([r for r in requests(stage, "/entity") if stage.person.guid in (r["query"] or "")]) == 1
    await driver.close()


async def test_people_that_may_not_be_seen_stay_without_a_name_and_are_not_asked_for_again(make_stage):
    stage = await make_stage(sees_cardholders=False)
    driver = stage.driver()
    await driver.inventory()
    async with aclosing(driver.stream()) as stream:
        await until(stream, Subscribed)
        for _ in range(3):
            await stage.raise_event("AccessGranted", stage.door, "Jordan Rivera")
            event = (await until(stream, Events)).events[0]
            assert (event.actor_id, event.actor_name) == (stage.person.guid, None)
            while driver._lookups:
                await asyncio.sleep(0.01)
    # once with all properties, once with those that everybody may see
    assert len([r for r in requests(stage, "/entity") if stage.person.guid in (r["query"] or "")]) == 2
    await driver.close()


async def test_doors_come_with_their_sides_and_cameras_where_the_system_tells_them(make_stage):
    stage = await make_stage()
    driver = stage.driver()
    door = next(d for d in (await driver.inventory()).doors if d.device_id == stage.door)
    assert [(p.id, p.side.value) for p in door.access_points] == [
        (stage.doors[0].reader_in, "in"),
        (stage.doors[0].reader_out, "out"),
    ]
    assert len(door.cameras) == 1
    assert door.camera_names == {door.cameras[0]: "Camera 0"}
    # a camera that our user may not see keeps its id, and the others their names
    stage.building.remove(stage.building.find("Camera", "Camera 1"))
    doors = {d.name: d for d in (await driver.inventory()).doors}
    assert (len(doors["Door 1"].cameras), doors["Door 1"].camera_names) == (1, {})
    assert list(doors["Door 2"].camera_names.values()) == ["Camera 2"]
    await driver.close()
    silent = await make_stage(associations=False)
    driver = silent.driver()
    inventory = await driver.inventory()
    assert [d.name for d in inventory.doors] == ["Door 0", "Door 1", "Door 2"]
    assert all(not d.access_points and not d.cameras for d in inventory.doors)
    await driver.close()


async def test_long_lists_are_read_page_by_page_in_parallel(stage):
    for n in range(3, 950):
        stage.building.add_door(f"Door {n}")
    driver = stage.driver(parallel_pages=4)
    assert len((await driver.inventory()).doors) == 950
    pages = [r["query"] for r in requests(stage, "/report/EntityConfiguration")]
    assert len(pages) == len(set(pages)) == 6
    await driver.close()


async def test_a_report_that_is_cut_off_is_asked_for_in_smaller_pieces_until_it_is_whole(make_stage):
    stage = await make_stage(report_limit=7)
    driver = stage.driver()
    await driver.inventory()
    base = SystemClock().now() // SECOND * SECOND - 3600 * SECOND
    times = [base + n * 37_000_000 + n * 1000 for n in range(60)] + [base + 100_000 * n for n in range(1, 7)]
    for at in times:
        await stage.raise_event("DoorOpen", stage.door, at=at)
    found = await read_back(driver, base - SECOND, base + 3600 * SECOND)
    assert sorted({e.at for e in found}) == sorted(times)
    assert driver.report.cut_off == 0
    await driver.close()


async def test_more_in_one_second_than_a_report_gives_is_asked_for_type_by_type(make_stage):
    stage = await make_stage(report_limit=5)
    driver = stage.driver(types=("DoorOpen", "DoorClose", "AccessGranted"))
    await driver.inventory()
    base = SystemClock().now() // SECOND * SECOND - 60 * SECOND
    for n in range(5):
        for kind in ("DoorOpen", "DoorClose", "AccessGranted"):
            await stage.raise_event(kind, stage.door, at=base + n * 1000)
    found = await read_back(driver, base, base + SECOND)
    assert len({(e.event_type, e.at) for e in found}) == 15
    await driver.close()


async def test_a_report_that_cannot_be_narrowed_to_types_is_read_whole_and_sorted_out_here(make_stage):
    stage = await make_stage(accepts_event_filter=False, report_limit=7)
    driver = stage.driver(types=("DoorOpen", "AccessGranted"))
    await driver.inventory()
    base = SystemClock().now() // SECOND * SECOND - 600 * SECOND
    for n in range(20):
        for kind in ("DoorOpen", "DoorClose"):
            await stage.raise_event(kind, stage.door, at=base + n * SECOND)
    found = await read_back(driver, base, base + 60 * SECOND)
    assert {e.event_type for e in found} == {"DoorOpen"}
    assert len({e.at for e in found}) == 20
    asked = len(requests(stage, "/report/DoorActivity"))
    await read_back(driver, base, base + SECOND)
    assert len(requests(stage, "/report/DoorActivity")) == asked + 1, "the form that was understood is kept"
    await driver.close()


async def test_a_report_that_fails_in_every_form_is_told_and_tried_again_from_the_first(make_stage):
    stage = await make_stage(accepts_event_filter=False)
    driver = stage.driver()
    await driver.inventory()
    with pytest.raises(PacsError, match="lies before its start"):
        await read_back(driver, 100 * SECOND, 50 * SECOND)
    assert await read_back(driver, 50 * SECOND, 100 * SECOND) == []
    await driver.close()


async def test_a_list_without_pages_is_read_whole(make_stage):
    stage = await make_stage(accepts_pages=False)
    driver = stage.driver()
    doors = await driver.inventory()
    assert stage.door in {door.device_id for door in doors.doors}
    assert len(await driver.directory.list_guids("Door")) == len(doors.doors)
    await driver.close()


async def test_subscriptions_that_are_not_listed_are_made_anew_and_events_come(make_stage):
    stage = await make_stage(lists_subscriptions=False)
    driver = stage.driver(verify_every=0.2)
    await driver.inventory()
    async with aclosing(driver.stream()) as stream:
        for _ in range(3):
            await until(stream, Subscribed)
        await stage.raise_event("DoorOpen", stage.door)
        item = await anext(stream)
        while not isinstance(item, Events):
            assert not isinstance(item, Missed)
            item = await anext(stream)
    await driver.close()


async def test_closing_frees_the_connection_of_the_licence(make_stage):
    stage = await make_stage(connections=1)
    driver = stage.driver()
    await driver.inventory()
    stream = driver.stream()
    await until(stream, Subscribed)
    await stream.aclose()
    assert [r["status"] for r in stage.simulator.routes.requests if "closeconnection" in r["path"].lower()] == [200]
    assert not list(stage.simulator.role.streams())
    await driver.close()


async def test_the_use_of_the_licence_is_told_where_the_server_tells_it(make_stage):
    stage = await make_stage(connections=3)
    driver = stage.driver()
    await driver.inventory()
    async with aclosing(driver.stream()) as heard:
        await until(heard, Subscribed)
        await until(heard, Alive, lambda _item: driver.status.facts.get("licence_most") is not None)
    assert (driver.status.facts["licence_used"], driver.status.facts["licence_most"]) == (1, 3)
    assert len(requests(stage, "/SdkConnections")) == 1
    await driver.close()


async def test_a_server_that_tells_nothing_of_its_licence_is_heard_all_the_same(stage):
    await stage.do("answers", path="licenseitemusage", status=400, body="html", seconds=20)
    driver = stage.driver(verify_every=0.3)
    await driver.inventory()
    async with aclosing(driver.stream()) as heard:
        for _ in range(2):
            await until(heard, Subscribed)
    assert driver.status.facts["licence_used"] is None
    await driver.close()


async def test_credentials_are_not_sent_to_another_host(make_stage):
    stage = await make_stage(redirect_events="302", redirect_to="http://elsewhere.invalid:4591")
    driver = stage.driver()
    await driver.inventory()
    with pytest.raises(
        PacsRefusedError, match=r"another host \(elsewhere\.invalid\), which is not given the credentials"
    ):
        await until(driver.stream(), Subscribed)
    await driver.close()


async def test_a_stream_that_is_redirected_in_circles_is_said(make_stage):
    stage = await make_stage(redirect_events="302")
    await stage.do("set", settings={"redirect_to": f"http://127.0.0.1:{stage.simulator.port}"})
    driver = stage.driver()
    await driver.inventory()
    with pytest.raises(PacsError, match="redirects its event stream in circles"):
        await until(driver.stream(), Subscribed)
    await driver.close()


async def test_many_types_are_asked_for_in_questions_of_a_bounded_length(stage):
    types = tuple(name for name in NAMES.values() if name.startswith(("Door", "Access")))
    driver = stage.driver(types=types)
    await driver.inventory()
    async with aclosing(driver.stream()) as stream:
        item = await until(stream, Subscribed)
    asked = [one["query"] for one in requests(stage, "/events/subscribe")]
    assert len(asked) > 1
    assert max(map(len, asked)) <= LONGEST_QUERY + len("q=")
    assert sorted([*item.types, *item.refused]) == sorted(types)
    await driver.close()


async def test_questions_alone_keep_a_session_that_its_stream_does_not(make_stage):
    stage = await make_stage(stream_keeps_session=False, session_idle=0.6)
    driver = stage.driver(verify_every=0.15)
    await driver.inventory()
    async with aclosing(driver.stream()) as stream:
        for _ in range(8):  # twice as long as a session lives that nobody asks anything
            assert not isinstance(await until(stream, Subscribed), Missed)
        await stage.raise_event("DoorOpen", stage.door)
        await until(stream, Events)
    await driver.close()


async def test_a_system_that_shows_no_doors_is_heard_without_an_error(make_stage):
    stage = await make_stage(sees_doors=False)
    driver = stage.driver()
    assert (await driver.inventory()).doors == ()
    async with aclosing(driver.stream()) as stream:
        await until(stream, Subscribed)
    await driver.close()


async def test_a_clock_that_is_ahead_is_seen_and_a_report_is_asked_for_in_its_time(stage):
    driver = stage.driver()
    await driver.connect()
    assert driver.client.ahead == 0
    driver.client._set_clock(
        {"date": (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")}
    )
    assert abs(driver.client.ahead - 3600 * SECOND) < 2 * SECOND
    await driver.close()


async def test_a_reader_s_event_without_a_known_door_is_told_at_once_and_placed_when_asked(make_stage):
    stage = await make_stage(associations=False, event_source="access_point")
    driver = stage.driver()
    await driver.inventory()
    async with aclosing(driver.stream()) as stream:
        await until(stream, Subscribed)
        stage.simulator.raise_event("AccessGranted", stage.door, cardholder=stage.person.name, side="in")
        (event,) = (await until(stream, Events)).events
        assert event.unplaced
        assert event.door != stage.door
        placed = await driver.place(event)
    assert (placed.door, placed.access_point_id, placed.unplaced) == (stage.door, event.door, False)
    questions = driver.client.requests
    assert (await driver.place(event)).door == stage.door
    assert driver.client.requests == questions, "what was learned is not asked for again"
    await driver.close()


async def test_a_source_that_nothing_knows_has_no_place(stage):
    driver = stage.driver()
    await driver.inventory()
    nobody = PacsEvent("11111111-2222-3333-4444-555555555555", SystemClock().now(), "AccessGranted", unplaced=True)
    assert await driver.place(nobody) is None
    await driver.close()


async def test_a_name_is_announced_where_it_was_not_asked_for_yet_and_names_come_quickly(stage):
    driver = stage.driver()
    await driver.inventory()
    async with aclosing(driver.stream()) as stream:
        await until(stream, Subscribed)
        stage.simulator.raise_event("AccessGranted", stage.door, cardholder=stage.person.name)
        (first,) = (await until(stream, Events)).events
        assert first.name_follows
        (second,) = (await until(stream, Events)).events
        assert (second.actor_name, second.name_follows) == ("Jordan Rivera", False)
        stage.simulator.raise_event("AccessGranted", stage.door, cardholder=stage.person.name)
        (third,) = (await until(stream, Events)).events
        assert (third.actor_name, third.name_follows) == ("Jordan Rivera", False)
    await driver.close()


# -- what is said when it cannot be reached ----------------------------------------------------------------------------


async def test_each_mistake_has_its_own_sentence(stage):
    assert "cannot be resolved; check acs_server_ip" in await refusal(stage, host="no-such-host.invalid")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert "nobody listens" in await refusal(stage, port=taken.getsockname()[1])
    assert "set acs_base_uri" in await refusal(stage, base_uri="WrongSdk")
    for wrong in ({"username": "x"}, {"password": "x"}, {"app_id": "x"}):
        text = await refusal(stage, **wrong)
        assert "HTTP 403" in text
        for cause in (
            "acs_username",
            "acs_password",
            "Active Directory",
            "acs_app_id",
            "licence",
            "Log on using the SDK",
        ):
            assert cause in text
    assert "does not speak TLS" in await refusal(stage, tls=True)


async def test_a_host_that_answers_nothing_is_given_up_in_time(stage):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert "does not answer in time" in await refusal(stage, port=silent.getsockname()[1], timeout=0.3)


async def test_something_else_on_the_port_is_said(stage):
    async def other(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n")
        writer.close()

    server = await asyncio.start_server(other, "127.0.0.1", 0)
    assert "not as a Web SDK does" in await refusal(stage, port=server.sockets[0].getsockname()[1])
    server.close()


@pytest.mark.parametrize(("status", "told"), [(500, "answered HTTP 500"), (503, "answered HTTP 503")])
async def test_a_server_that_stumbles_is_tried_again(stage, status, told):
    await stage.do("answers", status=status)
    text = await refusal(stage)
    assert told in text


# -- TLS ---------------------------------------------------------------------------------------------------------------


def files(tmp_path, certificate):
    pem, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    pem.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(key))
    return pem, key


@pytest.fixture
def authority(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return authority


async def test_a_certificate_of_a_known_authority_is_trusted_and_others_are_not(make_stage, authority, tmp_path):
    stage = await make_stage(tls=files(tmp_path, authority.issue_cert("127.0.0.1")))
    driver = stage.driver(tls=True, ca_file=tmp_path / "ca.pem")
    await driver.inventory()
    async with aclosing(driver.stream()) as stream:
        await until(stream, Subscribed)
    await driver.close()
    text = await refusal(stage, tls=True)
    assert "cannot be trusted" in text
    assert "acs_ca_file" in text
    assert "set cert_enabled: true" in await refusal(stage, tls=False)
    driver = stage.driver(tls=True, verify_tls=False)
    await driver.connect()
    await driver.close()


async def test_a_certificate_for_another_name_is_named(make_stage, authority, tmp_path):
    stage = await make_stage(tls=files(tmp_path, authority.issue_cert("genetec.example.com")))
    text = await refusal(stage, tls=True, ca_file=tmp_path / "ca.pem")
    assert "set acs_server_ip to the name that the certificate carries" in text


async def test_a_redirect_to_an_address_without_tls_is_not_followed(make_stage, authority, tmp_path):
    files_of_it = files(tmp_path, authority.issue_cert("127.0.0.1"))
    stage = await make_stage(tls=files_of_it, redirect_events="302", redirect_to="http://127.0.0.1:4591")
    driver = stage.driver(tls=True, verify_tls=False)
    await driver.inventory()
    with pytest.raises(PacsRefusedError, match="without TLS, which is not given the credentials"):
        await until(driver.stream(), Subscribed)
    await driver.close()


async def test_an_expired_certificate_is_named(make_stage, authority, tmp_path):
    old = authority.issue_cert("127.0.0.1", not_after=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    stage = await make_stage(tls=files(tmp_path, old))
    assert "expired" in await refusal(stage, tls=True, ca_file=tmp_path / "ca.pem")


async def test_a_pinned_certificate_is_trusted_whoever_signed_it_and_no_other(make_stage, authority, tmp_path):
    import hashlib
    import ssl

    pem, key = files(tmp_path, authority.issue_cert("elsewhere.example.com"))
    stage = await make_stage(tls=(pem, key))
    digest = hashlib.sha256(
        ssl.PEM_cert_to_DER_cert(pem.read_text().split("-----END")[0] + "-----END CERTIFICATE-----\n")
    ).hexdigest()
    driver = stage.driver(tls=True, fingerprint=":".join(digest[i : i + 2] for i in range(0, 64, 2)))
    await driver.connect()
    await driver.close()
    text = await refusal(stage, tls=True, fingerprint="00" * 32)
    assert digest in text
    assert "acs_fingerprint" in text


async def test_a_ca_file_that_is_none_is_named(make_stage, tmp_path):
    stage = await make_stage()
    (tmp_path / "ca.pem").write_text("nonsense")
    assert "acs_ca_file" in await refusal(stage, tls=True, ca_file=tmp_path / "ca.pem")
    assert "acs_ca_file" in await refusal(stage, tls=True, ca_file=tmp_path / "none.pem")
