"""Tables for spreadsheets: whatever a name holds, a strict reader has it back, and no spreadsheet calculates it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.server.api.tables import csv_text


def read(data):
    text = data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "\uff20SUM(A1)"]
)
def test_what_a_spreadsheet_would_calculate_is_told_to_be_text(name):
    assert read(csv_text(["name"], [[name]])) == [["name"], [f"'{name}"]]


def test_numbers_stay_numbers_and_what_is_not_known_stays_empty():
    assert read(csv_text(["a", "b", "c"], [[-1, -0.123456, None]]))[1] == ["-1", "-0.1235", ""]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_comes_back_as_it_was(name):
    ((found, last),) = read(csv_text(["name", "last"], [[name, "x"]]))[1:]
    assert found.removeprefix("'") == name.removeprefix("'")
    assert last == "x"
