"""Stand-ins for systems that a developer does not have: they speak the real protocols over real sockets."""
