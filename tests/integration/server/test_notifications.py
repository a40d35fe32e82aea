"""Browsers through the API: allowed, added, listed, tried, removed; nobody else's, and no address told again."""

import json

import pytest

from doorwatch.accounts.roles import Role

KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
BROWSER = {"endpoint": "https://push.example/send/secret", "keys": KEYS, "name": "Chrome on Linux"}
PATH = "/api/session/browsers"


async def test_one_is_notified_only_where_the_account_allows_it(site):
    owner, viewer = await site.user(Role.OWNER), await site.user(Role.VIEW)
    told = await viewer.get(PATH)
    assert (told["allowed"], told["browsers"]) == (False, [])
    assert len(told["key"]) == 87
    assert "nobody be notified" in json.dumps(await viewer.post(PATH, BROWSER, expect=409))
    await viewer.put("/api/alerts/browsers", {"allowed": True}, expect=403)
    await owner.put("/api/alerts/browsers", {"allowed": True})
    assert await owner.get("/api/alerts/browsers") == {"allowed": True}
    made = await viewer.post(PATH, BROWSER, expect=201)
    assert (await viewer.get(PATH))["browsers"] == [made]
    assert (await owner.get(PATH))["browsers"] == [], "everybody has their own"


async def test_a_browser_is_ones_own_and_its_address_is_told_to_nobody(site):
    owner, viewer = await site.user(Role.OWNER), await site.user(Role.VIEW)
    await owner.put("/api/alerts/browsers", {"allowed": True})
    made = await viewer.post(PATH, BROWSER, expect=201)
    mine = f"{PATH}/{made['subscription_id']}"
    await owner.post(f"{mine}/test", expect=404)
    await owner.call("DELETE", mine, expect=404)
    await viewer.post(f"{mine}/test", expect=204)
    everything = json.dumps(
        [await viewer.get(PATH), await owner.get("/api/alerts/outbox"), await owner.get("/api/audit")]
    )
    assert "send/secret" not in everything
    assert KEYS["auth"] not in everything
    assert "browser.add" in everything
    assert "browsers.allow" in everything
    taken = await owner.post(PATH, BROWSER, expect=201)
    assert (await viewer.get(PATH))["browsers"] == [], "who sits there now is told, and who sat there is not"
    await owner.call("DELETE", f"{PATH}/{taken['subscription_id']}", expect=204)
    await owner.call("DELETE", f"{PATH}/{taken['subscription_id']}", expect=404)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"endpoint": "http://push.example/x"}, "endpoint"),
        ({"endpoint": "https://u:p@push.example/x"}, "endpoint"),
        ({"keys": {**KEYS, "p256dh": "AAAA"}}, "p256dh"),
        ({"keys": {**KEYS, "auth": "AAAA"}}, "auth"),
    ],
)
async def test_what_no_browser_says_is_refused_where_it_stands(site, change, field):
    owner = await site.user(Role.OWNER)
    refused = await owner.post(PATH, {**BROWSER, **change}, expect=422)
    assert field in json.dumps(refused)


async def test_a_browser_whose_address_was_changed_takes_the_place_of_itself_and_of_nobody_else(site):
    owner, viewer = await site.user(Role.OWNER), await site.user(Role.VIEW)
    await owner.put("/api/alerts/browsers", {"allowed": True})
    await owner.post(PATH, {**BROWSER, "name": "Front desk"}, expect=201)
    renewed = {**BROWSER, "endpoint": "https://push.example/send/2", "name": "A browser that was renewed"}
    stranger = await viewer.post(PATH, {**renewed, "former": BROWSER["endpoint"]}, expect=201)
    assert stranger["name"] == "A browser that was renewed"
    assert [one["name"] for one in (await owner.get(PATH))["browsers"]] == ["Front desk"], "it is not the viewer's"
    third = {**renewed, "endpoint": "https://push.example/send/3", "former": BROWSER["endpoint"]}
    made = await owner.post(PATH, third, expect=201)
    assert (await owner.get(PATH))["browsers"] == [made]
    assert made["name"] == "Front desk"
