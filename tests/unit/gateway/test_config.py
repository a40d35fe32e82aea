"""values.yaml: the guide's file, both spellings, and every key wrong in turn."""

import pytest
import yaml

from doorwatch.domain.token_form import TokenKind, new_secret
from doorwatch.gateway.config import ConfigError, load_config, read_config
from doorwatch.gateway.keys import KEYS, QUEUES

GUIDE = """
acs_server_ip: INSERT_SERVER_IP_HERE
acs_app_id: INSERT_APP_ID_HERE


camio_auth_token: "INSERT_CAMIO_AUTH_TOKEN_HERE"
"""
FULL = {
    "acs_server_ip": "10.0.0.5",
    "acs_app_id": "Kxs/abc+=",
    "acs_username": "gateway",
    "acs_password": "secret",
    "camio_endpoint": "https://doorwatch.example.com/api/pacs/",
    "camio_auth_token": "token",
}
SEED_FILE = """
camio:
  camio_endpoint: ""
  camio_cert_enable: 'False'
  camio_auth_token: "abc"
  camio_max_retries: 100
webhooks: {endpoint: 'webhooks', queue_forward_bulk_status: 'individual'}
stats: {endpoint: 'stats', queue_forward_bulk_status: 'individual'}
devices: {endpoint: 'devices', queue_forward_bulk_status: 'individual'}
logs: {endpoint: 'logs', queue_forward_bulk_status: 'bulk'}
errors: {endpoint: 'errors', queue_forward_bulk_status: 'bulk'}
genetec:
  acs_server_ip: 10.0.0.5
  acs_app_id: Kxs
  cert_enabled: False
  cert_disabled_alt_port: None
  acs_door_events:
    - "DoorOpenedForTooLong"
    - "AccessGranted"
advanced:
  forward_event_queue_interval: 5
  forward_stats_queue_interval: 3600
  forward_devices_queue_interval: 86400
  forward_logs_queue_interval: 3600
  forward_errors_queue_interval: 30
  logs_queue_pull_size: 120
  errors_queue_pull_size: 120
  default_log_level: 'INFO'
  debug_mode: "False"
  max_threads_per_pagination_call: 10
"""


def test_the_guides_three_keys_load_and_name_all_that_is_missing():
    config = read_config(yaml.safe_load(GUIDE))
    assert config.missing == [
        "acs_server_ip", "acs_app_id", "acs_username", "acs_password", "camio_endpoint", "camio_auth_token",
    ]  # fmt: skip
    assert any("INSERT_SERVER_IP_HERE" in warning for warning in config.warnings)


def test_the_categorys_whole_file_loads_without_a_warning_and_means_its_defaults():
    config = read_config(yaml.safe_load(SEED_FILE))
    assert config.warnings == []
    assert config.missing == ["acs_username", "acs_password", "camio_endpoint"]
    empty = read_config({})
    for name in (
        "camio_max_retries",
        "cert_enabled",
        "forward_stats_queue_interval",
        "debug_mode",
        "logs_queue_pull_size",
    ):
        assert config[name] == empty[name]
    assert config.queues == empty.queues
    assert config.types == ("DoorOpenedForTooLong", "AccessGranted")


def test_without_a_filter_the_types_are_those_that_the_rule_can_use():
    types = read_config({}).types
    for name in (
        "AccessGranted",
        "DoorClose",
        "DoorScheduledLock",
        "DoorSecured",
        "DoorRexOn",
        "AccessRefused",
        "DoorEntryDetected",
    ):
        assert name in types


@pytest.mark.parametrize("value", [None, "None", "none", "null", "", "~", " "])
def test_every_spelling_of_nothing_means_the_default(value):
    assert read_config({"cert_disabled_alt_port": value, "acs_port": value})["acs_port"] == 4590


@pytest.mark.parametrize(
    ("value", "meant"), [("False", False), ("TRUE", True), (True, True), ("no", False), ("on", True)]
)
def test_flags_are_read_in_both_spellings(value, meant):
    assert read_config({"cert_enabled": value})["cert_enabled"] is meant


@pytest.mark.parametrize(
    ("value", "seconds"), [(5, 5), ("5", 5), ("30s", 30), ("5m", 300), ("2 h", 7200), ("1d", 86400), (0.5, 0.5)]
)
def test_intervals_are_numbers_or_lengths_with_a_unit(value, seconds):
    assert read_config({"forward_event_queue_interval": value})["forward_event_queue_interval"] == seconds


def test_a_known_key_is_accepted_in_its_section_at_the_top_and_under_the_neutral_name():
    for document in (
        {"camio": {"camio_max_retries": 7}},
        {"server": {"camio_max_retries": 7}},
        {"server": {"server_max_retries": "7"}},
        {"camio_max_retries": 7},
        {"server_max_retries": 7},
    ):
        config = read_config(document)
        assert (config["camio_max_retries"], config.warnings) == (7, [])


def test_a_key_that_is_given_twice_with_different_values_is_a_mistake():
    with pytest.raises(ConfigError, match=r"genetec.acs_port: given twice, also as acs_port"):
        read_config({"acs_port": 1, "genetec": {"acs_port": 2}})
    assert read_config({"acs_port": 5, "genetec": {"acs_port": 5}})["acs_port"] == 5


def test_the_chart_s_own_keys_pass_and_unknown_ones_are_named_with_the_nearest():
    config = read_config({"image": {"tag": "1"}, "resources": {}, "acs_prot": 1, "genetec": {"frobnicate": 1}})
    assert config.warnings == [
        "acs_prot: unknown key, ignored; is acs_port meant?",
        "genetec.frobnicate: unknown key, ignored; see the reference of values.yaml",
    ]


_WRONG = {
    "camio_endpoint": "doorwatch.example.com", "camio_auth_token": True, "camio_auth_token_file": ["x"],
    "camio_max_retries": -1, "camio_cert_enable": "maybe", "camio_verify_tls": 7, "camio_ca_file": {},
    "camio_compression": "brotli", "acs_server_ip": "http://10.0.0.5", "acs_app_id": [], "acs_app_id_file": False,
    "acs_username": {}, "acs_username_file": True, "acs_password": False, "acs_password_file": [1], "acs_port": 70000,
    "acs_streaming_port": "x", "acs_base_uri": "Web Sdk", "cert_enabled": "perhaps", "cert_disabled_alt_port": 0,
    "acs_verify_tls": "si", "acs_ca_file": True, "acs_fingerprint": "abc", "acs_door_events": {"a": 1},
    "acs_stream_idle_seconds": 0, "acs_verify_seconds": 3600, "acs_backfill_overlap_seconds": "-5",
    "acs_backfill_second_look_seconds": "soon", "acs_enrich_seconds": "never", "forward_event_queue_interval": "often", "forward_events_at_once": 2,
    "forward_stats_queue_interval": 0, "forward_devices_queue_interval": 1, "forward_logs_queue_interval": True,
    "forward_errors_queue_interval": [], "events_queue_pull_size": 0, "logs_queue_pull_size": "many",
    "errors_queue_pull_size": 1.5, "events_in_flight": 1000, "default_log_level": "LOUD", "debug_mode": "a bit",
    "max_threads_per_pagination_call": 0, "data_dir": ["x"], "health_port": -1, "health_host": {},
    "spool_max_size": "12", "spool_when_full": "panic", "gateway_id": {}, "pacs_id": [],
}  # fmt: skip


def test_every_key_has_a_wrong_value_to_be_tried():
    assert set(_WRONG) == {key.name for key in KEYS if key.section not in QUEUES}


@pytest.mark.parametrize("name", sorted(_WRONG))
def test_a_wrong_value_is_one_line_with_key_found_and_expected(name):
    with pytest.raises(ConfigError) as caught:
        read_config({name: _WRONG[name]})
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{name}: found ")
    assert ", expected " in line


@pytest.mark.parametrize("queue", QUEUES)
def test_wrong_values_of_queues_name_their_block(queue):
    with pytest.raises(
        ConfigError, match=rf"{queue}.endpoint: found .*\n{queue}.queue_forward_bulk_status: found 'some'"
    ):
        read_config({queue: {"endpoint": "a b", "queue_forward_bulk_status": "some"}})


def test_all_mistakes_are_told_at_once_and_secrets_are_not():
    with pytest.raises(ConfigError) as caught:
        read_config({"acs_port": "x", "debug_mode": "y", "acs_password": ["hunter2"], "genetec": 5})
    assert len(str(caught.value).splitlines()) == 4
    assert "hunter2" not in str(caught.value)


def test_secrets_in_files_are_read_each_time(tmp_path):
    file = tmp_path / "token"
    config = read_config({**FULL, "camio_auth_token": None, "camio_auth_token_file": str(file)})
    assert config.missing == ["camio_auth_token"]
    file.write_text("INSERT_CAMIO_AUTH_TOKEN_HERE\n")
    assert config.find_missing() == ["camio_auth_token"]
    file.write_text("one\n")
    assert (config.find_missing(), config.secret("camio_auth_token")) == ([], "one")
    file.write_text("two")
    assert config.secret("camio_auth_token") == "two"


def test_the_genetec_settings_follow(tmp_path):
    settings = read_config({**FULL, "cert_disabled_alt_port": 8080, "acs_stream_idle_seconds": "auto"}).genetec()
    assert settings.base_url == "http://10.0.0.5:8080/WebSdk/"
    assert settings.stream_idle is None
    settings = read_config(
        {**FULL, "cert_enabled": "True", "cert_disabled_alt_port": 8080, "acs_streaming_port": 4591}
    ).genetec()
    assert settings.base_url == "https://10.0.0.5:4590/WebSdk/"
    assert settings.stream_url == "https://10.0.0.5:4591/WebSdk/events"
    assert settings.user_id == "gateway;Kxs/abc+="
    with pytest.raises(ConfigError, match="acs_username, acs_password"):
        read_config({**FULL, "acs_username": None, "acs_password": ""}).genetec()


def test_addresses_of_queues_are_put_together():
    config = read_config({**FULL, "webhooks": {"endpoint": "/hooks/"}})
    assert config.url("webhooks") == "https://doorwatch.example.com/api/pacs/hooks"
    assert config.url("stats") == "https://doorwatch.example.com/api/pacs/stats"


@pytest.mark.parametrize(
    "written", ["0123", "12:30", "1_000", "0x1F", "5.10", "2026-01-31", "1e5", "12345", "-5", "0", "7.5"]
)
def test_a_password_of_digits_stays_what_was_written(tmp_path, written):
    file = tmp_path / "values.yaml"
    file.write_text(f"acs_password: {written}\nacs_port: 4590\nacs_enrich_seconds: 0.5\ncert_enabled: no\n")
    config = load_config(file)
    assert config.secret("acs_password") == written
    assert (config["acs_port"], config["acs_enrich_seconds"], config["cert_enabled"]) == (4590, 0.5, False)


def test_a_password_that_yaml_takes_for_true_or_false_is_told_with_its_cure():
    with pytest.raises(ConfigError, match=r"^acs_password: found a bool, expected text; put quotes around a word"):
        read_config({"acs_password": True})


def test_an_event_type_that_is_nearly_one_is_a_warning_and_an_unheard_of_one_is_asked_for():
    config = read_config({"acs_door_events": ["AcessGranted", "DoorOpen", "DoorOfTomorrow"]})
    assert config.warnings == ["acs_door_events: no event type AcessGranted is known; is AccessGranted meant?"]
    assert config.types == ("AcessGranted", "DoorOpen", "DoorOfTomorrow")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [1", "line 1, column 6: not YAML"),
        ("- a\n- b", "expected keys and values, found list"),
        ("\ta: 1", "not YAML"),
    ],
)
def test_a_file_that_is_no_yaml_says_where(tmp_path, text, told):
    file = tmp_path / "values.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=told):
        load_config(file)


def test_a_file_that_is_not_there_or_not_text_is_one_sentence(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot be read \(No such file or directory\); name one with --config"):
        load_config(tmp_path / "nothing.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(tmp_path / "binary.yaml")
    (tmp_path / "empty.yaml").write_text("")
    assert len(load_config(tmp_path / "empty.yaml").missing) == 6


def test_the_environment_names_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DOORWATCH_DATA_DIR", str(tmp_path))
    assert read_config({"data_dir": "/elsewhere"}).data_dir == tmp_path


PLAIN_KEYS = [key for key in KEYS if key.section not in QUEUES]
NAMES = sorted(key.name for key in PLAIN_KEYS)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}], b"bytes"], ids=["mapping", "list", "bytes"])
def test_a_value_of_another_type_is_one_line_for_every_key(name, value):
    with pytest.raises(ConfigError) as caught:
        read_config({name: value})
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{name}: found ")
    assert ", expected " in line


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["", None, "None"], ids=repr)
def test_an_empty_value_is_as_if_the_key_were_absent(name, value):
    config = read_config({**FULL, name: value})
    (key,) = (one for one in PLAIN_KEYS if one.name == name)
    assert config[name] == key.default
    assert config.warnings == []
    assert config.missing == ([name] if name in FULL else [])


@pytest.mark.parametrize("name", NAMES)
def test_a_placeholder_that_was_left_in_is_a_warning_that_names_key_and_placeholder(name):
    config = read_config({**FULL, name: "INSERT_IT_HERE"})
    assert config.warnings == [f"{name}: the placeholder 'INSERT_IT_HERE' was left in; it counts as not set"]
    assert config.missing == ([name] if name in FULL else [])


@pytest.mark.parametrize("name", NAMES)
def test_a_misspelled_key_is_a_warning_that_names_the_right_one(name):
    wrong = name[:-2] + name[-1] + name[-2] if name[-1] != name[-2] else name + "s"
    (warning,) = read_config({wrong: "x"}).warnings
    assert warning.startswith(f"{wrong}: unknown key, ignored; is ")
    assert name in warning


_OUT_OF_RANGE = {
    "camio_max_retries": [-1, 1_000_001], "acs_port": [0, 65536], "acs_streaming_port": [0, 65536],
    "cert_disabled_alt_port": [0, 65536], "acs_stream_idle_seconds": [0.5, "2h"], "acs_verify_seconds": [0.5, 241],
    "acs_backfill_overlap_seconds": [-1, "2h"], "acs_backfill_second_look_seconds": [-1, "2d"],
    "acs_enrich_seconds": [-1, "2h"], "forward_event_queue_interval": [-1, "2d"],
    "forward_stats_queue_interval": [0.5, "8d"], "forward_devices_queue_interval": [9, "8d"],
    "forward_logs_queue_interval": [-1, "8d"], "forward_errors_queue_interval": [-1, "8d"],
    "events_queue_pull_size": [0, 10_001], "logs_queue_pull_size": [0, 10_001], "errors_queue_pull_size": [0, 10_001],
    "events_in_flight": [0, 257], "max_threads_per_pagination_call": [0, 101], "health_port": [-1, 65536],
    "spool_max_size": ["1023Ki", "0"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in _OUT_OF_RANGE for value in _OUT_OF_RANGE[name]])
def test_a_number_beyond_either_end_is_told_with_the_range(name, value):
    with pytest.raises(ConfigError, match=rf"^{name}: found .*, expected .*\d"):
        read_config({name: value})


def test_every_key_with_a_range_is_tried_at_both_ends():
    ranged = {
        key.name
        for key in PLAIN_KEYS
        if "<locals>.read" in key.read.__qualname__ and "choice" not in key.read.__qualname__
    }
    assert ranged | {"spool_max_size"} == set(_OUT_OF_RANGE)


def test_a_token_of_ours_that_is_mistyped_or_of_the_wrong_kind_is_noticed_before_any_server_is_asked():
    def warnings(token):
        return read_config({"camio_auth_token": token}).warnings

    whole = new_secret(TokenKind.GATEWAY)
    assert warnings(whole) == []
    assert warnings("a token of another server") == []
    for wrong in (whole[:-1], whole[:20] + ("a" if whole[20] != "a" else "b") + whole[21:]):
        (warning,) = warnings(wrong)
        assert warning.startswith("camio_auth_token: ")
        assert "copy it again" in warning
        assert wrong not in warning
    (warning,) = warnings(new_secret(TokenKind.ANALYZER))
    assert "found a token of the kind analyzer, expected one of the kind gateway" in warning
