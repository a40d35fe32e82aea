"""What can go wrong with a database, in sentences for the person who must mend it."""

from doorwatch.domain.errors import DoorwatchError


class StoreError(DoorwatchError):
    """The database cannot be opened, upgraded or written; the text names cause and cure."""


class StoreBusyError(StoreError):
    """More writes are waiting than the database keeps up with; the caller should try again in a while."""


class OvertakenError(StoreError):
    """Another replica wrote the same rows at the same moment: the same work succeeds when it is done again."""

    def __init__(self) -> None:
        super().__init__("another server keeps writing the same rows at the same time: try again in some seconds")


class UnknownError(DoorwatchError, LookupError):
    """There is no such thing in this account."""


class ConflictError(DoorwatchError, ValueError):
    """Something of that name exists already, or changed in the meantime."""
