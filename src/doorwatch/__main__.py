"""`python -m doorwatch`: the same as the command `doorwatch`."""

from doorwatch.cli.main import run

run()
