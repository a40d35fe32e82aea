"""The OpenAPI document keeps its word: generated requests get answers of the documented status and shape."""

import asyncio
import json
import warnings

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.server.openapi import document

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
NOT_TRIED = {"/api/events", "/metrics"}  # a stream that never ends, and text

few = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def try_all(address, token, mode, checks, examples):
    """Send some requests to every operation; how many operations were tried, and what went wrong."""
    schema = schemathesis.openapi.from_dict(json.loads(document()))
    schema.config.update(base_url=address)
    tried, wrong = 0, []
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path in NOT_TRIED:
            continue

        @settings(few, max_examples=examples)
        @given(case=operation.as_strategy(generation_mode=mode))
        def attempt(case):
            response = case.call(headers={"Authorization": f"Bearer {token}"})
            case.validate_response(response, checks=checks)

        try:
            attempt()
        except Unsatisfiable:
            continue  # nothing about it can be wrong
        except Exception as error:  # noqa: BLE001 - all of them are told together
            wrong.append(f"{operation.label}: {error}")
        tried += 1
    return tried, wrong


MODES = {
    # What is asked as the document allows gets answers as the document tells them.
    GenerationMode.POSITIVE: (CHECKS, 5, 40),
    # What is asked otherwise never makes the server fail.
    GenerationMode.NEGATIVE: ([not_a_server_error], 1, 30),
}


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
async def test_generated_requests_get_documented_answers(site, mode):
    checks, examples, least = MODES[mode]
    owner, gateway = await site.user(Role.OWNER), await site.machine(TokenKind.GATEWAY)
    await site.furnish(owner, gateway)
    token = await site.token(TokenKind.API)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tried, wrong = await asyncio.to_thread(try_all, site.base, token, mode, checks, examples)
    assert wrong == []
    assert tried >= least
