"""The analyzer's binary frames: a length, a JSON header, a payload; passed on to browsers unchanged."""

from typing import Literal

import msgspec

_PREFIX = 4
_MOST_HEADER = 1 << 20


class FrameHeader(msgspec.Struct):
    """What the server itself needs to know of a frame; the rest of the header is the browser's business."""

    camera_id: str
    kind: Literal["init", "fragment", "people"]


class FrameError(ValueError):
    """A frame that can't be read; the text says why."""


_decode = msgspec.json.Decoder(FrameHeader).decode


def read_header(frame: bytes) -> FrameHeader:
    """The header of a frame. Raises FrameError."""
    length = int.from_bytes(frame[:_PREFIX], "big")
    if len(frame) < _PREFIX or length > _MOST_HEADER or _PREFIX + length > len(frame):
        raise FrameError("the frame is shorter than its header says")
    try:
        return _decode(frame[_PREFIX : _PREFIX + length])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FrameError(f"the frame's header can't be read: {error}") from None


def make_frame(header: dict[str, object], payload: bytes = b"") -> bytes:
    """A frame made from its parts."""
    head = msgspec.json.encode(header)
    return len(head).to_bytes(_PREFIX, "big") + head + payload
