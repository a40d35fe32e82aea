"""A small HTTP/1.1 client on asyncio: what a process that is counted in megabytes needs, and nothing else.

It keeps connections, reads bodies with a length, in chunks or until the end, streams endless ones with back-pressure,
and checks certificates. It follows no redirect, keeps no cookie, unpacks nothing and knows no proxy: whoever asks
decides about these. Every failure is a WireError whose class says what went wrong.
"""

from doorwatch.wire.client import HttpClient, Prepared, Stream, Trust
from doorwatch.wire.errors import (
    CertificateError,
    ClosedEarlyError,
    FingerprintError,
    NoAnswerError,
    NotHttpError,
    NoTlsError,
    TooLargeError,
    UnknownHostError,
    UnreachableError,
    WireError,
)
from doorwatch.wire.known import Answer

__all__ = [
    "Answer",
    "CertificateError",
    "ClosedEarlyError",
    "FingerprintError",
    "HttpClient",
    "NoAnswerError",
    "NoTlsError",
    "NotHttpError",
    "Prepared",
    "Stream",
    "TooLargeError",
    "Trust",
    "UnknownHostError",
    "UnreachableError",
    "WireError",
]
