"""Stand-ins to develop against: an access control system and a camera."""
