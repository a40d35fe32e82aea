"""Messages between processes survive any pieces in which they arrive."""

import asyncio
import socket
import struct

import pytest

from doorwatch.analyzer.wire import Link, Message, framed, pack, receive, unpack


def _reader(data, end=True):
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    if end:
        reader.feed_eof()
    return reader


def test_the_inner_form_is_header_length_header_payload():
    data = pack({"kind": "x"}, b"\0\1")
    (size,) = struct.unpack(">I", data[:4])
    assert data[4 : 4 + size] == b'{"kind":"x"}'
    assert data[4 + size :] == b"\0\1"


def test_a_message_is_read_back():
    message = unpack(pack({"kind": "fragment", "n": 1}, b"data"))
    assert message == Message({"kind": "fragment", "n": 1}, b"data")
    assert message.kind == "fragment"


async def test_messages_are_received_in_order_until_the_line_ends():
    reader = _reader(framed(pack({"n": 1})) + framed(pack({"n": 2}, b"x" * 100_000)))
    assert (await receive(reader)).header == {"n": 1}
    assert len((await receive(reader)).payload) == 100_000
    assert await receive(reader) is None


async def test_half_a_message_is_the_end():
    assert await receive(_reader(framed(pack({"n": 1}))[:-2])) is None


async def test_a_message_of_impossible_length_is_the_end():
    assert await receive(_reader(b"\xff\xff\xff\xff", end=False)) is None


def test_a_child_and_its_parent_understand_each_other():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        parent, child = Link(ours), Link(theirs)
        parent.send({"kind": "configuration", "a": [1, 2]})
        child.send({"kind": "frame"}, b"pixels")
        assert child.receive().header == {"kind": "configuration", "a": [1, 2]}
        assert parent.receive() == Message({"kind": "frame"}, b"pixels")


def test_a_parent_that_is_gone_is_the_end():
    ours, theirs = socket.socketpair()
    child = Link(theirs)
    ours.close()
    assert child.receive() is None
    with pytest.raises(OSError, match="pipe"):
        child.send({"kind": "alive"})
