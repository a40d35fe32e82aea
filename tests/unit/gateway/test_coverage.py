"""What may be claimed as heard, and what must be taken back. Seconds stand for microseconds; idle limit 60."""

import random

from doorwatch.gateway.coverage import Coverage, Kept

TYPES = ("AccessGranted",)
IDLE = 60


def span(claim):
    return (claim.since, claim.until, claim.uncovered_from) if claim else None


def test_nothing_is_claimed_before_the_subscription_was_verified():
    coverage = Coverage()
    assert coverage.claim(100, IDLE, None) is None
    assert coverage.kept is None
    assert coverage.begin(110, TYPES, ()) is None
    assert span(coverage.claim(120, IDLE, None)) == (110, 120, None)


def test_what_was_heard_but_not_delivered_is_not_claimed():
    coverage = Coverage()
    coverage.begin(100, TYPES, ())
    assert span(coverage.claim(150, IDLE, 130)) == (100, 129, None)
    assert span(coverage.claim(150, IDLE, 90)) == (100, 100, None)


def test_silence_is_believed_for_the_idle_limit_and_no_longer():
    coverage = Coverage()
    coverage.begin(100, TYPES, ())
    coverage.heard(150, proves=False)
    assert span(coverage.claim(210, IDLE, None)) == (100, 210, None)
    assert span(coverage.claim(211, IDLE, None)) == (100, 150, None)


def test_what_was_claimed_of_a_stream_that_proves_dead_is_taken_back_and_claimed_again_when_filled():
    coverage = Coverage()
    coverage.begin(100, TYPES, ())
    coverage.heard(140, proves=True)
    coverage.heard(160, proves=False)
    coverage.said(coverage.claim(170, IDLE, None))
    coverage.end()
    claim = coverage.claim(175, IDLE, None)
    assert span(claim) == (100, 140, 140)
    coverage.said(claim)
    assert span(coverage.claim(176, IDLE, None)) == (100, 140, None)
    gap = coverage.begin(200, TYPES, ())
    assert (gap.since, gap.until) == (140, 200)
    assert coverage.fill_from(gap, 60) == 80
    assert span(coverage.claim(205, IDLE, None)) == (200, 205, None)
    coverage.filled(gap, 206)
    assert span(coverage.claim(207, IDLE, 206)) == (200, 205, None)
    assert span(coverage.claim(210, IDLE, None)) == (100, 210, None)


def test_a_restart_goes_on_from_what_was_kept():
    coverage = Coverage()
    coverage.begin(100, TYPES, ("Odd",))
    coverage.heard(150, proves=True)
    kept = coverage.kept
    assert kept == Kept(100, 150, 100, TYPES, ("Odd",), ahead=0)
    coverage = Coverage(kept)
    assert coverage.refused == ("Odd",)
    claim = coverage.claim(300, IDLE, 140)
    assert span(claim) == (100, 139, 150)
    coverage.said(claim)
    gap = coverage.begin(300, TYPES, ())
    assert (gap.since, coverage.fill_from(gap, 10)) == (150, 100)
    assert coverage.kept.proved == 150
    coverage.filled(gap, 301)
    assert span(coverage.claim(302, IDLE, None)) == (100, 302, None)
    assert coverage.kept.proved == 300


def test_a_break_before_the_gap_was_filled_keeps_the_older_begin():
    coverage = Coverage(Kept(100, 150, 140))
    coverage.begin(300, TYPES, ())
    coverage.heard(350, proves=True)
    coverage.end()
    gap = coverage.begin(400, TYPES, ())
    assert (gap.since, coverage.fill_from(gap, 5)) == (150, 140)


def test_a_lost_session_takes_back_what_keep_alives_seemed_to_prove():
    coverage = Coverage()
    coverage.begin(100, TYPES, ())
    coverage.heard(150, proves=True)
    coverage.said(coverage.claim(150, IDLE, None))
    coverage.end(proved=120)
    assert span(coverage.claim(155, IDLE, None)) == (100, 120, 120)


def test_something_missed_within_a_stream_is_a_gap_of_its_own():
    coverage = Coverage()
    coverage.begin(100, TYPES, ())
    coverage.heard(190, proves=True)
    coverage.said(coverage.claim(190, IDLE, None))
    gap = coverage.missed(160, 200)
    coverage.begin(200, TYPES, ())
    assert (gap.since, gap.until, coverage.fill_from(gap, 10)) == (160, 200, 150)
    assert span(coverage.claim(205, IDLE, None)) == (200, 205, 160)
    coverage.filled(gap, 206)
    assert coverage.claim(207, IDLE, None).since == 100


def test_what_was_read_of_a_gap_is_not_read_again_after_a_restart_nor_claimed_before_the_rest():
    coverage = Coverage(Kept(100, 150, 140))
    gap = coverage.begin(900, TYPES, ())
    assert coverage.fill_from(gap, 10) == 140
    gap.read = 400
    for again in (Coverage(coverage.kept), coverage):
        again.end()
        assert again.claim(905, IDLE, None).until == 150
        rest = again.begin(910, TYPES, ())
        assert (rest.since, again.fill_from(rest, 10)) == (150, 390)


def test_where_a_gap_was_read_and_not_delivered_a_restart_goes_on_from_the_last_verification():
    coverage = Coverage(Kept(100, 150, 140))
    gap = coverage.begin(900, TYPES, ())
    gap.read = 900
    coverage.filled(gap, 905)
    coverage.heard(950, proves=True)
    again = Coverage(coverage.kept)
    rest = again.begin(990, TYPES, ())
    assert (rest.since, again.fill_from(rest, 10)) == (150, 890)


def test_of_two_gaps_the_one_that_was_read_less_says_where_to_go_on():
    coverage = Coverage(Kept(100, 150, 140))
    long = coverage.begin(900, TYPES, ())
    long.read = 600
    short = coverage.missed(880, 910)
    assert coverage.fill_from(short, 10) == 870
    short.read = 910
    assert coverage.kept.read == 600
    coverage.filled(long, 920)
    assert coverage.kept.read == 910
    short.read = None
    assert coverage.kept.read == 880


def test_a_second_look_that_is_owed_is_owed_by_the_next_process_too():
    coverage = Coverage(Kept(100, 150, 140))
    coverage.begin(900, TYPES, ())
    coverage.owe(90)
    look = coverage.look()
    assert coverage.look() is None
    look.since = 120
    coverage.end()
    again = Coverage(coverage.kept)
    again.owe(200)
    assert again.look().since == 120
    coverage.looked(look)
    assert coverage.kept.owed is None


def test_when_our_clock_is_set_back_the_books_go_by_the_new_time_and_what_was_said_of_the_future_is_taken_back():
    coverage = Coverage()
    coverage.begin(1000, TYPES, (), 7)
    coverage.heard(1100, proves=True)
    coverage.said(coverage.claim(1110, IDLE, None))
    coverage.set_clock(-500)
    claim = coverage.claim(615, IDLE, None)
    assert span(claim) == (500, 615, 600)
    coverage.heard(640, proves=True)
    coverage.end()
    assert coverage.kept == Kept(500, 640, 500, TYPES, (), ahead=507)


def test_no_story_ever_claims_time_in_which_an_event_is_missing():  # noqa: C901 - a story has turns
    """A server that believes every claim must never believe a second whose event it does not have."""
    for seed in range(300):
        dice = random.Random(seed)
        coverage, believed, stored, open_, gaps = Coverage(), set(), set(), False, []
        pacs = set()
        for now in range(1, 200):
            pacs.add(now)
            heard_now = open_ and dice.random() > 0.02
            if open_ and not heard_now:
                # the stream died unnoticed a moment ago: nothing came since
                coverage.end()
                open_ = False
            if open_:
                stored.add(now)
                coverage.heard(now, proves=True)
            elif dice.random() < 0.2:
                gap = coverage.begin(now, TYPES, ())
                stored.add(now)
                open_ = True
                if gap:
                    gaps.append(gap)
            if gaps and dice.random() < 0.3:
                gap = gaps[-1]
                begin = coverage.fill_from(gap, 2)
                gap.read = dice.randint(min(begin, now), now)
                stored |= {t for t in pacs if begin <= t <= gap.read}
                if gap.read >= gap.until:
                    coverage.filled(gaps.pop(), now)
            if open_ is False:
                gaps.clear()
            if dice.random() < 0.1 and coverage.kept:
                coverage, open_ = Coverage(coverage.kept), False
                gaps.clear()
            claim = coverage.claim(now, IDLE, None)
            if claim and dice.random() < 0.7:
                if claim.uncovered_from is not None:
                    believed = {t for t in believed if t < claim.uncovered_from}
                believed |= set(range(claim.since, claim.until + 1))
                coverage.said(claim)
                assert believed <= stored, (seed, now)


def test_a_stream_listens_from_its_verification_to_its_end_and_one_instant_is_claimed_of_it():
    coverage = Coverage()
    assert not coverage.listening
    coverage.begin(100, TYPES, ())
    assert coverage.listening
    coverage.end()
    assert not coverage.listening
    assert span(coverage.claim(120, IDLE, None)) == (100, 100, None)
    assert coverage.claim(120, IDLE, 100) is None


def test_what_the_server_was_told_last_says_what_has_to_be_taken_back():
    coverage = Coverage()
    coverage.begin(100, TYPES, ())
    early = coverage.claim(150, IDLE, None)
    coverage.heard(160, proves=True)
    coverage.said(coverage.claim(170, IDLE, None))
    coverage.said(early)
    coverage.end(150)
    retracted = coverage.claim(175, IDLE, None)
    assert span(retracted) == (100, 150, 150), "an answer that comes late makes nothing unsaid"
    coverage.said(retracted)
    gap = coverage.begin(200, TYPES, ())
    coverage.filled(gap, 201)
    assert span(coverage.claim(202, IDLE, None)) == (100, 202, None)
    coverage.end(150)
    assert span(coverage.claim(203, IDLE, None)) == (100, 150, None), "no more was said than up to there"


def test_of_two_times_from_which_something_must_be_taken_back_the_earlier_one_counts():
    coverage = Coverage()
    coverage.begin(100, TYPES, ())
    coverage.said(coverage.claim(155, IDLE, None))
    coverage.missed(140, 156)
    coverage.missed(150, 157)
    assert coverage.claim(158, IDLE, None).uncovered_from == 140


def test_two_gaps_are_claimed_when_both_are_filled():
    coverage = Coverage()
    coverage.begin(100, TYPES, ())
    gaps = [coverage.missed(140, 150), coverage.missed(160, 170)]
    coverage.filled(gaps[1], 171)
    assert coverage.claim(172, IDLE, None).since == 170
    coverage.filled(gaps[0], 173)
    assert coverage.claim(174, IDLE, None).since == 100


def test_a_second_look_is_owed_from_where_the_earliest_one_began():
    coverage = Coverage()
    coverage.begin(100, TYPES, ())
    coverage.owe(120)
    first = coverage.look()
    coverage.owe(130)
    assert coverage.kept.owed == 120
    coverage.looked(first)
    assert coverage.kept.owed == 130
