"""A backup of an installation: the database as it is at one moment, and every file of evidence that it names."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from doorwatch.domain.errors import DoorwatchError
from doorwatch.server.settings import Settings
from doorwatch.store.backup import copy_database

DATABASE = "doorwatch.db"
BLOBS = "blobs"


@dataclass(frozen=True, slots=True)
class Backup:
    """What was copied: bytes of the database, files that were new, files that the folder had already."""

    folder: Path
    database_bytes: int
    files: int
    files_kept: int


def back_up(settings: Settings, folder: Path) -> Backup:
    """Copy an installation into a folder; what an earlier backup left there is brought up to date, nothing is removed.

    The database comes first: evidence is on disk before its row is, so every row of the copy finds its file.
    Raises DoorwatchError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise DoorwatchError(f"the folder {folder} can't be made ({error.strerror}); choose another one") from error
    size = copy_database(settings.database, folder / DATABASE)
    new, kept = _copy_files(settings.blobs_dir, folder / BLOBS)
    return Backup(folder, size, new, kept)


def _copy_files(source: Path, target: Path) -> tuple[int, int]:
    new = kept = 0
    for file in sorted(path for path in source.rglob("*") if path.is_file() and not path.name.startswith(".")):
        to = target / file.relative_to(source)
        try:
            before = file.stat()
            if to.exists() and (to.stat().st_size, to.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns):
                kept += 1
                continue
            to.parent.mkdir(parents=True, exist_ok=True)
            part = to.with_name(f".{to.name}.part")
            shutil.copy2(file, part)
            part.replace(to)
            new += 1
        except FileNotFoundError:
            continue  # snapshots are replaced and evidence may be removed while this runs
        except OSError as error:
            raise DoorwatchError(f"{to} can't be written ({error.strerror}); choose another folder") from error
    return new, kept
