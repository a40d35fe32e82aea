"""The stream's framing, in every variant that was seen or said of it, cut anywhere."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.pacs.genetec.answers import read_time
from doorwatch.pacs.genetec.stream import LONGEST_LINE, StreamParser

DOOR = "a6e0b54e-5d6d-5686-be5b-14eb21d1bfae"
PERSON = "ddd275d1-fbaf-5590-9d38-e429869f83d3"
AT = "2026-01-31T12:34:56.789Z"
CONNECTION = "7c2b8a50-6c1e-4d0e-9a52-2f0d6a3f1b11"


def body(**fields):
    result = {"EventType": "AccessGranted", "Timestamp": "2026-01-31T12:34:56.789Z", "SourceGuid": DOOR, **fields}
    return json.dumps({"Rsp": {"Status": "Ok", "Result": result}})


def part(text, mime="text/json", line="\r\n"):
    return f"--GENETECBOUNDARY{line}Content-type: {mime}{line}{line}{text}{line}"


STREAM = (
    part(f"ConnectionId:{CONNECTION}", "text/plain")
    + part("KeepAlive", "text/plain")
    + part(body())
    + part(body(EventType=27))
    + part("KeepAlive", "text/plain")
    + part('{"Rsp":{"Status":"Ok","Result":{"AlarmTriggered":{"Guid":"x"}}}}')
    + part(body(EventType="DoorClose", Cardholder=PERSON))
    + "--GENETECBOUNDARY\r\n"
).encode()


def parse(*pieces):
    parser = StreamParser()
    events, alive, connection = [], 0, None
    for piece in pieces:
        heard = parser.feed(piece)
        events += heard.events
        alive += heard.keep_alives
        connection = heard.connection_id or connection
    return parser, events, alive, connection


def test_a_stream_gives_its_id_its_keep_alives_and_its_events():
    parser, events, alive, connection = parse(STREAM)
    assert connection == CONNECTION
    assert alive == 2
    assert [e.event_type for e in events] == ["AccessGranted", 27, "DoorClose"]
    assert events[2].cardholder == PERSON
    assert (parser.malformed, parser.skipped) == (0, 1)


@given(st.lists(st.integers(0, len(STREAM)), max_size=40))
def test_it_does_not_matter_where_the_bytes_are_cut(cuts):
    edges = [0, *sorted(cuts), len(STREAM)]
    _, events, alive, connection = parse(*(STREAM[a:b] for a, b in itertools.pairwise(edges)))
    assert (len(events), alive, connection) == (3, 2, CONNECTION)


def test_single_bytes_will_do():
    _, events, alive, _ = parse(*(STREAM[i : i + 1] for i in range(len(STREAM))))
    assert (len(events), alive) == (3, 2)


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise(noise):
    parser = StreamParser()
    parser.feed(noise)
    parser.feed(b"\n" + STREAM)


def test_a_connection_id_may_stand_bare_and_lines_may_end_in_a_line_feed_alone():
    text = f"ConnectionId: {CONNECTION}\n" + part(body(), line="\n")
    _, events, _, connection = parse(text.encode())
    assert connection == CONNECTION
    assert len(events) == 1


def test_boundaries_and_keep_alives_are_known_in_any_case_and_behind_a_byte_order_mark():
    text = part("KEEPALIVE", "TEXT/PLAIN").replace("GENETECBOUNDARY", "GenetecBoundary") + part(body())
    _, events, alive, _ = parse(b"\xef\xbb\xbf" + text.encode())
    assert (len(events), alive) == (1, 1)


def test_a_document_that_spans_lines_is_put_together():
    pretty = json.dumps(json.loads(body()), indent=2).replace("\n", "\r\n")
    parser, events, _, _ = parse((part(pretty) + part(body(EventType="DoorOpen"))).encode())
    assert [e.event_type for e in events] == ["AccessGranted", "DoorOpen"]
    assert parser.malformed == 0


PARTS = st.sampled_from(
    [
        part(body(Cardholder=PERSON, AccessPoint=DOOR)),
        part(body(EventType="DoorOpen")),
        part(body(EventType=27), mime="text/json; charset=utf-8"),
        part(body(EventType="")),
        part("KeepAlive", "text/plain"),
        part('{"Rsp":{"Status":"Ok","Result":{"AlarmTriggered":{"Guid":"x"}}}}'),
        part('{"Rsp":{"Status":"Ok"}}'),
        part(body()[:40]),
        part(body(), line="\n"),
        "\r\n",
        "noise\r\n",
    ]
)


@given(st.lists(PARTS, max_size=12), st.lists(st.integers(0, 3000), max_size=6))
def test_read_at_once_or_line_by_line_a_stream_says_the_same(parts, cuts):
    data = "".join(parts).encode()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    slow, *by_line = parse(*(line + b"\n" for line in data.split(b"\n")))
    quick, *at_once = parse(*(data[a:b] for a, b in itertools.pairwise(edges)))
    assert at_once == by_line
    assert (quick.malformed, quick.skipped) == (slow.malformed, slow.skipped)


@pytest.mark.parametrize("text", [body(), body() + "--GENETECBOUNDARY\r\n", body() + "\r"])
def test_an_event_is_heard_though_its_line_has_not_ended(text):
    parser, events, _, _ = parse(
        f"--GENETECBOUNDARY\r\nContent-type: text/json\r\n\r\n{text}".encode(), part(body()).encode()
    )
    assert len(events) == 2
    assert parser.malformed == 0


@pytest.mark.parametrize(
    "document",
    [
        {"rsp": {"status": "ok", "result": {"eventType": "AccessGranted", "timestamp": AT, "sourceGuid": DOOR}}},
        {"Rsp": {"Result": [{"EventType": "AccessGranted", "Timestamp": AT, "SourceGuid": DOOR}]}},
        {"event": {"EventType": "AccessGranted", "Timestamp": AT, "SourceGuid": DOOR}},
        {"Rsp": {"Result": {"EventType": {"Name": "AccessGranted", "Value": 35}, "Timestamp": AT, "Door": DOOR}}},
        {"Rsp": {"Result": {"EventType": "AccessGranted", "Timestamp": "/Date(1769862896789)/", "SourceGuid": DOOR}}},
        {"Rsp": {"Result": {"EventType": "AccessGranted", "Timestamp": 1769862896789, "SourceGuid": DOOR}}},
        {"Rsp": {"Result": {"Event": {"type": "AccessGranted", "TimeStamp": AT, "sourceentity": DOOR}}}},
        {"Rsp": {"Result": {"EventType": "AccessGranted", "Timestamp": AT, "Door": DOOR}}},
        {"Rsp": {"Result": {"EventType": "AccessGranted", "Timestamp": AT, "sourceGuid": DOOR}}},
    ],
)
def test_an_event_is_understood_under_other_spellings_and_forms(document):
    parser, events, _, _ = parse(part(json.dumps(document)).encode())
    assert [(e.event_type, read_time(e.timestamp)[0], e.source) for e in events] == [
        ("AccessGranted", read_time(AT)[0], DOOR)
    ]
    assert (parser.malformed, parser.skipped) == (0, 0)


@pytest.mark.parametrize("value", [True, -5, 1e300, "NaN", [], {}])
def test_a_time_or_a_type_that_is_none_makes_no_event_or_one_that_is_refused_later(value):
    parser, events, _, _ = parse(part(body(Timestamp=value)).encode() + part(body(EventType=value)).encode())
    assert len(events) + parser.skipped == 2


def test_a_line_that_was_cut_in_half_costs_that_event_only():
    half = body()[:60]
    parser, events, _, _ = parse((part(half) + part(body(EventType="DoorOpen"))).encode())
    assert [e.event_type for e in events] == ["DoorOpen"]
    assert parser.malformed == 1


@pytest.mark.parametrize(
    ("fields", "cardholder", "point"),
    [
        ({"CardholderGuid": PERSON, "AccessPointGuid": DOOR}, PERSON, DOOR),
        ({"Cardholder": {"Guid": PERSON}, "AccessPoint": {"Guid": DOOR}}, {"Guid": PERSON}, {"Guid": DOOR}),
        ({"Event": {"Cardholder": PERSON, "APGuid": DOOR}}, PERSON, DOOR),
        ({"DoorSideGuid": DOOR}, None, DOOR),
        ({"Cardholder": None, "Credentials": [], "Unheard": {"of": 1}}, None, None),
    ],
)
def test_who_and_where_are_found_wherever_they_stand(fields, cardholder, point):
    _, events, _, _ = parse(part(body(**fields)).encode())
    assert (events[0].cardholder, events[0].access_point) == (cardholder, point)


def test_a_line_without_end_is_thrown_away_and_what_follows_is_read():
    parser = StreamParser()
    for _ in range(3):
        parser.feed(b"{" + b"x" * LONGEST_LINE)
    heard = parser.feed(b"\r\n" + part(body()).encode())
    assert len(heard.events) == 1
    assert parser.malformed >= 1


def test_a_flood_of_parts_in_one_read_is_read_in_order():
    text = "".join(part(body(Timestamp=f"2026-01-31T12:00:00.{n:03d}Z")) for n in range(1000))
    _, events, _, _ = parse(text.encode())
    assert [int(e.timestamp[-4:-1]) for e in events] == list(range(1000))
