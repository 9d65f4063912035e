"""Which symbols a question about the market is about: one, several, or all."""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

from msgspec import Struct

from openmargin.api import errors, params
from openmargin.api.endpoint import Call
from openmargin.api.errors import ApiError
from openmargin.api.params import Params
from openmargin.domain.venue import Symbol

T = TypeVar("T")

STATUS_WORDS: Final = ("TRADING", "HALT", "BREAK")
_NAMES_MAX: Final = 100

ONE_SYMBOL: Final = (errors.INVALID_SYMBOL,)
SYMBOL_OF_STATUS: Final = (errors.INVALID_SYMBOL, errors.SYMBOL_STATUS_DIFFERS)
"""What `one_symbol` refuses with."""
ANY_SYMBOLS: Final = (*SYMBOL_OF_STATUS, errors.BAD_COMBINATION)
"""What `any_symbols` refuses with."""
NAMED_SYMBOLS: Final = (
    *ANY_SYMBOLS,
    errors.missing_either("symbol", "symbols"),
    errors.too_many_values("symbols", _NAMES_MAX),
)
"""What `named_symbols` refuses with."""


def status_param(name: str = "symbolStatus") -> params.Param:
    return params.choice(name, {word: word for word in STATUS_WORDS}, errors.INVALID_SYMBOL_STATUS)


class SymbolsParams(Params, frozen=True, kw_only=True):
    """One symbol, or several, or those of a status."""

    symbol: Annotated[str | None, params.symbol()] = None
    symbols: Annotated[tuple[str, ...] | None, params.names("symbols")] = None
    symbol_status: Annotated[str | None, status_param()] = None


class Choice(Struct, frozen=True):
    """The symbols that are meant, and whether the answer is a list."""

    symbols: tuple[Symbol, ...]
    is_list: bool

    @property
    def names(self) -> list[str]:
        return [symbol.name for symbol in self.symbols]

    def reply(self, rows: list[T]) -> T | list[T]:
        """The rows of the symbols in the shape that was asked for."""
        return rows if self.is_list else rows[0]


def one_symbol(call: Call, name: str, symbol_status: str | None = None) -> Symbol:
    """A symbol that must be of the status, if one is asked for."""
    found = call.catalogue.symbol(name)
    if symbol_status not in (None, found.status.name):
        raise ApiError(errors.SYMBOL_STATUS_DIFFERS)
    return found


def any_symbols(call: Call, asked: SymbolsParams) -> Choice:
    """The symbols that are named, or all; of several, those that are of the status."""
    if asked.symbol is not None:
        if asked.symbols is not None:
            raise ApiError(errors.BAD_COMBINATION)
        return Choice((one_symbol(call, asked.symbol, asked.symbol_status),), is_list=False)
    if asked.symbols is None:
        found = call.catalogue.venue.symbols
    else:
        found = tuple([call.catalogue.symbol(name) for name in asked.symbols])
    wanted = asked.symbol_status
    return Choice(tuple([each for each in found if wanted in (None, each.status.name)]), is_list=True)


def named_symbols(call: Call, asked: SymbolsParams) -> Choice:
    """The same where at least one must be named, and a hundred at most."""
    if asked.symbol is None:
        if asked.symbols is None:
            raise ApiError(errors.missing_either("symbol", "symbols"))
        if len(asked.symbols) > _NAMES_MAX:
            raise ApiError(errors.too_many_values("symbols", _NAMES_MAX))
    return any_symbols(call, asked)
