"""The OpenAPI document of Binance's surface, written from the registry: what is asked, proved, answered and refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from functools import cache
from typing import Any, Final, TypeAlias, get_type_hints

import msgspec

from openmargin.api.auth import SIGNING_PARAMS
from openmargin.api.endpoint import Endpoint, Security
from openmargin.api.endpoints import ENDPOINTS
from openmargin.api.errors import Dialect, WireError
from openmargin.api.params import ARRAY, JSON_ARRAY, Field, Param, fields_of
from openmargin.api.refusals import every_refusal
from openmargin.api.reply_schemas import ReplySchemas

Json: TypeAlias = dict[str, Any]

_ABOUT: Final = (
    "Every endpoint under /api and /sapi. Requests that change something may have their parameters in a form as"
    " well. Parameters that are not listed are tolerated on /sapi and refused with -1104 on /api. A refusal changes"
    " nothing, but after -1007 the request may have been carried out."
)
_KEY: Final = "ApiKey"
_SIGNATURE: Final = "Signature"
_SECURITY: Final[Json] = {
    _KEY: {"type": "apiKey", "in": "header", "name": "X-MBX-APIKEY"},
    _SIGNATURE: {
        "type": "apiKey",
        "in": "query",
        "name": "signature",
        "description": "Of query and body as sent, without itself: HMAC SHA256, RSA or Ed25519.",
    },
}
_SIGNATURE_NAME: Final = "signature"
_TIME_UNIT: Final[Json] = {
    "name": "X-MBX-TIME-UNIT",
    "in": "header",
    "description": "The unit of the times in the answer.",
    "schema": {"type": "string", "enum": ["MILLISECOND", "MICROSECOND"]},
}


@cache
def document() -> bytes:
    """The whole document, as JSON."""
    return msgspec.json.encode(document_of(ENDPOINTS))


def document_of(endpoints: Iterable[Endpoint]) -> Json:
    """The document of some endpoints."""
    replies = ReplySchemas()
    paths: dict[str, Json] = {}
    for row in endpoints:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, replies)
    return {
        "openapi": "3.1.0",
        "info": {"title": "OpenMargin, Binance's surface", "version": "1", "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": replies.components, "securitySchemes": _SECURITY},
    }


def _operation(row: Endpoint, replies: ReplySchemas) -> Json:
    operation: Json = {
        "operationId": row.name,
        "summary": row.title,
        "tags": ["spot" if row.dialect is Dialect.SPOT else "margin and wallet"],
        "security": _proofs(row),
        "parameters": list(_parameters(row)),
        "responses": _responses(row, replies),
    }
    if row.successor:
        operation["deprecated"] = True
        operation["description"] = f"Legacy: {row.successor} took its place."
    return operation


def _proofs(row: Endpoint) -> list[Json]:
    if row.security is Security.NONE:
        return []
    return [{_KEY: [], _SIGNATURE: []}] if row.signed else [{_KEY: []}]


def _parameters(row: Endpoint) -> Iterable[Json]:
    for field in fields_of(row.params):
        yield _of_field(field)
    if row.signed:
        for param in SIGNING_PARAMS:
            if param.name != _SIGNATURE_NAME:
                yield _parameter(param, param.name == "timestamp", param.schema)
    if row.dialect is Dialect.SPOT:
        yield _TIME_UNIT


def _of_field(field: Field) -> Json:
    default = field.default
    if isinstance(default, bool):
        default = str(default).upper()
    elif isinstance(default, IntEnum):
        default = default.name
    is_plain = isinstance(default, int | str) and default not in ("", 0)
    schema = {**field.param.schema, "default": default} if is_plain else field.param.schema
    return _parameter(field.param, field.required, schema)


def _parameter(param: Param, required: bool, schema: Mapping[str, object]) -> Json:
    assert schema, f"{param.name} says nothing of its values"
    described: Json = {"name": param.name, "in": "query", "required": required}
    if param.about:
        described["description"] = param.about
    if param.kind == JSON_ARRAY:
        return {**described, "content": {"application/json": {"schema": schema}}}
    if param.kind == ARRAY:
        described |= {"style": "form", "explode": False}
    return {**described, "schema": schema}


def _responses(row: Endpoint, replies: ReplySchemas) -> Json:
    """What may come back, by status; an endpoint that always refuses has no 200."""
    responses: Json = {}
    answer = get_type_hints(row.run)["return"]
    if answer is not type(None):
        responses["200"] = {"description": "Done.", "content": _json(replies.of(answer))}
    refusals: dict[int, dict[int, dict[str, None]]] = {}
    for error in every_refusal(row):
        refusals.setdefault(error.status, {}).setdefault(error.code, {})[_text(error)] = None
    for status in sorted(refusals):
        responses[str(status)] = _refusal(refusals[status])
    return responses


def _text(error: WireError) -> str:
    """Its message, but for what differs from one request to the next."""
    return error.message if error.status != 500 or error.code != -1000 else "An unknown error occurred."


def _refusal(codes: Mapping[int, Iterable[str]]) -> Json:
    ordered = sorted(codes, reverse=True)
    said = "\n".join(f"- {code}: {' | '.join(codes[code])}" for code in ordered)
    schema: Json = {
        "type": "object",
        "properties": {"code": {"enum": ordered}, "msg": {"type": "string"}, "data": {"type": "object"}},
        "required": ["code", "msg"],
        "additionalProperties": False,
    }
    return {"description": f"Refused.\n\n{said}", "content": _json(schema)}


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}
