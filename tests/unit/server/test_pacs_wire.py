"""Events are read in one go where nothing is wrong with them, and one by one where something is: with one result."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.domain.access import Direction
from doorwatch.server.ingest.batch import ItemError
from doorwatch.server.ingest.pacs_wire import MOST_CHARACTERS, MOST_ITEMS, read_events, read_sound_events

EVENT = {"device_id": "lobby", "timestamp": "2026-01-31T12:00:00.123Z", "event_type": "AccessGranted"}

_texts = st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["", " ", "\x00", "x" * 1001, "AccessGranted"]))
_times = st.one_of(
    st.integers(-10, 2**45),
    st.floats(),
    st.booleans(),
    st.none(),
    st.sampled_from(
        ["2026-01-31T12:34:56.789Z", "2026-01-31T12:34:56Z", "2026-13-31T12:34:56Z", "1769860800123", "now", ""]
    ),
)
_spelled = st.from_regex(
    r"(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-5][0-9](:[0-6][0-9])?([.,][0-9]{1,12})?"
    r"(Z|z|[+-][0-2][0-9]:?[0-6][0-9])?",
    fullmatch=True,
)
_events = st.fixed_dictionaries(
    {"device_id": st.one_of(st.just("lobby"), _texts), "timestamp": _times},
    optional={
        "event_type": _texts,
        "event_id": _texts,
        "side": st.sampled_from([None, "in", "OUT", "", "up", 3]),
        "actor_id": st.one_of(_texts, st.integers()),
        "actor_name": _texts,
        "actor_email": _texts,
        "labels": st.one_of(_texts, st.lists(_texts, max_size=3)),
        "access_point_id": _texts,
        "source": _texts,
        "whatever": _texts,
    },
)


def both(body):
    """What the two ways make of a body: the events of the quick one, the batch of the careful one."""
    raw = msgspec.json.encode(body)
    try:
        careful = read_events(msgspec.json.decode(raw))
    except ItemError:
        careful = None
    return read_sound_events(raw), careful


@given(st.lists(_events, max_size=4))
def test_the_quick_way_reads_what_the_careful_way_reads_and_leaves_it_every_doubt(events):
    quick, careful = both({"events": events})
    if quick is not None:
        assert careful.errors == []
        assert quick == careful.good


@given(_events)
def test_a_single_event_is_read_alike_too(event):
    quick, careful = both({"event": event})
    assert quick is None or quick == careful.good


@given(_spelled)
def test_a_time_is_the_same_on_both_ways_however_it_is_spelled(text):
    quick, careful = both({"event": EVENT | {"timestamp": text}})
    assert quick is None or quick == careful.good


def test_what_drivers_usually_send_goes_the_quick_way():
    full = {
        "event_id": "e",
        "side": "in",
        "actor_id": 17,
        "actor_name": "J. Rivera",
        "actor_email": "j@example.com",
        "labels": ["vip"],
        "access_point_id": "r1",
        "source": "stream",
    }
    times = ("2026-01-31T12:34:56Z", "2026-01-31T12:34:56.1234567+01:00", 1_769_860_800_123)
    for more in (
        {},
        full,
        *({"timestamp": time} for time in times),
        {"labels": "one"},
        {"side": "OUT"},
        {"unheard": {"of": [1]}},
    ):
        quick, careful = both({"events": [EVENT, EVENT | more]})
        assert quick == careful.good
        assert len(quick) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"events": {"device_id": "lobby"}},
        {"events": None},
        {"event": [EVENT]},
        {"events": [None]},
        {"events": [EVENT, EVENT | {"actor_name": "\x00"}]},
        {"events": [EVENT | {"event_id": "x" * (MOST_CHARACTERS + 1)}]},
        {"events": [EVENT] * (MOST_ITEMS + 1)},
        {},
        [],
        "text",
    ],
)
def test_a_body_that_needs_a_closer_look_is_left_to_the_careful_way(body):
    assert read_sound_events(msgspec.json.encode(body)) is None


@pytest.mark.parametrize("raw", [b"", b"{", b'{"events":[', b"\xff", b'{"event":"\\ud800 "}', b"[" * 5000])
def test_what_is_no_json_is_left_to_the_careful_way(raw):
    assert read_sound_events(raw) is None


@pytest.mark.parametrize("field", ["device_id", "event_id", "actor_id", "actor_name", "access_point_id", "source"])
def test_a_text_that_no_database_takes_is_named_by_its_field(field):
    for bad in ("a\x00b", "x" * (MOST_CHARACTERS + 1)):
        batch = read_events({"events": [EVENT, EVENT | {field: bad}]})
        assert [(error["index"], error["field"]) for error in batch.errors] == [(1, field)]
        assert len(batch.good) == 1


def test_an_event_without_an_id_gets_the_same_one_in_every_spelling():
    spelled = [
        EVENT,
        EVENT | {"timestamp": 1769860800123},
        EVENT | {"event_type": "access_granted"},
        EVENT | {"timestamp": "2026-01-31T13:00:00.123+01:00", "event_id": ""},
    ]
    quick, careful = both({"events": spelled})
    as_text = read_events({"events": [EVENT | {"timestamp": "1769860800123"}]})
    assert len({event.event_id for event in quick + careful.good + as_text.good}) == 1
    assert both({"events": [EVENT | {"actor_id": "17"}]})[0][0].event_id != quick[0].event_id


def test_sides_are_read_in_every_case():
    quick, _ = both({"events": [EVENT | {"side": side} for side in ("in", "IN", "out", "Out", "", None)]})
    assert [event.side for event in quick] == [*[Direction.IN] * 2, *[Direction.OUT] * 2, None, None]
