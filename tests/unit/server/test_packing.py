"""Long answers of JSON: packed for whoever reads packed, and for nobody else."""

import json
import zlib

import pytest
import zstandard
from starlette.requests import Request

from doorwatch.server.packing import LEAST, json_answer

DOORS = [{"door_id": f"door_{number}", "name": f"Door {number}"} for number in range(2000)]
UNPACK = {
    "gzip": lambda body: zlib.decompress(body, wbits=31),
    "zstd": zstandard.decompress,
    None: lambda body: body,
}


def answer(accepted, told=DOORS):
    headers = [] if accepted is None else [(b"accept-encoding", accepted.encode())]
    return json_answer(Request({"type": "http", "headers": headers}), told)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        (None, None),
        ("identity", None),
        ("gzip", "gzip"),
        ("GZIP, deflate", "gzip"),
        ("gzip, br, zstd", "zstd"),
        ("zstd;q=0, gzip;q=0.5", "gzip"),
        ("gzip; q=0", None),
        ("", None),
        (";;,=,", None),
    ],
)
def test_a_reader_gets_what_it_takes(accepted, encoding):
    given = answer(accepted)
    assert given.headers.get("content-encoding") == encoding
    assert given.headers["vary"] == "Accept-Encoding"
    assert json.loads(UNPACK[encoding](given.body)) == DOORS
    assert int(given.headers["content-length"]) == len(given.body)


def test_packed_answers_are_much_shorter():
    plain = len(answer(None).body)
    assert plain > LEAST
    assert max(len(answer("gzip").body), len(answer("zstd").body)) * 5 < plain


def test_a_short_answer_stays_as_it_is():
    given = answer("gzip, zstd", DOORS[:10])
    assert "content-encoding" not in given.headers
    assert json.loads(given.body) == DOORS[:10]
