"""The table of commands: what is asked for, what was probably meant, and nothing imported for it."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from doorwatch.cli.main import app


@pytest.mark.parametrize(("typed", "meant"), [("serv", "serve"), ("gatway", "gateway"), ("user-add", "user")])
def test_a_misspelt_command_is_told_which_was_probably_meant(typed, meant):
    done = CliRunner().invoke(app, [typed])
    assert done.exit_code == 2
    assert f"Did you mean '{meant}'" in " ".join(done.output.split())


def test_the_list_of_commands_imports_none_of_them():
    code = (
        "import sys; from typer.testing import CliRunner; from doorwatch.cli.main import app;"
        "told = CliRunner().invoke(app, ['--help']).output; assert 'serve' in told, told;"
        "print([name for name in sys.modules if name.startswith('doorwatch.cli.') and name != 'doorwatch.cli.main'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
