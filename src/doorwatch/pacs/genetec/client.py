"""Requests to one Web-based SDK role, and the clock of its machine."""

import asyncio
import base64
import logging
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urljoin, urlsplit

import aiohttp
from yarl import URL

from doorwatch.domain.time import Clock, Micros, from_seconds
from doorwatch.pacs.driver import PacsError, PacsRefusedError
from doorwatch.pacs.genetec.answers import Answer, AnswerError, read_answer
from doorwatch.pacs.genetec.faults import explain, refused
from doorwatch.pacs.genetec.settings import GenetecSettings

_log = logging.getLogger("doorwatch.genetec")
_SAFE = "=@,(){}:-_.~*"


class WebSdkClient:
    """Pre-emptive Basic, JSON answers, one pool of connections. Every method raises PacsError."""

    def __init__(self, settings: GenetecSettings, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._ahead: Micros | None = None
        self.requests = 0

    # -- asking ---------------------------------------------------------------------------------------------------

    async def get(self, command: str, query: str | None = None, *, post: bool = False) -> Answer:
        """One command below the base URI. Raises AnswerError when Security Center refuses it, PacsError otherwise."""
        url = self.url(command, query)
        self.requests += 1
        try:
            async with self._client().request("POST" if post else "GET", url, allow_redirects=False) as response:
                body = await response.read()
                self._set_clock(response.headers)
                status = response.status
        except (aiohttp.ClientError, OSError, TimeoutError, ssl.SSLError) as error:
            raise explain(error, self.settings) from error
        return self._read(status, body)

    def _read(self, status: int, body: bytes) -> Answer:
        try:
            answer = read_answer(body)
        except AnswerError:
            raise
        except ValueError as error:
            if status >= 300:
                raise refused(status, self.settings) from None
            raise PacsError(
                f"{self.settings.host}:{self.settings.port} answers, but not as a Web SDK does; "
                "check acs_port and acs_base_uri"
            ) from error
        if status >= 300:
            raise refused(status, self.settings)
        return answer

    async def ping(self) -> None:
        """See that the role answers and keep the session alive."""
        await self.get("")

    async def open_stream(self) -> aiohttp.ClientResponse:
        """The endless answer of `/events`; the caller closes it. A redirect keeps the credentials on the same host only."""
        url = URL(self.settings.stream_url, encoded=True)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self.settings.timeout, sock_read=None)
        headers = dict(self._headers())
        for _ in range(4):
            try:
                async with asyncio.timeout(self.settings.timeout):
                    response = await self._client().get(url, allow_redirects=False, timeout=timeout, headers=headers)
            except (aiohttp.ClientError, OSError, TimeoutError, ssl.SSLError) as error:
                raise explain(error, self.settings) from error
            self._set_clock(response.headers)
            if response.status == 200:
                return response
            response.close()
            if response.status not in {301, 302, 303, 307, 308} or "Location" not in response.headers:
                raise refused(response.status, self.settings)
            url = URL(urljoin(str(url), response.headers["Location"]), encoded=True)
            if urlsplit(str(url)).hostname != urlsplit(self.settings.base_url).hostname:
                raise PacsRefusedError(
                    f"the Web SDK sends its event stream to another host ({url.host}), which is not given the "
                    "credentials; name that host as acs_server_ip if it is the role's"
                )
        raise PacsError("the Web SDK redirects its event stream in circles; check the role's streaming port")

    def url(self, command: str, query: str | None = None) -> URL:
        """The address of a command."""
        tail = f"?q={quote(query, safe=_SAFE)}" if query else ""
        return URL(self.settings.base_url + quote(command, safe="/") + tail, encoded=True)

    # -- the clock of the other side ------------------------------------------------------------------------------

    @property
    def ahead(self) -> Micros | None:
        """How far the PACS's clock is ahead of ours, as its answers say (to the second); None while none said."""
        return self._ahead

    def _set_clock(self, headers: Mapping[str, str]) -> None:
        try:
            theirs = from_seconds(parsedate_to_datetime(headers["Date"]).timestamp()) + 500_000
        except (KeyError, ValueError):
            return
        ahead = theirs - self._clock.now()
        # whole seconds only: a difference below one says nothing
        self._ahead = 0 if abs(ahead) < 1_500_000 else ahead

    def to_pacs(self, at: Micros) -> Micros:
        """A moment of our clock on theirs."""
        return at + (self._ahead or 0)

    # -- the session ----------------------------------------------------------------------------------------------

    def _headers(self) -> dict[str, str]:
        credentials = f"{self.settings.user_id}:{self.settings.password}".encode()
        return {
            "Accept": "text/json",
            "Accept-Encoding": "identity",
            "Authorization": "Basic " + base64.b64encode(credentials).decode(),
        }

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers(),
                connector=aiohttp.TCPConnector(ssl=self._trust(), limit=self.settings.parallel_pages + 4),
                timeout=aiohttp.ClientTimeout(total=self.settings.timeout),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _trust(self) -> ssl.SSLContext | aiohttp.Fingerprint | bool:
        settings = self.settings
        if not settings.tls:
            return True
        if settings.fingerprint:
            return aiohttp.Fingerprint(bytes.fromhex(settings.fingerprint.replace(":", "")))
        if not settings.verify_tls:
            _log.warning("the certificate of Security Center is not checked, as acs_verify_tls: false says")
            return False
        try:
            return ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
        except (OSError, ssl.SSLError) as error:
            raise PacsRefusedError(
                f"acs_ca_file {settings.ca_file} cannot be read ({error}); name a file of certificates in PEM form"
            ) from error

    async def close(self) -> None:
        """Let all connections go."""
        if self._session is not None:
            await self._session.close()
            self._session = None
