"""The API's description is a valid document and tells all there is."""

import json
import re
from typing import Any

from jsonschema import Draft202012Validator

from switchboard.server import create_app
from switchboard.settings import Settings
from switchboard.web.openapi import description

DOCUMENT = json.loads(json.dumps(description()))
SCHEMAS = DOCUMENT["components"]["schemas"]
PAGES = {"/", "/docs", "/widget.js", "/openapi.json", "/static", "/socket.io", "/desk"}


def operations() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", each)
        for path, methods in DOCUMENT["paths"].items()
        for method, each in methods.items()
    ]


def every(key: str, part: Any) -> list[Any]:
    """The values of `key` anywhere in the document."""
    if isinstance(part, list):
        return [found for each in part for found in every(key, each)]
    if isinstance(part, dict):
        return [value for name, value in part.items() if name == key] + [
            found for each in part.values() for found in every(key, each)
        ]
    return []


def test_every_route_is_described_and_nothing_else():
    described = {name for name, _ in operations()}
    routes = create_app(Settings(database_url="postgresql://nobody@127.0.0.1:1/none")).routes
    served = {
        f"{method} {route.path}" for route in routes if route.path not in PAGES for method in route.methods - {"HEAD"}
    }

    assert described == served


def test_every_reference_leads_somewhere():
    references = set(every("$ref", DOCUMENT))

    assert references
    assert all(reference.removeprefix("#/components/schemas/") in SCHEMAS for reference in references)


def test_every_schema_is_valid_and_used():
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
    assert {f"#/components/schemas/{name}" for name in SCHEMAS} == set(every("$ref", DOCUMENT))


def test_every_operation_has_a_summary_and_answers_with_a_schema():
    for name, operation in operations():
        assert operation["summary"].endswith("."), name
        for status, response in operation["responses"].items():
            assert re.fullmatch(r"[245]\d\d", status), name
            assert response["description"], name
            assert all("schema" in content for content in response["content"].values()), name


def test_every_parameter_of_a_path_is_described():
    for path, methods in DOCUMENT["paths"].items():
        for operation in methods.values():
            described = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
            assert described == set(re.findall(r"{(\w+)}", path)), path


def test_every_security_scheme_is_defined():
    for name, operation in operations():
        for required in operation.get("security", []):
            assert set(required) <= set(DOCUMENT["components"]["securitySchemes"]), name


def test_every_pattern_is_one_that_browsers_understand_too():
    for pattern in every("pattern", SCHEMAS):
        re.compile(pattern)
        assert "\\x" not in pattern
        assert "(?" not in pattern


def test_the_document_names_its_version():
    assert DOCUMENT["openapi"].startswith("3.1")
    assert re.fullmatch(r"\d+\.\d+\.\d+", DOCUMENT["info"]["version"])
