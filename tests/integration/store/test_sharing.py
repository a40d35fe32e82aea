"""What shared cameras have seen, asked of both databases."""

from zoneinfo import ZoneInfo

from doorwatch.domain.incident import CoverageState, Incident, IncidentKind, IncidentState
from doorwatch.domain.verdict import Change
from doorwatch.search import find, parse
from doorwatch.search.vocabulary import load_vocabulary, narrowed
from doorwatch.store import cameras, configuration, incidents, moment_reading, review_figures, verdicts
from doorwatch.store.people import invitations, sharing, users
from doorwatch.store.people.invitations import Invitation

UTC = ZoneInfo("UTC")


def save(building, incident_id, door, *crossing_ids):
    told = Incident(
        incident_id,
        door,
        IncidentKind.TAILGATING,
        IncidentState.FINAL,
        building.now,
        building.now,
        people=2,
        grants=1,
        excess=1,
        possible=0,
        coverage=CoverageState.FULL,
        reason="2 people, 1 grant",
        crossing_ids=crossing_ids,
        excess_crossing_ids=crossing_ids[-1:],
        grant_ids=(),
    )
    building.write(verdicts.save, Change(told, 1), building.now)


def beside(building):
    """A camera at the other door, which one incident and one crossing came from."""
    building.write(cameras.add_camera, name="Server cam", url="rtsp://h/2", now=building.now, camera_id="cam2")
    building.write(configuration.set_mapping, building.other_door, ["cam2"], building.now, since=building.now - 1)
    save(building, "i1", building.door, "c1", "c2")
    save(building, "i2", building.other_door, "c3")
    building.store_crossings(building.crossing("c9", door=building.other_door, camera="cam2"))


def only(building, condition, function, **more):
    def read(conn, account):
        return function(conn, account, only=condition(conn, account, {"cam2"}), **more)

    return building.read(read)


def test_moments_incidents_and_counts_are_those_of_the_shared_cameras(building):
    beside(building)
    told = only(building, sharing.moments_seen, moment_reading.newest)
    assert {one.camera_ids for one in told} == {("cam2",)}
    assert {one.moment_id for one in told} == {"incident:i2", "crossing:c9"}
    assert [one.incident_id for one in only(building, sharing.incidents_seen, incidents.list_incidents)] == ["i2"]
    assert only(building, sharing.incidents_seen, review_figures.count_incidents).total == 1
    assert building.read(sharing.doors_seen, {"cam2"}, building.now) == {building.other_door}


def test_nothing_is_seen_by_no_camera_and_by_one_of_another_account(building, stranger):
    beside(building)
    for shared in (set(), {"theirs"}, {"nowhere"}):
        assert building.read(sharing.doors_seen, shared, building.now) == frozenset()
        seen = building.read(lambda conn, account, s=shared: sharing.moments_seen(conn, account, s))
        assert building.read(moment_reading.newest, only=seen) == []


def test_a_search_counts_what_the_shared_cameras_have_seen(building):
    beside(building)

    def search(conn, account):
        words = narrowed(load_vocabulary(conn, account), {building.other_door}, {"cam2"})
        query = parse("tailgating", words, building.now, UTC)
        return find(conn, account, query, only=sharing.moments_seen(conn, account, {"cam2"}))

    found = building.read(search)
    assert ([one.incident_id for one in found.moments], found.total) == (["i2"], 1)


def test_an_invitation_keeps_its_cameras_and_a_membership_too(building):
    def keep(conn, account):
        invitations.add_invitation(
            conn, Invitation(account, "inv", "a@x", "view", "h", "o@x", 1, 2, cameras=("cam", "cam2"))
        )
        users.add_user(conn, account, email="a@x", name="A", role="view", password_hash=None, now=1, cameras=("cam",))
        return invitations.get_invitation(conn, account, "inv"), users.find_by_email(conn, "a@x")

    invited, user = building.write(keep)
    assert (invited.cameras, user.cameras) == (("cam", "cam2"), ("cam",))
    everything = building.write(users.update_user, user.user_id, cameras=None)
    assert everything.cameras is None
