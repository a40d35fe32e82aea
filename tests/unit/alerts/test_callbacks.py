"""What the guide says of callbacks, compared with the code."""

import re
from pathlib import Path

from doorwatch.alerts.callbacks import CHANGES, TYPES
from doorwatch.server.alerting import callbacks as following

GUIDE = (Path(__file__).parents[3] / "docs" / "guide" / "alerts.md").read_text()
PART = GUIDE[GUIDE.index("## Callbacks of other systems") :].partition("\n## ")[0]


def test_the_guide_lists_every_type_that_a_callback_can_hear_and_no_others():
    table = PART[PART.index("| type | when |") :]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert [word for row in rows for word in re.findall(r"`([\w.]+)`", row)] == [*TYPES, "test"]


def test_every_change_that_can_be_heard_is_caused_by_an_act_of_the_audit_trail():
    assert {kind for kind, _ in following._CHANGES.values()} == set(CHANGES)


def test_the_guide_names_every_address_of_callbacks():
    addresses = set(re.findall(r"`(GET|POST|PUT|DELETE) (/api/callbacks[^`]*)`", PART))
    reference = (Path(__file__).parents[3] / "docs" / "reference" / "api.md").read_text()
    assert addresses == set(re.findall(r"^\| (\w+) \| `(/api/callbacks[^`]*)`", reference, re.MULTILINE))
