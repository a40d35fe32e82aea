"""`python -m doorwatch.gateway --config values.yaml`: the gateway without the rest of the command line, as it is shipped."""

import argparse
import asyncio
import gc
import logging
import sys
from pathlib import Path

from doorwatch.domain.errors import DoorwatchError
from doorwatch.gateway.config import ConfigError, load_config
from doorwatch.gateway.journal import Journal
from doorwatch.spool import SpoolError


def run(config_path: Path) -> int:
    """Run a gateway until it is told to stop; the exit code: 0 fine, 1 the disk or a port failed, 2 wrong configuration."""
    try:
        config = load_config(config_path)
    except ConfigError as error:
        sys.stderr.write("".join(f"doorwatch gateway: {line}\n" for line in str(error).splitlines()))
        return 2
    journal = Journal("DEBUG" if config["debug_mode"] else config["default_log_level"])
    journal.install()
    log = logging.getLogger("doorwatch.gateway")
    for warning in config.warnings:
        log.warning(warning)
    from doorwatch.gateway.service import serve  # noqa: PLC0415

    # what was made so far lives as long as the process, and what is made of events is in no circles: look for them rarely
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    try:
        with _runner() as runner:
            runner.run(serve(config, journal))
    except (DoorwatchError, SpoolError) as error:
        log.error(str(error))  # noqa: TRY400 - a sentence for people, no traceback
        return 1
    return 0


def _runner() -> asyncio.Runner:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def main() -> int:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        prog="doorwatch.gateway", description="Forwards access events of a PACS to Doorwatch."
    )
    parser.add_argument("--config", type=Path, required=True, help="values.yaml")
    return run(parser.parse_args().config)


if __name__ == "__main__":
    sys.exit(main())
