"""Small files that only this user can read."""

from pathlib import Path

from doorwatch.blobs.disk import write_durably


def write_secret(file: Path, text: str) -> None:
    """Write one, all or nothing; on disk when this returns. Raises OSError."""
    write_durably(file, text.encode(), mode=0o600)


def read_secret(file: Path) -> str:
    """What the file holds; empty when there is none that can be read."""
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
