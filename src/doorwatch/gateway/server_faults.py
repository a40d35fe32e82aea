"""Why the server takes nothing, as one sentence that names cause and cure."""

from collections.abc import Mapping

_BY_STATUS = {
    "HTTP 401": "the server does not know the token; issue a new token in the server and set camio_auth_token",
    "HTTP 403": "this token may not write events; issue one for a gateway and set camio_auth_token",
    "HTTP 404": "there is no such ingest; check camio_endpoint (for a Doorwatch server it ends in /api/pacs) and {path}",
    "HTTP 405": "there is no such ingest; check camio_endpoint (for a Doorwatch server it ends in /api/pacs) and {path}",
    "HTTP 413": "the server takes no requests of this size; make {size} smaller",
    "HTTP 429": "the server asks for patience; it is tried again when it said",
    "HTTP 503": "the server is starting or busy; it is tried again",
}
_BY_TEXT = (
    (
        ("lookup", "resolve", "dns"),
        "the name in camio_endpoint cannot be resolved; check it and the DNS of this machine",
    ),
    (("refused", "nobody listens"), "nobody listens there; check the port in camio_endpoint, and that the server runs"),
    (("expired",), "the server's certificate has expired; renew it"),
    (("not valid yet", "notvalidyet"), "the server's certificate is not valid yet; check the clocks of both machines"),
    (
        ("not valid for name", "hostname mismatch", "address mismatch", "is not valid for"),
        "use the name that the server's certificate carries in camio_endpoint",
    ),
    (
        ("unknownissuer", "self-signed", "self signed", "local issuer"),
        "the server's certificate is signed by nobody known here; give its authority with camio_ca_file",
    ),
    (
        ("corrupt message", "invalidcontenttype", "wrong version", "record layer", "does not speak tls"),
        "the server does not speak TLS there; write http:// in camio_endpoint, or use its TLS port",
    ),
    (
        ("closed before message", "without an answer", "invalid http", "no http answer", "parse"),
        "the server gives no HTTP answer there; if it uses TLS, write https:// in camio_endpoint",
    ),
    (
        ("timed out", "timeout", "in time"),
        "the server does not answer in time; check camio_endpoint and the firewall between",
    ),
    (("unreachable", "no route"), "there is no way to the server; check camio_endpoint, the network and the firewall"),
)


def with_cure(reason: str, queue: str = "webhooks") -> str:
    """A reason as the transport or the forwarder gives it, with what to do."""
    for start, cure in _BY_STATUS.items():
        if reason.startswith(start):
            sizes = {"webhooks": "events_queue_pull_size"}.get(queue, f"{queue}_queue_pull_size")
            return f"{cure.format(path=f'{queue}.endpoint', size=sizes)} ({reason})"
    if reason.startswith("HTTP 3"):
        return f"the server redirects; set camio_endpoint to the address that it names ({reason})"
    if reason.startswith("HTTP"):
        return f"the server stumbles; it is tried again ({reason})"
    lower = reason.lower()
    for words, cure in _BY_TEXT:
        if any(word in lower for word in words):
            return f"{cure} ({reason})"
    return f"the server cannot be reached; check camio_endpoint, DNS, firewall and certificate ({reason})"


def why_not_taken(away: Mapping[str, str | None], coverage: str | None) -> list[str]:
    """Sentences for queues that the server does not take; `away` and `coverage` are why, None where all is well."""
    by_reason: dict[str, list[str]] = {}
    for queue, reason in away.items():
        if reason is not None:
            by_reason.setdefault(reason, []).append(queue)
    if coverage is not None and not by_reason:
        by_reason[coverage] = ["coverage"]
    main = {"webhooks", "devices", "coverage"}
    return [
        f"the server takes nothing: {with_cure(reason, queues[0])}"
        if main & set(queues)
        else f"the server does not take {', '.join(queues)}: {with_cure(reason, queues[0])}"
        for reason, queues in by_reason.items()
    ]
