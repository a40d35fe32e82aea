"""The documentation is compared with the code: what exists has a section, what has a section exists."""

import re
from pathlib import Path

import pytest

from doorwatch.alerts.templates import VARIABLES
from doorwatch.cli.main import COMMANDS
from doorwatch.server.settings import Settings
from doorwatch.store.audit_trail.acts import Act

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


def text(page):
    return (DOCS / page).read_text()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_section(command):
    assert f"\n## doorwatch {command}\n" in text("reference/cli.md")


def test_no_section_is_about_a_command_that_does_not_exist():
    assert set(re.findall(r"^## doorwatch (\w+)$", text("reference/cli.md"), re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_help_can_be_imported(command):
    assert (ROOT / "src/doorwatch/cli" / f"{command}.py").is_file()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_of_the_server_has_a_row(name):
    assert f"| `DOORWATCH_{name.upper()}` |" in text("reference/settings.md")


def test_no_row_is_about_a_setting_that_does_not_exist():
    rows = set(re.findall(r"^\| `DOORWATCH_(\w+)` \|", text("reference/settings.md"), re.MULTILINE))
    assert rows == {name.upper() for name in Settings.model_fields} | {
        "MODEL",
        "DETECTOR_DEVICE",
        "LIKENESS_MODEL",
    }


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_variable_of_a_mail_is_explained(variable):
    assert "`{{" + variable + "}}`" in text("guide/alerts.md")


@pytest.mark.parametrize("page", [page.relative_to(DOCS) for page in DOCS.rglob("*.md")], ids=str)
def test_every_link_between_pages_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(page))
    missing = [link for link in links if not (DOCS / page).parent.joinpath(link).exists()]
    assert missing == []


def test_the_links_of_the_readme_lead_somewhere():
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text())
    assert [link for link in links if not (ROOT / link).exists()] == []


def metric_rows(heading):
    section = text("reference/metrics.md").split(f"## {heading}\n")[1].split("\n## ")[0]
    return {
        name
        for row in section.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])
    }


def exposed(registry):
    """Names as they are scraped, without what a histogram makes of its own."""
    return {metric.name + ("_total" if metric.type == "counter" else "") for metric in registry.collect()}


def test_the_servers_metrics_are_those_of_the_page():
    import doorwatch.server.middleware.log  # noqa: F401 - declares its own
    from doorwatch.server.metrics import REGISTRY

    assert exposed(REGISTRY) == metric_rows("Server")


def test_the_analyzers_metrics_are_those_of_the_page():
    from doorwatch.analyzer.metrics import Metrics

    assert exposed(Metrics().registry) == metric_rows("Analyzer")


def test_the_gateways_metrics_are_those_of_the_page():
    source = (ROOT / "src/doorwatch/gateway/metrics.py").read_text()
    assert set(re.findall(r"page\.(?:one|add)\(\s*\"([a-z_]+)\"", source)) == metric_rows("Gateway")


def test_the_audit_page_names_the_acts_that_are_recorded_and_no_others():
    rows = re.findall(r"^\| `([\w.]+)` \| (.+) \|$", text("reference/audit.md"), re.MULTILINE)
    assert rows == [(act.value, act.words) for act in Act]


def test_every_act_is_recorded_somewhere():
    """By its name in the trail or as a member of the enumeration; a name that is in no code is a promise not kept."""
    code = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py") if path.name != "acts.py")
    assert [act.value for act in Act if f'"{act.value}"' not in code and f"Act.{act.name}" not in code] == []
