"""Finding: the database gives exactly what the predicate says, on both kinds of database."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.appearance import Appearance, Carried, Colour
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.incident import (
    CoverageState,
    CrossingOutcome,
    CrossingVerdict,
    Incident,
    IncidentKind,
    IncidentState,
)
from doorwatch.domain.time import DAY, HOUR, MINUTE, SECOND, from_iso
from doorwatch.domain.verdict import Change
from doorwatch.search import find, load_vocabulary, matches, parse
from doorwatch.search.planner import MOST_COUNTED, CursorError
from doorwatch.store import (
    access_events,
    cameras,
    configuration,
    crossings,
    doors,
    moment_reading,
    moments,
    reviewing,
    tenants,
    verdicts,
)
from doorwatch.store.doors import Device

NOW = from_iso("2026-11-25T14:30:00Z")
ZONE = ZoneInfo("Europe/Berlin")
DEVICES = [Device("D1", "Lobby east"), Device("D2", "Server room"), Device("D3", "Gate 2")]
PEOPLE = [(None, None), ("7", "J. Rivera"), ("8", "Zoë Lee"), (None, "Ann Rivers")]
LOOKS = [
    Appearance(Colour.RED, Colour.BLUE, 4 * SECOND),
    Appearance(Colour.BLUE, Colour.BLUE, 10 * SECOND + 1),
    Appearance(),
    Appearance(Colour.WHITE, None, 75 * SECOND),
    Appearance(None, Colour.RED, carried=frozenset((Carried.SUITCASE,))),
    Appearance(carried=frozenset((Carried.BACKPACK, Carried.SUITCASE))),
    Appearance(carried=frozenset((Carried.HANDBAG,))),
]
TYPES = ["AccessGranted", "DoorOpen", "AccessRefused", "DoorOpenedForTooLong", "CustomThing"]


@dataclass
class World:
    db: object
    account: str
    all: list

    def search(self, text, *, now=NOW, **options):
        def work(conn):
            query = parse(text, load_vocabulary(conn, self.account, text), now, ZONE)
            return query, find(conn, self.account, query, **options)

        return self.db.read_sync(work)

    def titles(self, text, **options):
        return [moment.title for moment in self.search(text, **options)[1].moments]


def fill(conn):
    account, _, pacs = tenants.ensure_default(conn, NOW)
    name = account.account_id
    doors.store_device_list(conn, name, pacs.pacs_id, DEVICES, NOW, gateway_id="g")
    ids = doors.ensure_known(conn, name, pacs.pacs_id, ["D1", "D2", "D3"], NOW)
    for camera in ("Lobby cam", "Gate 2"):
        cameras.add_camera(conn, name, name=camera, url="x", now=NOW, camera_id=camera[:4])
    configuration.set_mapping(conn, name, ids["D1"], ["Lobb"], NOW - 30 * DAY)
    configuration.set_mapping(conn, name, ids["D3"], ["Gate", "Lobb"], NOW - 30 * DAY)
    events = [
        AccessEvent(
            f"e{n}",
            f"D{n % 3 + 1}",
            NOW - n * 3 * HOUR,
            TYPES[n % 5],
            [None, Direction.IN, Direction.OUT][n % 3],
            *PEOPLE[n % 4],
            labels=("vip",) if n % 7 == 0 else (),
        )
        for n in range(40)
    ]
    access_events.store_events(conn, name, pacs.pacs_id, events, NOW)
    passed = [
        Crossing(
            f"c{n}",
            list(ids.values())[n % 3],
            ["Lobb", "Gate"][n % 2],
            f"t{n}",
            NOW - n * 2 * HOUR - 1,
            [Direction.IN, Direction.OUT][n % 2],
            appearance=LOOKS[n % len(LOOKS)],
        )
        for n in range(30)
    ]
    crossings.store_crossings(conn, name, passed, NOW)
    outcomes = [CrossingVerdict(f"c{n}", list(CrossingOutcome)[n % 7]) for n in range(0, 30, 2)]
    crossings.set_outcomes(conn, name, outcomes)
    for n in range(12):
        start = NOW - n * 7 * HOUR
        incident = Incident(
            f"i{n}",
            list(ids.values())[n % 3],
            list(IncidentKind)[n % 4],
            list(IncidentState)[n % 5],
            start,
            start,
            n % 5 + 1,
            n % 3,
            n % 4,
            0,
            CoverageState.FULL,
            f"{n % 5 + 1} people, {n % 3} grants by the blue coat{', after J. Rivera' if n % 4 == 3 else ''}",
            (f"c{n}",),
            (f"c{n}",),
            (),
        )
        verdicts.save(conn, name, Change(incident, 1), NOW)
        if n % 3:
            reviewing.set_review(conn, name, f"i{n}", ["confirmed", "dismissed"][n % 2], NOW, by="me")
    moments.record_health(
        conn, name, "h1", "Camera lost", "Lobby cam sends no pictures", at=NOW - MINUTE, now=NOW, labels=("camera",)
    )
    return account.account_id


@pytest.fixture(scope="module")
def world(module_database):
    account = module_database.write_sync(fill)
    everything = module_database.read_sync(lambda c: moment_reading.newest(c, account, 1000))
    return World(module_database, account, everything)


SENTENCES = [
    "",
    "tailgating",
    "tailgating lobby",
    "tailgating lobby yesterday evening",
    "access granted",
    "access granted gate 2",
    "-tailgating",
    "NOT incidents",
    "today",
    "yesterday",
    "last 3 hours",
    "entered",
    "out",
    "rivera",
    "j. rivera",
    "riv",
    "zoe",
    '"zoë lee"',
    "over 2 people",
    "excess 2",
    "exactly 1 people",
    "2 people lobby",
    "review:new",
    "dismissed",
    "incidents -dismissed",
    "state:final",
    "crossings in",
    "person in excess entry",
    '"blue coat"',
    "coat",
    "text:lobby",
    "camera:lobby",
    'door:"Gate 2"',
    "door:nowhere",
    "-door:nowhere",
    "custom thing",
    "cust",
    "vip",
    "-vip rivera",
    "side in",
    "entry.unlocked",
    "after 2026-11-24 before 2026-11-25",
    "today yesterday",
    "server room door held open",
    "unknown gibberish",
    "camera lost",
    "pictures",
    "health",
    "label:camera",
    "-rivera",
    "-out",
    "-in",
    "unauthorized",
    "explained",
    "withdrawn tailgating",
    "turned back",
    "7",
    "person:7",
    "person:pictures",
    "person:rivera lobby",
    "-over 2 people",
    "between 1 and 2 people",
    "-people:1-2",
    "stayed 5 to 20 seconds",
    "under 3 grants incidents",
    "red",
    "red jacket",
    "blue",
    "person in blue",
    "red blue",
    "white shirt blue jeans",
    "red shirt blue jeans",
    "red or yellow",
    "-blue",
    "-blue crossings",
    "red jacket leaving",
    "red jacket entering lobby yesterday",
    "tailgating in red",
    "pink",
    "stayed over 10 seconds",
    "stayed 10 seconds",
    "dwell exactly 10s",
    "dwell under 5 seconds",
    "lingering at least 1 minute in white",
    "-stayed over 10 seconds",
    "carrying a bag",
    "suitcase",
    "backpack suitcase",
    "backpack or handbag",
    "carrying a backpack yesterday lobby",
    "tailgating with a suitcase",
    "red with a suitcase",
    "crossings -bag",
    "carrying:handbag",
    "mornings",
    "at night",
    "-nights lobby",
    "business hours",
    "after hours rivera",
    "weekends",
    "weekdays 22:00 to 06:00",
    "tuesdays 8:00 to 18:00 crossings",
    "outside 8:00-18:00",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_the_database_finds_what_the_predicate_matches(world, text):
    query, found = world.search(text, limit=1000)
    expected = [moment.moment_id for moment in world.all if matches(query, moment)]
    assert [moment.moment_id for moment in found.moments] == expected
    assert (found.total, found.exact, found.next) == (len(expected), True, None)


@pytest.mark.parametrize("text", SENTENCES)
def test_it_finds_the_same_on_the_ways_that_it_takes_among_very_many_moments(world, monkeypatch, text):
    monkeypatch.setattr("doorwatch.search.paths.FEW", -1)
    query, found = world.search(text, limit=1000)
    assert [m.moment_id for m in found.moments] == [m.moment_id for m in world.all if matches(query, m)]


PIECES = st.lists(
    st.sampled_from(
        [
            "tailgating",
            "lobby",
            "gate 2",
            "server",
            "rivera",
            "zoe",
            "today",
            "yesterday",
            "entered",
            "out",
            "over 2 people",
            "excess 1",
            "incidents",
            "crossings",
            "vip",
            "coat",
            "custom",
            "red",
            "blue jeans",
            "stayed over 5 s",
            "suitcase",
            "carrying a bag",
            "review:new",
            "confirmed",
            "access granted",
            "excess entry",
            "since monday",
            "gibber",
            "person",
            "unlocked",
            "camera:lobby",
            "door:gate",
            "lee",
            "r",
            "d",
        ]
    ).flatmap(
        lambda word: st.sampled_from([word, word, f"-{word}" if word[0].isalpha() and " " not in word else word])
    ),
    max_size=4,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PIECES)
def test_any_words_together_find_the_same_in_both_ways(world, words):
    query, found = world.search(" ".join(words), limit=1000)
    assert {m.moment_id for m in found.moments} == {m.moment_id for m in world.all if matches(query, m)}


def test_the_sentence_that_started_it_all_finds_the_incident(world):
    found = world.search("tailgating lobby yesterday evening", now=NOW - DAY)[1].moments
    assert [(m.kind, m.door_name, m.at) for m in found] == [("incident", "Lobby east", NOW - 42 * HOUR)]
    assert "tailgating" in found[0].labels
    assert len(world.search("tailgating lobby")[1].moments) > 1


def test_pages_follow_each_other_without_gap_or_repetition(world):
    seen, cursor = [], None
    while True:
        found = world.search("", limit=7, before=cursor)[1]
        seen += [moment.moment_id for moment in found.moments]
        cursor = found.next
        if cursor is None:
            break
        assert found.total == len(world.all)
    assert seen == [moment.moment_id for moment in world.all]


def test_moments_of_one_instant_are_paged_too(world):
    def make(conn):
        account = tenants.create_account(conn, "Busy", NOW).account_id
        for n in range(9):
            moments.record_health(conn, account, f"h{n}", "x", "y", at=NOW, now=NOW)
        query = parse("health", load_vocabulary(conn, account), NOW, ZONE)
        first = find(conn, account, query, limit=4)
        second = find(conn, account, query, limit=4, before=first.next)
        third = find(conn, account, query, limit=4, before=second.next)
        return [m.moment_id for page in (first, second, third) for m in page.moments], third.next

    found, end = world.db.write_sync(make)
    assert (len(found), len(set(found)), end) == (9, 9, None)


def test_what_comes_late_is_found_at_the_time_at_which_it_happened(world):
    def make(conn):
        name = tenants.create_account(conn, "Late", NOW).account_id
        pacs = tenants.create_pacs(conn, name, tenants.create_site(conn, name, "There").site_id, "Theirs", NOW)
        doors.store_device_list(conn, name, pacs.pacs_id, DEVICES, NOW, gateway_id="g")

        def tell(event_id, back, arrived):
            event = AccessEvent(event_id, "D1", NOW - back, "AccessGranted", None, "7", "J. Rivera")
            access_events.store_events(conn, name, pacs.pacs_id, [event], arrived)

        def search(text, **options):
            found = find(conn, name, parse(text, load_vocabulary(conn, name, text), NOW, ZONE), **options)
            return [moment.event_id for moment in found.moments], found

        for number, hours in enumerate((1, 24, 25, 49)):
            tell(f"e{number}", hours * HOUR, NOW - hours * HOUR)
        first, page = search("access granted", limit=2)
        tell("late", 24 * HOUR + 1, NOW)
        later, _ = search("access granted", limit=2, before=page.next)
        return first, later, *(search(text)[0] for text in ("yesterday", '"j. rivera" lobby', "today", "last 2 hours"))

    first, later, yesterday, person, today, last = world.db.write_sync(make)
    assert (first, later) == (["e0", "e1"], ["late", "e2"])
    assert yesterday == ["e1", "late", "e2"]
    assert person == ["e0", "e1", "late", "e2", "e3"]
    assert today == last == ["e0"]


@pytest.mark.parametrize("cursor", ["", "x", "12", "~a", "1e9~a", "9" * 30 + "~a", "٣~a"])
def test_a_mark_of_a_page_that_is_not_ours_is_refused(world, cursor):
    with pytest.raises(CursorError, match="search again"):
        world.search("", before=cursor)


def test_no_search_finds_moments_of_another_account(world):
    other = world.db.write_sync(lambda c: tenants.create_account(c, "Other", NOW).account_id)
    assert World(world.db, other, []).search("")[1].moments == ()
    assert World(world.db, other, []).search("tailgating rivera lobby")[1].total == 0


def test_a_search_is_safe_from_what_is_typed(world):
    for text in ("'; DROP TABLE moments; --", "%", "_", "100%", "\\", '"%"', "\x00", "🦊"):
        world.search(text)
    assert world.titles("%") == world.titles("")


def test_people_are_not_read_by_words_that_ask_nothing_but_by_what_is_being_typed(world):
    def make(conn):
        name = tenants.create_account(conn, "Named", NOW).account_id
        pacs = tenants.create_pacs(conn, name, tenants.create_site(conn, name, "There").site_id, "Theirs", NOW)
        doors.store_device_list(conn, name, pacs.pacs_id, DEVICES, NOW, gateway_id="g")
        people = [("7", "Ada Torvik"), ("8", "Ada Marlin"), ("9", "Tovar")]
        events = [AccessEvent(f"e{n}", "D1", NOW, "AccessGranted", None, *who) for n, who in enumerate(people)]
        access_events.store_events(conn, name, pacs.pacs_id, events, NOW)
        read = {text: load_vocabulary(conn, name, text).people for text in ("lobby to", "to lobby", "to ada")}
        query = parse("ada torvik", load_vocabulary(conn, name, "ada torvik"), NOW, ZONE)
        return read, [moment.actor_name for moment in find(conn, name, query).moments]

    read, found = world.db.write_sync(make)
    assert read == {"lobby to": ("Ada Torvik", "Tovar"), "to lobby": (), "to ada": ("Ada Marlin", "Ada Torvik")}
    assert found == ["Ada Torvik"]


def test_the_number_of_results_is_told_up_to_a_limit(world, monkeypatch):
    monkeypatch.setattr("doorwatch.search.planner.MOST_COUNTED", 10)
    found = world.search("")[1]
    assert (found.total, found.exact) == (10, False)
    assert MOST_COUNTED == 10_000


def test_people_are_offered_by_the_beginning_of_any_of_their_names(world):
    words = world.db.read_sync(lambda c: load_vocabulary(c, world.account, "ZO riv"))
    assert words.people == ("Ann Rivers", "J. Rivera", "Zoë Lee")
    assert world.db.read_sync(lambda c: load_vocabulary(c, world.account)).people == ()


def test_a_message_is_found_by_its_present_words_at_its_present_time(world, monkeypatch):
    account = world.db.write_sync(lambda c: tenants.create_account(c, "Changing", NOW).account_id)
    changing = World(world.db, account, [])

    def say(detail, at):
        world.db.write_sync(lambda c: moments.record_health(c, account, "h", "Camera", detail, at=at, now=NOW))

    say("sees a heron", NOW - DAY)
    say("sees an egret", NOW)
    for few in (1000, -1):
        monkeypatch.setattr("doorwatch.search.paths.FEW", few)
        assert changing.titles("heron") == []
        assert changing.titles("yesterday egret") == []
        assert changing.titles("today egret") == changing.titles("egre") == changing.titles('"an egret"') == ["Camera"]


def test_words_that_no_index_can_be_walked_by_find_the_same(world, monkeypatch):
    monkeypatch.setattr("doorwatch.search.paths.FEW", -1)
    monkeypatch.setattr("doorwatch.search.paths.SOME", -1)
    monkeypatch.setattr("doorwatch.search.paths.MOST_STREAMS", 0)
    for text in ("text:coat", "text:lobby", "access granted lobby", "red", "rivera", "crossings in", "vip rivera"):
        query, found = world.search(text, limit=1000)
        assert [m.moment_id for m in found.moments] == [m.moment_id for m in world.all if matches(query, m)], text


def test_of_labels_that_never_meet_no_moment_is_looked_at(world, monkeypatch):
    asked = []
    monkeypatch.setattr("doorwatch.search.planner.ask", lambda conn, sql: asked.append(sql))
    assert world.search("label:tailgating label:vip")[1].total == 0
    assert asked == []


# PostgreSQL reads tables this small whole, whatever indexes they have
@pytest.mark.parametrize("shared_database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "text", ["tailgating -text:coat", "text:coat -lobby", "rivera", "red -blue", "lobby -vip", "-7 access granted"]
)
def test_within_a_time_the_index_of_what_is_looked_for_is_walked_and_never_that_of_all_times(world, monkeypatch, text):
    from doorwatch.search import planner
    from doorwatch.store.engine.asking import Sql, ask

    plans = []

    def explained(conn, asked):
        plans.extend(row[3] for row in ask(conn, Sql(f"EXPLAIN QUERY PLAN {asked.text}", asked.values)))
        return ask(conn, asked)

    monkeypatch.setattr("doorwatch.search.paths.FEW", -1)
    monkeypatch.setattr(planner, "ask", explained)
    for when in ("2016-01-01 to 2026-12-31", "since 2016-01-01", "today yesterday", ""):
        first = world.search(f"{text} {when}", limit=1)[1]
        world.search(f"{text} {when}", limit=1, before=first.next)
    assert plans
    assert [plan for plan in plans if "ix_moments_at" in plan] == []


@pytest.mark.parametrize("shared_database", ["postgresql"], indirect=True)
def test_postgresql_goes_by_indexes_while_it_is_searched_and_as_it_likes_afterwards(world):
    def steered(conn):
        return [conn.exec_driver_sql(f"SHOW {name}").scalar_one() for name in ("enable_hashjoin", "jit")]

    def searching(conn):
        find(conn, world.account, parse("tailgating", load_vocabulary(conn, world.account, ""), NOW, ZONE))
        return steered(conn)

    before = world.db.read_sync(steered)
    assert world.db.read_sync(searching) == ["off", "off"]
    assert world.db.read_sync(steered) == before
    assert before[0] == "on"


def test_a_text_with_two_words_that_begin_alike_is_found_once(world, monkeypatch):
    monkeypatch.setattr("doorwatch.search.paths.FEW", -1)  # as among millions: walked, not looked at one by one
    found = world.search("text:b incidents", limit=5)[1]  # by the blue coat
    assert len({moment.moment_id for moment in found.moments}) == len(found.moments) == 5
    following = world.search("text:b incidents", limit=50, before=found.next)[1]
    assert len(found.moments) + len(following.moments) == 12
