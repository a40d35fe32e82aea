"""The proof: whether what Doorwatch promises holds in an installation, shown by reading it; and the repair of recorded video, by rule."""

from doorwatch.server.proof.proof import Answer, Wish, prove, prove_recordings
from doorwatch.server.proof.repairing import Repair
from doorwatch.server.proof.video import Fault, Video, Wrong

__all__ = ["Answer", "Fault", "Repair", "Video", "Wish", "Wrong", "prove", "prove_recordings"]
