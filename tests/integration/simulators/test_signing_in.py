import asyncio
import socket
import ssl

import aiohttp
import pytest
import trustme

from doorwatch.domain.errors import DoorwatchError
from doorwatch.simulators.genetec import DEFAULT_USER, GenetecSimulator, SimulatorConfig


def _basic(user, application_id, password):
    return aiohttp.encode_basic_auth(f"{user};{application_id}" if application_id is not None else user, password)


USER, APP, PASSWORD = DEFAULT_USER.name, DEFAULT_USER.application_id, DEFAULT_USER.password


async def test_without_credentials_it_challenges(client):
    async with client.session.get(client.url("")) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"].startswith("Basic")
        assert "<HTML>" in await response.text()


@pytest.mark.parametrize(
    "header",
    [
        _basic(USER, None, PASSWORD),
        _basic(USER, "OtherApplication", PASSWORD),
        _basic(USER, APP, "wrong"),
        _basic("nobody", APP, PASSWORD),
        "Basic !!!",
    ],
)
@pytest.mark.parametrize("refusal", [403, 401])
async def test_everything_wrong_in_the_credentials_is_refused_alike(client, commands, header, refusal):
    await commands.execute("set", {"settings": {"refuse_with": refusal}})
    status, _ = await client.request("GET", "", headers={"Authorization": header})
    assert status == refusal


async def test_the_application_id_may_hold_every_letter_of_base64(client):
    assert {"+", "/", "="} <= set(APP)
    assert (await client.get(""))["Status"] == "Ok"


@pytest.mark.parametrize("switch", [{"licensed": False}, {"may_log_on": False}, {"connections": 0}])
async def test_licence_privilege_and_connections_are_refused_without_a_reason(client, commands, switch):
    await commands.execute("set", {"settings": switch})
    status, body = await client.request("GET", "")
    assert status == 403
    assert b"licen" not in body.lower()


async def test_a_session_that_is_open_keeps_its_connection_when_the_others_are_used_up(client, commands):
    await client.get("")
    await commands.execute("set", {"settings": {"connections": 1}})
    assert (await client.get(""))["Status"] == "Ok"


@pytest.mark.parametrize("path", ["webSDK/", "WEBSDK", "websdk//"])
async def test_the_base_is_found_in_any_case(client, path):
    address = f"http://127.0.0.1:{client.simulator.port}/{path}"
    async with client.session.get(address, headers=client.headers) as response:
        assert response.status == 200


@pytest.mark.parametrize("path", ["nonsense", "report/Nonsense", "events/nonsense", "entity/a/b/c"])
async def test_unknown_commands_are_not_found(client, path):
    status, body = await client.request("GET", path)
    assert status == 404
    assert b"Rsp" not in body


async def test_another_base_is_not_found_even_with_good_credentials(client):
    async with client.session.get(
        f"http://127.0.0.1:{client.simulator.port}/Other/", headers=client.headers
    ) as response:
        assert response.status == 404


async def test_a_post_needs_its_length(client, simulator):
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
    authorization = client.headers["Authorization"]
    writer.write(
        f"POST /WebSdk/events/alarmMonitoring/on HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n".encode()
    )
    assert b"411" in await asyncio.wait_for(reader.readline(), 60)
    writer.close()
    await writer.wait_closed()
    status, _ = await client.request("POST", "events/alarmMonitoring/on", headers={"Content-Length": "0"})
    assert status == 200


async def test_a_bad_licence_item_is_a_page_and_no_envelope(client):
    status, body = await client.request("GET", "licenseItemUsage/")
    assert status == 400
    assert b"<HTML>" in body
    assert (await client.get("licenseItemUsage/GSC-SDK"))["Result"]["CurrentUsage"] == 1


async def test_both_ports_serve_the_same(client, simulator):
    address = f"http://127.0.0.1:{simulator.streaming_port}/WebSdk/"
    async with client.session.get(address, headers=client.headers) as response:
        assert response.status == 200


@pytest.mark.parametrize("mark", [True, False])
async def test_bodies_begin_with_a_byte_order_mark_unless_told_otherwise(client, commands, mark):
    await commands.execute("set", {"settings": {"byte_order_mark": mark}})
    _, body = await client.request("GET", "")
    assert body.startswith(b"\xef\xbb\xbf") == mark


async def test_it_speaks_tls_with_a_certificate(tmp_path):
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    simulator = GenetecSimulator(SimulatorConfig(tls_certificate=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem"))
    await simulator.start()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{simulator.base_url}/", ssl=trusting) as response:
            assert response.status == 401
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get(f"{simulator.base_url}/")
    await simulator.stop()
    assert simulator.base_url.startswith("https://")


async def test_an_unreadable_certificate_is_told(tmp_path):
    (tmp_path / "cert.pem").write_text("nonsense")
    with pytest.raises(DoorwatchError, match=r"cannot use the certificate.*--tls-certificate"):
        await GenetecSimulator(SimulatorConfig(tls_certificate=tmp_path / "cert.pem")).start()


async def test_a_port_in_use_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(DoorwatchError, match=r"cannot listen.*--port"):
            await GenetecSimulator(SimulatorConfig(port=taken.getsockname()[1])).start()
