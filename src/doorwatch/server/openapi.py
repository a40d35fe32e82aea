"""`python -m doorwatch.server.openapi`: print the OpenAPI document, from which the page's typed client is made.

With `--markdown` it prints the reference page of all addresses instead.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.routing import WebSocketRoute

from doorwatch.accounts.roles import SCOPES_OF_KIND, Scope, TokenKind
from doorwatch.server.app import create_app
from doorwatch.server.auth import PERMISSIONS_OF_SCOPE
from doorwatch.server.permissions import PERMISSIONS_OF_ROLE, Permission, all_routes, permission_of
from doorwatch.server.settings import PREFIX, Settings

_HEAD = """# HTTP reference

This page is generated: `python -m doorwatch.server.openapi --markdown > docs/reference/api.md`; a test compares.

Every running server publishes the full description of bodies and answers at `/openapi.json`. Errors are
`{"error": "sentence"}`. Browsers sign in with a cookie and add `X-Doorwatch: 1` to whatever changes something; programs
send `Authorization: Bearer <token>` with a token of the kind `api`, gateways and analyzers with tokens of theirs.
"""


_ABOUT_ROLES = """A caller acts in one account: a token in the one that issued it, a person in the one that is chosen in
the page's header. Whatever belongs to another account answers 404, as if it did not exist. Without a session or token
the answer is 401, without the permission 403; tests ask every address as everybody. *This machine* is the token that
the commands on the server's own machine use."""


def _app() -> FastAPI:
    return create_app(Settings(data_dir=Path("unused")))


def document() -> str:
    """The OpenAPI document as JSON, ending in a line feed."""
    return json.dumps(_app().openapi(), indent=1, sort_keys=True) + "\n"


def reference() -> str:
    """The reference page: every address with its permission, and every setting."""
    lines = [_HEAD, "## Addresses", "", "| method | address | permission | what |", "|---|---|---|---|"]
    lines += sorted(_row(route) for route in all_routes(_app().router))
    lines += _matrix()
    lines += ["", "## Settings of the server", "", "| environment variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "the user's XDG data folder" if field.default_factory else field.default
        shown = "" if default is None else f"`{default}`" if not field.default_factory else default
        lines.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(lines) + "\n"


def _matrix() -> list[str]:
    """Who holds which permission: of people by their role in the account, of machines by the kind of their token."""
    holders = {
        "Can View": PERMISSIONS_OF_ROLE["view"],
        "Can Manage": PERMISSIONS_OF_ROLE["manage"],
        "owner": PERMISSIONS_OF_ROLE["owner"],
        **{f"{kind} token": _held(SCOPES_OF_KIND[kind]) for kind in TokenKind},
        "this machine": _held((*SCOPES_OF_KIND[TokenKind.API], Scope.INSTALLATION)),
    }
    lines = ["", "## Who may what", "", _ABOUT_ROLES, ""]
    lines.append("| permission | " + " | ".join(holders) + " |")
    lines.append("|---" * (len(holders) + 1) + "|")
    for permission in Permission:
        if permission not in {Permission.PUBLIC, Permission.SHARED}:
            marks = ("yes" if permission in held else "" for held in holders.values())
            lines.append(f"| {permission.value} | " + " | ".join(marks) + " |")
    return lines


def _held(scopes: Iterable[Scope]) -> frozenset[Permission]:
    return frozenset(permission for scope in scopes for permission in PERMISSIONS_OF_SCOPE[scope.value])


def _row(route: Any) -> str:
    methods = set(getattr(route, "methods", None) or ()) - {"HEAD"}
    method = "WS" if isinstance(route, WebSocketRoute) else ", ".join(sorted(methods))
    words = (route.endpoint.__doc__ or "").strip().split("\n\n")[0]
    permission = permission_of(route)
    return f"| {method} | `{route.path}` | {permission} | {' '.join(words.split())} |"


if __name__ == "__main__":
    sys.stdout.write(reference() if "--markdown" in sys.argv[1:] else document())
