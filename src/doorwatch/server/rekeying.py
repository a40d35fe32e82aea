"""Another key for the secrets: made or named, everything sealed anew, and only then put in the former one's place.

The new key is on disk before anything is sealed with it. A rotation that was interrupted is gone on with by the next
one: whichever of the two keys opens the database, nothing is lost.
"""

from dataclasses import dataclass
from pathlib import Path

from doorwatch.blobs.disk import sync_folder
from doorwatch.domain.time import Micros
from doorwatch.server import keys
from doorwatch.server.settings import PREFIX, Settings
from doorwatch.store import rekeying
from doorwatch.store.engine.database import Database, Key
from doorwatch.store.engine.errors import StoreError


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """How many secrets were sealed anew, and the file with the key that opens them from now on."""

    secrets: int
    key_file: Path


def rekey(settings: Settings, new_key_file: Path | None, now: Micros) -> Rekeyed:
    """Seal all secrets with a new key: the one in a file, or a new one beside the data. Raises DoorwatchError."""
    if new_key_file is not None:
        former, new = keys.installation_key(settings, now), keys.key_in(new_key_file, now)
        return Rekeyed(_reseal(settings, former, new), new_key_file)
    if settings.secret_key is not None or settings.secret_key_file is not None:
        name = "SECRET_KEY" if settings.secret_key is not None else "SECRET_KEY_FILE"
        raise keys.SecretKeyError(
            f"the key is named by {PREFIX}{name}: name the new one with --new-key-file, and by that setting afterwards"
        )
    file = settings.data_dir / keys.KEY_FILE
    waiting = file.with_name(f"{file.name}.new")
    former = keys.installation_key(settings, now)
    new = keys.key_in(waiting, now) if waiting.exists() else keys.make_key(waiting, now)
    count = _reseal(settings, former, new)
    waiting.replace(file)
    sync_folder(file.parent)
    return Rekeyed(count, file)


def _reseal(settings: Settings, former: Key, new: Key) -> int:
    try:
        with Database.open(settings.database, readers=1, key=former) as db:
            return db.write_sync(lambda conn: rekeying.reseal(conn, new.seal))
    except StoreError as error:
        # The rotation before this one was interrupted after everything was sealed: then the new key opens it.
        try:
            Database.open(settings.database, readers=1, key=new).close()
        except StoreError:
            raise error from None
        return 0
