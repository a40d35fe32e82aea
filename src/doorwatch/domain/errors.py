"""Errors whose text is written for the person who will read it."""


class DoorwatchError(Exception):
    """Something the user can mend: the text is one sentence that names cause and cure; shown without a traceback."""
