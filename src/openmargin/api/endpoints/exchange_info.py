"""The trading rules: what is traded, under which filters, with which limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import ApiError
from openmargin.api.intervals import interval_words
from openmargin.api.limits import ATTEMPTS, ATTEMPTS_WINDOW_MS, RAW_WINDOW_MS, WeightLimits
from openmargin.api.params import Params
from openmargin.api.render import SELF_TRADE_WORDS, TYPE_WORDS, Reply
from openmargin.api.slices import in_slices
from openmargin.api.symbol_choice import status_param
from openmargin.domain.enums import SymbolStatus
from openmargin.domain.money import DECIMALS, format_e8, format_short
from openmargin.domain.venue import Symbol

_PERMISSION_WORDS: Final = (
    "SPOT",
    "MARGIN",
    "LEVERAGED",
    *(f"TRD_GRP_{number:03}" for number in range(2, 26)),
)
"""Those of the reference; symbols here have the first two."""


class ExchangeInfoParams(Params, frozen=True, kw_only=True):
    symbol: Annotated[str | None, params.symbol()] = None
    symbols: Annotated[tuple[str, ...] | None, params.names("symbols")] = None
    permissions: Annotated[
        str | None, params.text("permissions", "One permission or a JSON array of them; any one is enough.")
    ] = None
    show_permission_sets: Annotated[bool, params.boolean("showPermissionSets")] = True
    status: Annotated[str | None, status_param()] = None


class RateLimit(Reply):
    rate_limit_type: str
    interval: str
    interval_num: int
    limit: int


class SymbolInfo(Reply, kw_only=True):
    symbol: str
    status: str
    base_asset: str
    base_asset_precision: int = DECIMALS
    quote_asset: str
    quote_precision: int = DECIMALS
    quote_asset_precision: int = DECIMALS
    base_commission_precision: int = DECIMALS
    quote_commission_precision: int = DECIMALS
    order_types: list[str]
    iceberg_allowed: bool
    oco_allowed: bool
    oto_allowed: bool
    # What is not served yet says so here, as for a Binance symbol that has it switched off.
    opo_allowed: bool = False
    quote_order_qty_market_allowed: bool = True
    allow_trailing_stop: bool
    cancel_replace_allowed: bool = True
    amend_allowed: bool
    peg_instructions_allowed: bool = False
    is_spot_trading_allowed: bool = True
    is_margin_trading_allowed: bool
    filters: list[dict[str, object]]
    permissions: list[str]
    permission_sets: list[list[str]]
    default_self_trade_prevention_mode: str
    allowed_self_trade_prevention_modes: list[str]


class ExchangeInfo(Reply):
    timezone: str
    server_time: int
    rate_limits: list[RateLimit]
    exchange_filters: list[dict[str, object]]
    symbols: list[SymbolInfo]


@endpoint(
    "GET",
    "/api/v3/exchangeInfo",
    Security.NONE,
    Weight(20),
    params=ExchangeInfoParams,
    refuses=(
        errors.BAD_COMBINATION,
        errors.INVALID_SYMBOL,
        errors.invalid("permissions"),
        errors.invalid_json("permissions"),
    ),
)
async def exchange_info(call: Call, asked: ExchangeInfoParams) -> ExchangeInfo:
    """Get trading rules and symbols"""

    async def rows_of(symbols: Sequence[Symbol]) -> list[SymbolInfo]:
        return [_symbol_info(symbol, asked.show_permission_sets) for symbol in symbols]

    return ExchangeInfo(
        timezone="UTC",
        server_time=call.server_time(),
        rate_limits=_rate_limits(call),
        exchange_filters=[],
        symbols=await in_slices(list(_asked_symbols(call, asked)), rows_of),
    )


def _asked_symbols(call: Call, asked: ExchangeInfoParams) -> Iterator[Symbol]:
    by_name = asked.symbol is not None or asked.symbols is not None
    if by_name and (asked.permissions is not None or asked.status is not None):
        raise ApiError(errors.BAD_COMBINATION)
    if asked.symbol is not None:
        if asked.symbols is not None:
            raise ApiError(errors.BAD_COMBINATION)
        return iter((call.catalogue.symbol(asked.symbol),))
    if asked.symbols is not None:
        return iter([call.catalogue.symbol(name) for name in asked.symbols])
    wanted = _wanted_permissions(asked.permissions)
    return (
        found
        for found in call.catalogue.venue.symbols
        if asked.status in (None, found.status.name)
        and (wanted is None or not wanted.isdisjoint(_permissions(found)))
    )


def _wanted_permissions(sent: str | None) -> frozenset[str] | None:
    """None where any symbol is wanted, also one that nobody may trade."""
    if sent is None:
        return None
    wanted = frozenset(params.json_names("permissions", sent) if sent.startswith("[") else (sent,))
    if not wanted.issubset(_PERMISSION_WORDS):
        raise ApiError(errors.invalid("permissions"))
    return wanted


def _rate_limits(call: Call) -> list[RateLimit]:
    orders = call.catalogue.venue.orders
    # The WebSocket API tells how often one may connect in the place of how often one may ask.
    by_door = (
        RateLimit("RAW_REQUESTS", *interval_words(RAW_WINDOW_MS), WeightLimits().api_raw)
        if call.session is None
        else RateLimit("CONNECTIONS", *interval_words(ATTEMPTS_WINDOW_MS), ATTEMPTS)
    )
    return [
        RateLimit("REQUEST_WEIGHT", *interval_words(60_000), WeightLimits().api_ip),
        by_door,
        RateLimit("ORDERS", *interval_words(10_000), orders.limit_10s),
        RateLimit("ORDERS", *interval_words(86_400_000), orders.limit_day),
    ]


def _permissions(symbol: Symbol) -> list[str]:
    return ["SPOT", "MARGIN"] if _is_on_margin(symbol) else ["SPOT"]


def _is_on_margin(symbol: Symbol) -> bool:
    return symbol.cross_margin or symbol.isolated_margin


def _symbol_info(symbol: Symbol, show_permission_sets: bool) -> SymbolInfo:
    modes = [SELF_TRADE_WORDS[mode] for mode in symbol.self_trade_preventions]
    return SymbolInfo(
        symbol=symbol.name,
        status=SymbolStatus(symbol.status).name,
        base_asset=symbol.base,
        quote_asset=symbol.quote,
        order_types=list(TYPE_WORDS.values()),
        iceberg_allowed=symbol.iceberg_parts > 1,
        oco_allowed=symbol.max_num_algo_orders > 0,
        oto_allowed=True,
        allow_trailing_stop=max(symbol.max_trailing_above_delta, symbol.max_trailing_below_delta) > 0,
        is_margin_trading_allowed=_is_on_margin(symbol),
        amend_allowed=symbol.max_num_order_amends > 0,
        filters=list(_filters(symbol)),
        # Binance left this list empty when it put sets in its place.
        permissions=[],
        permission_sets=[_permissions(symbol)] if show_permission_sets else [],
        default_self_trade_prevention_mode=modes[0],
        allowed_self_trade_prevention_modes=modes,
    )


def _filters(symbol: Symbol) -> Iterator[dict[str, object]]:
    """The filters that bind, with the bounds as they are enforced: a least of 0 stands for one step."""
    yield {
        "filterType": "PRICE_FILTER",
        "minPrice": format_e8(symbol.min_price or symbol.tick_size),
        "maxPrice": format_e8(symbol.max_price),
        "tickSize": format_e8(symbol.tick_size),
    }
    yield {
        "filterType": "LOT_SIZE",
        "minQty": format_e8(symbol.min_quantity or symbol.step_size),
        "maxQty": format_e8(symbol.max_quantity),
        "stepSize": format_e8(symbol.step_size),
    }
    yield {
        "filterType": "MARKET_LOT_SIZE",
        "minQty": format_e8(symbol.market_min_quantity),
        "maxQty": format_e8(symbol.market_max_quantity),
        "stepSize": format_e8(symbol.market_step_size),
    }
    yield {
        "filterType": "PERCENT_PRICE_BY_SIDE",
        "bidMultiplierUp": format_short(symbol.bid_multiplier_up),
        "bidMultiplierDown": format_short(symbol.bid_multiplier_down),
        "askMultiplierUp": format_short(symbol.ask_multiplier_up),
        "askMultiplierDown": format_short(symbol.ask_multiplier_down),
        "avgPriceMins": symbol.average_price_minutes,
    }
    yield {
        "filterType": "NOTIONAL",
        "minNotional": format_e8(symbol.min_notional),
        "applyMinToMarket": symbol.apply_min_to_market,
        "maxNotional": format_e8(symbol.max_notional),
        "applyMaxToMarket": symbol.apply_max_to_market,
        "avgPriceMins": symbol.average_price_minutes,
    }
    yield {"filterType": "ICEBERG_PARTS", "limit": symbol.iceberg_parts}
    yield {
        "filterType": "TRAILING_DELTA",
        "minTrailingAboveDelta": symbol.min_trailing_above_delta,
        "maxTrailingAboveDelta": symbol.max_trailing_above_delta,
        "minTrailingBelowDelta": symbol.min_trailing_below_delta,
        "maxTrailingBelowDelta": symbol.max_trailing_below_delta,
    }
    yield {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": symbol.max_num_orders}
    yield {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": symbol.max_num_algo_orders}
    yield {"filterType": "MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders": symbol.max_num_iceberg_orders}
    yield {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": symbol.max_num_order_lists}
    yield {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": symbol.max_num_order_amends}
    if symbol.max_position:
        yield {"filterType": "MAX_POSITION", "maxPosition": format_e8(symbol.max_position)}
