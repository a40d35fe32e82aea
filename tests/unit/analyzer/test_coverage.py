"""Coverage is told in pieces that touch, with a hole where no frame was dealt with."""

from doorwatch.analyzer.coverage import Coverage
from doorwatch.domain.time import SECOND

FRAME = SECOND // 10


def _process(coverage, *times):
    return [piece for at in times for piece in coverage.processed(at)]


def test_pieces_touch():
    coverage = Coverage()
    assert _process(coverage, 0, FRAME, 2 * FRAME) == []
    assert coverage.take() == [(0, 2 * FRAME)]
    _process(coverage, 3 * FRAME)
    assert coverage.take() == [(2 * FRAME, 3 * FRAME)]


def test_a_single_frame_covers_nothing():
    coverage = Coverage()
    _process(coverage, 5)
    assert coverage.take() == []


def test_nothing_new_is_not_told_again():
    coverage = Coverage()
    _process(coverage, 0, FRAME)
    coverage.take()
    assert coverage.take() == []


def test_a_hole_of_more_than_a_second_is_left_open():
    coverage = Coverage()
    assert _process(coverage, 0, SECOND, 2 * SECOND + 1) == [(0, SECOND)]
    _process(coverage, 2 * SECOND + 2 * FRAME)
    assert coverage.take() == [(2 * SECOND + 1, 2 * SECOND + 2 * FRAME)]


def test_a_hole_of_exactly_a_second_is_none():
    coverage = Coverage()
    assert _process(coverage, 0, SECOND) == []
    assert coverage.take() == [(0, SECOND)]


def test_a_frame_from_the_past_changes_nothing():
    coverage = Coverage()
    _process(coverage, 0, SECOND, FRAME)
    assert coverage.take() == [(0, SECOND)]


def test_after_a_hole_that_was_told_the_next_piece_begins_behind_it():
    coverage = Coverage()
    _process(coverage, 0, FRAME)
    coverage.take()
    assert _process(coverage, 10 * SECOND) == []
    _process(coverage, 10 * SECOND + FRAME)
    assert coverage.take() == [(10 * SECOND, 10 * SECOND + FRAME)]


def test_a_clock_that_was_set_back_begins_a_piece_of_the_time_that_it_tells_now():
    coverage = Coverage()
    _process(coverage, 3600 * SECOND, 3601 * SECOND)
    assert _process(coverage, 5 * SECOND, 6 * SECOND) == [(3600 * SECOND, 3601 * SECOND)]
    assert coverage.take() == [(5 * SECOND, 6 * SECOND)]
