"""A faithful Web SDK server, with its quirks and faults."""
