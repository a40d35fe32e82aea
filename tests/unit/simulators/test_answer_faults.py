import pytest

from doorwatch.domain.time import ManualClock
from doorwatch.simulators.genetec.faults import AnswerFault, AnswerFaults, fault_body


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def faults(clock):
    return AnswerFaults(clock)


def test_a_fault_for_so_many_requests_is_met_that_often(faults):
    faults.arm(AnswerFault(status=500, times=2))
    assert [faults.meet("entity") is not None for _ in range(3)] == [True, True, False]


def test_a_fault_for_so_long_ends_by_itself(faults, clock):
    faults.arm(AnswerFault(status=500, seconds=10))
    clock.advance(9.9)
    assert faults.meet("x") is not None
    clock.advance(0.1)
    assert faults.meet("x") is None
    assert len(faults) == 0


def test_a_fault_of_a_path_spares_the_others(faults):
    faults.arm(AnswerFault(status=500, path="report/"))
    assert faults.meet("events") is None
    assert faults.meet("Report/DoorActivity") is not None


def test_clearing_makes_everything_right(faults):
    faults.arm(AnswerFault(status=500))
    faults.clear()
    assert faults.meet("x") is None


@pytest.mark.parametrize(
    ("body", "start"),
    [("html", b"<!DOCTYPE"), ("empty", b""), ("fail", b'{"Rsp":{"Status":"Fail"'), ("garbage", b'{"Rsp')],
)
def test_the_body_of_a_fault_is_a_page_nothing_an_envelope_or_half_of_one(body, start):
    assert fault_body(AnswerFault(status=500, body=body)).startswith(start)
