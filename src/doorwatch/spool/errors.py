"""Errors of the spool: each text is one sentence that names cause and cure."""


class SpoolError(Exception):
    """Something about the spool that its user can mend."""


class SpoolBusyError(SpoolError):
    """Another process owns the folder."""


class SpoolFullError(SpoolError):
    """There is no room for the item: the queue's limit is reached, or the disk is full."""


class SpoolBrokenError(SpoolError):
    """The disk failed under the spool; nothing more is accepted until the process starts again."""
