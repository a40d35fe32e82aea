"""Invitations over HTTP: by a real mail, by a shown link, for new people and for those who sign in here already."""

import re

import pytest

from doorwatch.accounts.roles import Role

PASSWORD = "a long enough password"


@pytest.fixture
async def mailing(own_address, tmp_path, run_server, inbox):
    more = {"smtp_host": "127.0.0.1", "smtp_port": inbox.port, "smtp_security": "none", "mail_from": "dw@example.com"}
    async with run_server(tmp_path / "data", database_url=own_address, **more) as found:
        yield found


def secret_of(url):
    return url.partition("/join#")[2]


async def test_an_invitation_is_mailed_and_its_link_makes_a_member(mailing, inbox):
    owner = await mailing.user(Role.OWNER)
    sent = await owner.post("/api/invitations", {"email": "Guest@Example.com", "role": "manage"})
    assert (sent["problem"], bool(sent["invitation"]["mailed_at"])) == (None, True)
    [mail] = inbox.mails
    assert (mail["To"], mail["Subject"]) == ("guest@example.com", "Invitation to Main site")
    text = mail.get_body(("plain",)).get_content()
    assert "owner-main@example.com invites you" in text
    [url] = re.findall(r"http\S+/join#\S+", text)
    assert url == sent["url"]
    newcomer = mailing.caller({"X-Doorwatch": "1"})
    state = await newcomer.post("/api/join/check", {"link": secret_of(url)})
    assert (state["account"], state["role"], state["known"]) == ("Main site", "manage", False)
    who = await newcomer.post("/api/join", {"link": secret_of(url), "name": "Gus", "password": PASSWORD})
    assert (who["user"]["email"], who["user"]["role"]) == ("guest@example.com", "manage")
    assert await newcomer.get("/api/invitations") == []
    await newcomer.post("/api/join", {"link": secret_of(url), "password": PASSWORD}, expect=422)


async def test_a_mail_server_that_is_away_is_told_and_the_link_shown(mailing, inbox):
    inbox.close()
    owner = await mailing.user(Role.OWNER)
    sent = await owner.post("/api/invitations", {"email": "guest@example.com"})
    assert "give the link to the person yourself" in sent["problem"]
    assert sent["invitation"]["mailed_at"] is None
    assert inbox.mails == []


async def test_without_a_mail_server_the_link_is_told_once_and_sending_again_ends_it(site, owner):
    first = await owner.post("/api/invitations", {"email": "guest@example.com"})
    assert "DOORWATCH_SMTP_HOST" in first["problem"]
    assert first["url"].startswith(site.base)
    assert secret_of(first["url"]) not in str(await owner.get("/api/invitations"))
    path = f"/api/invitations/{first['invitation']['invitation_id']}"
    second = await owner.post(f"{path}/again")
    nobody = site.caller({"X-Doorwatch": "1"})
    refused = await nobody.post("/api/join/check", {"link": secret_of(first["url"])}, expect=422)
    assert "ask whoever invited you" in refused["error"]
    await nobody.post("/api/join/check", {"link": secret_of(second["url"])})
    await owner.call("DELETE", f"/api/invitations/{second['invitation']['invitation_id']}")
    await nobody.post("/api/join/check", {"link": secret_of(second["url"])}, expect=422)
    await owner.call("DELETE", path, expect=404)


async def test_an_owner_elsewhere_joins_as_a_guest_and_acts_in_the_new_account_at_once(site, owner):
    other = await site.other_account()
    theirs = await site.user(Role.OWNER, other)
    sent = await theirs.post("/api/invitations", {"email": "owner-main@example.com"})
    link = {"link": secret_of(sent["url"])}
    assert (await site.caller({"X-Doorwatch": "1"}).post("/api/join/check", link))["known"] is True
    stranger = await site.user(Role.VIEW)
    assert "sign out" in (await stranger.post("/api/session/join", link, expect=422))["error"]
    who = await owner.post("/api/session/join", link)
    assert (who["account"]["id"], who["user"]["role"], len(who["accounts"])) == (other, "view", 2)
    await owner.post("/api/invitations", {"email": "x@example.com"}, expect=403)


async def test_roles_change_people_go_and_an_account_is_handed_over(site, owner):
    made = {
        role: (await owner.post("/api/users", {"email": f"{role}@example.com", "password": PASSWORD, "role": role}))[
            "user"
        ]["id"]
        for role in ("view", "manage")
    }
    viewer = await site.signed_in("view@example.com")
    await viewer.post("/api/cameras", {"name": "x", "url": "rtsp://x"}, expect=403)
    changed = await owner.call("PATCH", f"/api/users/{made['view']}", {"role": "manage"})
    assert changed["role"] == "manage"
    await viewer.post("/api/cameras", {"name": "x", "url": "rtsp://x"})
    mine = (await owner.get("/api/session"))["user"]["id"]
    for method, path in (("DELETE", f"/api/users/{mine}"), ("DELETE", "/api/session/account")):
        assert "only owner" in (await owner.call(method, path, expect=422))["error"]
    await owner.call("DELETE", f"/api/users/{made['view']}")
    await viewer.get("/api/session", expect=401)
    handed = await owner.post(f"/api/users/{made['manage']}/owner")
    assert handed["role"] == "owner"
    assert (await owner.get("/api/session"))["user"]["role"] == "manage"
    await owner.call("PATCH", f"/api/users/{made['manage']}", {"role": "view"}, expect=403)
    await owner.call("DELETE", "/api/session/account")
    await owner.get("/api/session", expect=401)
    await site.caller({"X-Doorwatch": "1"}).post(
        "/api/session", {"email": "owner-main@example.com", "password": PASSWORD}, expect=401
    )
