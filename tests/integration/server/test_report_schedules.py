"""Reports by mail: due by the clock of the place, once for each recipient and period, with the PDF in the mail."""

import asyncio
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from doorwatch.accounts.roles import Role
from doorwatch.alerts.delivery import OutboxWorker
from doorwatch.alerts.journal import Journal
from doorwatch.alerts.message import Sender
from doorwatch.alerts.noting import NoteBook
from doorwatch.domain.time import DAY, HOUR, SECOND, ManualClock, from_iso
from doorwatch.server.reporting.courier import ReportCourier
from doorwatch.server.reporting.desk import ReportDesk, no_longer_wanted, write
from doorwatch.server.reporting.periods import last_due
from doorwatch.store import report_schedules, tenants
from doorwatch.store.alerting import outbox
from doorwatch.store.engine.database import Database
from doorwatch.store.report_schedules import Wanted

MONDAY = from_iso("2026-11-30T05:30:00Z")  # half past six in Vienna
WEEKLY = {"name": "Week of the lobby", "every": "week", "hour": 7, "recipients": ["one@example.com", "two@example.com"]}


class Letterbox:
    """Takes every letter; `to` is whose they were."""

    def __init__(self):
        self.to = []

    async def send(self, mail):
        self.to.append(mail["To"])


@pytest.fixture
def clock():
    return ManualClock(MONDAY)


@pytest.fixture
def db(own_address):
    with Database.open(own_address) as found:
        yield found


@pytest.fixture
def account(db, clock):
    return db.write_sync(
        lambda conn: tenants.ensure_default(conn, clock.now(), time_zone="Europe/Vienna")[0].account_id
    )


def written(db, account):
    found = db.read_sync(lambda conn: outbox.list_messages(conn, account))
    return sorted((one.recipient, one.subject) for one in found)


def made(db, account, now, **more):
    wanted = Wanted(
        **{"name": "Week", "every": "week", "hour": 7, "site_id": None, "recipients": ["a@example.com"], **more}
    )
    return db.write_sync(lambda conn: report_schedules.add(conn, account, wanted, now))


async def test_a_week_is_mailed_on_monday_at_its_hour_once_whoever_looks(db, account, clock):
    made(db, account, clock.now(), recipients=["a@example.com", "b@example.com", "a@example.com"])
    desks = [ReportDesk(db, clock) for _ in range(3)]
    assert [await desk.look() for desk in desks] == [0, 0, 0]
    clock.advance(HOUR / SECOND)
    assert sum(await asyncio.gather(*(desk.look() for desk in desks))) == 2
    subject = "Week: Mon 23 Nov 2026 to Sun 29 Nov 2026"
    assert written(db, account) == [("a@example.com", subject), ("b@example.com", subject)]
    clock.advance(6 * DAY / SECOND)
    assert await desks[0].look() == 0
    clock.advance((DAY) / SECOND)
    assert await desks[1].look() == 2


async def test_what_was_due_before_it_was_made_or_saved_is_not_mailed(db, account, clock):
    clock.advance(HOUR / SECOND)
    schedule = made(db, account, clock.now())
    desk = ReportDesk(db, clock)
    assert await desk.look() == 0
    clock.advance((8 * DAY) / SECOND)
    db.write_sync(
        lambda conn: report_schedules.change(conn, account, schedule.schedule_id, schedule.wanted, clock.now())
    )
    assert await desk.look() == 0


async def test_one_that_is_off_is_not_mailed_and_one_that_is_days_late_is_left_out(db, account, clock):
    made(db, account, clock.now(), enabled=False)
    made(db, account, clock.now(), every="month", name="Month")
    desk = ReportDesk(db, clock)
    clock.advance((DAY + HOUR) / SECOND)
    assert await desk.look() == 1, "the first of December at seven"
    clock.advance((33 * DAY) / SECOND)  # the server was away over the first of January
    assert await desk.look() == 0
    clock.advance((30 * DAY) / SECOND)
    assert written(db, account) == [("a@example.com", "Month: Sun 1 Nov 2026 to Mon 30 Nov 2026")]


@pytest.mark.parametrize("how", ["deleted", "off", "off, and sent by hand", "not to them", "asked for"])
async def test_a_report_that_waits_goes_only_as_its_schedule_is_when_it_is_sent(db, account, clock, how):
    schedule = made(db, account, clock.now(), recipients=["a@example.com", "b@example.com"])
    period = last_due("week", 7, ZoneInfo("Europe/Vienna"), clock.now())
    again = "once more" if "by hand" in how else ""
    db.write_sync(lambda conn: write(conn, account, schedule, period, clock.now(), again=again))
    changed = replace(schedule.wanted, enabled="off" not in how, recipients=["b@example.com"])

    def change(conn):
        if how in {"deleted", "asked for"}:
            report_schedules.remove(conn, account, schedule.schedule_id)
        else:
            report_schedules.change(conn, account, schedule.schedule_id, changed, clock.now())

    db.write_sync(change)
    letterbox = Letterbox()
    courier = ReportCourier(db, letterbox, Sender("d@example.com"), "http://d", clock)
    book = NoteBook(db, Journal(None), lambda *_: None)
    worker = OutboxWorker(db, clock, courier, book, no_longer_wanted)
    while await worker.step():
        pass
    if how == "asked for":
        mine = db.read_sync(lambda conn: outbox.list_messages(conn, account))[0]
        db.write_sync(lambda conn: outbox.again(conn, account, mine.message_id, clock.now()))
        await worker.step()
        assert letterbox.to == [mine.recipient]
        return
    assert letterbox.to == (["b@example.com"] if "by hand" in how or how == "not to them" else [])
    why = {one.error for one in db.read_sync(lambda conn: outbox.list_messages(conn, account, state="withheld"))}
    assert why == {
        {
            "deleted": "its schedule was deleted before it was sent",
            "off": "its schedule was switched off before it was sent",
        }.get(how, "they were taken off those who are told before it was sent")
    }


@pytest.fixture
async def mailing(own_address, tmp_path, run_server, inbox):
    more = {"smtp_host": "127.0.0.1", "smtp_port": inbox.port, "smtp_security": "none", "mail_from": "dw@example.com"}
    async with run_server(tmp_path / "data", database_url=own_address, **more) as found:
        yield found


async def test_one_is_made_sent_at_once_with_its_pdf_changed_and_removed_and_all_of_it_is_in_the_audit_trail(
    mailing, inbox, eventually
):
    owner = await mailing.user(Role.OWNER)
    schedule = await owner.post("/api/report-schedules", WEEKLY)
    assert schedule["recipients"] == WEEKLY["recipients"]
    assert ZoneInfo(schedule["zone"])
    assert schedule["next_at"] > mailing.iso()
    path = f"/api/report-schedules/{schedule['schedule_id']}"
    assert (await owner.post(f"{path}/send"))["mails"] == 2
    assert (await owner.post(f"{path}/send"))["mails"] == 2, "whoever asks twice is sent two"

    async def four():
        return len(inbox.mails) == 4

    await eventually(four)
    mail = inbox.mails[0]
    assert mail["To"] in WEEKLY["recipients"]
    assert mail["Subject"].startswith("Week of the lobby: Mon ")
    assert "Incidents: 0 (0 before)" in mail.get_body(("plain",)).get_content()
    [attached] = mail.iter_attachments()
    assert attached.get_filename().startswith("doorwatch-report-")
    assert attached.get_content().startswith(b"%PDF-")
    assert len({one["Message-ID"] for one in inbox.mails}) == 4

    off = await owner.put(path, {**WEEKLY, "enabled": False, "hour": 0})
    assert (off["next_at"], off["hour"]) == (None, 0)
    await owner.call("DELETE", path)
    assert await owner.get("/api/report-schedules") == []
    acts = [one["act"] for one in (await owner.get("/api/audit"))["entries"] if one["act"].startswith("report.")]
    assert acts == ["report.schedule.remove", "report.schedule.change", *["report.send"] * 2, "report.schedule.add"]


async def test_what_cannot_be_mailed_is_said_and_only_who_manages_may_ask(site, owner):
    for wrong in (
        {"recipients": []},
        {"recipients": ["nobody"]},
        {"recipients": [" "]},
        {"every": "year"},
        {"hour": 24},
        {"name": " "},
    ):
        await owner.post("/api/report-schedules", {**WEEKLY, **wrong}, expect=422)
    await owner.post("/api/report-schedules", {**WEEKLY, "site_id": "elsewhere"}, expect=404)
    schedule = await owner.post("/api/report-schedules", WEEKLY)
    told = await owner.post(f"/api/report-schedules/{schedule['schedule_id']}/send", expect=409)
    assert "DOORWATCH_SMTP_HOST" in str(told)
    viewer = await site.user(Role.VIEW)
    await viewer.get("/api/report-schedules", expect=403)
    stranger = await site.user(Role.OWNER, await site.other_account())
    assert await stranger.get("/api/report-schedules") == []
    await stranger.call("DELETE", f"/api/report-schedules/{schedule['schedule_id']}", expect=404)


async def test_the_report_on_screen_is_had_on_paper_and_as_a_table_named_by_the_days_of_the_place(site, owner, gateway):
    await site.furnish(owner, gateway)
    (place,) = await owner.get("/api/sites")
    await owner.call("PATCH", f"/api/sites/{place['site_id']}", {"time_zone": "Pacific/Auckland"})
    days = (await owner.get("/api/reports/overview?days=30"))["by_day"]
    for form, kind, begins in (("pdf", "application/pdf", b"%PDF-"), ("csv", "text/csv", b"\xef\xbb\xbfdoor,")):
        async with owner.http.get(f"/api/reports/overview.{form}?days=30") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith(kind)
            assert f'"doorwatch-report-{days[0]["day"]}-30-days.{form}"' in answer.headers["Content-Disposition"]
            assert (await answer.read()).startswith(begins)
