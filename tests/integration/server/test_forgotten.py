"""A forgotten password over HTTP: by a real mail, with an answer that tells nobody who signs in here."""

import asyncio
import re

import pytest

from doorwatch.accounts.roles import Role

NEXT = "a sentence of my very own"
PUBLIC = "http://doors.example.com"


@pytest.fixture
async def mailing(tmp_path, run_server, inbox):
    smtp = {"smtp_host": "127.0.0.1", "smtp_port": inbox.port, "smtp_security": "none", "mail_from": "dw@example.com"}
    async with run_server(tmp_path / "data", public_url=PUBLIC, allowed_hosts="evil.example", **smtp) as found:
        yield found


async def test_a_mailed_link_replaces_the_password_and_leads_to_our_own_name_alone(mailing, inbox):
    guard = await mailing.user(Role.VIEW)
    email = (await guard.get("/api/session"))["user"]["email"]
    nobody = mailing.caller({"X-Doorwatch": "1", "Host": "evil.example", "Origin": "http://evil.example"})
    answers = [
        await nobody.post("/api/session/forgotten", {"email": address}, expect=202)
        for address in ("nobody@example.com", email)
    ]
    assert answers == [{"minutes": 60}] * 2
    async with asyncio.timeout(30):
        while not inbox.mails:
            await asyncio.sleep(0.01)
    [mail] = inbox.mails
    assert mail["To"] == email
    [link] = re.findall(rf"{PUBLIC}/forgotten#(\S+)", mail.get_body(("plain",)).get_content())
    assert (await nobody.post("/api/session/forgotten/check", {"link": link}))["email"] == email
    await nobody.post("/api/session/forgotten/password", {"link": link, "password": "Password2026"}, expect=422)
    await nobody.post("/api/session/forgotten/password", {"link": link, "password": NEXT}, expect=204)
    await guard.get("/api/session", expect=401)
    await nobody.get("/api/session", expect=401)
    await nobody.post("/api/session", {"email": email, "password": NEXT})
    refused = await nobody.post("/api/session/forgotten/check", {"link": link}, expect=422)
    assert "ask for another" in refused["error"]


async def test_where_no_link_can_be_mailed_it_is_said_whom_to_ask(site):
    nobody = site.caller({"X-Doorwatch": "1"})
    assert (await nobody.get("/api/session/ways"))["mails_links"] is False
    refused = await nobody.post("/api/session/forgotten", {"email": "guard@example.com"}, expect=409)
    assert "ask an owner of your account" in refused["error"]
