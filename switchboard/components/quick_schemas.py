"""JSON schemas are checked once.

Rasa validates each answer of the action server with `jsonschema.validate`, which first checks the schema itself
against the schema of schemas: always the same one, and 45 % of Rasa's time for a turn (docs/benchmarks.md).
"""

import json
from typing import Any

from jsonschema import Draft202012Validator


def remember_checked_schemas() -> None:
    """From now on a schema that was found valid is not checked again in this process."""
    check = Draft202012Validator.check_schema
    found_valid: set[str] = set()

    def check_once(schema: Any, **options: Any) -> None:
        key = json.dumps(schema, sort_keys=True)
        if key not in found_valid:
            check(schema, **options)
            found_valid.add(key)

    Draft202012Validator.check_schema = check_once
