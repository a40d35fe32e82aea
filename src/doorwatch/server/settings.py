"""What can be set on a server: one model, read from the environment (`DOORWATCH_…`) and the command line."""

import ipaddress
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.reach import folders, networks
from doorwatch.server.sign_on_settings import SignOnSettings

PREFIX = "DOORWATCH_"

LOCAL_FILE = "local.json"
"""In the data folder while the server runs: its address and a token for this machine's commands."""


class SettingsError(DoorwatchError):
    """A setting that can't be used; the text names it, what was found and what is expected."""


def default_data_dir() -> Path:
    """Where data goes when nobody says: the XDG data folder of the user."""
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "doorwatch"


class Settings(SignOnSettings):
    """The settings of a server; each is also an environment variable, in capitals after `DOORWATCH_`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Annotated[
        Path,
        Field(
            title="Data folder",
            description="Database, evidence, recordings and spool live here.",
            default_factory=default_data_dir,
        ),
    ]
    host: Annotated[str, Field(title="Address", description="The address to listen on.", min_length=1)] = "127.0.0.1"
    port: Annotated[
        int, Field(title="Port", description="The port to listen on; 0 takes a free one.", ge=0, le=65535)
    ] = 8400
    tls_cert: Annotated[
        Path | None,
        Field(
            title="TLS certificate",
            description="PEM file with the certificate and its chain; with it the port speaks https. Loaded again when it changes.",
        ),
    ] = None
    tls_key: Annotated[
        Path | None, Field(title="TLS key", description="PEM file with the key of the TLS certificate, not encrypted.")
    ] = None
    local_port: Annotated[
        int,
        Field(
            title="Local port",
            description="With TLS: the port on 127.0.0.1 for this machine's own programs, without TLS; 0 takes a free one.",
            ge=0,
            le=65535,
        ),
    ] = 0
    trusted_proxies: Annotated[
        str,
        Field(
            title="Trusted proxies",
            description="Networks of reverse proxies, with commas, whose X-Forwarded-For and X-Forwarded-Proto are believed.",
        ),
    ] = ""
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
    public_url: Annotated[
        str | None,
        Field(
            title="Public address",
            description="The address that people use, for links in mails and share links; https makes cookies secure.",
            pattern=r"^https?://[^\s/]+(/[^\s]*)?$",
        ),
    ] = None
    allowed_hosts: Annotated[
        str,
        Field(
            title="Allowed hosts",
            description="Further host names, with commas, under which browsers may reach this server beside its public address.",
        ),
    ] = ""
    session_hours: Annotated[
        float,
        Field(title="Sessions", description="Hours after which people sign in again in any case.", gt=0, le=24 * 365),
    ] = 24 * 14
    session_idle_hours: Annotated[
        float,
        Field(
            title="Idle sessions",
            description="Hours without the page being open after which people sign in again.",
            gt=0,
            le=24 * 365,
        ),
    ] = 24 * 3
    share_hours: Annotated[
        float, Field(title="Share link", description="Hours for which a share link works by default.", gt=0, le=24 * 30)
    ] = 24
    ingest_rate: Annotated[
        float,
        Field(
            title="Ingest rate",
            description="Access events a second that one token may store; ten seconds' worth may come at once.",
            gt=0,
        ),
    ] = 50_000
    request_rate: Annotated[
        float,
        Field(
            title="Request rate",
            description="Requests a second of one session or one token for the API; ten seconds' worth may come at once.",
            gt=0,
        ),
    ] = 200
    judges: Annotated[
        int | None,
        Field(
            title="Judging processes",
            description="Most processes that help judging doors while many have news, up to 92 MB each; 0 leaves it to the server, and without it there are as many as processor cores but one, at least one, at most four.",
            ge=0,
            le=64,
        ),
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
    site_name: Annotated[str, Field(title="Site", description="Name of the site that the first start makes.")] = (
        "Main site"
    )
    time_zone: Annotated[
        str, Field(title="Time zone", description="Zone of the site that the first start makes, such as Europe/Vienna.")
    ] = "UTC"
    smtp_host: Annotated[
        str | None, Field(title="Mail server", description="Host of the SMTP server; without one no mail is sent.")
    ] = None
    smtp_port: Annotated[int, Field(title="Mail port", description="Port of the SMTP server.", ge=1, le=65535)] = 25
    smtp_user: Annotated[str | None, Field(title="Mail user", description="User name at the SMTP server.")] = None
    smtp_password: Annotated[
        SecretStr | None, Field(title="Mail password", description="Password at the SMTP server.")
    ] = None
    smtp_password_file: Annotated[
        Path | None, Field(title="Mail password file", description="File that holds the password of the SMTP server.")
    ] = None
    smtp_security: Annotated[
        str,
        Field(title="Mail encryption", description="none, starttls or tls.", pattern="^(none|starttls|tls)$"),
    ] = "none"
    smtp_ca_file: Annotated[
        Path | None,
        Field(
            title="Mail authority",
            description="PEM file with the authorities to trust at the SMTP server beside the system's.",
        ),
    ] = None
    mail_from: Annotated[
        str, Field(title="Mail sender", description="Address from which mails come.", pattern=r"^[^@\s]+@[^@\s]+$")
    ] = "doorwatch@localhost"
    webhook_networks: Annotated[
        str,
        Field(
            title="Webhook networks",
            description="Networks, with commas, that webhooks, callbacks, chats, syslog and brokers may reach although they are this machine's own, and push services although they are not public.",
        ),
    ] = ""
    webhook_networks_only: Annotated[
        bool,
        Field(
            title="Webhook networks only",
            description="Whether webhooks, callbacks, chats, syslog, brokers and push services may be reached in the named networks alone.",
        ),
    ] = False
    camera_networks: Annotated[
        str,
        Field(
            title="Camera networks",
            description="Networks, with commas, in which cameras may be although they are this machine's own or link-local; read by analyzers.",
        ),
    ] = ""
    camera_folders: Annotated[
        str,
        Field(
            title="Camera folders",
            description="Folders, with commas, out of which video files may serve as cameras; without any none may. Read by analyzers.",
        ),
    ] = ""
    camera_networks_only: Annotated[
        bool,
        Field(
            title="Camera networks only",
            description="Whether cameras may be in the named networks alone; read by analyzers.",
        ),
    ] = False
    analyzer_metrics_port: Annotated[
        int | None,
        Field(
            title="Analyzer's metrics",
            description="Port of /metrics of the analyzer that runs beside the server; none without it, 0 takes a free one.",
            ge=0,
            le=65535,
        ),
    ] = None
    analyzer_metrics_host: Annotated[
        str,
        Field(
            title="Analyzer's metrics address",
            description="The address on which the analyzer's metrics are served; 0.0.0.0 for all.",
            min_length=1,
        ),
    ] = "127.0.0.1"
    log_level: Annotated[
        str,
        Field(title="Log level", description="DEBUG, INFO, WARNING or ERROR.", pattern="^(DEBUG|INFO|WARNING|ERROR)$"),
    ] = "INFO"

    @property
    def database(self) -> str:
        """The database's address, the default one included."""
        return self.database_url or f"sqlite:///{self.data_dir / 'doorwatch.db'}"

    @property
    def most_judges(self) -> int:
        """How many processes may help judging doors."""
        return min(4, max(1, len(os.sched_getaffinity(0)) - 1)) if self.judges is None else self.judges

    @property
    def blobs_dir(self) -> Path:
        """The folder of evidence and snapshots."""
        return self.data_dir / "blobs"

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies may travel over TLS only."""
        return self.tls_cert is not None or bool(self.public_url and self.public_url.startswith("https://"))

    @field_validator("camera_folders")
    @classmethod
    def _of_files(cls, text: str) -> str:
        folders(text)
        return text

    @field_validator("camera_networks")
    @classmethod
    def _of_cameras(cls, text: str) -> str:
        networks(text)
        return text

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, text: str) -> str:
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            try:
                ipaddress.ip_network(part)
            except ValueError as error:
                raise ValueError(f"{part!r} is no network such as 10.1.0.0/16 ({error})") from None
        return text

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise PydanticCustomError(
                "pair", "DOORWATCH_TLS_CERT and DOORWATCH_TLS_KEY go together: name both, or none"
            )
        return self


def load_settings(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings from the environment, with those `given` (None means not given) on top.

    Raises SettingsError with one sentence.
    """
    source = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for name in Settings.model_fields:
        text = source.get(PREFIX + name.upper())
        if text not in {None, ""}:
            values[name] = text
    values |= {name: value for name, value in given.items() if value is not None}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if not first["loc"]:
            raise SettingsError(first["msg"]) from None
        name = str(first["loc"][0])
        hint = Settings.model_fields[name].description if name in Settings.model_fields else "there is no such setting"
        raise SettingsError(f"the setting {name} ({PREFIX}{name.upper()}) is wrong: {first['msg']}; {hint}") from None
    return _with_secrets(settings)


def settings_table() -> str:
    """The settings as the rows of the reference page, from the model itself."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    inherited = SignOnSettings.model_fields
    for name, known in sorted(Settings.model_fields.items(), key=lambda field: field[0] in inherited):
        default = "" if known.default is None or known.is_required() else f"`{known.default}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {_DEFAULTS_IN_WORDS.get(name, default)} | {known.description} |")
    return "\n".join(rows)


_DEFAULTS_IN_WORDS = {"data_dir": "`$XDG_DATA_HOME/doorwatch`, else `~/.local/share/doorwatch`"}


_FILES = {
    "smtp_password_file": ("smtp_password", "the mail password"),
    "oidc_client_secret_file": ("oidc_client_secret", "the client secret of single sign-on"),
}


def _with_secrets(settings: Settings) -> Settings:
    """With what stands in files. Raises SettingsError."""
    found: dict[str, SecretStr] = {}
    for file_name, (name, what) in _FILES.items():
        file: Path | None = getattr(settings, file_name)
        if file is None:
            continue
        try:
            found[name] = SecretStr(file.read_text().strip())
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{what} can't be read from {file}: {error}") from None
    return settings.model_copy(update=found)


if __name__ == "__main__":
    sys.stdout.write(settings_table() + "\n")
