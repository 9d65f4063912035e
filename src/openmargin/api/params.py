"""Parameters: strings of a request as typed values, refused politely where they do not fit.

An endpoint declares its parameters as one `Params` struct. Each field is annotated with a `Param`, which carries
the wire name and the rules and stays readable by machines: the same declaration reads requests and writes the
documentation. A field without a default is mandatory; a field of None was not sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from openmargin.api import errors
from openmargin.api.errors import ApiError, WireError
from openmargin.domain.money import SUPPLY_MAX, parse_e8
from openmargin.runtime.addresses import AddressRefused, parse_addresses

_DECIMAL: Final = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_DIGITS: Final = r"^[0-9]{1,20}$"
_WHOLE: Final = r"^([0-9]{1,20})(\.0{1,20})?$"
_CLIENT_ID: Final = r"^[a-zA-Z0-9-_]{1,36}$"
_SYMBOL: Final = r"^[A-Z0-9-_.]{1,20}$"
_ASSET: Final = r"^[A-Z0-9]{1,20}$"
ARRAY: Final = "ARRAY"
"""The kind of a parameter that may be sent more than once: its values are then joined by commas."""
JSON_ARRAY: Final = "ARRAY OF STRING"
"""The kind of a parameter that is a JSON array."""
_ZONE: Final = r"([+-]?)([0-9]{1,2})(?::([0-5][0-9]))?"
_ZONE_MINUTES_MIN: Final = -12 * 60
_ZONE_MINUTES_MAX: Final = 14 * 60
_INT64_MAX: Final = (1 << 63) - 1
_MICROSECOND_DIGITS: Final = 16
"""A time of so many digits is in microseconds: in milliseconds it would lie beyond the year 33000."""


class Param(Struct, frozen=True):
    """One parameter: its name on the wire, what it looks like, and how it is read."""

    name: str
    kind: str
    """The word that the reference uses: STRING, LONG, INT, DECIMAL, ENUM, BOOLEAN, ARRAY."""
    parse: Callable[[str], object]
    values: tuple[str, ...] = ()
    """What an ENUM may be."""
    maximum: int | None = None
    about: str = ""
    known: Mapping[str, object] = {}
    """What words stand for that need no parsing."""
    refusals: tuple[WireError, ...] = ()
    """What `parse` can refuse with."""
    schema: Mapping[str, object] = {}
    """What a value must look like, as JSON Schema; of a JSON parameter, what its text must hold."""


class Params(Struct, frozen=True, kw_only=True):
    """What one endpoint takes, as one record."""


class NoParams(Params, frozen=True):
    """An endpoint that takes nothing."""


# --- kinds -----------------------------------------------------------------------------------------------------


def _matcher(name: str, pattern: str) -> Callable[[str], str]:
    fits = re.compile(pattern).fullmatch
    illegal = errors.illegal_characters(name, pattern)

    def parse(sent: str) -> str:
        if fits(sent) is None:
            raise ApiError(illegal)
        return sent

    return parse


def _matched(name: str, pattern: str, about: str) -> Param:
    refusals = (errors.illegal_characters(name, pattern),)
    schema = {"type": "string", "pattern": pattern}
    return Param(name, "STRING", _matcher(name, pattern), about=about, refusals=refusals, schema=schema)


def symbol(name: str = "symbol", about: str = "") -> Param:
    return _matched(name, _SYMBOL, about)


def asset(name: str = "asset", about: str = "") -> Param:
    return _matched(name, _ASSET, about)


def assets(name: str, maximum: int, about: str = "") -> Param:
    """Names of assets between commas, as a JSON array, or sent one by one under the same name."""
    match = _matcher(name, _ASSET)

    def parse(sent: str) -> tuple[str, ...]:
        names = json_names(name, sent) if sent.startswith("[") else sent.split(",")
        if not 0 < len(names) <= maximum:
            raise ApiError(errors.invalid(name))
        return tuple(match(one) for one in names)

    said = f"Up to {maximum} assets between commas, or a JSON array of them. {about}".rstrip()
    refusals = (errors.illegal_characters(name, _ASSET), errors.invalid(name), errors.invalid_json(name))
    one = {"type": "string", "pattern": _ASSET}
    schema = {"type": "array", "items": one, "minItems": 1, "maxItems": maximum}
    return Param(name, ARRAY, parse, about=said, refusals=refusals, schema=schema)


def json_names(name: str, sent: str) -> list[str]:
    """The strings of a JSON array that was sent as one parameter."""
    try:
        return msgspec.json.decode(sent, type=list[str])
    except msgspec.DecodeError:
        raise ApiError(errors.invalid_json(name)) from None


def client_id(name: str, about: str = "") -> Param:
    return _matched(name, _CLIENT_ID, about)


def text(name: str, about: str = "") -> Param:
    """Free text, for what the endpoint itself takes apart."""
    return Param(name, "STRING", str, about=about, schema={"type": "string"})


def decimal(name: str, about: str = "") -> Param:
    """A plain decimal, as an integer of 1e-8. Exponents and signs are illegal characters; what nobody can have overflows."""
    fits = re.compile(_DECIMAL).fullmatch
    illegal = errors.illegal_characters(name, _DECIMAL)

    def parse(sent: str) -> int:
        if fits(sent) is None:
            raise ApiError(illegal)
        value = parse_e8(sent)
        if value is None:
            raise ApiError(errors.too_precise(name))
        if value > SUPPLY_MAX:
            raise ApiError(errors.overflowed(name))
        return value

    refusals = (illegal, errors.too_precise(name), errors.overflowed(name))
    schema = {"type": "string", "pattern": _DECIMAL}
    return Param(name, "DECIMAL", parse, about=about, refusals=refusals, schema=schema)


def number(name: str, about: str = "") -> Param:
    """An id."""
    match = _matcher(name, _DIGITS)

    def parse(sent: str) -> int:
        value = int(match(sent))
        if value > _INT64_MAX:
            raise ApiError(errors.overflowed(name))
        return value

    refusals = (errors.illegal_characters(name, _DIGITS), errors.overflowed(name))
    return Param(name, "LONG", parse, about=about, refusals=refusals, schema=_whole_numbers(0, _INT64_MAX))


def _whole_numbers(least: int, most: int) -> dict[str, object]:
    return {"type": "integer", "minimum": least, "maximum": most}


def at_least(name: str, least: int, refusal: WireError, about: str = "") -> Param:
    """A whole number from `least` on; what is below is refused in words of its own."""
    plain = number(name)

    def parse(sent: str) -> object:
        value = plain.parse(sent)
        if isinstance(value, int) and value < least:
            raise ApiError(refusal)
        return value

    refusals = (*plain.refusals, refusal)
    schema = _whole_numbers(least, _INT64_MAX)
    return Param(name, "INT", parse, about=about, refusals=refusals, schema=schema)


def count(name: str, maximum: int, about: str = "") -> Param:
    """A number of rows or a page: from 1 up to the maximum."""
    match = _matcher(name, _DIGITS)

    def parse(sent: str) -> int:
        value = int(match(sent))
        if value == 0:
            raise ApiError(errors.invalid(name))
        if value > maximum:
            raise ApiError(errors.above_maximum(name, maximum))
        return value

    refusals = (
        errors.illegal_characters(name, _DIGITS),
        errors.invalid(name),
        errors.above_maximum(name, maximum),
    )
    schema = _whole_numbers(1, maximum)
    return Param(name, "INT", parse, maximum=maximum, about=about, refusals=refusals, schema=schema)


def capped(name: str, maximum: int) -> Param:
    """A number of rows; more than the maximum is served as the maximum, as the spot API does."""
    match = _matcher(name, _DIGITS)

    def parse(sent: str) -> int:
        value = int(match(sent))
        if value == 0:
            raise ApiError(errors.invalid(name))
        return min(value, maximum)

    refusals = (errors.illegal_characters(name, _DIGITS), errors.invalid(name))
    about = f"More than {maximum} is served as {maximum}."
    schema = _whole_numbers(1, _INT64_MAX)
    return Param(name, "INT", parse, about=about, refusals=refusals, schema=schema)


def names(name: str, about: str = "A JSON array of names.") -> Param:
    """Several different names."""

    def parse(sent: str) -> tuple[str, ...]:
        try:
            found = msgspec.json.decode(sent, type=tuple[str, ...])
        except msgspec.DecodeError:
            raise ApiError(errors.invalid_json(name)) from None
        if not found:
            raise ApiError(errors.empty(name))
        if len(frozenset(found)) != len(found):
            raise ApiError(errors.DUPLICATE_SYMBOLS)
        return found

    refusals = (errors.invalid_json(name), errors.empty(name), errors.DUPLICATE_SYMBOLS)
    schema = {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}
    return Param(name, JSON_ARRAY, parse, about=about, refusals=refusals, schema=schema)


def time_zone(name: str = "timeZone") -> Param:
    """What a zone's clocks show beyond UTC, in milliseconds."""
    fits = re.compile(_ZONE).fullmatch

    def parse(sent: str) -> int:
        found = fits(sent)
        if found is None:
            raise ApiError(errors.invalid(name))
        sign, hours, minutes = found.groups()
        beyond = int(hours) * 60 + int(minutes or 0)
        beyond = -beyond if sign == "-" else beyond
        if not _ZONE_MINUTES_MIN <= beyond <= _ZONE_MINUTES_MAX:
            raise ApiError(errors.invalid(name))
        return beyond * 60_000

    about = (
        "Hours, or hours:minutes, beyond UTC: from -12:00 to 14:00. Where a day begins; times stay in UTC."
    )
    schema = {"type": "string", "pattern": f"^{_ZONE}$"}
    return Param(name, "STRING", parse, about=about, refusals=(errors.invalid(name),), schema=schema)


def time(name: str, about: str = "") -> Param:
    """A moment in milliseconds; sixteen digits are microseconds."""
    match = _matcher(name, _DIGITS)

    def parse(sent: str) -> int:
        value = int(match(sent))
        return value // 1000 if len(sent) >= _MICROSECOND_DIGITS else value

    refusals = (errors.illegal_characters(name, _DIGITS),)
    return Param(name, "LONG", parse, about=about, refusals=refusals, schema=_whole_numbers(0, _INT64_MAX))


def addresses(name: str, about: str = "") -> Param:
    """IP addresses separated by commas."""
    illegal = errors.invalid(name)

    def parse(sent: str) -> tuple[str, ...]:
        try:
            return parse_addresses(sent)
        except AddressRefused:
            raise ApiError(illegal) from None

    return Param(name, "STRING", parse, about=about, refusals=(illegal,), schema={"type": "string"})


def choice(
    name: str, values: Mapping[str, object], refusal: WireError | None = None, about: str = ""
) -> Param:
    """One of some words, each standing for a value. Words that are known but not served stand for a `WireError`."""
    served = {word: value for word, value in values.items() if not isinstance(value, WireError)}
    refusals = {word: value for word, value in values.items() if isinstance(value, WireError)}
    unknown = refusal or errors.invalid(name)

    def parse(sent: str) -> object:
        value = served.get(sent)
        if value is None:
            raise ApiError(refusals.get(sent, unknown))
        return value

    every = (unknown, *dict.fromkeys(refusals.values()))
    schema = {"type": "string", "enum": list(served)}
    return Param(
        name, "ENUM", parse, values=tuple(served), about=about, known=served, refusals=every, schema=schema
    )


_Member = TypeVar("_Member", bound=IntEnum)


def words(members: Iterable[_Member]) -> dict[str, _Member]:
    """Enum members by their names, where the wire says what the domain says."""
    return {member.name: member for member in members}


def boolean(name: str, about: str = "") -> Param:
    """TRUE or FALSE in any case, because clients send both `TRUE` and `true`."""

    def parse(sent: str) -> bool:
        word = sent.upper()
        if word == "TRUE":
            return True
        if word == "FALSE":
            return False
        raise ApiError(errors.invalid(name))

    known = {"TRUE": True, "true": True, "FALSE": False, "false": False}
    refusals = (errors.invalid(name),)
    schema = {"type": "string", "enum": list(known)}
    values = ("TRUE", "FALSE")
    return Param(
        name, "BOOLEAN", parse, values=values, about=about, known=known, refusals=refusals, schema=schema
    )


def whole(name: str, about: str = "") -> Param:
    """A whole number that some clients write as a decimal: 100 or 100.0."""
    match = _matcher(name, _WHOLE)

    def parse(sent: str) -> int:
        value = int(match(sent).partition(".")[0])
        if value > _INT64_MAX:
            raise ApiError(errors.overflowed(name))
        return value

    refusals = (errors.illegal_characters(name, _WHOLE), errors.overflowed(name))
    schema = {"type": "string", "pattern": _WHOLE}
    return Param(name, "INT", parse, about=about, refusals=refusals, schema=schema)


def isolated_symbol(name: str = "isolatedSymbol") -> Param:
    """The other way to mean an isolated account; without it the cross account is meant."""
    return symbol(name, "The pair of an isolated account; the cross account where not sent.")


# --- reading ---------------------------------------------------------------------------------------------------


class Field(Struct, frozen=True):
    """One declared parameter with what the record's field adds to it."""

    param: Param
    required: bool
    default: object


class Group(Struct, frozen=True):
    """Parameters that belong together: some of a record's, read into a value of their own."""

    make: Callable[..., object]
    fields: Mapping[str, Field]
    """By the names that `make` takes them by; what was not sent and is not required, it is not given."""


def fields_of(params: type[Params]) -> tuple[Field, ...]:
    """The declaration of a record, in its order."""
    fields: list[Field] = []
    for _, declared in _declared(params):
        fields += declared.fields.values() if isinstance(declared, Group) else (declared,)
    return tuple(fields)


def _declared(params: type[Params]) -> Iterator[tuple[str, Field | Group]]:
    hints = get_type_hints(params, include_extras=True)
    for field in msgspec.structs.fields(params):
        hint = hints[field.name]
        assert get_origin(hint) is Annotated, f"{params.__name__}.{field.name} declares no Param"
        declared = get_args(hint)[1]
        if isinstance(declared, Group):
            yield field.name, declared
        else:
            assert isinstance(declared, Param)
            yield field.name, Field(declared, field.required, None if field.required else field.default)


P = TypeVar("P", bound=Params)


def reader(params: type[P]) -> Callable[[Mapping[str, str]], P]:
    """A function from sent parameters to the record; what it refuses, it refuses in declared order."""
    return _reader(params, _declared(params))


def _reader(
    make: Callable[..., Any], declared: Iterable[tuple[str, Field | Group]]
) -> Callable[[Mapping[str, str]], Any]:
    plan = tuple(_step(name, one) for name, one in declared)

    def read(sent: Mapping[str, str]) -> Any:
        values: dict[str, Any] = {}
        for name, wire_name, known, parse, required in plan:
            if wire_name is None:
                values[name] = parse(sent)
                continue
            value = sent.get(wire_name)
            if value:
                parsed = known(value)
                values[name] = parse(value) if parsed is None else parsed
            elif required:
                raise ApiError(errors.missing(wire_name))
            elif value is not None:
                raise ApiError(errors.empty(wire_name))
        return make(**values)

    return read


def _step(name: str, declared: Field | Group) -> tuple[str, str | None, Any, Callable[[Any], Any], bool]:
    """What to do for one field: a group, which has no name on the wire, has a reader of its own."""
    if isinstance(declared, Group):
        return name, None, None, _reader(declared.make, declared.fields.items()), False
    param = declared.param
    return name, param.name, param.known.get, param.parse, declared.required
