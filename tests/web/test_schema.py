"""Schemathesis over the OpenAPI document: whatever is sent, no 5xx, and answers as described."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.conftest import Desk

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 12  # an operation, with generated ids; and as many with ids that are there


@pytest.mark.slow
def test_no_request_breaks_the_api(either_desk: Desk) -> None:
    desk = either_desk
    desk.site.gate.accounts.change_user(desk.room.lead.user_id, role="admin")
    headers = {"authorization": desk.program_of(desk.room.lead).headers["authorization"]}
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", desk.app)
    known = {"record_id": desk.room.supply.id, "article_id": desk.room.article.id}
    tried = 0
    operations = []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operations.append(found.ok())
    # The one that finds and revokes the token comes last.
    for operation in sorted(operations, key=lambda one: "token" in one.path):
        tried += 1

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def check(case: Any) -> None:
            case.call_and_validate(checks=CHECKS, headers=headers)
            path = case.path_parameters or {}
            if path.keys() & known.keys():
                real = {name: known[name] for name in path if name in known}
                case.path_parameters = {**path, **real}
                case.call_and_validate(checks=CHECKS, headers=headers)

        check()
    assert tried == len(_operations(desk))


def _operations(desk: Desk) -> list[str]:
    paths = desk.app.openapi()["paths"]
    return [f"{method} {path}" for path, methods in paths.items() for method in methods]
