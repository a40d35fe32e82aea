"""What an error gives away: everybody is told what to do, the log alone what failed where."""

import asyncio
import json

from fastapi import FastAPI

from doorwatch.domain.errors import DoorwatchError
from doorwatch.server import errors
from doorwatch.store.engine.errors import StoreBusyError, StoreError


def told(error):
    app = FastAPI()
    errors.install(app)
    answer = asyncio.run(app.exception_handlers[DoorwatchError](None, error))
    return answer.status_code, json.loads(answer.body)["error"], answer.headers["Retry-After"]


def test_a_database_that_failed_is_not_described_to_who_asked():
    error = StoreError("the database at db.internal:5432 refuses: password authentication failed")
    error.__cause__ = OSError("connection refused")
    status, sentence, again = told(error)
    assert (status, again) == (503, "10")
    assert sentence.startswith("the database failed or can't be reached: the server's log says why")


def test_a_database_that_is_only_busy_says_so():
    status, sentence, again = told(StoreBusyError("the database does not keep up"))
    assert (status, sentence, again) == (503, "the database does not keep up", "2")
