"""`doorwatch check` on a real installation: sound as it is, and with every kind of damage planted in it."""

import asyncio
import json
import os
import socket
import sqlite3

import pytest
from sqlalchemy import delete, insert, select, update
from typer.testing import CliRunner

from doorwatch.accounts.passwords import Passwords
from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.accounts.tokens import create_token
from doorwatch.accounts.users import add_user
from doorwatch.blobs import DiskBlobs
from doorwatch.cli.check import app
from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import HOUR, MINUTE, SECOND, ManualClock
from doorwatch.server.proof import Wish, prove
from doorwatch.server.settings import LOCAL_FILE, Settings
from doorwatch.server.watch.worker import Watch
from doorwatch.store import (
    Database,
    access_events,
    cameras,
    configuration,
    crossings,
    dirty,
    doors,
    evidence,
    incidents,
    segments,
    tenants,
)
from doorwatch.store.doors import Device
from doorwatch.store.evidence import Evidence
from doorwatch.store.moments import MomentKind, is_kind
from doorwatch.store.schema.happenings import crossings as crossings_table
from doorwatch.store.schema.happenings import dirty_doors, moments
from doorwatch.store.schema.happenings import incidents as incidents_table
from doorwatch.store.schema.media import evidence as evidence_table
from doorwatch.store.schema.media import segments as segments_table
from doorwatch.store.schema.people import tokens, users
from doorwatch.store.segments import Segment

NAMES = [
    "database",
    "schema",
    "references",
    "verdicts",
    "members",
    "once",
    "moments",
    "secrets",
    "rule",
    "evidence",
    "segments",
]


class Installed:
    """An installation in a folder: one door, two tailgatings and an unauthorized entry, half an hour ago."""

    def __init__(self, folder, db, url=None):
        self.db = db
        self.settings = Settings(data_dir=folder, database_url=url)
        self.clock = ManualClock()
        self.start = self.clock.now()
        db.write_sync(self._furnish)
        asyncio.run(self._happen())
        self.clock.advance(1800)
        self.found = db.read_sync(lambda conn: incidents.list_incidents(conn, self.account))
        db.write_sync(self._record)
        (folder / LOCAL_FILE).write_text("{}")

    def _furnish(self, conn):
        now = self.start
        account, _, pacs = tenants.ensure_default(conn, now)
        self.account, self.pacs = account.account_id, pacs.pacs_id
        doors.store_device_list(conn, self.account, self.pacs, [Device("lobby", "Lobby")], now, gateway_id="gw")
        self.door = doors.ensure_known(conn, self.account, self.pacs, ["lobby"], now)["lobby"]
        cameras.add_camera(conn, self.account, name="Cam", url="rtsp://x", now=now, camera_id="cam")
        configuration.set_mapping(conn, self.account, self.door, ["cam"], now, since=now - HOUR)
        add_user(
            conn,
            self.account,
            Passwords(),
            email="o@example.com",
            password="a long enough password",
            role=Role.OWNER,
            now=now,
            by="test",
        )
        create_token(conn, self.account, name="gateway", kind=TokenKind.GATEWAY, now=now, by="test")

    async def _happen(self):
        async def told(account, changed):
            pass

        watch = Watch(self.db, self.clock, on_change=lambda *_: None, told=told)
        for at, granted, entries in ((0, True, (1, 2)), (60, True, (61, 62, 63)), (200, False, (201,))):
            now = self.start + (at + 5) * SECOND
            grants = [AccessEvent(f"g{at}", "lobby", self.start + at * SECOND, "AccessGranted")] if granted else []
            seen = [
                Crossing(f"c{s}", self.door, "cam", f"t{s}", self.start + s * SECOND, Direction.IN) for s in entries
            ]
            await self.db.write(
                lambda conn, g=grants, n=now: access_events.store_events(conn, self.account, self.pacs, g, n)
            )
            await self.db.write(lambda conn, s=seen, n=now: crossings.store_crossings(conn, self.account, s, n))
        for _ in range(20):
            self.clock.advance(30)
            while await watch.step():
                pass

    def _record(self, conn):
        blobs, now = DiskBlobs(self.settings.blobs_dir), self.clock.now()
        for number, stored in enumerate(self.found):
            blob = f"evidence/{self.account}/{stored.incident_id}/{number:012x}-picture.jpg"
            blobs.put(blob, b"picture")
            piece = Evidence(stored.incident_id, "picture.jpg", "cam", blob, 7, now, 0, stored.revision, now)
            evidence.put(conn, self.account, piece)
        for number in range(2):
            name = f"cam/20260101/s{number}.mp4"
            self.age(name, b"video" * 10)
            row = Segment(f"cam~{number}", "cam", self.start, self.start + MINUTE, 50, name)
            segments.store_segments(conn, self.account, [row])

    def age(self, name, data, *, folder="recordings", minutes=60):
        path = self.settings.data_dir / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written = self.clock.now() / SECOND - minutes * 60
        os.utime(path, (written, written))
        return path

    def change(self, statement):
        self.db.write_sync(lambda conn: conn.execute(statement))

    def answers(self, *, thorough=False):
        now = self.clock.now()
        wish = Wish(now, now - 24 * HOUR, now - 10 * MINUTE, thorough)
        return {answer.name: answer for answer in prove(self.settings, wish)}

    def broken(self):
        return {name: answer.wrong for name, answer in self.answers().items() if not answer.kept}

    def only(self, name):
        """What is wrong with one promise, when it is the only broken one."""
        broken = self.broken()
        assert list(broken) == [name], broken
        return broken[name]


@pytest.fixture
def house(tmp_path, database, database_address):
    return Installed(tmp_path, database, database_address)


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """A SQLite installation that tests of the file itself may copy and break."""
    folder = tmp_path_factory.mktemp("installation")
    with Database.open(f"sqlite:///{folder / 'doorwatch.db'}") as db:
        Installed(folder, db)
    return folder


@pytest.fixture
def own(pattern, tmp_path):
    for file in pattern.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


@pytest.fixture
def free_port():
    """A port at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def first(house):
    return min(house.found, key=lambda stored: stored.incident.start)


def test_a_sound_installation_keeps_every_promise(house):
    answers = house.answers(thorough=True)
    assert list(answers) == NAMES
    assert {name: answer.wrong for name, answer in answers.items() if not answer.kept} == {}
    looked_at = {name: answer.looked_at for name, answer in answers.items()}
    assert looked_at["members"] == looked_at["once"] == looked_at["rule"] == looked_at["evidence"] == 3
    assert looked_at["moments"] == 2 + 6 + 3
    assert looked_at["secrets"] == looked_at["segments"] == 2


def test_an_installation_in_which_nothing_happened_keeps_every_promise(tmp_path):
    Database.open(f"sqlite:///{tmp_path / 'doorwatch.db'}").close()
    assert all(answer.kept for answer in prove(Settings(data_dir=tmp_path), Wish(HOUR, 0, 0)))


def test_a_provider_of_single_sign_on_that_is_away_is_found(tmp_path, free_port):
    Database.open(f"sqlite:///{tmp_path / 'doorwatch.db'}").close()
    settings = Settings(data_dir=tmp_path, oidc_issuer=f"http://127.0.0.1:{free_port}", oidc_client_id="doorwatch")
    answers = {answer.name: answer.wrong for answer in prove(settings, Wish(HOUR, 0, 0))}
    assert "DOORWATCH_OIDC_ISSUER" in answers.pop("sign-on")[0]
    assert not any(answers.values())


def test_a_crossing_that_an_incident_names_and_nobody_has_is_found(house):
    house.change(delete(crossings_table).where(crossings_table.c.crossing_id == "c1"))
    assert house.broken()["members"] == (
        f"incident {first(house).incident_id} names the crossing c1, which is not stored",
    )


def test_a_grant_that_an_incident_names_and_nobody_has_is_found(house):
    house.change(delete(moments).where(moments.c.name == "g60"))
    assert "names the grant g60, which is not stored" in house.broken()["members"][0]


def test_an_excess_entry_in_two_incidents_is_found(house):
    one, other = house.found[0].incident, house.found[1].incident
    both = [*other.excess_crossing_ids, one.excess_crossing_ids[0]]
    where = incidents_table.c.incident_id == other.incident_id
    house.change(update(incidents_table).where(where).values(excess_crossing_ids=both))
    assert one.excess_crossing_ids[0] in house.broken()["once"][0]


def test_an_incident_that_is_a_part_of_another_may_share_its_entries(house):
    one, other = house.found[0].incident, house.found[1].incident
    values = {"excess_crossing_ids": list(one.excess_crossing_ids), "superseded_by": one.incident_id}
    house.change(update(incidents_table).where(incidents_table.c.incident_id == other.incident_id).values(**values))
    assert "once" not in house.broken()


@pytest.mark.parametrize(("column", "value"), [("people", 7), ("grants", 0), ("excess", 5), ("kind", "tailgating_x")])
def test_an_incident_row_that_was_altered_is_found(house, column, value):
    value = "possible_tailgating" if column == "kind" else value
    where = incidents_table.c.incident_id == first(house).incident_id
    house.change(update(incidents_table).where(where).values(**{column: value}))
    (wrong,) = house.broken()["rule"]
    assert f"is stored with {column} {value}, the rule says" in wrong
    assert first(house).incident_id in wrong


def test_an_incident_that_was_removed_is_found(house):
    gone = first(house).incident_id
    for table in (evidence_table, incidents_table.metadata.tables["incident_revisions"], incidents_table):
        house.change(delete(table).where(table.c.incident_id == gone))
    broken = house.broken()
    assert "that is not stored" in broken["rule"][0]
    assert gone in broken["rule"][0]
    assert broken["moments"] == (f"moment incident:{gone} shows nothing that is stored",)
    assert "belongs to no incident" not in str(broken.get("evidence", ""))


def test_an_incident_that_the_rule_does_not_know_is_found(house):
    where = crossings_table.c.crossing_id == "c201"
    house.change(update(crossings_table).where(where).values(direction="out"))
    assert "the rule finds none" in house.broken()["rule"][0]


def test_an_incident_that_was_called_explained_without_a_reason_is_found(house):
    where = incidents_table.c.incident_id == first(house).incident_id
    house.change(update(incidents_table).where(where).values(state="explained"))
    assert "is stored as explained" in house.broken()["rule"][0]


def test_an_incident_that_stays_provisional_is_found_unless_its_door_waits_to_be_looked_at(house):
    where = incidents_table.c.incident_id == first(house).incident_id
    house.change(update(incidents_table).where(where).values(state="provisional"))
    assert "is stored with state provisional, the rule says final" in house.broken()["rule"][0]
    now = house.clock.now()
    house.db.write_sync(lambda conn: dirty.mark(conn, house.account, {house.door: (house.start, now)}, now))
    assert "rule" not in house.broken()


def test_what_is_older_than_asked_for_is_left_alone(house):
    where = incidents_table.c.incident_id == first(house).incident_id
    house.change(update(incidents_table).where(where).values(people=9))
    now = house.clock.now()
    wish = Wish(now, house.start + 30 * SECOND, now - 10 * MINUTE)
    rule = next(answer for answer in prove(house.settings, wish) if answer.name == "rule")
    assert rule.kept
    assert rule.looked_at == 2


def test_a_door_whose_verdict_is_overdue_is_found(house):
    late = house.clock.now() - HOUR
    house.db.write_sync(lambda conn: dirty.mark(conn, house.account, {house.door: (late, late)}, late))
    assert f"door {house.door} waits for its verdict since" in house.only("verdicts")[0]


def test_a_door_that_fails_again_and_again_is_found(house):
    late, soon = house.clock.now() - HOUR, house.clock.now() + SECOND
    house.db.write_sync(lambda conn: dirty.mark(conn, house.account, {house.door: (late, late)}, late))
    house.change(update(dirty_doors).values(due_at=soon))
    assert "is tried again and again" in house.only("verdicts")[0]


def test_a_mark_of_a_moment_ago_is_work_and_no_fault(house):
    now = house.clock.now() - SECOND
    house.db.write_sync(lambda conn: dirty.mark(conn, house.account, {house.door: (now, now)}, now))
    assert house.broken() == {}


def test_where_no_server_runs_on_the_file_nothing_is_overdue(own):
    with Database.open(f"sqlite:///{own / 'doorwatch.db'}") as db:
        query = select(incidents_table.c.account_id, incidents_table.c.door_id)
        account, door_id = db.read_sync(lambda conn: conn.execute(query).first())
        db.write_sync(lambda conn: dirty.mark(conn, account, {door_id: (1, 1)}, 1))
    now = ManualClock().now() + HOUR
    wish = Wish(now, now, now)
    assert "verdicts" in {answer.name for answer in prove(Settings(data_dir=own), wish) if not answer.kept}
    (own / LOCAL_FILE).unlink()
    assert "verdicts" not in {answer.name for answer in prove(Settings(data_dir=own), wish)}


@pytest.mark.parametrize("moment_id", ["crossing:c1", "incident:FIRST"])
def test_what_search_does_not_know_is_found(house, moment_id):
    moment_id = moment_id.replace("FIRST", first(house).incident_id)
    house.change(delete(moments).where(moments.c.name == moment_id))
    (wrong,) = house.only("moments")
    assert moment_id.rpartition(":")[2] in wrong
    assert "has no moment" in wrong


def test_a_moment_of_nothing_is_found(house):
    row = house.db.read_sync(lambda conn: conn.execute(select(moments).where(is_kind(MomentKind.CROSSING))).first())
    copy = {
        **row._mapping,
        "number": row.number + 999,
        "changed": None,
        "name": "crossing:ghost",
        "crossing_id": "ghost",
    }
    house.change(insert(moments).values(**copy))
    assert house.only("moments") == ("moment crossing:ghost shows nothing that is stored",)


@pytest.mark.parametrize(
    ("kind", "values"),
    [("incident", {"excess": 9}), ("crossing", {"outcome": None}), ("crossing", {"door_id": None})],
)
def test_a_moment_that_says_something_else_than_what_it_shows_is_found(house, kind, values):
    house.change(update(moments).where(is_kind(MomentKind(kind))).values(**values))
    assert all(f"shows another {kind} than is stored" in wrong for wrong in house.only("moments"))


@pytest.mark.parametrize(("lacking", "what"), [("door_id", "door"), ("story", "type")])
def test_an_access_event_that_lost_what_it_refers_to_is_found(house, lacking, what):
    house.change(update(moments).where(moments.c.name == "g60").values({lacking: None}))
    assert house.broken()["moments"] == (f"access event g60 has no {what}: search can't name it",)


def test_a_password_that_is_kept_readable_is_found_and_not_repeated(house):
    house.change(update(users).values(password_hash="hunter2 hunter2"))
    (wrong,) = house.only("secrets")
    assert "is not kept as an argon2id hash" in wrong
    assert "hunter2" not in wrong


@pytest.mark.parametrize("values", [{"token_hash": "dwg_readable"}, {"prefix": "dwg_readable"}])
def test_a_token_that_is_kept_readable_is_found_and_not_repeated(house, values):
    house.change(update(tokens).values(**values))
    (wrong,) = house.only("secrets")
    assert "kept readable" in wrong
    assert "dwg_" not in wrong


def blob_of(house, stored):
    found = house.db.read_sync(lambda conn: evidence.of_incidents(conn, house.account, [stored.incident_id]))
    return found[stored.incident_id]["picture.jpg"].blob


def test_evidence_without_its_file_is_found(house):
    blob = blob_of(house, first(house))
    (house.settings.blobs_dir / blob).unlink()
    assert house.only("evidence") == (f"the evidence {blob} has no file",)


def test_evidence_of_another_size_is_found(house):
    blob = blob_of(house, first(house))
    (house.settings.blobs_dir / blob).write_bytes(b"cut")
    assert house.only("evidence") == (f"the evidence {blob} has 3 bytes instead of 7",)


def test_a_file_that_belongs_to_no_incident_is_found_when_it_is_old(house):
    name = "evidence/acc/inc/0-clip.mp4"
    house.age(name, b"x", folder="blobs", minutes=1)
    assert house.broken() == {}
    house.age(name, b"x", folder="blobs")
    assert house.only("evidence") == (f"the file {name} belongs to no incident",)


def test_evidence_that_is_replaced_while_we_look_is_no_fault(house):
    blob = blob_of(house, first(house))
    newer = blob.replace("-picture", "new-picture")
    asked = []

    def meanwhile(name):
        """Right after the rows were read for the first time, the server replaces a picture."""
        if name == "segments" or asked:
            return
        asked.append(name)
        path = house.settings.blobs_dir / blob
        path.rename(path.with_name(newer.rpartition("/")[2]))
        house.change(update(evidence_table).where(evidence_table.c.blob == blob).values(blob=newer))

    from doorwatch.server.proof.files import _evidence_rows, evidence_kept

    def ask(work):
        rows = house.db.read_sync(work)
        if work is _evidence_rows:
            meanwhile("evidence")
        return rows

    assert evidence_kept(ask, house.settings.blobs_dir, 0).wrong == ()
    assert asked


def test_a_segment_without_its_file_is_found(house):
    (house.settings.data_dir / "recordings/cam/20260101/s1.mp4").unlink()
    assert house.only("segments") == ("the segment cam/20260101/s1.mp4 has no file",)


def test_a_segment_that_was_cut_is_found(house):
    (house.settings.data_dir / "recordings/cam/20260101/s1.mp4").write_bytes(b"v")
    assert house.only("segments") == ("the segment cam/20260101/s1.mp4 has 1 bytes instead of 50",)


def test_a_recording_without_a_row_is_found_when_it_is_old(house):
    house.age("cam/20260101/s9.mp4", b"video", minutes=1)
    assert house.broken() == {}
    house.age("cam/20260101/s9.mp4", b"video")
    assert house.only("segments") == ("the recording cam/20260101/s9.mp4 has no row",)


def test_a_recording_that_is_about_to_be_deleted_is_no_fault(house):
    house.db.write_sync(lambda conn: segments.remove_before(conn, house.account, house.start + HOUR, house.clock.now()))
    assert house.broken() == {}


def test_recordings_of_an_analyzer_elsewhere_are_not_missed(house):
    house.change(update(segments_table).values(name="elsewhere/20260101/s.mp4"))
    for file in (house.settings.data_dir / "recordings/cam/20260101").iterdir():
        file.unlink()
    assert house.broken() == {}


def test_a_reference_that_leads_nowhere_is_found(own):
    with sqlite3.connect(own / "doorwatch.db") as raw:
        raw.execute("DELETE FROM cameras")
    raw.close()
    answers = {answer.name: answer for answer in prove(Settings(data_dir=own), Wish(0, 0, 0))}
    assert "cameras does not have" in answers["references"].wrong[0]


def test_a_damaged_file_is_found(own):
    file = own / "doorwatch.db"
    data = bytearray(file.read_bytes())
    page = 4096
    for start in range(3 * page, len(data), page):
        data[start : start + 64] = b"\xff" * 64
    file.write_bytes(data)
    result = run("--data-dir", own)
    assert result.exit_code == 1, result.output
    assert result.output.startswith("broken  database")
    assert "restore it from a backup" in result.output


def test_tables_of_another_version_are_told_and_nothing_else_is_asked(own):
    with sqlite3.connect(own / "doorwatch.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    answers = list(prove(Settings(data_dir=own), Wish(0, 0, 0)))
    assert [answer.name for answer in answers] == ["database", "schema"]
    assert "of revision 9999" in answers[1].wrong[0]


def test_the_command_prints_a_line_a_promise_and_ends_with_0(own):
    (own / LOCAL_FILE).unlink()
    result = run("--data-dir", own, "--json")
    lines = {line["invariant"]: line for line in map(json.loads, result.output.splitlines())}
    # The pictures and recordings were left behind.
    assert list(lines) == [name for name in NAMES if name != "verdicts"]
    assert {name for name, line in lines.items() if not line["ok"]} == {"evidence"}
    assert result.exit_code == 1
    assert lines["evidence"]["broken"] == 3
    assert set(lines["rule"]) == {"invariant", "ok", "promise", "looked_at", "broken", "examples"}


def test_the_command_ends_with_0_when_all_is_well(tmp_path):
    Database.open(f"sqlite:///{tmp_path / 'doorwatch.db'}").close()
    result = run("--data-dir", tmp_path)
    assert result.exit_code == 0, result.output
    assert result.output.count("ok  ") == 10


def test_the_command_reads_the_database_only(own):
    before = (own / "doorwatch.db").read_bytes()
    run("--data-dir", own)
    assert (own / "doorwatch.db").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--data-dir", "/nowhere/at/all"], "there is no database"),
        (["--since", "yesterday"], "--since yesterday"),
        (["--stale", "0"], "greater than or equal to 1"),
        (["--database-url", "mysql://x"], "mysql://"),
    ],
)
def test_what_cannot_be_looked_at_is_told_in_a_sentence_and_ends_with_2(arguments, told):
    result = run(*arguments)
    assert result.exit_code == 2
    assert told in result.output


@pytest.mark.parametrize("since", ["90m", "24h", "7d", "2020-01-01T00:00:00Z"])
def test_since_is_a_span_or_a_time(own, since):
    assert run("--data-dir", own, "--since", since).exit_code in {0, 1}
