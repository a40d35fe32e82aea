"""Setting up over HTTP: who has the link becomes the owner, and nobody else learns anything by trying."""

from doorwatch.accounts import setup
from doorwatch.accounts.roles import TokenKind

PASSWORD = "a long enough password"
CHOSEN = {
    "email": "olga@example.com",
    "name": "Olga",
    "password": PASSWORD,
    "site_name": "Harbour",
    "time_zone": "Europe/Vienna",
}


async def link_of(site):
    now = site.clock.now()
    return (await site.services.db.write(lambda conn: setup.new_link(conn, site.account, now))).secret


async def test_the_first_owner_is_made_over_http_and_signed_in_by_that(site):
    newcomer = site.caller({"X-Doorwatch": "1"})
    assert await newcomer.get("/api/setup") == {"needed": True}
    link = await link_of(site)
    state = await newcomer.post("/api/setup/check", {"link": link})
    assert state["site"] == {"name": "Main site", "time_zone": "UTC"}
    session = await newcomer.post("/api/setup", {"link": link, **CHOSEN})
    assert (session["user"]["role"], session["site"]["name"]) == ("owner", "Harbour")
    assert (await newcomer.get("/api/session"))["user"]["email"] == "olga@example.com"
    cookie = next(iter(newcomer.http.cookie_jar))
    assert (cookie["httponly"], cookie["samesite"]) == (True, "lax")
    assert await newcomer.get("/api/setup") == {"needed": False}
    await newcomer.post("/api/setup", {"link": link, **CHOSEN}, expect=409)


async def test_without_the_link_nobody_becomes_the_owner(site):
    await link_of(site)
    stranger = site.caller({"X-Doorwatch": "1"})
    for body in ({"link": "guess"}, {"link": "x" * 43}):
        assert "not known" in (await stranger.post("/api/setup/check", body, expect=409))["error"]
        assert "not known" in (await stranger.post("/api/setup", {**body, **CHOSEN}, expect=409))["error"]
    assert (await stranger.post("/api/setup", CHOSEN, expect=422))["field"] == "link"
    assert await stranger.get("/api/setup") == {"needed": True}


async def test_what_is_wrong_in_the_form_is_named_and_the_link_stays_good(site):
    newcomer = site.caller({"X-Doorwatch": "1"})
    link = await link_of(site)
    for field, wrong in (("email", "olga"), ("password", "short"), ("site_name", ""), ("time_zone", "")):
        answer = await newcomer.post("/api/setup", {"link": link, **CHOSEN, field: wrong}, expect=422)
        assert answer["field"] == field
    answer = await newcomer.post("/api/setup", {"link": link, **CHOSEN, "time_zone": "Moon/Sea"}, expect=409)
    assert "Moon/Sea" in answer["error"]
    await newcomer.post("/api/setup", {"link": link, **CHOSEN})


async def test_a_command_makes_a_new_link_that_ends_the_former(site):
    commands = await site.machine(TokenKind.API)
    former = await link_of(site)
    made = await commands.post("/api/setup/links")
    link = made["url"].split("/setup#")[1]
    newcomer = site.caller({"X-Doorwatch": "1"})
    await newcomer.post("/api/setup/check", {"link": former}, expect=409)
    await newcomer.post("/api/setup", {"link": link, **CHOSEN})
    assert "set up already" in (await commands.post("/api/setup/links", expect=409))["error"]


async def test_another_site_cannot_set_up_in_the_name_of_a_browser(site):
    body = {"link": await link_of(site), **CHOSEN}
    await site.caller().post("/api/setup", body, expect=403)
    await site.caller({"X-Doorwatch": "1", "Origin": "https://evil.example.com"}).post("/api/setup", body, expect=403)
