"""How prices stand and how they have moved, of one symbol, several, or all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Struct

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import ApiError
from openmargin.api.params import Param
from openmargin.api.render import Reply
from openmargin.api.render_market import NEVER_TRADED, best_level, price_change
from openmargin.api.slices import in_slices
from openmargin.api.symbol_choice import (
    ANY_SYMBOLS,
    NAMED_SYMBOLS,
    Choice,
    SymbolsParams,
    any_symbols,
    named_symbols,
)
from openmargin.api.weights import EachSymbol, Heavier, HeavierBySymbols
from openmargin.domain.money import format_e8
from openmargin.domain.views import DepthView
from openmargin.history.candles import Candle
from openmargin.history.market import Window
from openmargin.history.periods import DAY_MS, HOUR_MS, MINUTE_MS, Period
from openmargin.history.queries import Windows

_DAY: Final = Period(DAY_MS)
_FULL, _MINI = "FULL", "MINI"
_UNITS: Final = {"m": (MINUTE_MS, 59), "h": (HOUR_MS, 23), "d": (DAY_MS, 7)}
_ONE_OR_MORE: Final = Weight(2, heavier=Heavier(4, "symbol", (None,)))
_EACH: Final = Weight(4, heavier=EachSymbol(200))


def _window_size(name: str = "windowSize") -> Param:
    """A length of time, in milliseconds."""
    pattern = r"([1-9][0-9]?)([mhd])"
    fits = re.compile(pattern).fullmatch

    def parse(sent: str) -> int:
        found = fits(sent)
        if found is None:
            raise ApiError(errors.invalid(name))
        number, (unit_ms, most) = int(found[1]), _UNITS[found[2]]
        if number > most:
            raise ApiError(errors.invalid(name))
        return number * unit_ms

    about = "1m to 59m, 1h to 23h or 1d to 7d; a day where not sent."
    schema = {"type": "string", "pattern": f"^{pattern}$"}
    return Param(name, "ENUM", parse, about=about, refusals=(errors.invalid(name),), schema=schema)


def _ticker_type() -> Param:
    words = {word: word for word in (_FULL, _MINI)}
    return params.choice("type", words, errors.INVALID_TICKER_TYPE)


class TypedParams(SymbolsParams, frozen=True, kw_only=True):
    type: Annotated[str, _ticker_type()] = _FULL


class WindowParams(TypedParams, frozen=True, kw_only=True):
    window_ms: Annotated[int | None, _window_size()] = None


class TradingDayParams(TypedParams, frozen=True, kw_only=True):
    zone_ms: Annotated[int, params.time_zone()] = 0


class MiniTicker(Reply):
    symbol: str
    open_price: str
    high_price: str
    low_price: str
    last_price: str
    volume: str
    quote_volume: str
    open_time: int
    close_time: int
    first_id: int
    last_id: int
    count: int


class Ticker(Reply):
    symbol: str
    price_change: str
    price_change_percent: str
    weighted_avg_price: str
    open_price: str
    high_price: str
    low_price: str
    last_price: str
    volume: str
    quote_volume: str
    open_time: int
    close_time: int
    first_id: int
    last_id: int
    count: int


class DayTicker(Reply):
    symbol: str
    price_change: str
    price_change_percent: str
    weighted_avg_price: str
    prev_close_price: str
    last_price: str
    last_qty: str
    bid_price: str
    bid_qty: str
    ask_price: str
    ask_qty: str
    open_price: str
    high_price: str
    low_price: str
    volume: str
    quote_volume: str
    open_time: int
    close_time: int
    first_id: int
    last_id: int
    count: int


class _Span(Struct, frozen=True):
    """When a ticker's span begins and ends, in the unit that was asked for."""

    open_time: int
    close_time: int


def _turnover(candle: Candle, span: _Span) -> tuple[str, str, int, int, int, int, int]:
    """How much was traded, when, and in which trades: what every ticker ends with."""
    return (
        format_e8(candle.volume),
        format_e8(candle.quote_volume),
        span.open_time,
        span.close_time,
        candle.first_trade_id,
        candle.last_trade_id,
        candle.trades,
    )


def _mini(symbol: str, candle: Candle, span: _Span) -> MiniTicker:
    return MiniTicker(
        symbol,
        format_e8(candle.open),
        format_e8(candle.high),
        format_e8(candle.low),
        format_e8(candle.close),
        *_turnover(candle, span),
    )


def _full(symbol: str, candle: Candle, span: _Span) -> Ticker:
    return Ticker(
        symbol,
        *price_change(candle),
        format_e8(candle.open),
        format_e8(candle.high),
        format_e8(candle.low),
        format_e8(candle.close),
        *_turnover(candle, span),
    )


def _day(symbol: str, window: Window, book: DepthView, span: _Span) -> DayTicker:
    candle = window.candle
    return DayTicker(
        symbol,
        *price_change(candle),
        format_e8(window.previous_close),
        format_e8(candle.close),
        format_e8(window.last_quantity),
        *best_level(book.bids),
        *best_level(book.asks),
        format_e8(candle.open),
        format_e8(candle.high),
        format_e8(candle.low),
        *_turnover(candle, span),
    )


async def _books(call: Call, names: Sequence[str]) -> list[DepthView]:
    """The best level of each side."""
    return await call.exchange.read(lambda live: [live.depth(name, 1) for name in names])


@endpoint(
    "GET",
    "/api/v3/ticker/24hr",
    Security.NONE,
    Weight(2, heavier=HeavierBySymbols(((20, 40), (100, 80)))),
    params=TypedParams,
    refuses=ANY_SYMBOLS,
)
async def day_ticker(
    call: Call, asked: TypedParams
) -> DayTicker | MiniTicker | list[DayTicker] | list[MiniTicker]:
    """Get how prices moved in the last 24 hours"""
    choice = any_symbols(call, asked)
    now_ms = call.exchange.live.now_ms()
    span = _Span(call.in_unit(now_ms - DAY_MS), call.in_unit(now_ms))

    async def windows_of(names: Sequence[str]) -> list[Window]:
        query = Windows(symbols=names, start_ms=now_ms - DAY_MS)
        return [window or NEVER_TRADED for window in await call.exchange.past.fetch(query)]

    async def minis(names: Sequence[str]) -> list[MiniTicker]:
        found = zip(names, await windows_of(names), strict=True)
        return [_mini(name, window.candle, span) for name, window in found]

    async def days(names: Sequence[str]) -> list[DayTicker]:
        found = zip(names, await windows_of(names), await _books(call, names), strict=True)
        return [_day(name, window, book, span) for name, window, book in found]

    if asked.type == _MINI:
        return choice.reply(await in_slices(choice.names, minis))
    return choice.reply(await in_slices(choice.names, days))


async def _since(
    call: Call, choice: Choice, type_word: str, start_ms: int, span: _Span
) -> Ticker | MiniTicker | list[Ticker] | list[MiniTicker]:
    candles: list[Candle] = []
    for window in await call.exchange.past.fetch(Windows(symbols=choice.names, start_ms=start_ms)):
        if window is None:
            raise ApiError(errors.NO_TRADING_WINDOW)
        candles.append(window.candle)
    found = zip(choice.names, candles, strict=True)
    if type_word == _MINI:
        return choice.reply([_mini(name, candle, span) for name, candle in found])
    return choice.reply([_full(name, candle, span) for name, candle in found])


@endpoint(
    "GET",
    "/api/v3/ticker",
    Security.NONE,
    _EACH,
    params=WindowParams,
    refuses=(*NAMED_SYMBOLS, errors.NO_TRADING_WINDOW),
)
async def window_ticker(
    call: Call, asked: WindowParams
) -> Ticker | MiniTicker | list[Ticker] | list[MiniTicker]:
    """Get how prices moved in a window that begins on a full minute and ends now"""
    choice = named_symbols(call, asked)
    now_ms = call.exchange.live.now_ms()
    start_ms = now_ms - (asked.window_ms or DAY_MS)
    start_ms -= start_ms % MINUTE_MS
    span = _Span(call.in_unit(start_ms), call.in_unit(now_ms))
    return await _since(call, choice, asked.type, start_ms, span)


@endpoint(
    "GET",
    "/api/v3/ticker/tradingDay",
    Security.NONE,
    _EACH,
    params=TradingDayParams,
    refuses=(*NAMED_SYMBOLS, errors.NO_TRADING_WINDOW),
)
async def trading_day_ticker(
    call: Call, asked: TradingDayParams
) -> Ticker | MiniTicker | list[Ticker] | list[MiniTicker]:
    """Get how prices moved in the day that goes on now"""
    choice = named_symbols(call, asked)
    start_ms = _DAY.open_of(call.exchange.live.now_ms(), asked.zone_ms)
    span = _Span(call.in_unit(start_ms), call.in_unit(start_ms + DAY_MS) - 1)
    return await _since(call, choice, asked.type, start_ms, span)


class PriceReply(Reply):
    symbol: str
    price: str


@endpoint(
    "GET", "/api/v3/ticker/price", Security.NONE, _ONE_OR_MORE, params=SymbolsParams, refuses=ANY_SYMBOLS
)
async def price_ticker(call: Call, asked: SymbolsParams) -> PriceReply | list[PriceReply]:
    """Get last prices"""
    choice = any_symbols(call, asked)

    async def rows_of(names: Sequence[str]) -> list[PriceReply]:
        prices = await call.exchange.read(lambda live: [live.last_price(name) for name in names])
        return [PriceReply(name, format_e8(price)) for name, price in zip(names, prices, strict=True)]

    return choice.reply(await in_slices(choice.names, rows_of))


class BookTickerReply(Reply):
    symbol: str
    bid_price: str
    bid_qty: str
    ask_price: str
    ask_qty: str


@endpoint(
    "GET", "/api/v3/ticker/bookTicker", Security.NONE, _ONE_OR_MORE, params=SymbolsParams, refuses=ANY_SYMBOLS
)
async def book_ticker(call: Call, asked: SymbolsParams) -> BookTickerReply | list[BookTickerReply]:
    """Get best bids and asks"""
    choice = any_symbols(call, asked)

    async def rows_of(names: Sequence[str]) -> list[BookTickerReply]:
        return [
            BookTickerReply(name, *best_level(book.bids), *best_level(book.asks))
            for name, book in zip(names, await _books(call, names), strict=True)
        ]

    return choice.reply(await in_slices(choice.names, rows_of))
