"""What a request is about: a symbol, and on the margin API the cross account or the isolated account of a symbol."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, params
from openmargin.api.errors import ApiError
from openmargin.api.params import Param, Params
from openmargin.domain.ids import CROSS, Scope

OF_SYMBOL: Final = (errors.missing("symbol"), errors.NO_ISOLATED_ACCOUNT)
"""What a question about the account that `AccountParams` name is refused with."""


class SymbolParams(Params, frozen=True, kw_only=True):
    """What is asked of one symbol."""

    symbol: Annotated[str, params.symbol()]


def isolated_flag() -> Param:
    return params.boolean("isIsolated", "TRUE for the isolated account of the symbol.")


def scope_of_pair(symbol: str, isolated: bool) -> Scope:
    """The isolated account of a symbol, or the cross account."""
    return symbol if isolated else CROSS


class PairParams(SymbolParams, frozen=True, kw_only=True):
    """A symbol, on the cross account or on the isolated account of that symbol."""

    is_isolated: Annotated[bool, isolated_flag()] = False

    @property
    def scope(self) -> Scope:
        return scope_of_pair(self.symbol, self.is_isolated)


class AccountParams(Params, frozen=True, kw_only=True):
    """The cross account, or the isolated account of a symbol that must then be named."""

    is_isolated: Annotated[
        bool,
        params.boolean("isIsolated", "TRUE for the isolated account of symbol, which must then be sent."),
    ] = False
    symbol: Annotated[str | None, params.symbol()] = None

    @property
    def scope(self) -> Scope:
        if not self.is_isolated:
            return CROSS
        if self.symbol is None:
            raise ApiError(errors.missing("symbol"))
        return self.symbol

    @property
    def scope_of_lists(self) -> Scope:
        """The same, where the reference has it that the cross account takes no symbol."""
        if self.symbol is not None and not self.is_isolated:
            raise ApiError(errors.not_required("symbol"))
        return self.scope
