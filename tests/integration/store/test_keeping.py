"""Segments, outbox, audit, settings, reports and counts."""

import threading
from functools import partial

import pytest

from doorwatch.domain.access import Direction
from doorwatch.domain.incident import (
    CoverageState,
    CrossingOutcome,
    CrossingVerdict,
    Incident,
    IncidentKind,
    IncidentState,
)
from doorwatch.domain.time import HOUR, MINUTE, SECOND
from doorwatch.domain.verdict import Change
from doorwatch.store import (
    Database,
    crossings,
    gateway_reports,
    retention,
    reviewing,
    segments,
    settings,
    summaries,
    tenants,
    verdicts,
)
from doorwatch.store.alerting import deliveries, outbox
from doorwatch.store.alerting.deliveries import Outcome
from doorwatch.store.alerting.outbox import Draft
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.retention import Keep
from doorwatch.store.segments import Segment


def piece(building, number, camera="cam"):
    start = building.now + number * 10 * SECOND
    return Segment(f"s{number}", camera, start, start + 10 * SECOND, 100, f"cam/{number}.mp4")


def keep(building, *numbers):
    return building.write(segments.store_segments, [piece(building, number) for number in numbers])


def test_segments_that_touch_a_time_are_found_in_order(building):
    keep(building, 3, 1, 2, 2)
    found = building.read(segments.between, "cam", building.now + 15 * SECOND, building.now + 30 * SECOND)
    assert found == [piece(building, 1), piece(building, 2)]


def test_segments_of_strange_cameras_are_refused(building, stranger):
    batch = [piece(building, 1), piece(building, 2, camera="theirs")]
    assert building.write(segments.store_segments, batch) == (1,)
    assert stranger.read(segments.between, "theirs", 0, building.now * 2) == []


def test_a_row_goes_before_its_file_and_does_not_come_back(building):
    keep(building, 1, 2, 3)
    assert building.write(retention.remove_old, lambda _: Keep(0, 0), building.now + 30 * SECOND) == 2
    assert building.read(segments.list_garbage) == ["s1", "s2"]
    keep(building, 1, 2)
    assert [s.segment_id for s in building.read(segments.between, "cam", 0, building.now * 2)] == ["s3"]
    assert building.read(segments.used_bytes) == 300
    assert building.write(segments.drop_garbage, ["s1", "s3", "nothing"]) == 1
    assert building.read(segments.list_garbage) == ["s2"]
    assert building.read(segments.used_bytes) == 200


def mail(dedupe="d1", **more):
    return Draft(dedupe, "email", "a@x", "Tailgating", {"body": "..."}, incident_id="i1", **more)


def test_a_message_is_written_once_for_its_key(building, stranger):
    assert building.write(outbox.write, mail(), building.now)
    assert not building.write(outbox.write, mail(), building.now)
    assert stranger.write(outbox.write, mail(), building.now)
    [message] = building.read(outbox.list_messages)
    assert (message.state, message.recipient, message.payload) == ("waiting", "a@x", {"body": "..."})


def test_a_claimed_message_is_given_to_nobody_else_until_its_lease_is_over(building):
    building.write(outbox.write, mail(), building.now)
    claim = building.db.write_sync
    [message] = claim(lambda c: deliveries.claim(c, building.now, "email", lease=MINUTE))
    assert message.attempts == 1
    assert claim(lambda c: deliveries.claim(c, building.now, "email")) == []
    [again] = claim(lambda c: deliveries.claim(c, building.now + MINUTE, "email"))
    assert again.attempts == 2


def test_a_sent_message_stays_sent_and_a_failed_one_is_tried_again_or_given_up(building):
    for number in (1, 2, 3):
        building.write(outbox.write, mail(f"d{number}"), building.now + number)
    first, second, third = building.db.write_sync(lambda c: deliveries.claim(c, building.now + 9, "email"))
    now, tried = building.now, partial(Outcome, building.account)
    outcomes = [
        tried(first.message_id, "sent", now, now + 10),
        tried(second.message_id, "again", now, now, "no answer", now + HOUR),
        tried(third.message_id, "failed", now, now, "no such person"),
    ]
    building.db.write_sync(lambda c: deliveries.note(c, outcomes))
    states = {m.message_id: (m.state, m.error) for m in building.read(outbox.list_messages)}
    assert states == {
        first.message_id: ("sent", None),
        second.message_id: ("waiting", "no answer"),
        third.message_id: ("failed", "no such person"),
    }
    assert building.db.read_sync(outbox.next_due) == building.now + HOUR
    assert len(building.db.write_sync(lambda c: deliveries.claim(c, building.now + HOUR, "email"))) == 1


def test_a_message_can_wait_for_its_time(building):
    building.write(outbox.write, mail(), building.now, due_at=building.now + 5)
    assert building.db.write_sync(lambda c: deliveries.claim(c, building.now, "email")) == []
    assert len(building.db.write_sync(lambda c: deliveries.claim(c, building.now + 5, "email"))) == 1


def test_replicas_never_claim_one_message_together(building, database_address):
    for number in range(20):
        building.write(outbox.write, mail(f"d{number}"), building.now)
    claimed = []

    def work():
        with Database.open(database_address, readers=1) as replica:
            while found := replica.write_sync(lambda c: deliveries.claim(c, building.now, "email", limit=3)):
                claimed.extend(message.message_id for message in found)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 20


def test_the_audit_trail_is_numbered_and_read_from_its_end(building, stranger):
    for number in range(5):
        building.write(
            audit.record,
            at=building.now,
            actor="a@x",
            action=("door.map", "door.pool")[number % 2],
            detail={"n": number},
        )
    stranger.write(audit.record, at=building.now, actor="b@x", action="door.map")
    page = building.read(audit.list_entries, limit=2)
    assert [entry.number for entry in page] == [5, 4]
    assert [entry.number for entry in building.read(audit.list_entries, before=4)] == [3, 2, 1]
    assert [entry.detail["n"] for entry in building.read(audit.list_entries, action="door.pool")] == [3, 1]


def test_settings_are_an_accounts_own(building, stranger):
    building.write(settings.set_setting, "alerts", {"enabled": True}, building.now)
    building.write(settings.set_setting, "empty", None, building.now)
    assert building.read(settings.get_setting, "alerts") == {"enabled": True}
    assert stranger.read(settings.get_setting, "alerts", "none") == "none"
    assert building.read(settings.get_setting, "empty", "default") is None
    assert building.read(settings.all_settings) == {"alerts": {"enabled": True}, "empty": None}


def test_alert_rules_are_saved_replaced_and_removed(building, stranger):
    rule = building.write(settings.save_alert_rule, name="Nights", enabled=True, values={"to": ["a"]}, now=1)
    changed = building.write(
        settings.save_alert_rule, name="Days", enabled=False, values={}, now=2, rule_id=rule.rule_id
    )
    assert building.read(settings.list_alert_rules) == [changed]
    with pytest.raises(UnknownError):
        stranger.write(settings.remove_alert_rule, rule.rule_id)
    building.write(settings.remove_alert_rule, rule.rule_id)
    assert building.read(settings.list_alert_rules) == []


def test_a_secret_is_made_once_for_all_replicas(database):
    made = iter(["first", "second"])
    found = [
        database.write_sync(lambda c: settings.get_or_make_secret(c, "links", lambda: next(made), 1)) for _ in "ab"
    ]
    assert found == ["first", "first"]


def test_only_the_newest_reports_of_a_gateway_stay(building, monkeypatch):
    monkeypatch.setattr(gateway_reports, "KEPT", 3)
    for number in range(5):
        building.write(gateway_reports.add, building.pacs, "logs", [{"n": number}], building.now)
    building.write(gateway_reports.add, building.pacs, "stats", [{"n": 9}, {"n": 10}], building.now)
    assert [r.body["n"] for r in building.read(gateway_reports.newest, building.pacs, "logs")] == [4, 3, 2]
    assert [r.body["n"] for r in building.read(gateway_reports.newest, building.pacs, "stats")] == [10, 9]


def test_doors_are_counted_over_a_time(building):
    building.store_events(
        building.event("g1"),
        building.event("g2"),
        building.event("late", building.now + HOUR),
        building.event("o", event_type="DoorOpen"),
    )
    building.store_crossings(
        building.crossing("c1"),
        building.crossing("c2"),
        building.crossing("c3", direction=Direction.OUT),
        building.crossing("c4"),
    )
    building.write(crossings.set_outcomes, [CrossingVerdict("c4", CrossingOutcome.TURNED_BACK)])
    for number, state in enumerate((IncidentState.FINAL, IncidentState.PROVISIONAL, IncidentState.WITHDRAWN)):
        told = Incident(
            f"i{number}",
            building.door,
            IncidentKind.TAILGATING,
            state,
            building.now,
            building.now,
            2,
            1,
            1,
            0,
            CoverageState.FULL,
            "2 people, 1 grant",
            (),
            (),
            (),
        )
        building.write(verdicts.save, Change(told, 1), building.now)
    building.write(reviewing.set_review, "i0", "confirmed", building.now, by="x")
    counts = building.read(summaries.count_by_door, building.now, building.now + HOUR)
    assert set(counts) == {building.door}
    here = counts[building.door]
    assert (here.grants, here.crossings_in, here.crossings_out, here.all_incidents) == (2, 2, 1, 2)
    assert (here.incidents, here.reviews) == ({"tailgating": 2}, {"confirmed": 1, "new": 1})


def test_the_first_account_is_made_once(database):
    first = database.write_sync(lambda c: tenants.ensure_default(c, 1, time_zone="Europe/Berlin"))
    assert database.write_sync(lambda c: tenants.ensure_default(c, 2)) == first
    assert first[1].time_zone == "Europe/Berlin"


def test_a_time_zone_that_is_none_is_refused(building):
    with pytest.raises(ConflictError, match="Europe/Berlin"):
        building.write(tenants.create_site, "North", "Mars/Olympus")
    [site] = building.read(tenants.list_sites)
    building.write(tenants.update_site, tenants.Site(site.site_id, "HQ", "Asia/Tokyo"))
    assert building.read(tenants.list_sites)[0].time_zone == "Asia/Tokyo"
