import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from doorwatch.gateway.config import read_config
from doorwatch.gateway.keys import KEYS, QUEUES

# The three keys that the category's own guide begins with, placeholders and all.
THREE_KEYS = """
acs_server_ip: INSERT_SERVER_IP_HERE
acs_app_id: INSERT_APP_ID_HERE


camio_auth_token: "INSERT_CAMIO_AUTH_TOKEN_HERE"
"""

WHOLE = {
    "server": {"camio_endpoint": "https://doorwatch.example.com:8443/api/pacs", "camio_auth_token": "t0ken"},
    "genetec": {
        "acs_server_ip": "10.0.0.5",
        "acs_app_id": "KxsD11z743",
        "acs_username": "gateway",
        "acs_password": "pa55word",
        "acs_door_events": ["AccessGranted", "DoorOpen"],
    },
    "advanced": {"spool_max_size": 1000000000},
}
EVERYTHING_ON = {
    **WHOLE,
    "caConfigMap": {"name": "certificates"},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "networkPolicy": {"enabled": True, "metricsFrom": [{"namespaceSelector": {}}]},
    "podDisruptionBudget": {"enabled": True},
    "dns": ["10.0.0.1"],
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"operator": "Exists"}],
    "imagePullSecrets": [{"name": "pull"}],
    "podAnnotations": {"a": "b"},
    "podLabels": {"c": "d"},
    "priorityClassName": "high",
    "persistence": {"storageClass": "fast", "annotations": {"e": "f"}},
    "serviceAccount": {"annotations": {"g": "h"}},
    "service": {"annotations": {"i": "j"}},
}


@pytest.mark.parametrize(
    "content", ["", THREE_KEYS, WHOLE, EVERYTHING_ON], ids=["none", "three", "whole", "everything"]
)
def test_the_chart_has_nothing_to_complain_of(helm, chart, values, content):
    done = helm.run("lint", "--strict", chart, "-f", values(content))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("content", [THREE_KEYS, EVERYTHING_ON], ids=["three", "everything"])
@pytest.mark.parametrize("version", ["1.25", "1.31", "1.37"])
def test_what_it_renders_is_valid_kubernetes(helm, values, content, version, tmp_path):
    rendered = tmp_path / "rendered.yaml"
    documents = helm.template("-f", values(content), "--kube-version", f"{version}.0")
    # A monitor is no part of Kubernetes itself; its schema is not at hand.
    rendered.write_text(yaml.safe_dump_all([one for one in documents if one["kind"] != "ServiceMonitor"]))
    command = [str(Path(sys.executable).with_name("kubernetes-validate")), "--strict", "-k", version, str(rendered)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARN" not in done.stdout + done.stderr


def test_the_guides_three_keys_install_unchanged(helm, values, kind, config):
    documents = helm.template("-f", values(THREE_KEYS))
    assert config(documents)["genetec"]["acs_server_ip"] == "INSERT_SERVER_IP_HERE"
    assert kind(documents, "Deployment")["spec"]["replicas"] == 1


def test_the_notes_name_what_is_missing_and_what_is_misspelt(helm4, chart, values):
    arguments = ["install", "site", chart, "--dry-run=client", "-f"]
    notes = helm4.run(*arguments, values(THREE_KEYS + "camio_endpont: x\n")).stdout.partition("NOTES:")[2]
    for key in ("acs_server_ip", "acs_app_id", "acs_username", "acs_password", "camio_endpoint", "camio_auth_token"):
        assert f"    {key}\n" in notes
    assert "camio_endpont" in notes.partition("IGNORED")[2]
    notes = helm4.run(*arguments, values(WHOLE)).stdout.partition("NOTES:")[2]
    assert "What to check" in notes
    assert "NOT READY YET" not in notes
    assert "IGNORED" not in notes


def test_no_secret_is_in_a_config_map_or_an_environment(helm, values, kind):
    documents = helm.template("-f", values(WHOLE))
    secret = kind(documents, "Secret")["data"]
    held = {key: base64.b64decode(value).decode() for key, value in secret.items()}
    assert held == {"camio_auth_token": "t0ken", "acs_app_id": "KxsD11z743", "acs_password": "pa55word"}
    others = yaml.safe_dump_all([one for one in documents if one["kind"] != "Secret"])
    assert not [value for value in held.values() if value in others]
    container = kind(documents, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    assert "env" not in container
    assert "envFrom" not in container


def test_a_secret_is_found_in_whatever_section_it_stands(helm, values, kind):
    for content in (
        {"acs_password": "pa55word"},
        {"advanced": {"acs_password": "pa55word"}},
        {"server_auth_token": "pa55word"},
    ):
        documents = helm.template("-f", values(content))
        assert "pa55word" not in kind(documents, "ConfigMap")["data"]["values.yaml"]
        assert len(kind(documents, "Secret")["data"]) == 1


def test_the_chart_knows_every_key_of_the_gateway(chart):
    schema = json.loads((chart / "values.schema.json").read_text())
    helpers = (chart / "templates/_helpers.tpl").read_text()
    at_top = {key.name for key in KEYS if key.section not in QUEUES}
    listed = helpers.split('define "gateway.keys" -}}')[1].split("{{-")[0].split()
    own = helpers.split('define "gateway.ownKeys" -}}')[1].split("{{-")[0].split()
    assert sorted([*listed, *own]) == sorted(at_top)
    aliases = {name for key in KEYS for name in key.also}
    assert at_top | aliases <= set(schema["properties"])
    assert {key.name for key in KEYS if key.secret} == set(
        helpers.split('define "gateway.secretKeys" -}}')[1].split("{{-")[0].split()
    )


def test_what_the_chart_renders_is_what_the_gateway_reads(helm, values, config, tmp_path):
    read = read_config(config(helm.template("-f", values({**WHOLE, "cert_disabled_alt_port": "None"}))))
    assert read.warnings == []
    assert read["camio_endpoint"] == WHOLE["server"]["camio_endpoint"]
    assert read["acs_door_events"] == ("AccessGranted", "DoorOpen")
    assert read.values["acs_password_file"] == "/etc/doorwatch/values/acs_password"
    assert str(read.data_dir) == "/data"


def test_a_values_file_of_the_chart_can_be_read_by_the_gateway_itself(chart):
    assert read_config(yaml.safe_load((chart / "values.yaml").read_text())).warnings == []


def test_every_secret_file_that_is_named_is_mounted(helm, values, kind, config):
    for content in (WHOLE, {**WHOLE, "existingSecret": "mine", "caConfigMap": {"name": "certificates"}}):
        documents = helm.template("-f", values(content))
        settings = config(documents)
        files = [
            v for section in (settings["camio"], settings["genetec"]) for k, v in section.items() if k.endswith("_file")
        ]
        mounts = kind(documents, "Deployment")["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
        folders = {mount["mountPath"] for mount in mounts}
        assert files
        assert {str(Path(file).parent) for file in files} <= folders


def test_a_secret_of_ones_own_takes_the_place_of_values(helm, values, kind, config):
    content = {
        "acs_server_ip": "h",
        "existingSecret": "mine",
        "secretKeys": {"acs_password": "pw", "acs_username": None},
    }
    documents = helm.template("-f", values({**content, "acs_username": "gateway"}))
    genetec = config(documents)["genetec"]
    assert genetec["acs_password_file"] == "/etc/doorwatch/given/pw"
    assert genetec["acs_username"] == "gateway"
    assert kind(documents, "Secret") is None
    volumes = {v["name"]: v for v in kind(documents, "Deployment")["spec"]["template"]["spec"]["volumes"]}
    assert volumes["given"]["secret"]["secretName"] == "mine"


def test_a_key_may_stand_in_either_section_name_or_at_the_top(helm, values, config):
    for content in (
        {"camio_endpoint": "https://a"},
        {"camio": {"camio_endpoint": "https://a"}},
        {"server": {"camio_endpoint": "https://a"}, "camio": {"camio_endpoint": "https://b"}},
        {"server": {"camio_endpoint": "https://a"}, "camio_endpoint": "https://b"},
        {"server_endpoint": "https://a"},
        {"server": {"server_endpoint": "https://a"}},
    ):
        assert config(helm.template("-f", values(content)))["camio"]["camio_endpoint"] == "https://a"


def test_values_reach_the_gateway_as_they_were_written(helm, values, config):
    content = {**WHOLE, "cert_disabled_alt_port": "None", "debug_mode": "False", "cert_enabled": False}
    settings = config(helm.template("-f", values(content)))
    assert settings["genetec"]["cert_disabled_alt_port"] == "None"
    assert settings["genetec"]["cert_enabled"] is False
    own = {"data_dir": "/data", "health_port": 8080}
    assert settings["advanced"] == {"spool_max_size": 1000000000, "debug_mode": "False", **own}


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"genetec": {"acs_port": 70000}}, "acs_port"),
        ({"genetec": {"acs_port": "many"}}, "acs_port"),
        ({"cert_enabled": "perhaps"}, "cert_enabled"),
        ({"camio_endpoint": "doorwatch.example.com"}, "camio_endpoint"),
        ({"acs_door_events": 35}, "acs_door_events"),
        ({"acs_door_events": ["Access Granted"]}, "acs_door_events"),
        ({"webhooks": {"queue_forward_bulk_status": "all"}}, "queue_forward_bulk_status"),
        ({"advanced": {"forward_event_queue_interval": -1}}, "forward_event_queue_interval"),
        ({"genetec": {"acs_fingerprint": "abc"}}, "acs_fingerprint"),
        ({"camio": {"camio_compression": "rar"}}, "camio_compression"),
        ({"replicaCount": 2}, "replicaCount"),
        ({"persistence": {"size": "ten"}}, "size"),
        ({"secretKeys": {"token": "x"}}, "token"),
        ({"image": {"tag": 1.2}}, "tag"),
        ({"health_port": "8080"}, "health_port"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(helm, chart, values, wrong, key):
    done = helm.run("template", "site", chart, "-f", values(wrong))
    assert done.returncode != 0
    assert key in done.stderr


def test_the_pod_has_no_more_rights_than_it_needs(helm, values, kind):
    pod = kind(helm.template("-f", values(THREE_KEYS)), "Deployment")["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")} == {"/data", "/tmp"}


def test_the_spool_is_on_a_disk_that_outlives_the_release(helm, values, kind):
    documents = helm.template("-f", values(THREE_KEYS))
    claim = kind(documents, "PersistentVolumeClaim")
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    off = helm.template("-f", values({"persistence": {"enabled": False}}))
    assert kind(off, "PersistentVolumeClaim") is None
    own = helm.template("-f", values({"persistence": {"existingClaim": "mine"}}))
    volumes = kind(own, "Deployment")["spec"]["template"]["spec"]["volumes"]
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "mine"}} in volumes


def test_there_are_never_two_gateways_at_once(helm, values, kind):
    assert kind(helm.template("-f", values("")), "Deployment")["spec"]["strategy"] == {"type": "Recreate"}


def test_a_change_of_configuration_or_secret_restarts_the_pod(helm, values, kind):
    def checksums(content):
        template = kind(helm.template("-f", values(content)), "Deployment")["spec"]["template"]
        return template["metadata"]["annotations"]

    first = checksums(WHOLE)
    other_password = checksums({**WHOLE, "genetec": {**WHOLE["genetec"], "acs_password": "new"}})
    assert other_password["checksum/secrets"] != first["checksum/secrets"]
    assert other_password["checksum/config"] == first["checksum/config"]


def test_extras_are_off_unless_switched_on(helm, values, kind):
    plain, extra = helm.template("-f", values(WHOLE)), helm.template("-f", values(EVERYTHING_ON))
    for name in ("ServiceMonitor", "NetworkPolicy", "PodDisruptionBudget"):
        assert kind(plain, name) is None
        assert kind(extra, name) is not None


def test_the_network_policy_opens_the_ports_that_the_keys_speak_of(helm, values, kind):
    policy = kind(helm.template("-f", values(EVERYTHING_ON)), "NetworkPolicy")["spec"]
    assert [rule["port"] for rule in policy["egress"][0]["ports"]] == [53, 53, 4590, 4591, 8443]
    other = {
        **EVERYTHING_ON,
        "acs_port": 14590,
        "cert_disabled_alt_port": 80,
        "server": {"camio_endpoint": "http://a/b"},
    }
    policy = kind(helm.template("-f", values(other)), "NetworkPolicy")["spec"]
    assert [rule["port"] for rule in policy["egress"][0]["ports"]] == [53, 53, 14590, 4591, 80]
    given = {**EVERYTHING_ON, "networkPolicy": {"enabled": True, "egressPorts": [1, 2]}}
    policy = kind(helm.template("-f", values(given)), "NetworkPolicy")["spec"]
    assert [rule["port"] for rule in policy["egress"][0]["ports"]] == [53, 53, 1, 2]


def test_the_service_never_sends_requests_to_the_test_pod(helm, values, kind):
    documents = helm.template("-f", values(WHOLE))
    selector = kind(documents, "Service")["spec"]["selector"]
    assert not selector.items() <= kind(documents, "Pod")["metadata"]["labels"].items()
    assert selector.items() <= kind(documents, "Deployment")["spec"]["template"]["metadata"]["labels"].items()


def test_every_port_names_its_protocol_for_older_clusters_cannot_merge_ports_without(helm, values, kind):
    documents = helm.template("-f", values(EVERYTHING_ON))
    ports = kind(documents, "Service")["spec"]["ports"]
    ports += kind(documents, "Deployment")["spec"]["template"]["spec"]["containers"][0]["ports"]
    ports += kind(documents, "NetworkPolicy")["spec"]["egress"][0]["ports"]
    assert all(port["protocol"] in {"TCP", "UDP"} for port in ports)


def test_without_a_health_port_there_is_nothing_that_asks_it(helm, values, kind):
    documents = helm.template("-f", values({"health_port": 0}))
    assert kind(documents, "Service") is None
    assert kind(documents, "Pod") is None
    assert "livenessProbe" not in kind(documents, "Deployment")["spec"]["template"]["spec"]["containers"][0]


def test_an_old_cluster_gets_the_disruption_budget_that_it_knows(helm, values, kind):
    # Without a cluster Helm knows the newest groups only; a real old one is asked for its own.
    documents = helm.template("-f", values(EVERYTHING_ON))
    assert kind(documents, "PodDisruptionBudget")["apiVersion"] == "policy/v1"
