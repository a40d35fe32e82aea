"""What a camera says of its video before it sends any (SDP, RFC 8866)."""

import base64
import binascii
from dataclasses import dataclass

_CODECS = {"H264": "h264", "H265": "hevc"}


@dataclass(frozen=True, slots=True)
class Offered:
    """The first video stream: `codec` is FFmpeg's name, `rate` the ticks a second, `parameters` the units told beforehand."""

    codec: str
    rate: int
    payload: int
    control: str
    parameters: tuple[bytes, ...]


def video_of(description: str) -> Offered | None:
    """The first video stream of a description; None for one that is not sent as H.264 or HEVC usually is."""
    lines = [line.strip() for line in description.splitlines()]
    begin = next((n for n, line in enumerate(lines) if line.startswith("m=video ")), None)
    if begin is None:
        return None
    heading = lines[begin].split()
    end = next((n for n in range(begin + 1, len(lines)) if lines[n].startswith("m=")), len(lines))
    told = dict(line[2:].partition(":")[::2] for line in lines[begin + 1 : end] if line.startswith("a="))
    if len(heading) < 4 or heading[2] != "RTP/AVP" or not heading[3].isdigit():
        return None
    payload, _, form = told.get("rtpmap", "").partition(" ")
    name, _, rate = form.partition("/")
    detail = _detail(told.get("fmtp", ""))
    if payload != heading[3] or name.upper() not in _CODECS or not rate.isdigit() or int(rate) == 0:
        return None
    if detail.get("packetization-mode") == "2" or detail.get("sprop-max-don-diff", "0") != "0":
        return None  # units come in another order than they are decoded in
    return Offered(_CODECS[name.upper()], int(rate), int(payload), told.get("control", ""), _parameters(detail))


def _detail(text: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in text.partition(" ")[2].split(";"))
    return {name.lower(): value for name, _, value in pairs}


def _parameters(detail: dict[str, str]) -> tuple[bytes, ...]:
    told = [detail.get(name, "") for name in ("sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps")]
    try:
        return tuple(base64.b64decode(one, validate=True) for text in told for one in text.split(",") if one)
    except binascii.Error:
        return ()
