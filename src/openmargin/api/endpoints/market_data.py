"""What everybody may see of one symbol: its book, its trades, its candles."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Struct, field

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import ApiError
from openmargin.api.params import Params
from openmargin.api.render import Reply
from openmargin.api.render_market import levels
from openmargin.api.symbol_choice import ONE_SYMBOL, SYMBOL_OF_STATUS, one_symbol, status_param
from openmargin.api.weights import HeavierBeyond
from openmargin.domain.enums import Side
from openmargin.domain.money import format_e8
from openmargin.history.market import AggregateTrade, Kline, PublicTrade
from openmargin.history.periods import DAY_MS, HOUR_MS, MINUTE_MS, MONTH, SECOND, WEEK, Period
from openmargin.history.queries import AggregateTrades, Klines, PublicTrades

ROWS_MAX: Final = 1000

KLINE_PERIODS: Final[dict[str, Period]] = {
    "1s": SECOND,
    **{f"{minutes}m": Period(minutes * MINUTE_MS) for minutes in (1, 3, 5, 15, 30)},
    **{f"{hours}h": Period(hours * HOUR_MS) for hours in (1, 2, 4, 6, 8, 12)},
    **{f"{days}d": Period(days * DAY_MS) for days in (1, 3)},
    "1w": WEEK,
    "1M": MONTH,
}
"""The intervals of candles by their names on the wire."""


class DepthParams(Params, frozen=True, kw_only=True):
    symbol: Annotated[str, params.symbol()]
    limit: Annotated[int, params.capped("limit", 5000)] = 100
    symbol_status: Annotated[str | None, status_param()] = None


class DepthReply(Reply):
    last_update_id: int
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]


@endpoint(
    "GET",
    "/api/v3/depth",
    Security.NONE,
    Weight(5, heavier=HeavierBeyond("limit", ((100, 25), (500, 50), (1000, 250)))),
    params=DepthParams,
    refuses=SYMBOL_OF_STATUS,
)
async def depth(call: Call, asked: DepthParams) -> DepthReply:
    """Get the order book"""
    symbol = one_symbol(call, asked.symbol, asked.symbol_status).name
    update_id, shown = await call.exchange.read(
        lambda live: (live.update_id(symbol), live.depth(symbol, asked.limit))
    )
    return DepthReply(update_id, levels(shown.bids), levels(shown.asks))


class TradesParams(Params, frozen=True, kw_only=True):
    symbol: Annotated[str, params.symbol()]
    limit: Annotated[int, params.capped("limit", ROWS_MAX)] = 500


class OldTradesParams(TradesParams, frozen=True, kw_only=True):
    from_id: Annotated[int | None, params.number("fromId", "Trades from this id on.")] = None


class PublicTradeReply(Reply):
    id: int
    price: str
    qty: str
    quote_qty: str
    time: int
    is_buyer_maker: bool
    is_best_match: bool


def _trade(call: Call, trade: PublicTrade) -> PublicTradeReply:
    return PublicTradeReply(
        id=trade.trade_id,
        price=format_e8(trade.price),
        qty=format_e8(trade.quantity),
        quote_qty=format_e8(trade.quote_quantity),
        time=call.in_unit(trade.at_ms),
        is_buyer_maker=trade.taker_side is Side.SELL,
        is_best_match=True,  # Every trade here is at the best price that stood.
    )


@endpoint("GET", "/api/v3/trades", Security.NONE, Weight(25), params=TradesParams, refuses=ONE_SYMBOL)
async def recent_trades(call: Call, asked: TradesParams) -> list[PublicTradeReply]:
    """Get the newest trades"""
    symbol = one_symbol(call, asked.symbol).name
    trades = await call.exchange.past.fetch(PublicTrades(symbol=symbol, limit=asked.limit))
    return [_trade(call, trade) for trade in trades]


@endpoint(
    "GET", "/api/v3/historicalTrades", Security.NONE, Weight(25), params=OldTradesParams, refuses=ONE_SYMBOL
)
async def historical_trades(call: Call, asked: OldTradesParams) -> list[PublicTradeReply]:
    """Get older trades"""
    symbol = one_symbol(call, asked.symbol).name
    query = PublicTrades(symbol=symbol, from_id=asked.from_id, limit=asked.limit)
    trades = await call.exchange.past.fetch(query)
    return [_trade(call, trade) for trade in trades]


class AggregateTradesParams(TradesParams, frozen=True, kw_only=True):
    from_id: Annotated[
        int | None, params.number("fromId", "Aggregate trades from this id on; not with times.")
    ] = None
    start_ms: Annotated[int | None, params.time("startTime")] = None
    end_ms: Annotated[int | None, params.time("endTime")] = None


class AggregateTradeReply(Struct):
    """The wire's names are single letters."""

    aggregate_id: int = field(name="a")
    price: str = field(name="p")
    quantity: str = field(name="q")
    first_trade_id: int = field(name="f")
    last_trade_id: int = field(name="l")
    time: int = field(name="T")
    is_buyer_maker: bool = field(name="m")
    is_best_match: bool = field(name="M")


def _aggregate(call: Call, trade: AggregateTrade) -> AggregateTradeReply:
    return AggregateTradeReply(
        trade.aggregate_id,
        format_e8(trade.price),
        format_e8(trade.quantity),
        trade.first_trade_id,
        trade.last_trade_id,
        call.in_unit(trade.at_ms),
        trade.taker_side is Side.SELL,
        True,
    )


@endpoint(
    "GET",
    "/api/v3/aggTrades",
    Security.NONE,
    Weight(4),
    params=AggregateTradesParams,
    refuses=(*ONE_SYMBOL, errors.BAD_COMBINATION),
)
async def aggregate_trades(call: Call, asked: AggregateTradesParams) -> list[AggregateTradeReply]:
    """Get aggregate trades: what one taker had of one price at one time"""
    symbol = one_symbol(call, asked.symbol).name
    if asked.from_id is not None and (asked.start_ms is not None or asked.end_ms is not None):
        raise ApiError(errors.BAD_COMBINATION)
    query = AggregateTrades(
        symbol=symbol,
        from_id=asked.from_id,
        start_ms=asked.start_ms,
        end_ms=asked.end_ms,
        limit=asked.limit,
    )
    trades = await call.exchange.past.fetch(query)
    return [_aggregate(call, trade) for trade in trades]


class KlinesParams(Params, frozen=True, kw_only=True):
    symbol: Annotated[str, params.symbol()]
    interval: Annotated[Period, params.choice("interval", KLINE_PERIODS, errors.INVALID_INTERVAL)]
    start_ms: Annotated[int | None, params.time("startTime", "Candles that open then or later.")] = None
    end_ms: Annotated[int | None, params.time("endTime", "Candles that open then or earlier.")] = None
    zone_ms: Annotated[int, params.time_zone()] = 0
    limit: Annotated[int, params.capped("limit", ROWS_MAX)] = 500


class KlineReply(Struct, array_like=True):
    """A JSON array, as its documentation has it."""

    open_time: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    close_time: int
    quote_volume: str
    trades: int
    taker_buy_volume: str
    taker_buy_quote_volume: str
    unused: str = "0"


def _kline(call: Call, kline: Kline) -> KlineReply:
    candle = kline.candle
    return KlineReply(
        call.in_unit(kline.open_ms),
        format_e8(candle.open),
        format_e8(candle.high),
        format_e8(candle.low),
        format_e8(candle.close),
        format_e8(candle.volume),
        call.in_unit(kline.until_ms) - 1,
        format_e8(candle.quote_volume),
        candle.trades,
        format_e8(candle.buy_volume),
        format_e8(candle.buy_quote_volume),
    )


async def _klines(call: Call, asked: KlinesParams) -> list[KlineReply]:
    symbol = one_symbol(call, asked.symbol).name
    query = Klines(
        symbol=symbol,
        period=asked.interval,
        zone_ms=asked.zone_ms,
        start_ms=asked.start_ms,
        end_ms=asked.end_ms,
        now_ms=call.exchange.live.now_ms(),
        limit=asked.limit,
    )
    klines = await call.exchange.past.fetch(query)
    return [_kline(call, kline) for kline in klines]


@endpoint("GET", "/api/v3/klines", Security.NONE, Weight(2), params=KlinesParams, refuses=ONE_SYMBOL)
async def klines(call: Call, asked: KlinesParams) -> list[KlineReply]:
    """Get candles"""
    return await _klines(call, asked)


@endpoint("GET", "/api/v3/uiKlines", Security.NONE, Weight(2), params=KlinesParams, refuses=ONE_SYMBOL)
async def ui_klines(call: Call, asked: KlinesParams) -> list[KlineReply]:
    """Get candles for charts; the same as klines, because nothing says how they differ"""
    return await _klines(call, asked)


class AveragePriceParams(Params, frozen=True, kw_only=True):
    symbol: Annotated[str, params.symbol()]


class AveragePriceReply(Reply):
    mins: int
    price: str
    close_time: int


@endpoint("GET", "/api/v3/avgPrice", Security.NONE, Weight(2), params=AveragePriceParams, refuses=ONE_SYMBOL)
async def average_price(call: Call, asked: AveragePriceParams) -> AveragePriceReply:
    """Get the average price that PERCENT_PRICE_BY_SIDE and NOTIONAL go by"""
    symbol = one_symbol(call, asked.symbol).name
    average = await call.exchange.read(lambda live: live.average_price(symbol))
    return AveragePriceReply(average.minutes, format_e8(average.price), call.in_unit(average.last_trade_ms))
