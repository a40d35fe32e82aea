"""How errors look on the wire: `{"error": "sentence with the cure"}`, whatever went wrong and wherever."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from doorwatch.accounts import SetupLinkError, TooManyAttemptsError, WrongCredentialsError
from doorwatch.accounts.factors import SecondFactorError
from doorwatch.accounts.passkeys import PasskeyError
from doorwatch.accounts.sign_on import ProviderError, SignOnError, SignOnRefusedError
from doorwatch.accounts.users import GivenPasswordEndedError, PasswordsOffError
from doorwatch.domain.errors import DoorwatchError
from doorwatch.store.engine.errors import ConflictError, StoreBusyError, StoreError, UnknownError

_log = structlog.get_logger(__name__)

_SENTENCES = {
    404: "there is nothing at this address; /openapi.json lists what there is",
    405: "this address does not take that method; /openapi.json lists what it takes",
}


_STATUS_OF = {
    WrongCredentialsError: 401,
    UnknownError: 404,
    ConflictError: 409,
    SetupLinkError: 409,
    PasswordsOffError: 403,
    GivenPasswordEndedError: 403,
    SignOnRefusedError: 403,
    # Not this server is at fault, but one behind it.
    ProviderError: 502,
    SignOnError: 409,
}


class ApiError(HTTPException):
    """A request that can't be served: status, a sentence with the cure, and what else the caller should know."""

    def __init__(self, status: int, sentence: str, *, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(status, sentence, headers)
        self.more = more


def error_response(status: int, sentence: str, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """The answer to a request that failed."""
    return JSONResponse({"error": sentence, **more}, status, headers)


def install(app: FastAPI) -> None:
    """Make the application answer every error in the one form."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(DoorwatchError, _ours)
    app.add_exception_handler(Exception, _unexpected)


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type alone
    more = error.more if isinstance(error, ApiError) else {}
    sentence = error.detail if isinstance(error, ApiError) else _SENTENCES.get(error.status_code, str(error.detail))
    return error_response(error.status_code, sentence, dict(error.headers or {}), **more)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type alone
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return error_response(422, f"{field}: {first['msg']}", field=field)


async def _ours(_request: Request, error: Exception) -> Response:
    if isinstance(error, TooManyAttemptsError):
        return error_response(429, str(error), {"Retry-After": str(error.retry_after)})
    if isinstance(error, StoreError):
        busy = isinstance(error, StoreBusyError)
        if not busy:
            _log.error("store failed", error=str(error))
        # What failed where is for those who read the log: it may name the database's host.
        sentence = str(error) if busy or error.__cause__ is None else _DATABASE_FAILED
        return error_response(503, sentence, {"Retry-After": "2" if busy else "10"})
    if isinstance(error, SecondFactorError):
        more = {} if error.passkey is None else {"passkey": error.passkey}
        return error_response(401, str(error), reason="second_factor" if error.missing else "wrong_code", **more)
    if isinstance(error, PasskeyError):
        return error_response(401, str(error), reason="wrong_passkey")
    status = next((status for kind, status in _STATUS_OF.items() if isinstance(error, kind)), 422)
    return error_response(status, str(error))


_DATABASE_FAILED = "the database failed or can't be reached: the server's log says why; try again in some seconds"


async def _unexpected(_request: Request, error: Exception) -> Response:
    _log.error("a request failed unexpectedly", exc_info=error)
    return error_response(500, "something unexpected went wrong; the server's log tells what, by the request id")
