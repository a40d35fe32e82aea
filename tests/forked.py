"""Commands as processes of their own that need not load the program: each is forked from one that has loaded it.

Loading takes seconds of processor time, which is most of what a test costs that wants a server of its own.
"""

import multiprocessing
import os
import sys

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["doorwatch.cli.main", "doorwatch.cli.serve", "doorwatch.server.serving"])


class Command:
    """`doorwatch` with these arguments: `stdout` is what it prints, and the file `log` takes what else it says."""

    def __init__(self, *arguments, log, environment):
        said, says = _forks.Pipe(duplex=False)
        told = [str(one) for one in arguments]
        self._process = _forks.Process(
            target=_run, args=(told, {name: str(value) for name, value in environment.items()}, str(log), says)
        )
        self._process.start()
        says.close()
        self.stdout = os.fdopen(os.dup(said.fileno()))
        said.close()

    def wait(self, seconds=60):
        """Its exit code once it has ended."""
        self._process.join(seconds)
        self.stdout.close()
        assert self._process.exitcode is not None, "it did not end"
        return self._process.exitcode

    def stop(self):
        """Ask it to end, and wait until it has."""
        self._process.terminate()
        self.wait(20)


def _run(arguments, environment, log, says):
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(says.fileno(), 1)
    says.close()
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
    sys.argv = ["doorwatch", *arguments]
    from doorwatch.cli.main import run

    run()
