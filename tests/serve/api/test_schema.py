"""Every operation of the OpenAPI page, asked by schemathesis: no 5xx, no status or body that the page does not know.

docs/guides/serve.md has the command for 10 000 cases against a running house.
"""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
CASES = settings(
    max_examples=3, database=None, deadline=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
ENDLESS = ("/api/events",)  # test_native reads this stream


def test_no_question_breaks_the_house(serve):
    live = serve(requests_per_minute=10**6)
    live.make()
    asked = []
    for found in schemathesis.openapi.from_url(f"{live.url}/openapi.json").get_all_operations():
        operation = found.ok()
        if operation.path not in ENDLESS:
            asker(operation, live.url, asked)()
    assert len(set(asked)) >= 30, "every operation was asked"


def asker(operation, url, asked):
    """A test of one operation; it notes what it asked."""

    @CASES
    @given(case=operation.as_strategy())
    def ask(case):
        asked.append((operation.method, operation.path))
        case.validate_response(case.call(base_url=url), checks=CHECKS)

    return ask
