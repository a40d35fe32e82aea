"""Evidence handed on: one signed file a request, which anybody can verify without this server."""
