"""What can go wrong between two machines; each class is one cause, each text names the place."""


class WireError(Exception):
    """No usable answer came."""


class UnknownHostError(WireError):
    """The name has no address."""


class UnreachableError(WireError):
    """No connection came about; `reason` is the system's word for it."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text)
        self.reason = reason


class NoTlsError(WireError):
    """The other side does not speak TLS, or none that we speak."""


class CertificateError(WireError):
    """The certificate cannot be trusted; `reason` is the library's word for it."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text)
        self.reason = reason


class FingerprintError(WireError):
    """The certificate is another one than the pinned one; both as hexadecimal digits."""

    def __init__(self, text: str, got: str, expected: str) -> None:
        super().__init__(text)
        self.got = got
        self.expected = expected


class NoAnswerError(WireError):
    """Time ran out."""


class ClosedEarlyError(WireError):
    """The connection ended before the answer did; `silent` when not one byte of it had come."""

    def __init__(self, text: str, *, silent: bool) -> None:
        super().__init__(text)
        self.silent = silent


class NotHttpError(WireError):
    """What came is no HTTP."""


class TooLargeError(WireError):
    """The answer's head or body is beyond the limit."""
