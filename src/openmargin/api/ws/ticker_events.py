"""Tickers and average prices as streams tell them: the documented fields, in the documented order."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct, field

from openmargin.api.render_market import best_level, price_change
from openmargin.domain.money import format_e8
from openmargin.domain.views import AverageView, DepthView
from openmargin.history.market import Window


class Facts(Struct, frozen=True):
    """What a ticker of one symbol is made of."""

    symbol: str
    at_ms: int
    start_ms: int
    window: Window
    book: DepthView
    """Its best levels."""


class _Event(Struct):
    event: str = field(name="e")
    at: int = field(name="E")
    symbol: str = field(name="s")


class MiniTickerEvent(_Event):
    close: str = field(name="c")
    open: str = field(name="o")
    high: str = field(name="h")
    low: str = field(name="l")
    volume: str = field(name="v")
    quote_volume: str = field(name="q")


class DayTickerEvent(_Event):
    change: str = field(name="p")
    change_percent: str = field(name="P")
    average: str = field(name="w")
    previous_close: str = field(name="x")
    close: str = field(name="c")
    last_quantity: str = field(name="Q")
    bid_price: str = field(name="b")
    bid_quantity: str = field(name="B")
    ask_price: str = field(name="a")
    ask_quantity: str = field(name="A")
    open: str = field(name="o")
    high: str = field(name="h")
    low: str = field(name="l")
    volume: str = field(name="v")
    quote_volume: str = field(name="q")
    open_time: int = field(name="O")
    close_time: int = field(name="C")
    first_trade_id: int = field(name="F")
    last_trade_id: int = field(name="L")
    trades: int = field(name="n")


class WindowTickerEvent(_Event):
    change: str = field(name="p")
    change_percent: str = field(name="P")
    open: str = field(name="o")
    high: str = field(name="h")
    low: str = field(name="l")
    close: str = field(name="c")
    average: str = field(name="w")
    volume: str = field(name="v")
    quote_volume: str = field(name="q")
    open_time: int = field(name="O")
    close_time: int = field(name="C")
    first_trade_id: int = field(name="F")
    last_trade_id: int = field(name="L")
    trades: int = field(name="n")


class AverageEvent(_Event):
    interval: str = field(name="i")
    price: str = field(name="w")
    last_trade_time: int = field(name="T")


AnyTicker: TypeAlias = MiniTickerEvent | DayTickerEvent | WindowTickerEvent


def mini_event(facts: Facts, per_ms: int) -> MiniTickerEvent:
    candle = facts.window.candle
    return MiniTickerEvent(
        "24hrMiniTicker",
        facts.at_ms * per_ms,
        facts.symbol,
        format_e8(candle.close),
        format_e8(candle.open),
        format_e8(candle.high),
        format_e8(candle.low),
        format_e8(candle.volume),
        format_e8(candle.quote_volume),
    )


def day_event(facts: Facts, per_ms: int) -> DayTickerEvent:
    window = facts.window
    candle = window.candle
    return DayTickerEvent(
        "24hrTicker",
        facts.at_ms * per_ms,
        facts.symbol,
        *price_change(candle),
        format_e8(window.previous_close),
        format_e8(candle.close),
        format_e8(window.last_quantity),
        *best_level(facts.book.bids),
        *best_level(facts.book.asks),
        format_e8(candle.open),
        format_e8(candle.high),
        format_e8(candle.low),
        *_traded(facts, per_ms),
    )


def window_event(word: str, facts: Facts, per_ms: int) -> WindowTickerEvent:
    """`word` names the size of the window."""
    candle = facts.window.candle
    change, percent, average = price_change(candle)
    return WindowTickerEvent(
        word,
        facts.at_ms * per_ms,
        facts.symbol,
        change,
        percent,
        format_e8(candle.open),
        format_e8(candle.high),
        format_e8(candle.low),
        format_e8(candle.close),
        average,
        *_traded(facts, per_ms),
    )


def _traded(facts: Facts, per_ms: int) -> tuple[str, str, int, int, int, int, int]:
    """What both long tickers end with: how much was traded, from when to when, and which trades it was."""
    candle = facts.window.candle
    return (
        format_e8(candle.volume),
        format_e8(candle.quote_volume),
        facts.start_ms * per_ms,
        facts.at_ms * per_ms,
        candle.first_trade_id,
        candle.last_trade_id,
        candle.trades,
    )


def average_event(symbol: str, at_ms: int, average: AverageView, per_ms: int) -> AverageEvent:
    return AverageEvent(
        "avgPrice",
        at_ms * per_ms,
        symbol,
        f"{average.minutes}m",
        format_e8(average.price),
        average.last_trade_ms * per_ms,
    )
