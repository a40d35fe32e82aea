"""Files by name in a folder.

A file is written beside its place, forced to disk, renamed, and its folder is forced to disk as well: after `put`
returned, a power cut leaves the whole new file; before that, the whole old one or none.
"""

import io
import os
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO

from doorwatch.blobs.names import BlobError, BlobMissingError, check_name

_TEMPORARY = ".part"
_CHUNK = 1 << 20


def sync_folder(folder: Path) -> None:
    """Force a folder's entries to disk, so that a file renamed into it survives a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, data: bytes | BinaryIO, *, mode: int = 0o666) -> None:
    """Put `data`, or what an open file holds from where it stands, at `path`: whole or not at all, on disk when this returns.

    The folder must exist; `mode` is what the file may be used for, less the umask. Raises OSError.
    """
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_TEMPORARY}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            shutil.copyfileobj(source, file, _CHUNK)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


class DiskBlobs:
    """Files by name in the folder `root`, which is made when it is missing. Raises BlobError when it cannot be used."""

    def __init__(self, root: Path) -> None:
        self._root = root
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BlobError(
                f"the folder {root} cannot be made ({error.strerror}): check its owner and its disk"
            ) from error

    def path(self, name: str) -> Path:
        """Where a file of this name lies, whether or not it exists. Raises BlobError for a name that cannot be one."""
        return self._root / check_name(name)

    def put(self, name: str, data: bytes | BinaryIO) -> None:
        """Keep `data`, or what an open file holds, under `name`; durable when this returns. Raises BlobError."""
        path = self.path(name)
        try:
            self._make_folders(path.parent)
            write_durably(path, data)
        except OSError as error:
            raise BlobError(
                f"{path} cannot be written ({error.strerror}): check the disk's space and rights"
            ) from error

    def get(self, name: str) -> bytes:
        """All bytes of a file. Raises BlobMissingError."""
        with self.open(name) as file:
            return file.read()

    def open(self, name: str) -> BinaryIO:
        """A file for reading and seeking; the caller closes it. Raises BlobMissingError."""
        path = self.path(name)
        try:
            return path.open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise BlobMissingError(f"there is no file {name}") from None
        except OSError as error:
            raise BlobError(f"{path} cannot be read ({error.strerror}): check its rights") from error

    def size(self, name: str) -> int | None:
        """Length in bytes; None when there is no such file."""
        path = self.path(name)
        return path.stat().st_size if path.is_file() else None

    def delete(self, name: str) -> bool:
        """Remove a file; whether there was one. Raises BlobError."""
        path = self.path(name)
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise BlobError(f"{path} cannot be removed ({error.strerror}): check its rights") from error
        sync_folder(path.parent)
        return True

    def names(self, prefix: str = "") -> list[str]:
        """The names that begin with `prefix`, in order; a file that is still being written is none of them."""
        folder = self._root / prefix.rpartition("/")[0]
        found = (path.relative_to(self._root).as_posix() for path in folder.rglob("*") if path.is_file())
        return sorted(name for name in found if name.startswith(prefix) and not name.endswith(_TEMPORARY))

    def _make_folders(self, folder: Path) -> None:
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for made in missing:
            sync_folder(made.parent)
