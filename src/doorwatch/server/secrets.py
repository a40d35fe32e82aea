"""Small files that only this user can read."""

import os
from pathlib import Path

from doorwatch.blobs.disk import sync_folder


def write_secret(file: Path, text: str) -> None:
    """Write one, all or nothing; on disk when this returns."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(handle)
    part.replace(file)
    sync_folder(file.parent)


def read_secret(file: Path) -> str:
    """What the file holds; empty when there is none that can be read."""
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
