"""Single sign-on against a provider that nobody here wrote: who comes in, as what, and what is said to who does not."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import aiohttp
import pytest

from doorwatch.accounts.roles import Role
from doorwatch.accounts.totp import STEP, code_at
from doorwatch.accounts.users import set_disabled
from doorwatch.store.schema.people import sessions

PASSWORD = "a long enough password"
GROUPS = {"oidc_owner_groups": "door-owners", "oidc_manage_groups": "guards", "oidc_view_groups": "staff, guests"}
BEGIN, FINISH = "/api/session/sign-on", "/api/session/sign-on/finish"


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


@pytest.fixture(scope="module")
def provider():
    """oidc-provider-mock, in a process of its own: its address."""
    port = free_port()
    command = [Path(sys.executable).with_name("oidc-provider-mock"), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"},
    )
    deadline = time.monotonic() + 30
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the provider did not start"
                assert process.poll() is None, "the provider ended"
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def serve(tmp_path, prepared, provider, run_server):
    @asynccontextmanager
    async def serving(**settings):
        shutil.copytree(prepared, tmp_path / "data")
        known = {"oidc_issuer": provider, "oidc_client_id": "doorwatch", "oidc_client_secret": "x", **settings}
        async with run_server(tmp_path / "data", **known) as site:
            yield site

    return serving


@pytest.fixture
def people(provider):
    """Says to the provider who somebody is."""

    async def tell(subject, **claims):
        known = {"email": f"{subject}@example.com", "email_verified": True, "name": subject.title(), **claims}
        async with (
            aiohttp.ClientSession() as http,
            http.put(f"{provider}/users/{subject}", json={k: v for k, v in known.items() if v is not None}) as answer,
        ):
            assert answer.status == 204

    return tell


async def at_provider(address, subject):
    """Signs in at the provider: what it sends the browser back with."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(address, data={"sub": subject}, allow_redirects=False) as answer,
    ):
        assert answer.status == 302, await answer.text()
        back = urlsplit(answer.headers["Location"])
        assert back.path == "/sso"
        return dict(parse_qsl(back.query))


async def come(site, subject, *, expect=None, browser=None, purpose="sign in"):
    """The whole way in: what the server says, and the browser."""
    browser = browser or site.caller({"X-Doorwatch": "1"})
    begun = await browser.post(BEGIN, {"purpose": purpose, "return_to": "/doors"})
    return await browser.post(FINISH, await at_provider(begun["url"], subject), expect=expect), browser


async def trail(owner, action):
    return (await owner.get(f"/api/audit?act={action}"))["entries"]


async def test_groups_give_the_role_and_the_trail_tells_of_it(serve, people):
    async with serve(**GROUPS) as site:
        owner = await site.user(Role.OWNER)
        await people("vera", groups=["staff", "guards"])
        came, browser = await come(site, "vera")
        assert (came["purpose"], came["return_to"]) == ("sign in", "/doors")
        session = await browser.get("/api/session")
        assert session == came["session"]
        assert (session["user"]["email"], session["user"]["name"], session["user"]["role"]) == (
            "vera@example.com",
            "Vera",
            "manage",
        )
        assert (session["has_password"], session["proof"], session["limited"]) == (False, "provider", None)
        assert (await browser.get("/api/sessions"))[0]["method"] == "single sign-on"
        assert (await trail(owner, "session.begin"))[0]["who"] == "vera@example.com"
        assert (await trail(owner, "identity.link"))[0]["detail"]["subject"] == "vera"
        assert (await trail(owner, "user.add"))[0]["who"] == "single sign-on"

        await people("vera", groups=["guests"], email="vera.new@example.com")
        again, _ = await come(site, "vera")
        assert (again["session"]["user"]["id"], again["session"]["user"]["role"]) == (session["user"]["id"], "view")
        assert (await trail(owner, "user.role"))[0]["detail"] == {"from": "manage", "to": "view"}


async def test_who_is_in_no_group_is_refused_in_a_sentence_that_the_trail_keeps(serve, people):
    async with serve(**GROUPS) as site:
        owner = await site.user(Role.OWNER)
        await people("nina", groups=["kitchen"])
        refused, browser = await come(site, "nina", expect=403)
        assert "nina@example.com is in none of the groups" in refused["error"]
        await people("otto", groups=None)
        assert "told no groups" in (await come(site, "otto", expect=403))[0]["error"]
        await browser.get("/api/session", expect=401)
        kept = await trail(owner, "session.refused")
        assert [(one["who"], one["detail"]["by"]) for one in kept][1] == ("nina@example.com", "single sign-on")
        assert "none of the groups" in kept[1]["detail"]["reason"]
        assert len(await owner.get("/api/users")) == 1


async def test_a_person_is_known_by_the_verified_email_alone(serve, people):
    async with serve() as site:
        viewer = await site.user(Role.VIEW)
        mine = (await viewer.get("/api/session"))["user"]
        for claims, why in (
            ({"email_verified": False}, "does not say that view-main@example.com is verified"),
            ({"email_verified": None}, "does not say"),
            ({"email": None}, "told no e-mail"),
        ):
            await people("thief", **{"email": mine["email"], **claims})
            refused, _ = await come(site, "thief", expect=403)
            assert why in refused["error"]
        await people("vic", email="VIEW-main@example.com")
        came, browser = await come(site, "vic")
        assert came["session"]["user"] == mine
        assert came["session"]["has_password"]
        await browser.call("DELETE", "/api/session")
        # The e-mail is given to somebody else at the provider: that is not the same person.
        await people("new-vic", email=mine["email"])
        refused, _ = await come(site, "new-vic", expect=403)
        assert "belongs to another person" in refused["error"]


async def test_without_groups_only_who_was_invited_comes_in(serve, people):
    async with serve() as site:
        owner = await site.user(Role.OWNER)
        await people("gina")
        refused, _ = await come(site, "gina", expect=403)
        assert "nobody has invited gina@example.com" in refused["error"]
        await owner.post("/api/invitations", {"email": "gina@example.com", "role": "manage"})
        came, _ = await come(site, "gina")
        assert came["session"]["user"]["role"] == "manage"
        assert await owner.get("/api/invitations") == []
        assert (await trail(owner, "invitation.accept"))[0]["who"] == "gina@example.com"


async def test_everybody_of_the_provider_may_view_where_that_is_set(serve, people):
    async with serve(**GROUPS, oidc_without_group="view") as site:
        await people("ann", groups=[])
        assert (await come(site, "ann"))[0]["session"]["user"]["role"] == "view"


async def test_the_last_owner_does_not_lose_the_account_to_a_directory(serve, people):
    async with serve(**GROUPS) as site:
        await site.user(Role.OWNER)
        await people("boss", email="owner-main@example.com", groups=["staff"])
        refused, _ = await come(site, "boss", expect=403)
        assert "only owner" in refused["error"]


async def test_who_may_not_sign_in_here_does_not_come_in_through_the_provider(serve, people):
    async with serve() as site:
        viewer = await site.user(Role.VIEW)
        person = (await viewer.get("/api/session"))["user"]
        await people("vic", email=person["email"])
        await come(site, "vic")
        now, account = site.clock.now(), site.account
        await site.services.db.write(
            lambda conn: set_disabled(conn, account, person["id"], disabled=True, now=now, by="test")
        )
        refused, _ = await come(site, "vic", expect=403)
        assert "may not sign in" in refused["error"]


async def test_an_attempt_belongs_to_one_browser_and_is_good_once(serve, people):
    async with serve(**GROUPS) as site:
        await people("vera", groups=["staff"])
        browser, thief = site.caller({"X-Doorwatch": "1"}), site.caller({"X-Doorwatch": "1"})
        begun = await browser.post(BEGIN, {})
        back = await at_provider(begun["url"], "vera")
        assert "not begun in this browser" in (await thief.post(FINISH, back, expect=409))["error"]
        await thief.post(BEGIN, {})
        assert "not begun in this browser" in (await thief.post(FINISH, back, expect=409))["error"]
        mixed = {**back, "iss": "https://evil.example.com"}
        assert "another provider" in (await browser.post(FINISH, mixed, expect=409))["error"]
        odd = {"state": back["state"], "error": "server_error", "error_description": "tea\npot"}
        assert "'server_error teapot'" in (await browser.post(FINISH, odd, expect=409))["error"]
        denied = {"state": back["state"], "error": "access_denied"}
        assert "cancelled" in (await browser.post(FINISH, denied, expect=403))["error"]
        await browser.post(FINISH, back)
        assert "not begun" in (await browser.post(FINISH, back, expect=409))["error"]


async def test_what_is_asked_of_the_provider_is_a_code_for_this_browser_alone(serve, provider):
    async with serve(oidc_acr_values="gold silver") as site:
        browser = site.caller({"X-Doorwatch": "1"})
        asked = [
            parse_qs(urlsplit((await browser.post(BEGIN, {"purpose": purpose}))["url"]).query)
            for purpose in ("sign in", "prove")
        ]
        first, second = asked
        assert (first["response_type"], first["code_challenge_method"]) == (["code"], ["S256"])
        assert (first["redirect_uri"], first["acr_values"]) == ([f"{site.base}/sso"], ["gold silver"])
        assert not {"prompt", "max_age"} & set(first)
        assert (second["prompt"], second["max_age"]) == (["login"], ["0"])
        for name in ("state", "nonce", "code_challenge"):
            assert len(first[name][0]) == 43
            assert first[name] != second[name]


async def test_dangerous_acts_ask_the_provider_once_more(serve, people, provider):
    async with serve(**GROUPS) as site:
        await people("olga", groups=["door-owners"])
        await people("otto", groups=["door-owners"])
        _, browser = await come(site, "olga")
        made = {"name": "a token", "kind": "read"}
        await site.services.db.write(_age_proofs)
        refused = await browser.post("/api/tokens", made, expect=403)
        assert refused["reason"] == "prove"
        other, _ = await come(site, "otto", browser=browser, purpose="prove", expect=403)
        assert "sign in there as olga@example.com" in other["error"]
        proved, _ = await come(site, "olga", browser=browser, purpose="prove")
        assert proved["purpose"] == "prove"
        await browser.post("/api/tokens", made)
        assert (await trail(browser, "session.prove"))[0]["detail"] == {"method": "single sign-on"}
        stranger = site.caller({"X-Doorwatch": "1"})
        assert "is over" in (await come(site, "olga", browser=stranger, purpose="prove", expect=409))[0]["error"]


def _age_proofs(conn):
    conn.execute(sessions.update().values(proved_at=0))


async def test_who_has_a_second_factor_here_shows_it_after_the_provider_too(serve, people):
    async with serve(**GROUPS) as site:
        await people("vera", groups=["staff"])
        _, browser = await come(site, "vera")
        app = await browser.post("/api/session/factors/authenticator")
        code = code_at(app["secret"], site.clock.now() // STEP - 1)
        await browser.post("/api/session/factors/authenticator/confirm", {"code": code})
        came, again = await come(site, "vera")
        assert (came["session"]["limited"], came["session"]["second_factor"]) == ("second_factor", True)
        assert (await again.get("/api/doors", expect=403))["reason"] == "second_factor"
        wrong = await again.post("/api/session/factor", {"code": "000000"}, expect=401)
        assert wrong["reason"] == "wrong_code"
        shown = await again.post("/api/session/factor", {"code": code_at(app["secret"], site.clock.now() // STEP)})
        assert not shown["limited"]
        await again.get("/api/doors")
        assert (await again.get("/api/sessions"))[0]["method"] == "single sign-on and code"
        proved, _ = await come(site, "vera", browser=again, purpose="prove")
        assert not proved["session"]["limited"]


async def test_a_provider_that_asks_for_two_factors_is_enough(serve, people):
    async with serve(**GROUPS, oidc_two_factors=True) as site:
        owner = await site.user(Role.OWNER)
        app = await owner.post("/api/session/factors/authenticator")
        code = code_at(app["secret"], site.clock.now() // STEP)
        await owner.post("/api/session/factors/authenticator/confirm", {"code": code})
        await owner.put("/api/security", {"second_factor_required": True})
        await people("vera", groups=["staff"])
        came, browser = await come(site, "vera")
        assert not came["session"]["limited"]
        await browser.get("/api/doors")


async def test_passwords_are_off_but_for_an_emergency(serve, people):
    async with serve(**GROUPS, oidc_only=True, oidc_break_glass="Owner-main@example.com") as site:
        owner = await site.user(Role.OWNER)
        assert await owner.get("/api/session/ways") == {
            "provider": "single sign-on",
            "passwords": False,
            "mails_links": False,
        }
        new = {"email": "vic@example.com", "name": "Vic", "password": PASSWORD}
        await owner.post("/api/users", new)
        browser = site.caller({"X-Doorwatch": "1"})
        credentials = {"email": "vic@example.com", "password": PASSWORD}
        refused = await browser.post("/api/session", credentials, expect=403)
        assert "passwords sign nobody in" in refused["error"]
        await browser.post("/api/session", {**credentials, "password": "not the password"}, expect=401)
        assert len(await trail(owner, "session.refused")) == 2
        sent = await owner.post("/api/invitations", {"email": "gina@example.com"})
        link = sent["url"].partition("#")[2]
        await browser.post("/api/join", {"link": link, "name": "G", "password": PASSWORD}, expect=403)
        await people("gina", groups=["staff"])
        assert (await come(site, "gina"))[0]["session"]["user"]["email"] == "gina@example.com"


async def test_signing_out_leads_to_the_provider_with_what_it_gave(serve, people, provider):
    async with serve(**GROUPS) as site:
        await people("vera", groups=["staff"])
        _, browser = await come(site, "vera")
        where = urlsplit((await browser.call("DELETE", "/api/session"))["provider"])
        asked = parse_qs(where.query)
        assert f"{where.scheme}://{where.netloc}{where.path}" == f"{provider}/oauth2/end_session"
        assert asked["post_logout_redirect_uri"] == [f"{site.base}/"]
        assert asked["id_token_hint"][0].count(".") == 2
        owner = await site.user(Role.OWNER)
        assert await owner.call("DELETE", "/api/session") == {"provider": None}


async def test_a_provider_that_is_away_is_told_in_words(serve):
    async with serve(oidc_issuer=f"http://127.0.0.1:{free_port()}") as site:
        browser = site.caller({"X-Doorwatch": "1"})
        assert "can't be reached" in (await browser.post(BEGIN, {}, expect=502))["error"]


async def test_without_a_provider_there_is_none(site):
    browser = site.caller({"X-Doorwatch": "1"})
    assert await browser.get("/api/session/ways") == {"provider": None, "passwords": True, "mails_links": False}
    assert "DOORWATCH_OIDC_ISSUER" in (await browser.post(BEGIN, {}, expect=404))["error"]
