"""An installation made from a backup: looked through first, never over anything, and whole or not at all."""

import shutil
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from doorwatch.blobs.disk import sync_folder
from doorwatch.server.backup.contents import BLOBS, DATABASE, BackupError, Contents, faults, read_contents
from doorwatch.server.erasures import ERASURES
from doorwatch.server.secrets import write_secret
from doorwatch.server.settings import Settings
from doorwatch.store.engine.backup import refuse_newer, refuse_used, restore_database, revision_of

UNFINISHED = "restore-unfinished"
"""A file in a data folder that is being filled: whoever finds it must not start a server on half an installation."""

_OF_THE_DISK = frozenset({"lost+found"})
"""What a file system puts into its own root."""

_SPARE = 1.05
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: when the backup was made, with which version, and how many files and bytes it had."""

    data_dir: Path
    made_at: str
    made_by: str
    files: int
    bytes: int
    keys: tuple[str, ...]
    keys_missing: bool


def restore(folder: Path, settings: Settings, *, erasures: Path | None = None) -> Restored:
    """Fill the empty data folder (and database) that the settings name from a backup's folder.

    `erasures` is the file beside the lost database that tells whom to erase again at the first start.

    Raises DoorwatchError: nothing is overwritten, and nothing is begun with a backup that is damaged, that a newer
    version made, or for which there is no room. What was begun and failed is removed.
    """
    contents = read_contents(folder)
    refuse_newer(contents.revision, contents.doorwatch)
    _refuse_damaged(folder, contents)
    data = settings.data_dir
    _refuse_used_folder(data)
    refuse_used(settings.database)
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_small(data, contents)
        (data / UNFINISHED).touch(mode=0o600)
        try:
            if erasures is not None:
                _take_erasures(erasures, data)
            _fill(folder, contents, settings)
        except BaseException:
            _empty(data)
            raise
        (data / UNFINISHED).unlink()
        sync_folder(data)
    except OSError as error:
        raise BackupError(
            f"the data folder {data} can't be filled ({error.strerror}): see to its room and rights, and restore again"
        ) from error
    return Restored(
        data,
        contents.made_at,
        contents.doorwatch,
        len(contents.files),
        contents.size,
        tuple(contents.keys),
        contents.keys_left_out,
    )


def refuse_unfinished(data_dir: Path) -> None:
    """Raise BackupError for a data folder that was filled only in part."""
    if (data_dir / UNFINISHED).exists():
        raise BackupError(
            f"a restore into {data_dir} was broken off, and a server would begin anew beside what is missing: run doorwatch "
            "restore again"
        )


def _refuse_damaged(folder: Path, contents: Contents) -> None:
    found = list(islice(faults(folder, contents), _NAMED + 1))
    if found:
        more = ", and more" if len(found) > _NAMED else ""
        raise BackupError(f"the backup {folder} is damaged: {'; '.join(found[:_NAMED])}{more}; use another backup")
    if revision_of(folder / DATABASE) != contents.revision:
        raise BackupError(
            f"the backup {folder} is damaged: its database is not the one of its list; use another backup"
        )


def _refuse_used_folder(data: Path) -> None:
    if not data.exists():
        return
    if not data.is_dir():
        raise BackupError(f"{data} is no folder: name an empty data folder with --data-dir")
    if (data / UNFINISHED).exists():
        _empty(data)
    if any(path.name not in _OF_THE_DISK for path in data.iterdir()):
        raise BackupError(
            f"the data folder {data} is not empty and nothing is overwritten: name an empty one with --data-dir, or move "
            "away what is there"
        )


def _refuse_small(data: Path, contents: Contents) -> None:
    free, wanted = shutil.disk_usage(data).free, int(contents.size * _SPARE)
    if free < wanted:
        raise BackupError(
            f"the backup needs {wanted / 1e6:.0f} MB and the disk of {data} has {free / 1e6:.0f} MB: make room, or name "
            "another --data-dir"
        )


def _fill(folder: Path, contents: Contents, settings: Settings) -> None:
    for name in contents.files:
        if name != DATABASE:
            to = settings.data_dir / name
            to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copy2(folder / name, to)
            to.chmod(0o600)
    (settings.data_dir / BLOBS).mkdir(exist_ok=True)
    # The database last: without it there is nothing that a server could take for an installation.
    restore_database(folder / DATABASE, settings.database, settings.data_dir)


def _take_erasures(file: Path, data: Path) -> None:
    try:
        write_secret(data / ERASURES, file.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(
            f"{file} can't be read ({error}): name the erasures.jsonl of the lost installation"
        ) from error


def _empty(data: Path) -> None:
    """Remove what an unfinished restore put there, the mark last."""
    for path in data.iterdir():
        if path.name not in {UNFINISHED, *_OF_THE_DISK}:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    (data / UNFINISHED).unlink(missing_ok=True)
