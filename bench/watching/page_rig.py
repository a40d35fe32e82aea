"""What the benchmarks of the page share: a server of one's own, its owner, and Debian's Chromium."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Playwright

CHROMIUM = "/usr/bin/chromium"
EMAIL, PASSWORD = "bench@example.com", "a long enough password"
_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--autoplay-policy=no-user-gesture-required", "--enable-precise-memory-info"),
]


class Api:
    """Speaks to the server with a session, or with a token."""

    def __init__(self, base: str, token: str | None = None) -> None:
        self.base = base
        self._headers = {"Authorization": f"Bearer {token}"} if token else {"X-Doorwatch": "1"}
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        """An answer of the server. Raises OSError."""
        data = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, "Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        with self._opener.open(request, timeout=120) as answer:
            text = answer.read()
            return json.loads(text) if text else None


@contextmanager
def serving(folder: Path, pid: list[int], *, analyzer: bool = False, **settings: str) -> Iterator[Api]:
    """A new server and its owner; the number of its process is added to `pid`. `settings` are environment variables."""
    secret = folder / "password"
    secret.write_text(PASSWORD)
    command = [str(Path(sys.executable).with_name("doorwatch")), "serve", "--data-dir", str(folder / "data")]
    command += ["--port", "0", "--owner", EMAIL, "--owner-password-file", str(secret)]
    command += [] if analyzer else ["--no-analyzer"]
    environment = os.environ | {f"DOORWATCH_{name.upper()}": value for name, value in settings.items()}
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment) as process,
    ):
        try:
            pid.append(process.pid)
            said = process.stdout.readline() if process.stdout else ""
            api = Api(said.split("serves at ")[1].strip())
            _await(api.base)
            api("POST", "/api/session", {"email": EMAIL, "password": PASSWORD})
            yield api
        finally:
            process.terminate()


def _await(base: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server does not get ready: see its log")


def chromium(playwright: Playwright) -> Browser:
    """The browser, without a window."""
    return playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=_FLAGS)


def sign_in(context: BrowserContext) -> None:
    """Let a new visitor be the owner. Raises SystemExit when the server does not have it."""
    body = {"email": EMAIL, "password": PASSWORD}
    answer = context.request.post("/api/session", data=body, headers={"X-Doorwatch": "1"})
    if not answer.ok:
        raise SystemExit(f"signing in was refused: {answer.status}")
