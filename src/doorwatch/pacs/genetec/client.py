"""Requests to one Web-based SDK role, and the clock of its machine."""

import base64
import logging
import ssl
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urljoin, urlsplit

from doorwatch.domain.time import Clock, Micros, from_seconds
from doorwatch.pacs.driver import PacsError, PacsRefusedError
from doorwatch.pacs.genetec.answers import Answer, AnswerError, read_answer
from doorwatch.pacs.genetec.faults import explain, refused
from doorwatch.pacs.genetec.settings import GenetecSettings
from doorwatch.wire import HttpClient, Stream, Trust, WireError

_log = logging.getLogger("doorwatch.genetec")
_SAFE = "=@,(){}:-_.~*"
_NO_CONTENT = 204
LONGEST_QUERY = 1500
"""Letters of a question that several things are asked for with."""


class WebSdkClient:
    """Pre-emptive Basic, JSON answers, one pool of connections. Every method raises PacsError."""

    def __init__(self, settings: GenetecSettings, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        self._http: HttpClient | None = None
        self._ahead: Micros | None = None
        self.requests = 0

    # -- asking ---------------------------------------------------------------------------------------------------

    async def get(
        self,
        command: str,
        query: str | None = None,
        *,
        post: bool = False,
        read: Callable[[bytes], Answer] = read_answer,
    ) -> Answer:
        """One command below the base URI. Raises AnswerError when Security Center refuses it, PacsError otherwise."""
        url = self.url(command, query)
        self.requests += 1
        try:
            answer = await self._client().ask("POST" if post else "GET", url)
        except WireError as error:
            raise explain(error, self.settings) from error
        self._set_clock(answer.headers)
        if answer.status == _NO_CONTENT and command:
            # done, with nothing to tell; only the question whether a Web SDK is there wants its answer
            return Answer(None, complete=True)
        return self._read(answer.status, answer.body, read)

    def _read(self, status: int, body: bytes, read: Callable[[bytes], Answer]) -> Answer:
        try:
            answer = read(body)
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

    async def open_stream(self) -> Stream:
        """The endless answer of `/events`; the caller closes it. A redirect keeps the credentials on the same host only."""
        url = self.settings.stream_url
        for _ in range(4):
            try:
                stream = await self._client().open(url)
            except WireError as error:
                raise explain(error, self.settings) from error
            self._set_clock(stream.headers)
            if stream.status == 200:
                return stream
            stream.close()
            if stream.status not in {301, 302, 303, 307, 308} or "location" not in stream.headers:
                raise refused(stream.status, self.settings)
            url = self._redirected(url, stream.headers["location"])
        raise PacsError("the Web SDK redirects its event stream in circles; check the role's streaming port")

    def _redirected(self, url: str, location: str) -> str:
        """Where a redirect leads, if the credentials may go there. Raises PacsRefusedError otherwise."""
        try:
            url = urljoin(url, location)
            scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
        except ValueError:
            raise PacsError(f"the Web SDK redirects its event stream to {location!r}, which is no address") from None
        if host != urlsplit(self.settings.base_url).hostname:
            raise PacsRefusedError(
                f"the Web SDK sends its event stream to another host ({host}), which is not given the "
                "credentials; name that host as acs_server_ip if it is the role's"
            )
        if self.settings.tls and scheme != "https":
            raise PacsRefusedError(
                "the Web SDK sends its event stream to an address without TLS, which is not given the credentials; "
                "switch on SSL for the role's streaming port too"
            )
        return url

    def url(self, command: str, query: str | None = None) -> str:
        """The address of a command."""
        tail = f"?q={quote(query, safe=_SAFE)}" if query else ""
        return self.settings.base_url + quote(command, safe="/") + tail

    # -- the clock of the other side ------------------------------------------------------------------------------

    @property
    def ahead(self) -> Micros | None:
        """How far the PACS's clock is ahead of ours, as its answers say (to the second); None while none said."""
        return self._ahead

    def _set_clock(self, headers: Mapping[str, str]) -> None:
        try:
            theirs = from_seconds(parsedate_to_datetime(headers["date"]).timestamp()) + 500_000
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

    def _client(self) -> HttpClient:
        if self._http is None:
            self._http = HttpClient(
                trust=self._trust(),
                timeout=self.settings.timeout,
                connect_timeout=self.settings.timeout,
                most_at_once=self.settings.parallel_pages + 4,
                headers=self._headers(),
            )
        return self._http

    def _trust(self) -> Trust:
        settings = self.settings
        if settings.fingerprint:
            return Trust(_believing, bytes.fromhex(settings.fingerprint.replace(":", "")))
        if not settings.tls:
            return Trust()
        if not settings.verify_tls:
            _log.warning("the certificate of Security Center is not checked, as acs_verify_tls: false says")
            return Trust(_believing)
        try:
            context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
        except (OSError, ssl.SSLError) as error:
            raise PacsRefusedError(
                f"acs_ca_file {settings.ca_file} cannot be read ({error}); name a file of certificates in PEM form"
            ) from error
        return Trust(lambda: context)

    async def close(self) -> None:
        """Let all connections go."""
        if self._http is not None:
            await self._http.close()
            self._http = None


def _believing() -> ssl.SSLContext:
    """Encrypts, and believes any certificate: it is pinned, or the configuration says so."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
