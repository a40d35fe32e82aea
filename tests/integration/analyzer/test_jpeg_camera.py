"""A camera that sends JPEG pictures is told what it has to send instead.

The camera of this test is one of the old kind: RTSP, with each picture a JPEG file cut into RTP packets (RFC 2435).
"""

import asyncio
import contextlib
import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from doorwatch.analyzer.source import open_source
from doorwatch.analyzer.trouble import CameraTrouble

SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=old camera\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:track\r\n"
MOST = 1200
RATE = 10


def picture(width=320, height=240):
    """A JPEG file with the usual Huffman tables, which are not sent along."""
    frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 90, np.uint8), format="bgr24")
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base, encoder.options = Fraction(1, RATE), {"huffman": "default"}
    return bytes(encoder.encode(frame.reformat(format="yuvj420p"))[0])


def parts(jpeg):
    """Quantization tables, size and scan of a JPEG file."""
    tables, size, at = [], (0, 0), 2
    while True:
        marker, length = jpeg[at + 1], struct.unpack_from(">H", jpeg, at + 2)[0]
        body = jpeg[at + 4 : at + 2 + length]
        if marker == 0xDB:
            tables += [body[start + 1 : start + 65] for start in range(0, len(body), 65)]
        elif marker == 0xC0:
            size = struct.unpack_from(">HH", body, 1)[::-1]
        elif marker == 0xDA:
            return tables, size, jpeg[at + 2 + length : -2]
        at += 2 + length


def packets(jpeg, number, stamp):
    """The RTP packets of one picture."""
    tables, (width, height), scan = parts(jpeg)
    if len(tables) == 1:
        tables = tables * 2
    found, offset = [], 0
    while offset < len(scan):
        piece = scan[offset : offset + MOST]
        last = offset + len(piece) == len(scan)
        head = struct.pack(">BBHII", 0x80, 26 | (0x80 if last else 0), (number + len(found)) & 0xFFFF, stamp, 7)
        head += struct.pack(">I", offset) + bytes([1, 255, width // 8, height // 8])
        if offset == 0:
            head += struct.pack(">BBH", 0, 0, 128) + b"".join(tables[:2])
        found.append(head + piece)
        offset += len(piece)
    return found


class JpegCamera:
    """Serves one client at a time over RTSP and TCP; `url` once it is entered."""

    async def __aenter__(self):
        self._tasks = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"rtsp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/old"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                request = (await reader.readuntil(b"\r\n\r\n")).decode()
                method = request.split(" ", 1)[0]
                sequence = next(line for line in request.splitlines() if line.lower().startswith("cseq"))
                self._answer(writer, method, sequence)
                if method == "PLAY":
                    task = asyncio.create_task(self._play(writer))
                    self._tasks.add(task)
        writer.close()

    def _answer(self, writer, method, sequence):
        more, body = "", ""
        if method == "OPTIONS":
            more = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        elif method == "DESCRIBE":
            body = SDP
            more = f"Content-Type: application/sdp\r\nContent-Base: {self.url}/\r\nContent-Length: {len(body)}\r\n"
        elif method == "SETUP":
            more = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n"
        writer.write(f"RTSP/1.0 200 OK\r\n{sequence}\r\n{more}\r\n{body}".encode())

    async def _play(self, writer):
        jpeg, number, stamp = picture(), 0, 0
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                for packet in packets(jpeg, number, stamp):
                    writer.write(b"$\0" + struct.pack(">H", len(packet)) + packet)
                    number += 1
                await writer.drain()
                stamp += 90_000 // RATE
                await asyncio.sleep(1 / RATE)


async def test_the_old_camera_of_this_test_is_one_that_a_player_can_play():
    async with JpegCamera() as camera:

        def look():
            with av.open(camera.url, options={"rtsp_transport": "tcp"}, timeout=20) as container:
                frame = next(container.decode(video=0))
                return container.streams.video[0].codec_context.name, frame.width, frame.height

        assert await asyncio.to_thread(look) == ("mjpeg", 320, 240)


async def test_a_camera_that_sends_jpeg_pictures_is_told_to_send_h264():
    async with JpegCamera() as camera:
        with pytest.raises(CameraTrouble, match="sends mjpeg, which is not supported") as trouble:
            await asyncio.to_thread(open_source, camera.url, "tcp")
    assert trouble.value.code == 400
    assert "H.264" in str(trouble.value)
