import pytest

from doorwatch.domain.time import from_iso
from doorwatch.simulators.genetec.timestamps import wire_time


@pytest.mark.parametrize(
    ("iso", "digits", "expected"),
    [
        ("2025-01-31T12:34:56.780000Z", None, "2025-01-31T12:34:56.78Z"),
        ("2025-01-31T12:34:56Z", None, "2025-01-31T12:34:56Z"),
        ("2025-01-31T12:34:56.000001Z", None, "2025-01-31T12:34:56.000001Z"),
        ("2025-01-31T12:34:56.789Z", 0, "2025-01-31T12:34:56Z"),
        ("2025-01-31T12:34:56.789Z", 1, "2025-01-31T12:34:56.7Z"),
        ("2025-01-31T12:34:56.789Z", 7, "2025-01-31T12:34:56.7890000Z"),
        ("1999-12-31T23:59:59.999999Z", 3, "1999-12-31T23:59:59.999Z"),
    ],
)
def test_timestamps_are_cut_to_so_many_decimals_or_lose_their_zeros(iso, digits, expected):
    assert wire_time(from_iso(iso), digits) == expected
