"""What strangers send adds no line to the log and changes none."""

import json
import subprocess
import sys

PROGRAM = """
import structlog
from doorwatch.server.logs import configure_logs
configure_logs("INFO")
structlog.get_logger("x").warning("request", route="a\\nERROR forged", who="\\x1b[2Jcleared\\r\\u2028", password=object)
"""


def test_a_value_with_line_breaks_and_colours_stays_one_line_of_json():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["route"] == "a\nERROR forged"
    assert "\x1b" not in line
