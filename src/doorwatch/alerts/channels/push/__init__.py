"""Notifications in browsers: encrypted for one browser (RFC 8291), signed by this server (RFC 8292), handed to its push service."""
