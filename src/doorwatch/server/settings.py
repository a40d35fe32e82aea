"""What can be set on a server: one model, read from the environment (`DOORWATCH_…`) and the command line."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError

from doorwatch.domain.errors import DoorwatchError
from doorwatch.server.options.keeping import KeepingSettings
from doorwatch.server.options.limiting import LimitingSettings
from doorwatch.server.options.listening import ListeningSettings
from doorwatch.server.options.mailing import MailingSettings
from doorwatch.server.options.reaching import ReachingSettings
from doorwatch.server.options.sign_on import SignOnSettings

PREFIX = "DOORWATCH_"

LOCAL_FILE = "local.json"
"""In the data folder while the server runs: its address and a token for this machine's commands."""


class SettingsError(DoorwatchError):
    """A setting that can't be used; the text names it, what was found and what is expected."""


# The reference tells settings from the last of these to the first.
class Settings(SignOnSettings, ReachingSettings, MailingSettings, LimitingSettings, KeepingSettings, ListeningSettings):
    """The settings of a server; each is also an environment variable, in capitals after `DOORWATCH_`."""

    site_name: Annotated[str, Field(title="Site", description="Name of the site that the first start makes.")] = (
        "Main site"
    )
    time_zone: Annotated[
        str, Field(title="Time zone", description="Zone of the site that the first start makes, such as Europe/Vienna.")
    ] = "UTC"
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
