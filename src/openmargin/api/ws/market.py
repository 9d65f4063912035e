"""Every market stream."""

from __future__ import annotations

from openmargin.api.ws.book_streams import BookStreams
from openmargin.api.ws.hub import Source
from openmargin.api.ws.kline_streams import KlineStreams
from openmargin.api.ws.ticker_streams import TickerStreams
from openmargin.api.ws.trade_streams import TradeStreams
from openmargin.runtime.exchange import Exchange


def market_sources(exchange: Exchange) -> list[Source]:
    return [TradeStreams(exchange), BookStreams(exchange), KlineStreams(exchange), TickerStreams(exchange)]
