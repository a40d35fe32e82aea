"""A backup: the database as it is at one moment, every file of evidence that it names, and the keys beside it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from doorwatch import __version__
from doorwatch.domain.time import Clock, SystemClock, to_iso
from doorwatch.server.backup.contents import (
    BLOBS,
    DATABASE,
    FORMAT,
    KEYS,
    LEFT_OUT,
    LIST,
    BackupError,
    Contents,
    File,
    read_contents,
    sha256,
    write_contents,
)
from doorwatch.server.exporting.playable import FOLDER
from doorwatch.server.settings import Settings
from doorwatch.store.engine.backup import copy_database, revision_of


@dataclass(frozen=True, slots=True)
class Backup:
    """What was copied: bytes of the database, files that were new, files that the folder had already, and the keys.

    `keys_left_out` are keys that exist and are not in it, because they were not to be.
    """

    folder: Path
    database_bytes: int
    files: int
    files_kept: int
    keys: tuple[str, ...]
    keys_left_out: tuple[str, ...]
    left_out: tuple[str, ...] = LEFT_OUT


def back_up(settings: Settings, folder: Path, clock: Clock | None = None, *, with_keys: bool = True) -> Backup:
    """Copy an installation into a folder; what an earlier backup left there is brought up to date, nothing is removed.

    The database comes first: evidence is on disk before its row is, so every row of the copy finds its file. The list of
    files comes last: a folder without one is no whole backup. Raises DoorwatchError.
    """
    made_at = to_iso((clock or SystemClock()).now())
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BackupError(f"the folder {folder} can't be made ({error.strerror}); choose another one") from error
    known = _known(folder)
    keys = tuple(sorted(file.name for file in settings.data_dir.glob(KEYS) if file.is_file()))
    try:
        (folder / LIST).unlink(missing_ok=True)
        size = copy_database(settings.database, folder / DATABASE)
        revision = revision_of(folder / DATABASE)
        files = {DATABASE: File(size, sha256(folder / DATABASE), (folder / DATABASE).stat().st_mtime_ns)}
        copied = kept = 0
        for source, name in _sources(settings, keys if with_keys else ()):
            file, new = _copy(source, folder, name, known.get(name))
            if file is not None:
                files[name] = file
                copied += new
                kept += not new
        write_contents(folder, Contents(FORMAT, __version__, made_at, revision, files, bool(keys) and not with_keys))
    except OSError as error:
        raise BackupError(
            f"{folder} can't be written ({error.strerror}); make room or choose another folder"
        ) from error
    inside = keys if with_keys else ()
    elsewhere = settings.secret_key is not None or settings.secret_key_file is not None
    left_out = (
        *LEFT_OUT,
        *(["the key that DOORWATCH_SECRET_KEY or DOORWATCH_SECRET_KEY_FILE names"] if elsewhere else []),
    )
    return Backup(folder, size, copied, kept, inside, tuple(key for key in keys if key not in inside), left_out)


def _known(folder: Path) -> dict[str, File]:
    """The files of the backup that lies there already."""
    try:
        return read_contents(folder).files
    except BackupError:
        return {}


def _sources(settings: Settings, keys: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    for key in keys:
        yield settings.data_dir / key, key
    for file in sorted(settings.blobs_dir.rglob("*")):
        name = file.relative_to(settings.blobs_dir).as_posix()
        # What was made playable is made again when it is asked for, and goes after a day.
        if file.is_file() and not file.name.startswith(".") and not name.startswith(f"{FOLDER}/"):
            yield file, f"{BLOBS}/{name}"


def _copy(source: Path, folder: Path, name: str, known: File | None) -> tuple[File | None, bool]:
    """The file as it is in the folder now, and whether it had to be copied; None when it is gone meanwhile."""
    to = folder / name
    try:
        before = source.stat()
        same = to.exists() and (to.stat().st_size, to.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        if same:
            if known is not None and (known.bytes, known.changed) == (before.st_size, before.st_mtime_ns):
                return known, False
        else:
            to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = to.with_name(f".{to.name}.part")
            try:
                shutil.copy2(source, part)
                part.chmod(0o600)
                part.replace(to)
            finally:
                part.unlink(missing_ok=True)
        found = to.stat()
        return File(found.st_size, sha256(to), found.st_mtime_ns), not same
    except FileNotFoundError:
        return None, False  # snapshots are replaced and evidence may be removed while this runs
