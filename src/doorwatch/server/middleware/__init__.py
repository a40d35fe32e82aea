"""Middlewares: plain ASGI, one job each."""
