"""The proof: whether what Doorwatch promises holds in an installation, shown by reading it. It changes nothing."""

from doorwatch.server.proof.proof import Answer, Wish, prove

__all__ = ["Answer", "Wish", "prove"]
