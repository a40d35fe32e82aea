"""The durable queue on disk and its forwarder, used by gateway and analyzer alike."""
