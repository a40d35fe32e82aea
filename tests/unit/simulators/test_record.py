from hypothesis import given
from hypothesis import strategies as st

from doorwatch.simulators.genetec.record import RaisedEvent, Record


def _record(times):
    record = Record()
    for number, at in enumerate(times, start=1):
        record.add(RaisedEvent(sequence=number, event_type="DoorOpen", door="d", at=at, raised_at=0))
    return record


@given(st.lists(st.integers(0, 50)), st.integers(0, 50), st.integers(0, 50))
def test_a_range_of_time_holds_exactly_the_events_in_it_in_time_order(times, a, b):
    start, end = sorted((a, b))
    found = [event.at for event in _record(times).between(start, end)]
    assert found == sorted(at for at in times if start <= at <= end)


def test_events_are_read_on_from_a_number_in_the_order_in_which_they_were_raised():
    record = _record([5, 1, 9])
    assert [event.at for event in record.after(0)] == [5, 1, 9]
    assert [event.at for event in record.after(1, limit=1)] == [1]
    assert record.after(3) == []
    assert len(record) == 3
