"""One occurrence, many copies."""

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorwatch.domain.access import Direction
from doorwatch.domain.time import MILLISECOND, from_iso
from doorwatch.gateway.identity import (
    COARSEST,
    KNOWS_ACTOR,
    Occurrence,
    Person,
    decoded,
    encoded,
    event_id,
    key_of,
    match,
)
from doorwatch.gateway.writers import FORGOTTEN_AFTER, Writers
from doorwatch.pacs.driver import TICKS, PacsEvent
from doorwatch.pacs.genetec.answers import read_time, rounded

DOOR = "door-1"


def copy(text="2026-01-31T12:34:56.789Z", actor=None, event_type="AccessGranted", source="stream", **known):
    ticks, decimals = read_time(text)
    return PacsEvent(DOOR, rounded(ticks), event_type, decimals, actor, source=source, exact=ticks, **known)


def reported(text, actor=None):
    return copy(f"2026-01-31T12:34:{text}Z", actor, source="report")


def streamed(text, actor=None):
    return copy(f"2026-01-31T12:34:{text}Z", actor)


def forwarded(*copies, writers=None, ledger=None):
    """The ids that go to the server, in the order in which they are told: (millis, ordinal)."""
    ledger, told = {} if ledger is None else ledger, []
    writers = writers or Writers()
    for one in copies:
        writers.hear([one])
        found = match(one, ledger, writers.decimals)
        if found.news:
            told.append((found.millis, found.ordinal))
        if found.changed:
            ledger[key_of(one.door, one.event_type, found.millis)] = encoded(found.occurrence, found.millis)
    return told


def test_equal_copies_are_one():
    assert len(forwarded(copy(), copy(), copy())) == 1


def test_a_copy_that_knows_the_cardholder_updates_the_same_event():
    assert forwarded(copy(), copy(actor="ann")) == forwarded(copy(), copy(actor="ann"), copy())
    told = forwarded(copy(), copy(actor="ann"))
    assert len(told) == 2
    assert len(set(told)) == 1


def test_two_different_cardholders_in_one_millisecond_are_two():
    told = forwarded(copy(actor="ann"), copy(actor="bob"), copy(actor="ann"), copy(actor="bob"), copy())
    assert [ordinal for _, ordinal in told] == [0, 1]


def test_a_copy_without_a_cardholder_joins_any_of_them():
    assert [o for _, o in forwarded(copy(actor="ann"), copy(actor="bob"), copy(), copy(), copy())] == [0, 1]


@pytest.mark.parametrize("order", list(itertools.permutations([None, "ann", "bob", None])))
def test_two_people_are_two_whatever_came_first(order):
    told = forwarded(*(copy(actor=actor) for actor in order))
    assert len({ordinal for _, ordinal in told}) == 2


def test_names_sides_and_access_points_are_news_once():
    first = copy(actor="ann")
    more = copy(actor="ann", actor_name="Ann", side=Direction.IN)
    assert len(forwarded(first, more, more, first)) == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12:34:56.789Z", "12:34:56.789Z", True),
        ("12:34:56.789Z", "12:34:56.790Z", False),
        ("12:34:56.789Z", "12:34:56.78Z", True),
        ("12:34:56.789Z", "12:34:56.79Z", True),
        ("12:34:56.789Z", "12:34:56.8Z", True),
        ("12:34:56.789Z", "12:34:56.7Z", True),
        ("12:34:56.789Z", "12:34:56Z", True),
        ("12:34:56.789Z", "12:34:57Z", True),
        ("12:34:56.489Z", "12:34:57Z", False),
        ("12:34:56.789Z", "12:34:55Z", False),
        ("12:34:56.7894Z", "12:34:56.789Z", True),
        ("12:34:59.9999Z", "12:35:00Z", True),
    ],
)
def test_a_copy_with_fewer_decimals_equals_what_rounds_or_truncates_to_it(one, other, same):
    for sources in (("stream", "report"), ("report", "stream")):
        a, b = (copy(f"2026-01-31T{text}", source=source) for text, source in zip((one, other), sources, strict=True))
        for first, second in ((a, b), (b, a)):
            assert (len(forwarded(first, second)) == 1) is same


@pytest.mark.parametrize(
    ("stream", "report"),
    [
        ("56.4496", "56.44"),  # cut off, though its millisecond is another hundredth's
        ("56.4496", "56.45"),
        ("56.351", "56.3517"),  # a stream that cuts off, and a report with all digits
        ("56.352", "56.3517"),
        ("56.3517499", "56.35175"),
        ("56", "56.9999999"),
        ("57", "56.9999999"),
    ],
)
def test_one_moment_written_in_two_ways_is_one(stream, report):
    for copies in itertools.permutations([streamed(stream), reported(report), streamed(stream), reported(report)]):
        assert len(forwarded(*copies)) == 1


def test_a_shorter_time_of_the_same_source_is_another_moment():
    assert len(forwarded(streamed("56.85"), streamed("56.853"), streamed("56.847"))) == 3
    assert len(forwarded(reported("56.853"), reported("56.85"))) == 2


def test_zeros_at_the_end_may_have_been_left_out_without_merging_neighbours():
    """The writers are known to give milliseconds, so `.85` is `.850` and no hundredth."""
    writers = Writers(b'{"stream":3,"report":3}')
    for copies in itertools.permutations(
        [streamed("56.85"), reported("56.853"), streamed("56.853"), reported("56.85")]
    ):
        assert set(forwarded(*copies, writers=writers)) == {(millis("56.85"), 0), (millis("56.853"), 0)}


def test_a_neighbour_that_only_the_other_source_saw_is_not_swallowed():
    writers = Writers(b'{"stream":7,"report":7}')
    assert len(forwarded(streamed("56.853"), reported("56.85"), reported("56.853"), writers=writers)) == 2


def test_each_copy_belongs_to_one_occurrence():
    told = forwarded(
        streamed("56.1"), streamed("56.103"), streamed("56.106"), *(reported("56", who) for who in ("ann", "bob", "cy"))
    )
    assert len(told) == 6
    assert len(set(told)) == 3


def test_people_of_a_coarse_report_take_the_moments_of_the_stream_as_they_come():
    told = forwarded(
        *(reported("56", who) for who in ("ann", "bob", "cy")), streamed("56.1"), streamed("56.103"), streamed("56.106")
    )
    assert told == [(millis("56"), 0), (millis("56"), 1), (millis("56"), 2)]


def millis(text):
    return copy(f"2026-01-31T12:34:{text}Z").at // MILLISECOND


def old_entry(event, decimals):
    """What the first version kept."""
    value = bytes((decimals,)) + msgspec.msgpack.encode([(None, 0)])
    return {key_of(event.door, event.event_type, event.at // MILLISECOND): value}


def test_entries_of_the_first_version_are_understood():
    first = streamed("56.789")
    assert forwarded(first, reported("56.789"), ledger=old_entry(first, 3)) == []
    assert len(forwarded(streamed("56.790"), ledger=old_entry(first, 3))) == 1
    short = streamed("56.78")
    assert forwarded(reported("56.789"), ledger=old_entry(short, 2), writers=Writers(b'{"stream":2}')) == []


def test_an_entry_is_read_as_it_was_written():
    at = 1_769_862_896_789
    people = [Person("ann", KNOWS_ACTOR, at * 10_000 - 4_999, None), Person(None, 0, None, at * 10_000 + 7)]
    assert decoded(encoded(Occurrence(people), at), at) == Occurrence(people)


def test_a_writer_that_gives_fewer_decimals_for_long_is_believed_to_have_changed():
    writers = Writers()
    assert writers.hear([streamed("56.7891234")])
    assert not any(writers.hear([streamed("56.78")]) for _ in range(FORGOTTEN_AFTER - 1))
    assert writers.hear([streamed("56.7")])
    assert writers.decimals == {"stream": 2}
    assert Writers(writers.encoded()).decimals == writers.decimals


def test_types_and_doors_do_not_mix():
    other = PacsEvent("door-2", copy().at, "AccessGranted")
    assert len(forwarded(copy(), copy(event_type="DoorOpen"))) == 2
    assert match(other, {key_of(DOOR, "AccessGranted", copy().at // 1000): b""}, {}).news


def test_an_id_depends_on_everything_that_makes_the_occurrence_and_on_nothing_else():
    parts = [("p", "q"), ("d", "e"), ("AccessGranted", "DoorOpen"), (1, 2), (0, 1)]
    ids = {event_id(*choice) for choice in itertools.product(*parts)}
    assert len(ids) == 32
    assert event_id("p", "d", "T", 1, 0) == event_id("p", "d", "T", 1, 0) != event_id("p", "d", "T", 1, 1)


class Scribe:
    """One source's way of writing times: how many decimals, cut off or rounded, with or without zeros at the end."""

    def __init__(self, source, decimals, cuts, trims, knows):
        self.source, self.decimals, self.cuts, self.trims, self.knows = source, decimals, cuts, trims, knows

    def copy(self, ticks, actor):
        unit = 10 ** (7 - self.decimals)
        written = (ticks if self.cuts else ticks + unit // 2) // unit * unit
        decimals = self.decimals
        while self.trims and decimals and written % 10 ** (8 - decimals) == 0:
            decimals -= 1
        at = rounded(written)
        actor = actor if self.knows else None
        return PacsEvent(DOOR, at, "AccessGranted", decimals, actor, source=self.source, exact=written)


@st.composite
def stories(draw):
    """What happened at a door, and its copies in the order in which they came."""
    scribes = [
        Scribe(source, draw(st.integers(0, 7)), draw(st.booleans()), draw(st.booleans()), draw(st.booleans()))
        for source in ("stream", "report")
    ]
    coarsest = min(scribe.decimals for scribe in scribes)
    if scribes[0].decimals == scribes[1].decimals == 3:
        scribes[1].cuts = scribes[0].cuts  # of equal exactness to the millisecond, unequal times are two moments
    # nearer than this, a shortened time alone does not say whose it is
    least = 3 * max(10 ** (7 - coarsest), MILLISECOND * TICKS)
    start = from_iso("2026-01-31T12:00:00Z") * TICKS
    gaps = draw(st.lists(st.integers(least, 3 * least), min_size=1, max_size=6))
    moments = [start + sum(gaps[: n + 1]) for n in range(len(gaps))]
    whole = draw(st.booleans())
    people = [draw(st.sampled_from(["ann", "bob", None])) for _ in moments]
    copies = []
    for ticks, person in zip(moments, people, strict=True):
        moment = ticks // 10_000 * 10_000 if whole else ticks
        sources = draw(st.sampled_from([(0,), (1,), (0, 1), (0, 0, 1), (0, 1, 1), (0, 0, 1, 1)]))
        copies += [(moment, scribes[number].copy(moment, person)) for number in sources]
    return scribes, draw(st.permutations(copies))


@settings(max_examples=600, deadline=None)
@given(stories())
def test_in_any_order_exactly_what_happened_comes_out(story):
    scribes, copies = story
    writers = Writers(msgspec.json.encode({scribe.source: scribe.decimals for scribe in scribes}))
    ledger, ids, people = {}, {}, {}
    for moment, one in copies:
        writers.hear([one])
        found = match(one, ledger, writers.decimals)
        place = found.millis, found.ordinal
        ids.setdefault(moment, set()).add(place)
        if found.news and one.actor_id:
            people[place] = one.actor_id
        if found.changed:
            ledger[key_of(one.door, one.event_type, found.millis)] = encoded(found.occurrence, found.millis)
    assert all(len(places) == 1 for places in ids.values()), ids
    assert len({place for places in ids.values() for place in places}) == len(ids)
    for moment, places in ids.items():
        (place,) = places
        assert people.get(place) == next((c.actor_id for m, c in copies if m == moment and c.actor_id), None)
        assert abs(place[0] - moment // 10_000) <= COARSEST


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=40, unique=True),
    st.sampled_from([3, 4, 7]),
    st.randoms(use_true_random=False),
)
def test_a_burst_on_whole_milliseconds_loses_nothing_whoever_saw_what(offsets, decimals, dice):
    """Nobody known, a millisecond apart or more, zeros left out, each seen by either source or both, in any order."""
    scribes = [Scribe(source, decimals, cuts=True, trims=True, knows=False) for source in ("stream", "report")]
    start = from_iso("2026-01-31T12:00:00Z") * TICKS
    copies = [
        scribe.copy(start + offset * 10_000, None)
        for offset in offsets
        for scribe in dice.choice([scribes, scribes[:1], scribes[1:], scribes * 2])
    ]
    dice.shuffle(copies)
    writers = Writers(msgspec.json.encode({"stream": decimals, "report": decimals}))
    assert sorted(forwarded(*copies, writers=writers)) == sorted((start // 10_000 + offset, 0) for offset in offsets)
