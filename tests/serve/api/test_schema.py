"""Every operation of the OpenAPI page, asked by schemathesis: no 5xx, no status or body that the page does not know;
and some of what strangers send. The large version is `python bench/contract.py`.
"""

from __future__ import annotations

from pathlib import Path

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


def test_every_link_leads_to_an_operation_that_takes_what_it_brings(live):
    page = live.web.get("/openapi.json").json()
    operations = {one["operationId"]: one for path in page["paths"].values() for one in path.values()}
    links = [
        link
        for one in operations.values()
        for answer in one["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 60 and {link["operationId"] for link in links} >= {"pause", "remix_job", "content", "film"}
    for link in links:
        taken = {one["name"] for one in operations[link["operationId"]].get("parameters", [])}
        assert set(link.get("parameters", {})) <= taken, link


def test_some_of_what_strangers_send(tmp_path, monkeypatch):
    """One in two hundred of the lists, on the wire; a private address that is asked would be heard."""
    monkeypatch.syspath_prepend(Path(__file__).parents[3] / "bench")
    import contract

    monkeypatch.setenv("FILMLOOM_HOME", str(tmp_path))
    house = contract.House(tmp_path)
    try:
        found = contract.hostility(house, seed=4, share=0.005)
    finally:
        house.stop()
    assert found["attacks"] > 80 and not found["wrong"], found["wrong"]
    assert found["private_addresses_asked"] == 0 and found["answers_after"]
