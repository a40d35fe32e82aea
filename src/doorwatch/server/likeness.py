"""What texts look like: the operator's own encoder, loaded when it is first asked; off where there is none."""

import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from doorwatch.vision.likeness.pair import Pair, find
from doorwatch.vision.likeness.tokens import LikenessError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from doorwatch.vision.likeness.encoders import TextEncoder

_log = structlog.get_logger(__name__)
_REMEMBERED = 256


class Likeness:
    """The encoder of texts of the pair in a data folder, or wherever the environment says."""

    def __init__(self, data_dir: Path) -> None:
        self._pair = _found(data_dir)
        self._encoder: TextEncoder | None = None
        self._lock = threading.Lock()
        self.direction = lru_cache(_REMEMBERED)(self._direction)

    @property
    def model(self) -> int | None:
        """The identity of the pair; None while searching by looks is off."""
        return None if self._pair is None else self._pair.identity

    def _direction(self, text: str) -> "NDArray[np.float32]":
        """Where a text points. Takes a while the first time. Raises LikenessError."""
        with self._lock:
            if self._pair is None:
                raise LikenessError("searching by looks is off: there is no model; pull one and restart the server")
            if self._encoder is None:
                self._encoder = self._pair.texts()
            return self._encoder.encode(text)


def _found(data_dir: Path) -> Pair | None:
    try:
        return find(data_dir)
    except LikenessError as error:
        _log.warning("searching by looks is off", reason=str(error))
        return None
