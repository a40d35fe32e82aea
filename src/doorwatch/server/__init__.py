"""The HTTP application: resources, ingest, the watch over doors, live updates."""
