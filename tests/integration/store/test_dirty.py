"""Dirty marks: merged, taken one door at a time, never lost."""

import threading

import pytest

from doorwatch.domain.time import HOUR, MINUTE, SECOND
from doorwatch.store import Database, dirty, doors


@pytest.fixture
def marks(building):
    """Small words for the functions under test; no door is dirty at first."""

    class Marks:
        now = building.now
        door, other = building.door, building.other_door

        def mark(self, door, start, end=None, **options):
            building.write(dirty.mark, {door: (start, end or start)}, options.pop("at", self.now), **options)

        def take(self, at=None, worker="w", **options):
            return building.db.write_sync(lambda c: dirty.take(c, at or self.now, worker=worker, **options))

        def do(self, function, *arguments, **options):
            return building.db.write_sync(lambda c: function(c, *arguments, **options))

        def forward(self, *doors):
            building.write(dirty.bring_forward, doors, self.now)

        def count(self):
            return building.db.read_sync(dirty.count)

        def due(self):
            return building.db.read_sync(dirty.next_due)

    marks = Marks()
    for door in marks.take():
        marks.do(dirty.finish, door)
    return marks


def test_marks_of_a_door_merge_and_keep_the_oldest_waiting_time(marks):
    marks.mark(marks.door, 50, 60, at=marks.now - 7)
    marks.mark(marks.door, 40, 45)
    marks.mark(marks.door, 55, 90)
    [door] = marks.take()
    assert (door.changed_from, door.changed_to, door.marked_at) == (40, 90, marks.now - 7)


def test_a_taken_door_is_not_taken_twice_until_its_lease_is_over(marks):
    marks.mark(marks.door, 1)
    assert marks.take(lease=MINUTE)
    assert marks.take() == []
    [again] = marks.take(at=marks.now + MINUTE, worker="other")
    assert again.worker == "other"


def test_a_finished_door_is_clean(marks):
    marks.mark(marks.door, 1)
    [door] = marks.take()
    marks.do(dirty.finish, door)
    assert (marks.count(), marks.due()) == (0, None)


def test_a_mark_that_comes_during_the_work_is_not_lost(marks):
    marks.mark(marks.door, 50)
    [door] = marks.take()
    marks.mark(marks.door, 10)
    marks.do(dirty.finish, door, again_at=marks.now + HOUR)
    [again] = marks.take()
    assert (again.changed_from, again.changed_to) == (10, 50)


def test_a_door_can_be_looked_at_again_later(marks):
    marks.mark(marks.door, 50)
    [door] = marks.take()
    marks.do(dirty.finish, door, again_at=marks.now + 6 * SECOND, again_from=45)
    assert marks.take() == []
    assert marks.due() == marks.now + 6 * SECOND
    [again] = marks.take(at=marks.now + 6 * SECOND)
    assert again.changed_from == 45


def test_a_mark_makes_a_door_that_waits_for_its_time_due_at_once(marks):
    marks.mark(marks.door, 50, due_at=marks.now + HOUR)
    assert marks.take() == []
    marks.mark(marks.door, 60)
    assert [door.door_id for door in marks.take()] == [marks.door]


def test_the_door_that_is_due_for_the_longest_is_taken_first(marks):
    marks.mark(marks.door, 1, at=marks.now - 1)
    marks.mark(marks.other, 1, at=marks.now - 2)
    assert [door.door_id for door in marks.take(limit=1)] == [marks.other]


def test_who_lost_the_lease_cannot_finish_and_does_not_disturb_the_new_holder(marks):
    marks.mark(marks.door, 1)
    [slow] = marks.take(worker="slow", lease=SECOND)
    [quick] = marks.take(at=marks.now + SECOND, worker="quick")
    with pytest.raises(dirty.LeaseLostError):
        marks.do(dirty.finish, slow)
    assert not marks.do(dirty.release, slow)
    marks.do(dirty.finish, quick)
    with pytest.raises(dirty.LeaseLostError):
        marks.do(dirty.finish, slow)
    assert marks.count() == 0


def test_work_that_failed_is_due_again_when_it_says(marks):
    marks.mark(marks.door, 1)
    [door] = marks.take()
    marks.do(dirty.release, door, due_at=marks.now + 5)
    assert marks.take() == []
    assert len(marks.take(at=marks.now + 5)) == 1


def test_only_doors_that_are_due_soon_anyway_are_brought_forward(marks):
    marks.mark(marks.door, 1, due_at=marks.now + 30 * SECOND)
    marks.mark(marks.other, 1, due_at=marks.now + HOUR)
    marks.forward(marks.door, marks.other)
    assert [door.door_id for door in marks.take()] == [marks.door]


def test_workers_of_several_replicas_never_hold_one_door_together(building, database_address, marks):
    devices = [f"X{number}" for number in range(24)]
    ids = building.write(doors.ensure_known, building.pacs, devices, building.now)
    building.write(dirty.mark, dict.fromkeys(ids.values(), (building.now, building.now)), building.now)
    taken = []

    def work(worker):
        with Database.open(database_address, readers=1) as replica:
            while found := replica.write_sync(lambda c: dirty.take(c, building.now, worker=worker, limit=2)):
                taken.extend(door.door_id for door in found)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 24
