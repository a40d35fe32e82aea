"""How each of the five queues goes to the server."""

import logging
from collections.abc import Callable
from pathlib import Path

from doorwatch.domain.time import Clock
from doorwatch.gateway.collector import QUEUE
from doorwatch.gateway.config import Config, ConfigError
from doorwatch.gateway.server_faults import with_cure
from doorwatch.spool import Delivery, Endpoint, Forwarder, Spool, TlsTrust, Transport, envelope
from doorwatch.spool.replies import as_is

_log = logging.getLogger("doorwatch.gateway")
_ENCODERS = {QUEUE: envelope("events", "event"), "logs": envelope("logs"), "errors": envelope("errors")}


def headers(config: Config) -> dict[str, str]:
    """The token, as it is now."""
    return {"Authorization": f"Bearer {config.secret('camio_auth_token') or ''}"}


def endpoint(config: Config, queue: str) -> Endpoint:
    """Where a queue goes, in which portions, how soon.

    Documents (stats, devices) are bodies of their own and cannot be put together, whatever the configuration says.
    """
    bulk = config.queues[queue]["queue_forward_bulk_status"] == "bulk" and queue in _ENCODERS
    sizes = {
        QUEUE: config["events_queue_pull_size"],
        "logs": config["logs_queue_pull_size"],
        "errors": config["errors_queue_pull_size"],
    }
    longest_waits = {"logs": config["forward_logs_queue_interval"], "errors": config["forward_errors_queue_interval"]}
    if not config["forward_events_at_once"]:
        longest_waits[QUEUE] = config["forward_event_queue_interval"]
    return Endpoint(
        url=config.url(queue),
        encode=_ENCODERS.get(queue, as_is),
        batch=sizes[queue] if bulk else 1,
        in_flight=_in_flight(config, bulk=bulk) if queue == QUEUE else 1,
        linger=longest_waits.get(queue, 0.0) if bulk or queue == QUEUE else 0.0,
        max_retries=config["camio_max_retries"],
        compression=config["camio_compression"],
        headers=lambda: headers(config),
    )


def _in_flight(config: Config, *, bulk: bool) -> int:
    """Requests of events at once; a few are enough where each carries hundreds."""
    return min(4, config["events_in_flight"]) if bulk else int(config["events_in_flight"])


def forwarder(
    config: Config, queue: str, spool: Spool, transport: Transport, clock: Clock, on_delivered: Callable[[], None]
) -> Forwarder:
    """What empties a queue, with one log line when the server goes away and one when it is back."""
    return Forwarder(
        Delivery(
            spool,
            queue,
            endpoint(config, queue),
            transport,
            clock=clock,
            on_away=lambda reason: _log.warning(
                "the server takes nothing", extra={"queue": queue, "reason": with_cure(reason, queue)}
            ),
            on_back=lambda: _log.info("the server takes again", extra={"queue": queue}),
            on_delivered=on_delivered,
            on_buried=lambda item, reason: _log.error(
                "the server refused an item for good; see `doorwatch gateway queue show`",
                extra={"queue": queue, "item": item.id, "reason": reason},
            ),
        )
    )


def trust(config: Config) -> TlsTrust:
    """Whom to believe that it is the server. Raises ConfigError when the CA file cannot be read."""
    if not config["camio_verify_tls"]:
        _log.warning("the server's certificate is not checked, as camio_verify_tls: false says")
    file = config["camio_ca_file"]
    try:
        return TlsTrust(config["camio_verify_tls"], Path(file).read_bytes() if file else None)
    except OSError as error:
        raise ConfigError(f"camio_ca_file {file} cannot be read ({error.strerror}); name a PEM file") from None
