"""Settings come from the environment and the command line, and a wrong one is one sentence."""

from pathlib import Path

import pytest

from doorwatch.server.options.keeping import default_data_dir
from doorwatch.server.settings import Settings, SettingsError, load_settings


def test_the_command_line_wins_over_the_environment_and_that_over_the_default():
    environment = {"DOORWATCH_PORT": "9000", "DOORWATCH_HOST": "0.0.0.0", "DOORWATCH_SITE_NAME": ""}
    settings = load_settings(environment, port=9001, host=None)
    assert (settings.port, settings.host, settings.site_name) == (9001, "0.0.0.0", "Main site")


def test_the_database_is_a_file_in_the_data_folder_unless_told_otherwise():
    assert load_settings({}, data_dir=Path("/d")).database == "sqlite:////d/doorwatch.db"
    assert load_settings({"DOORWATCH_DATABASE_URL": "postgresql://h/n"}).database == "postgresql://h/n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"), ("PORT", "70000"), ("PUBLIC_URL", "doors"), ("SMTP_SECURITY", "maybe"), ("SHARE_HOURS", "0"),
        ("MAIL_FROM", "nobody"), ("LOG_LEVEL", "loud"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_with_its_meaning(name, value):
    with pytest.raises(SettingsError, match=f"DOORWATCH_{name}"):
        load_settings({f"DOORWATCH_{name}": value})


def test_the_mail_password_can_stand_in_a_file(tmp_path):
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    settings = load_settings({"DOORWATCH_SMTP_PASSWORD_FILE": str(file)})
    assert settings.smtp_password.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings)
    with pytest.raises(SettingsError, match="can't be read"):
        load_settings({"DOORWATCH_SMTP_PASSWORD_FILE": str(tmp_path / "none")})


def test_cookies_travel_over_tls_only_where_the_public_address_has_it():
    assert load_settings({"DOORWATCH_PUBLIC_URL": "https://d.example.com"}).secure_cookies
    assert not load_settings({"DOORWATCH_PUBLIC_URL": "http://d.example.com"}).secure_cookies


def test_every_setting_has_a_title_and_a_description():
    for name, field in Settings.model_fields.items():
        assert field.title, name
        assert field.description, name


def test_the_data_folder_follows_the_xdg_rule(monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", "/x")
    assert default_data_dir() == Path("/x/doorwatch")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert default_data_dir().parts[-3:] == (".local", "share", "doorwatch")
