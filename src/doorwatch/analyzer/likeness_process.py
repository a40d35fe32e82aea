"""Encodes cut-outs of those who crossed, one after the other, behind everything else that this machine has to do."""

import os
import threading
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np

from doorwatch.analyzer.wire import Link
from doorwatch.vision.likeness.pair import read
from doorwatch.vision.likeness.tokens import LikenessError

_LEAST_PRIORITY = 19
_SIGN_OF_LIFE = 5.0
_ECHO = ("camera_id", "ring", "crossing_id")


def run(link: Link, configuration: dict[str, Any]) -> None:
    """Load the encoder, then answer every `cutout` with a `likeness`, until the parent is gone."""
    os.nice(_LEAST_PRIORITY)
    _keep_saying(link)
    try:
        pair = read(Path(configuration["folder"]))
        encoder = pair.pictures()
    except LikenessError as error:
        link.send({"kind": "unusable", "message": str(error)})
        while link.receive() is not None:
            pass  # it is no better when it is started again; whoever mends it restarts the analyzer
        return
    while (message := link.receive()) is not None:
        order = message.header
        height, width = order["size"]
        picture = np.frombuffer(message.payload, np.uint8).reshape(height, width, 3)
        answer: dict[str, Any] = {name: order[name] for name in _ECHO}
        try:
            direction = b64encode(encoder.encode(picture)).decode()
        except LikenessError as error:
            link.send({"kind": "unusable", "message": str(error)})
            continue
        link.send({"kind": "likeness", **answer, "model": pair.identity, "direction": direction})


def _keep_saying(link: Link) -> None:
    """Say that this process lives, also while it loads a large network."""

    def say() -> None:
        while not over.wait(_SIGN_OF_LIFE):
            link.send({"kind": "alive"})

    over = threading.Event()
    threading.Thread(target=say, daemon=True).start()
