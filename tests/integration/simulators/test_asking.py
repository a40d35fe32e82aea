import json
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from doorwatch.simulators.genetec import guid_for


async def test_doors_are_listed_page_by_page_and_named_by_projection(client):
    found, page = [], 1
    while True:
        answer = await client.get(f"report/EntityConfiguration?q=EntityTypes@Door,Page={page},PageSize=2")
        found += answer["Result"][:2]
        if len(answer["Result"]) <= 2:
            break
        assert answer["Status"] == "TooManyResults"
        page += 1
    query = ",".join(f"entity={row['Guid']},Guid,Name" for row in found)
    named = (await client.get(f"entity?q={query}"))["Result"]
    assert [row["Name"] for row in named] == ["Lobby east", "Lobby west", "Dock"]


async def test_an_entity_is_told_in_full_in_short_and_whether_it_exists(client):
    door = guid_for("Door", "Dock")
    full = (await client.get(f"entity/{door}"))["Result"]
    short = (await client.get(f"entity/basic/{door}"))["Result"]
    assert "SupportedEvents" in full
    assert "SupportedEvents" not in short
    assert short.items() <= full.items()
    assert (await client.get(f"entity/exists/{door}"))["Result"] == {"Value": True}
    assert (await client.get("entity/exists/LogicalId(Door,99)"))["Result"] == {"Value": False}


async def test_from_a_door_one_finds_the_cameras_of_its_sides(client, commands):
    await commands.execute("add_door", {"name": "New", "cameras": ["Lobby camera"]})
    door = (await client.get(f"entity/{guid_for('Door', 'New')}"))["Result"]
    reader = door["DoorSideIn"]["Reader"]
    side = (await client.get(f"entity?q=entity={reader},AccessPointSide,Cameras"))["Result"]
    assert side == {"AccessPointSide": "In", "Cameras": [guid_for("Camera", "Lobby camera")]}


async def test_a_refused_question_is_a_failure_with_status_200(client):
    answer = await client.get("report/DoorActivity?q=Page=1")
    assert answer["Status"] == "Fail"
    assert "Could not find property 'Page' from filter" in answer["Result"]["Message"]


async def test_every_form_of_answer_can_be_had(client):
    _, body = await client.request("GET", "", headers={"Accept": "text/xml"})
    assert ET.fromstring(body.decode("utf-8-sig")).findtext("Rsp/Status") == "Ok"
    _, body = await client.request("GET", "", headers={"Accept": "application/jsonrequest"})
    assert json.loads(body.decode("utf-8-sig"))["rsp"]["status"] == "ok"
    _, body = await client.request("GET", "report/EntityConfiguration?q=EntityTypes@Door", headers={"Accept": "*/*"})
    assert len(ET.fromstring(body.decode("utf-8-sig")).findall("QueryResult/Row")) == 3


@pytest.mark.parametrize("encode", [False, True])
async def test_a_raised_event_is_in_the_report_however_the_question_is_encoded(client, simulator, encode):
    simulator.raise_event("AccessGranted", "Dock", cardholder="Ana Petrova")
    now = datetime.now(UTC)
    start, end = (f"{at:%Y-%m-%dT%H:%M:%S}" for at in (now - timedelta(minutes=1), now + timedelta(minutes=1)))
    query = f"Doors@{guid_for('Door', 'Dock')},TimeRange.SetTimeRange({start},{end}),Events@AccessGranted"
    if encode:
        query = query.replace(",", "%2C").replace("(", "%28").replace("@", "%40").replace(":", "%3A")
    rows = (await client.get(f"report/DoorActivity?q={query}"))["Result"]
    assert [row["CardholderGuid"] for row in rows] == [guid_for("Cardholder", "Ana Petrova")]


async def test_without_the_privilege_there_is_no_report(client, commands):
    await commands.execute("set", {"settings": {"may_report": False}})
    answer = await client.get("report/DoorActivity?q=TimeRange.SetTimeRange(2025-01-01T00:00:00,2025-01-02T00:00:00)")
    assert answer["Status"] == "Fail"
    assert "privilege" in answer["Result"]["Message"]


async def test_cardholders_have_names_and_mail(client, commands):
    await commands.execute("add_cardholder", {"name": "Chidi Okafor", "email": "chidi@example.com"})
    guid = guid_for("Cardholder", "Chidi Okafor")
    person = (await client.get(f"entity?q=entity={guid},FirstName,LastName,EmailAddress"))["Result"]
    assert person == {"FirstName": "Chidi", "LastName": "Okafor", "EmailAddress": "chidi@example.com"}
