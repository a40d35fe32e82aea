"""Why the server takes nothing, in words."""

import pytest

from doorwatch.gateway.server_faults import why_not_taken, with_cure


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("HTTP 401: unknown token", "issue a new token in the server and set camio_auth_token"),
        ("HTTP 403: wrong scope", "issue one for a gateway"),
        ("HTTP 404", "it ends in /api/pacs) and webhooks.endpoint"),
        ("HTTP 413", "make events_queue_pull_size smaller"),
        ("HTTP 429", "patience"),
        ("HTTP 503: starting", "starting or busy"),
        ("HTTP 500", "stumbles"),
        ("HTTP 308", "set camio_endpoint to the address that it names"),
        ("Connect: failed to lookup address information: Name or service not known", "cannot be resolved"),
        ("Connect: Connection refused (os error 111)", "nobody listens there"),
        ("Connect: invalid peer certificate: UnknownIssuer", "camio_ca_file"),
        ("Connect: invalid peer certificate: certificate expired: verification time 1", "has expired; renew it"),
        ('Connect: invalid peer certificate: certificate not valid for name "x"', "certificate carries"),
        ("Connect: received corrupt message of type InvalidContentType", "write http://"),
        ("Connect: connection closed before message completed", "write https://"),
        ("ConnectTimeout: operation timed out", "does not answer in time"),
        ("h:1 does not speak TLS (WRONG_VERSION_NUMBER)", "write http://"),
        ("h:1 closed the connection without an answer", "write https://"),
        ("the certificate of h:1 cannot be trusted (IP address mismatch, ...)", "certificate carries"),
        ("the certificate of h:1 cannot be trusted (unable to get local issuer certificate)", "camio_ca_file"),
        ("something new", "cannot be reached"),
    ],
)
def test_each_reason_has_its_own_cure_and_keeps_its_words(reason, told):
    sentence = with_cure(reason)
    assert told in sentence
    assert reason in sentence
    assert "\n" not in sentence


def test_a_queue_that_alone_is_not_taken_is_named():
    nothing = dict.fromkeys(("webhooks", "stats", "devices", "logs", "errors"))
    assert why_not_taken(nothing, None) == []
    (reason,) = why_not_taken({**nothing, "logs": "HTTP 404", "errors": "HTTP 404"}, None)
    assert reason.startswith("the server does not take logs, errors: ")
    assert "logs.endpoint" in reason
    (reason,) = why_not_taken({**nothing, "webhooks": "HTTP 401", "logs": "HTTP 401"}, "HTTP 401")
    assert reason.startswith("the server takes nothing: ")


def test_a_wrong_token_is_seen_by_the_coverage_alone_before_there_is_anything_to_send():
    (reason,) = why_not_taken({"webhooks": None}, "HTTP 401")
    assert reason.startswith("the server takes nothing: ")
    assert "camio_auth_token" in reason
