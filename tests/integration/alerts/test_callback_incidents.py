"""What callbacks hear of one incident from its first report to its end, read off the outbox of a real database."""

from dataclasses import replace

import pytest

from doorwatch.alerts.callbacks import HAPPENINGS
from doorwatch.domain.incident import IncidentState
from doorwatch.server.alerting.callbacks import finder
from doorwatch.store import incidents, reviewing

ALL = tuple(kind for kind in HAPPENINGS if kind.startswith("incident."))


@pytest.fixture
def service(make_service, clock):
    return make_service(finds=finder(clock))


@pytest.fixture
def register(registered):
    return lambda name, *events, finds="": registered(*(events or ALL), name=name, finds=finds)


@pytest.fixture
def heard(sent):
    """The types that a callback was told of, the oldest first."""
    return lambda callback_id: [body["type"] for body in sent(callback_id)]


def provisional(change):
    return replace(change, incident=replace(change.incident, state=IncidentState.PROVISIONAL), alert=False)


async def test_an_incident_is_told_from_its_first_report_to_its_correction_each_once(
    service, place, store, clock, register, heard
):
    account, change = place
    everything, final_alone = register("everything"), register("final", "incident.created", "incident.explained")
    store(service, account, provisional(change))
    clock.advance(6)
    store(service, account, replace(change, revision=2))
    store(service, account, replace(change, revision=2))
    clock.advance(60)
    explained = replace(change.incident, state=IncidentState.EXPLAINED)
    store(service, account, replace(change, incident=explained, revision=3, alert=False, correction=True))
    assert heard(everything) == ["incident.provisional", "incident.created", "incident.explained"]
    assert heard(final_alone) == ["incident.created", "incident.explained"]


async def test_a_search_narrows_incidents_by_door_kind_and_number_of_people(service, place, store, register, heard):
    account, change = place
    found = [register(f"in{n}", finds=text) for n, text in enumerate(("lobby", "tailgating", "over 1 people"))]
    not_found = [register(f"out{n}", finds=text) for n, text in enumerate(("-lobby", "over 2 people", "door:dock"))]
    store(service, account, change)
    assert [heard(one) for one in found] == [["incident.created"]] * 3
    assert [heard(one) for one in not_found] == [[]] * 3


async def test_who_was_told_of_an_incident_hears_of_its_dismissal_though_the_search_finds_it_no_more(
    db, service, place, store, clock, register, heard
):
    account, change = place
    told, other = register("told", finds="review:new"), register("other", finds="door:dock")
    store(service, account, change)
    clock.advance(60)

    def dismiss(conn):
        kept = reviewing.set_review(conn, account, "i1", "dismissed", clock.now(), by="olga@example.com")
        service.on_review(conn, account, "new", kept)
        service.on_overdue(conn, account, incidents.get(conn, account, "i1"), 1)

    db.write_sync(dismiss)
    assert sorted(heard(told)) == ["incident.created", "incident.dismissed", "incident.overdue"]
    assert heard(other) == []


async def test_what_a_callback_was_told_early_changes_nothing_of_what_people_are_told(
    service, place, store, clock, register, inbox, desk
):
    account, change = place
    register("everything")
    store(service, account, provisional(change), desk)
    store(service, account, replace(change, revision=2))
    clock.advance(16)
    await service.step()
    assert [mail["To"] for mail in inbox.mails] == ["desk@example.com"]
