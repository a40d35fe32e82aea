"""Where data lives, under which key, and for how long it is kept."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr


def default_data_dir() -> Path:
    """Where data goes when nobody says: the XDG data folder of the user."""
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "doorwatch"


class KeepingSettings(BaseModel):
    """Where data lives, under which key, and for how long it is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Annotated[
        Path,
        Field(
            title="Data folder",
            description="Database, evidence, recordings and spool live here.",
            default_factory=default_data_dir,
        ),
    ]
    database_url: Annotated[
        str | None,
        Field(
            title="Database",
            description="postgresql://user:password@host/name, or sqlite:///file; a SQLite file in the data folder by default.",
        ),
    ] = None
    secret_key: Annotated[
        SecretStr | None,
        Field(
            title="Key of the secrets",
            description="Seals passwords of cameras and other secrets in the database: 32 bytes in base64, such as "
            "`openssl rand -base64 32` gives; `secrets.key` in the data folder by default, made at the first start.",
        ),
    ] = None
    secret_key_file: Annotated[
        Path | None,
        Field(title="File of that key", description="The file with the key of the secrets, for all replicas the same."),
    ] = None
    recording_days: Annotated[
        float,
        Field(
            title="Recordings",
            description="Days for which recorded video is kept in which nothing happened; each camera can have its own.",
            gt=0,
            le=3650,
        ),
    ] = 3
    event_recording_days: Annotated[
        float,
        Field(
            title="Recordings of events",
            description="Days for which recorded video is kept in which something happened at a door that the camera sees; never fewer than the others.",
            gt=0,
            le=3650,
        ),
    ] = 14
    free_space_gb: Annotated[
        float | None,
        Field(
            title="Free space",
            description="Gigabytes that stay free on the disk with the recordings: below it the oldest go, below half of it recording stops; a tenth of the disk, at most 50, when not set.",
            gt=0,
            le=1_000_000,
        ),
    ] = None
    clothing_days: Annotated[
        float,
        Field(
            title="Clothes",
            description="Days for which the colours of clothes of those who crossed are kept, where an account keeps them.",
            gt=0,
            le=3650,
        ),
    ] = 30
    export_days: Annotated[
        float, Field(title="Exports", description="Days for which exported evidence can be fetched.", gt=0, le=365)
    ] = 7
    audit_days: Annotated[
        int | None,
        Field(
            title="Audit trail",
            description="Days for which the audit trail is kept, at least 90; it is kept for ever when not set.",
            ge=90,
            le=36500,
        ),
    ] = None
    clip_before: Annotated[
        float, Field(title="Clip lead", description="Seconds of video before an incident.", ge=0, le=60)
    ] = 5
    clip_after: Annotated[
        float, Field(title="Clip tail", description="Seconds of video after an incident.", ge=0, le=60)
    ] = 4

    @property
    def database(self) -> str:
        """The database's address, the default one included."""
        return self.database_url or f"sqlite:///{self.data_dir / 'doorwatch.db'}"

    @property
    def blobs_dir(self) -> Path:
        """The folder of evidence and snapshots."""
        return self.data_dir / "blobs"
