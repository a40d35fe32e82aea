"""The wheel carries the built page; building it needs Node, so the wheel build only checks that it is there."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageIsBuilt(BuildHookInterface[Any]):
    """Refuses to build a wheel without the page."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface's own
        """Check; an editable install of a checkout may come before the page."""
        if version != "editable" and not Path(self.root, "src/doorwatch/server/ui/index.html").is_file():
            raise SystemExit("src/doorwatch/server/ui has no page: run `make ui`, then build the wheel again")
