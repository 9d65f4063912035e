"""The lab's OpenAPI document, made of its routes and their shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from openmargin.lab.bench import Path
from openmargin.lab.routes import ROUTES, Route
from openmargin.lab.shapes import Refusal


@cache
def document() -> bytes:
    """The whole document, as JSON."""
    kinds = {kind for route in ROUTES for kind in (route.body, route.answer) if kind} | {Refusal}
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    refs, components = msgspec.json.schema_components(
        [*ordered, Path], ref_template="#/components/schemas/{name}"
    )
    path_schema = components.pop("Path")["properties"]
    schemas = dict(zip([*ordered, Path], refs, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas, path_schema)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "OpenMargin lab", "version": "1"},
            "paths": paths,
            "components": {"schemas": components},
        }
    )


def _operation(route: Route, schemas: dict[Any, Any], path_schema: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handle.__name__,
        "summary": route.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": _without_default(path_schema[name])}
            for name in _names(route.path)
        ],
        "responses": {
            "200": {"description": "Done.", "content": _json(schemas[route.answer])},
            "default": {"description": "Refused: nothing was done.", "content": _json(schemas[Refusal])},
        },
    }
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(schemas[route.body])}
    return operation


def _names(path: str) -> Iterable[str]:
    return re.findall(r"{(\w+)}", path)


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _without_default(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "default"}
