"""What `doorwatch check` finds of incidents and the doors that wait: sound as they are, and with damage planted in them."""

import pytest
from installed import NAMES, first
from sqlalchemy import delete, select, update

from doorwatch.domain.time import HOUR, MINUTE, SECOND, ManualClock
from doorwatch.server.proof import Wish, prove
from doorwatch.server.settings import LOCAL_FILE, Settings
from doorwatch.store import Database, dirty
from doorwatch.store.schema.happenings import crossings as crossings_table
from doorwatch.store.schema.happenings import dirty_doors, moments
from doorwatch.store.schema.happenings import incidents as incidents_table
from doorwatch.store.schema.media import evidence as evidence_table


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
