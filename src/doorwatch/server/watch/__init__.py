"""The watch: recomputes verdicts of doors whose inputs changed, stores incidents, tells who must know."""

from doorwatch.server.watch.worker import Watch

__all__ = ["Watch"]
