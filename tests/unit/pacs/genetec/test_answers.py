"""Envelopes, GUIDs, times and event types as the Web SDK writes them."""

import json

import pytest

from doorwatch.domain.time import from_iso
from doorwatch.pacs.genetec.answers import AnswerError, guid, read_answer, read_time, rounded
from doorwatch.pacs.genetec.event_types import type_name
from doorwatch.pacs.genetec.idle import IdleLimit

PLAIN = "a6e0b54e5d6d5686be5b14eb21d1bfae"
DASHED = "a6e0b54e-5d6d-5686-be5b-14eb21d1bfae"


def wrapped(**rsp):
    return b"\xef\xbb\xbf" + json.dumps({"Rsp": rsp}).encode()


def test_one_entity_comes_as_an_object_and_several_as_a_list():
    assert read_answer(wrapped(Status="Ok", Result={"Guid": DASHED})).rows == [{"Guid": DASHED}]
    assert read_answer(wrapped(Status="Ok", Result=[{"a": 1}, {"b": 2}])).rows == [{"a": 1}, {"b": 2}]
    assert read_answer(wrapped(Status="Ok")).rows == []


def test_fields_are_known_in_any_case_though_the_first_row_lacks_them():
    rows = [{"eventType": 27}, {"eventType": 35, "cardholderGuid": PLAIN}]
    assert read_answer(wrapped(Status="Ok", Result=rows)).rows[1] == {"EventType": 35, "CardholderGuid": PLAIN}


@pytest.mark.parametrize("status", ["TooManyResults", "Partial", "partial", "toomanyresults"])
def test_an_answer_that_was_cut_off_carries_rows_and_says_so(status):
    answer = read_answer(wrapped(Status=status, Result=[{"a": 1}]))
    assert (answer.rows, answer.complete) == ([{"a": 1}], False)


@pytest.mark.parametrize(
    "rsp",
    [
        {"Status": "Fail", "Result": {"SdkErrorCode": "InvalidOperation", "Message": "Entity does not exist"}},
        {"Status": "Fail", "SdkErrorCode": "InvalidOperation", "Message": "Entity does not exist"},
        {"Status": "fail", "Result": {"SdkErrorCode": "InvalidOperation", "Message": "Entity does not exist"}},
    ],
)
def test_a_refusal_is_found_in_both_places(rsp):
    with pytest.raises(AnswerError, match="Entity does not exist") as caught:
        read_answer(wrapped(**rsp))
    assert caught.value.code == "InvalidOperation"


@pytest.mark.parametrize("text", [b"<html>no</html>", b"[]", b'{"rsp":{}}', b"", b"\xff\xfe"])
def test_what_is_no_answer_of_a_web_sdk_is_told_apart(text):
    with pytest.raises(ValueError, match=r".*"):
        read_answer(text)


@pytest.mark.parametrize("value", [DASHED, PLAIN, DASHED.upper(), f"{{{DASHED}}}", {"Guid": PLAIN}, f" {DASHED} "])
def test_a_guid_has_one_form(value):
    assert guid(value) == DASHED


@pytest.mark.parametrize("value", [None, "", "x", 5, {}, [], "00000000-0000-0000-0000-000000000000"])
def test_no_guid_is_none(value):
    assert guid(value) is None


@pytest.mark.parametrize(
    ("text", "at", "decimals"),
    [
        ("2024-02-21T23:21:33.96Z", "2024-02-21T23:21:33.960Z", 2),
        ("2024-02-21T23:21:33Z", "2024-02-21T23:21:33Z", 0),
        ("2024-02-21T23:21:33", "2024-02-21T23:21:33Z", 0),
        ("2024-02-21T23:21:33.1234999Z", "2024-02-21T23:21:33.123Z", 7),
        ("2024-02-21T23:21:33.1235Z", "2024-02-21T23:21:33.124Z", 4),
        ("2024-02-21T23:21:33.1234995Z", "2024-02-21T23:21:33.123Z", 7),
        ("2024-02-21T23:59:59.9996Z", "2024-02-22T00:00:00Z", 4),
        ("2024-02-21T23:21:33.5+01:00", "2024-02-21T22:21:33.5Z", 1),
    ],
)
def test_a_time_is_rounded_half_up_once_from_all_its_digits(text, at, decimals):
    ticks, told = read_time(text)
    assert (rounded(ticks), told) == (from_iso(at), decimals)


@pytest.mark.parametrize(
    ("text", "ticks", "decimals"),
    [
        ("1970-01-01T00:00:01Z", 10_000_000, 0),
        ("1970-01-01T00:00:00.1234567Z", 1_234_567, 7),
        ("1970-01-01T00:00:00.123456789Z", 1_234_567, 7),
        ("1970-01-01T00:00:00.44Z", 4_400_000, 2),
    ],
)
def test_a_time_keeps_all_its_digits(text, ticks, decimals):
    assert read_time(text) == (ticks, decimals)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2024-02-30T00:00:00Z", "2024-02-21", "1769862896", "/Date(1769862896)/", "20260131123456"],
)
def test_what_is_no_time_says_so(text):
    with pytest.raises(ValueError, match=r".+"):
        read_time(text)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (35, "AccessGranted"),
        ("35", "AccessGranted"),
        ("AccessGranted", "AccessGranted"),
        (27.0, "DoorOpen"),
        (9999, "9999"),
        (None, None),
        (True, None),
        (" ", None),
        ("\u00b2", "\u00b2"),
        ({"Name": "DoorOpen", "Value": 27}, "DoorOpen"),
        ({"value": 27}, "DoorOpen"),
        (float("nan"), None),
        (float("inf"), None),
        ([27], None),
    ],
)
def test_types_come_as_names_and_as_numbers(value, name):
    assert type_name(value) == name


def test_silence_is_believed_for_three_keep_alive_intervals():
    limit = IdleLimit()
    assert limit.seconds == 60
    for second in (0, 10, 20, 31):
        limit.keep_alive(second)
    assert limit.seconds == 33
    limit.restart()
    limit.keep_alive(1000)
    assert limit.seconds == 33
    quick = IdleLimit()
    for second in (0, 1, 2):
        quick.keep_alive(second)
    assert quick.seconds == 15
    together = IdleLimit()
    for second in (0, 0.3, 0.4):
        together.keep_alive(second)
    assert together.seconds == 60
    assert IdleLimit(7).seconds == 7


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb'"caf\u00e9 \ud83d\ude00"', "caf\u00e9 \U0001f600"),
        (rb'"cut \ud83d"', "cut \ufffd"),
        (rb'"\ude00 begins"', "\ufffd begins"),
        (b'"caf\xe9"', "caf\ufffd"),
    ],
)
def test_a_text_that_was_cut_in_the_middle_of_a_letter_can_be_sent_on(written, read):
    body = b'{"Rsp":{"Status":"Ok","Result":[{"Name":' + written + b"}]}}"
    (row,) = read_answer(body).rows
    assert row["Name"] == read
    assert row["Name"].encode()
