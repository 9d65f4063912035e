"""JSON Schemas of answers, read off the types that endpoints return."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Raw, Struct, UnsetType

Schema = dict[str, Any]


class ReplySchemas:
    """Schemas of types, with those of structs kept once each as components."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def of(self, kind: Any) -> Schema:
        """The schema of a type; raises KeyError for one that no answer is made of."""
        if isinstance(kind, type) and issubclass(kind, Struct):
            return self._of_struct(kind)
        origin, arguments = get_origin(kind), get_args(kind)
        if origin in (Union, UnionType):
            shown = [self.of(one) for one in arguments if one is not UnsetType]
            return shown[0] if len(shown) == 1 else {"anyOf": shown}
        if origin is list or (origin is tuple and arguments[-1] is Ellipsis):
            return {"type": "array", "items": self.of(arguments[0])}
        if origin is tuple:
            return _row([self.of(one) for one in arguments])
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        return dict(_PLAIN[kind])

    def _of_struct(self, kind: type[Struct]) -> Schema:
        name = f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"
        if name not in self.components:
            self.components[name] = {}  # Stands for it while it is described, for it may hold itself.
            self.components[name] = self._described(kind)
        return {"$ref": f"#/components/schemas/{name}"}

    def _described(self, kind: type[Struct]) -> Schema:
        hints = get_type_hints(kind)
        fields = msgspec.structs.fields(kind)
        schemas = {field.encode_name: self.of(hints[field.name]) for field in fields}
        if kind.__struct_config__.array_like:
            return _row(list(schemas.values()))
        required = [field.encode_name for field in fields if UnsetType not in get_args(hints[field.name])]
        return {
            "type": "object",
            "properties": schemas,
            "required": required,
            "additionalProperties": False,
        }


_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    Raw: {"type": "number"},
    NoneType: {"type": "null"},
    object: {},
}


def _row(columns: list[Schema]) -> Schema:
    """An array of so many columns, each of one of their types: programs that read 3.1 stumble over `prefixItems`."""
    kinds = [column for number, column in enumerate(columns) if column not in columns[:number]]
    one = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return {"type": "array", "items": one, "minItems": len(columns), "maxItems": len(columns)}
