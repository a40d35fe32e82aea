"""What callbacks hear of the system's troubles, read off the outbox of a real database."""

import pytest

from doorwatch.alerts.callbacks import TROUBLES, trouble_type
from doorwatch.alerts.system import SystemSettings, save_system, tell_lasting, tell_over
from doorwatch.alerts.troubles import Trouble
from doorwatch.domain.time import HOUR, MINUTE
from doorwatch.server.alerting import chores
from doorwatch.server.alerting.chores import Installation
from doorwatch.store import cameras
from doorwatch.store.alerting import conditions, outbox
from doorwatch.store.alerting.conditions import Condition
from doorwatch.store.cameras import CameraStatus


def test_a_camera_that_is_away_is_told_to_who_asked_for_it_when_it_begins_and_when_it_is_over(
    db, place, clock, registered, sent, tmp_path
):
    account, _ = place
    asked = registered("system.camera_offline", "incident.created")
    other = registered("system.certificate_expiring", "incident.created")
    camera = db.write_sync(
        lambda conn: cameras.add_camera(conn, account, name="Inside", url="rtsp://u:secret@c.invalid/1", now=0)
    )

    def look(code):
        status = CameraStatus(code=code, message="connection refused", at=clock.now())

        def work(conn):
            cameras.set_status(conn, account, camera.camera_id, status)
            return chores.look(conn, account, Installation("http://d", tmp_path), clock.now())

        return db.write_sync(work)

    for code in (500, 500, 500, 500, 200, 200):
        look(code)
        clock.advance(60)
    told = sent(asked)
    assert [body["type"] for body in told] == ["system.camera_offline"] * 2
    begun, over = (body["data"]["object"] for body in told)
    assert (begun["state"], begun["kind"], begun["subject"]) == ("begun", "camera_offline", "Inside")
    assert (begun["title"], begun["reason"]) == ("Camera Inside is away", "Connection refused.")
    assert (over["state"], over["title"]) == ("over", "Camera Inside is back")
    assert sent(other) == []


@pytest.mark.parametrize("trouble", Trouble)
def test_each_trouble_is_heard_by_its_name_also_where_people_are_not_told_of_it(
    db, place, clock, registered, sent, trouble
):
    account, _ = place
    asked = registered(trouble_type(trouble))
    others = registered(*(kind for kind in TROUBLES if kind != trouble_type(trouble)))
    condition = Condition("c1", trouble.value, "Somewhere", "It is so.", clock.now())

    def tell(conn):
        save_system(conn, account, SystemSettings(off=frozenset(Trouble)), 0)
        conditions.begin(conn, account, condition)
        for now in (clock.now() + HOUR, clock.now() + HOUR + MINUTE):
            tell_lasting(conn, account, "http://d", now)
        ended = conditions.over(conn, account, "c1")
        tell_over(conn, account, ended, "http://d", clock.now() + 2 * HOUR)
        return outbox.list_messages(conn, account, limit=50)

    written = db.write_sync(tell)
    assert [body["data"]["object"]["state"] for body in sent(asked)] == ["begun", "over"]
    assert sent(others) == []
    assert {message.channel for message in written} == {"callback"}, "it is switched off for people"
