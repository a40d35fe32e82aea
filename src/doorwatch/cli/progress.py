"""How far a long video is, on stderr: on a terminal always, elsewhere when it is asked for."""

import sys
import time
from typing import Annotated, TextIO

import typer

from doorwatch.domain.time import SECOND, Micros

Wanted = Annotated[
    bool | None,
    typer.Option(
        "--progress/--no-progress", help="Tell on stderr how far the video is; when absent, only on a terminal."
    ),
]

_ON_TERMINAL = 0.5
_ELSEWHERE = 10.0


class Progress:
    """One line that is written again and again on a terminal, and a line every ten seconds elsewhere."""

    def __init__(self, command: str, *, wanted: bool | None = None, stream: TextIO | None = None) -> None:
        self._command = command
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._wanted = self._terminal if wanted is None else wanted
        self._every = _ON_TERMINAL if self._terminal else _ELSEWHERE
        self._begun = time.monotonic()
        self._told = -self._every
        self._shown = 0

    def passed(self, gone: Micros, whole: Micros) -> None:
        """The video was looked at until `gone`; `whole` is its length, 0 where it tells none."""
        now = time.monotonic() - self._begun
        if self._wanted and now - self._told >= self._every:
            self._told = now
            self._write(f"{self._command}: {_sentence(gone, whole, now)}")

    def clear(self) -> None:
        """Make room on a terminal for what is said next."""
        if self._shown:
            self._stream.write("\r" + " " * self._shown + "\r")
            self._stream.flush()
            self._shown = 0

    def _write(self, line: str) -> None:
        self._stream.write(f"\r{line.ljust(self._shown)}" if self._terminal else f"{line}\n")
        self._stream.flush()
        self._shown = len(line) if self._terminal else 0


def _sentence(gone: Micros, whole: Micros, took: float) -> str:
    if whole <= 0:
        return f"{_clock(gone)} of the video looked at"
    share = min(1.0, gone / whole)
    left = f", about {_minutes(took / share - took)} left" if share > 0 else ""
    return f"{_clock(gone)} of {_clock(whole)} looked at ({share:.0%}){left}"


def _clock(length: Micros) -> str:
    seconds = round(length / SECOND)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _minutes(seconds: float) -> str:
    return f"{round(seconds)} s" if seconds < 90 else f"{round(seconds / 60)} min"
