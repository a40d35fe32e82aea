"""A clip whose every picture carries its own number, to be read off a screen: what a live picture shows, and how late."""

from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from doorwatch.demo.building import clip_file
from doorwatch.domain.time import SECOND, Micros

RATE = Fraction(25, 2)
BITS = 8
PICTURES = 1 << BITS
PERIOD: Micros = round(PICTURES / RATE * SECOND)
SIZE = (640, 360)
_BAND = 24


def numbered_clip(path: Path) -> Path:
    """The demo's pictures as a camera's sub-stream sends them, each with its number in eight squares on top."""
    with av.open(str(clip_file("demo.mp4"))) as source:
        walked = [
            frame.reformat(*SIZE, format="rgb24").to_ndarray() for frame in islice(source.decode(video=0), PICTURES)
        ]
    with av.open(str(path), "w") as target:
        options = {"preset": "veryfast", "crf": "24", "x264-params": "bframes=0:keyint=25:scenecut=0"}
        stream = target.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number, pixels in zip(range(PICTURES), cycle(walked), strict=False):
            frame = av.VideoFrame.from_ndarray(_marked(pixels, number), format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base, frame.pict_type = number, 1 / RATE, PictureType.NONE
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return path


def _marked(pixels: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    told = pixels.copy()
    width = SIZE[0] // BITS
    for bit in range(BITS):
        told[:_BAND, bit * width : (bit + 1) * width] = 235 if number >> bit & 1 else 16
    return told


READ_NUMBERS = """
async ([seconds, bits]) => {
  const video = document.querySelector('.live video');
  const canvas = new OffscreenCanvas(bits * 4, 60);
  const drawn = canvas.getContext('2d', { willReadFrequently: true });
  const seen = [];
  const until = performance.now() + seconds * 1000;
  await new Promise((done) => {
    const look = (_, frame) => {
      drawn.drawImage(video, 0, 0, bits * 4, 60);
      const row = drawn.getImageData(0, 1, bits * 4, 1).data;
      let number = 0;
      for (let bit = 0; bit < bits; bit += 1) if (row[(bit * 4 + 2) * 4] > 125) number += 2 ** bit;
      seen.push([performance.timeOrigin + frame.expectedDisplayTime, number]);
      if (performance.now() < until) video.requestVideoFrameCallback(look);
      else done();
    };
    video.requestVideoFrameCallback(look);
  });
  return seen;
}
"""
"""For the page: [when it is displayed in ms since 1970, which picture it is] of each picture that is shown for a while."""


def lateness(seen: list[tuple[float, int]], epoch: Micros) -> list[float]:
    """Milliseconds from each picture's capture until it was displayed; `epoch` is when picture 0 was captured."""
    taken = [(at * 1000, epoch + round(number / RATE * SECOND)) for at, number in seen]
    return [((at - captured) % PERIOD) / 1000 for at, captured in taken]
