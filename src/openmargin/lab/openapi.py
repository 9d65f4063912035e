"""The lab's OpenAPI document, made of its routes and their shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

import msgspec

from openmargin.lab.bench import Path
from openmargin.lab.routes import ROUTES, Route
from openmargin.lab.shapes import Download, Refusal, Upload

_AS_IT_IS: Final = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_FILES: Final[dict[Any, Any]] = {Upload: _AS_IT_IS, Download: _AS_IT_IS}
"""What is sent as it is."""


@cache
def document() -> bytes:
    """The whole document, as JSON."""
    kinds = {kind for route in ROUTES for kind in (route.body, route.answer) if kind} | {Refusal}
    kinds -= _FILES.keys()
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    refs, components = msgspec.json.schema_components(
        [*ordered, Path], ref_template="#/components/schemas/{name}"
    )
    path_schema = components.pop("Path")["properties"]
    schemas = {kind: _json(ref) for kind, ref in zip([*ordered, Path], refs, strict=True)} | _FILES
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
            "200": {"description": "Done.", "content": schemas[route.answer]},
            "default": {"description": "Refused: nothing was done.", "content": schemas[Refusal]},
        },
    }
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": schemas[route.body]}
    return operation


def _names(path: str) -> Iterable[str]:
    return re.findall(r"{(\w+)}", path)


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _without_default(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "default"}
