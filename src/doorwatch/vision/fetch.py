"""Fetches files over HTTP: with the machine's own certificates and proxies, resumed where they were cut off."""

import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from doorwatch.vision.detect.base import DetectorError

_CHUNK = 256 * 1024
_TIMEOUT_S = 30.0
_MAX_DOCUMENT = 8 * 1024 * 1024
_CA_VARIABLES = ("NODE_EXTRA_CA_CERTS", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Fetcher:
    """Reads documents and saves files; `headers` go along with every request to the first host alone."""

    def __init__(
        self, *, headers: Mapping[str, str] | None = None, ca_file: str | None = None, proxy: str | None = None
    ) -> None:
        self._headers = dict(headers or {})
        handlers: list[Any] = [urllib.request.HTTPSHandler(context=_context(ca_file)), _SameHostRedirect()]
        if proxy and not urllib.request.getproxies().get("https"):
            handlers.append(urllib.request.ProxyHandler({"https": proxy, "http": proxy}))
        self._opener = urllib.request.build_opener(*handlers)

    def read(self, address: str, *, cure: str) -> bytes:
        """A small document. Raises DetectorError, which ends in the cure."""
        with self._open(address, {}, cure) as answer:
            try:
                return bytes(answer.read(_MAX_DOCUMENT))
            except (OSError, HTTPException) as error:
                raise _broken(address, error, cure) from error

    def save(
        self, address: str, target: Path, *, cure: str, progress: Callable[[int, int], None] = lambda _d, _t: None
    ) -> None:
        """Write a file, going on after what an earlier try left in `target`.

        `progress` is told the bytes done and the bytes in all (0 while unknown). Raises DetectorError.
        """
        try:
            have = target.stat().st_size if target.exists() else 0
            with self._open(address, {"Range": f"bytes={have}-"} if have else {}, cure) as answer:
                if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    return
                resumed = answer.status == HTTPStatus.PARTIAL_CONTENT
                have = have if resumed else 0
                length = int(answer.headers.get("Content-Length") or 0)
                self._copy(answer, target, have, have + length if length else 0, progress)
        except HTTPException as error:
            raise _broken(address, error, cure) from error
        except OSError as error:
            if isinstance(error, TimeoutError | ConnectionError | ssl.SSLError):
                raise _broken(address, error, cure) from error
            raise DetectorError(
                f"{target.parent} cannot be written ({error.strerror or error}); make room or give another data folder"
            ) from error

    def _copy(
        self, answer: HTTPResponse, target: Path, have: int, total: int, progress: Callable[[int, int], None]
    ) -> None:
        with target.open("ab" if have else "wb") as file:
            progress(have, total)
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                have += len(chunk)
                progress(have, total)
        if total and have < total:
            raise ConnectionResetError(f"cut off after {have} of {total} bytes; the next try goes on from there")

    def _open(self, address: str, extra: Mapping[str, str], cure: str) -> HTTPResponse:
        if urlsplit(address).scheme not in {"https", "http"}:
            raise DetectorError(f"{address} is no https address; {cure}")
        request = urllib.request.Request(address, headers={**self._headers, **extra})  # noqa: S310 - checked above
        try:
            answer: HTTPResponse = self._opener.open(request, timeout=_TIMEOUT_S)
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return error  # type: ignore[return-value]  # it has the same methods as an answer
            with error:
                raise DetectorError(f"{address} answers {error.code} {error.reason}; {cure}") from error
        except (OSError, HTTPException) as error:
            raise _broken(address, error, cure) from error
        return answer


class _SameHostRedirect(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but takes no login to another host."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None and urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            following.remove_header("Authorization")
        return following


def _broken(address: str, error: Exception, cure: str) -> DetectorError:
    reason = getattr(error, "reason", None) or error
    return DetectorError(f"{urlsplit(address).netloc} cannot be reached ({reason}); {cure}")


def _context(ca_file: str | None) -> ssl.SSLContext:
    """The system's certificates, and those that pip and npm were told to trust."""
    context = ssl.create_default_context()  # reads SSL_CERT_FILE itself
    known = {os.path.realpath(ssl.get_default_verify_paths().cafile or "")}
    for file in [ca_file, *(os.environ.get(name) for name in _CA_VARIABLES)]:
        if file and Path(file).is_file() and os.path.realpath(file) not in known:
            known.add(os.path.realpath(file))
            context.load_verify_locations(file)
    return context
