"""Trades and aggregate trades, as they happen."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct, field

from openmargin.api.ws.hub import Topic
from openmargin.api.ws.names import Symbols
from openmargin.domain.enums import Side
from openmargin.domain.events import Traded
from openmargin.domain.money import Atoms, format_e8
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.feed import Happened

TRADE: Final = "trade"
AGGREGATE: Final = "aggTrade"


class TradeEvent(Struct):
    event: str = field(name="e")
    at: int = field(name="E")
    symbol: str = field(name="s")
    trade_id: int = field(name="t")
    price: str = field(name="p")
    quantity: str = field(name="q")
    time: int = field(name="T")
    is_buyer_maker: bool = field(name="m")
    unused: bool = field(name="M")


class AggregateEvent(Struct):
    event: str = field(name="e")
    at: int = field(name="E")
    symbol: str = field(name="s")
    aggregate_id: int = field(name="a")
    price: str = field(name="p")
    quantity: str = field(name="q")
    first_trade_id: int = field(name="f")
    last_trade_id: int = field(name="l")
    time: int = field(name="T")
    is_buyer_maker: bool = field(name="m")
    unused: bool = field(name="M")


class TradeStreams:
    """`<symbol>@trade` and `<symbol>@aggTrade`."""

    def __init__(self, exchange: Exchange) -> None:
        self._symbols = Symbols(exchange)
        self._trades: dict[str, Topic] = {}
        self._aggregates: dict[str, Topic] = {}

    def accepts(self, name: str) -> bool:
        found = self._symbols.split(name)
        return found is not None and found[1] in (TRADE, AGGREGATE)

    def opened(self, topic: Topic) -> None:
        symbol, topics = self._place(topic)
        topics[symbol] = topic

    def closed(self, topic: Topic) -> None:
        symbol, topics = self._place(topic)
        del topics[symbol]

    def happened(self, happened: Happened) -> None:
        if not self._trades and not self._aggregates:
            return
        found: dict[tuple[str, int], list[Traded]] = {}
        for event in happened.events:
            if type(event) is not Traded:
                continue
            topic = self._trades.get(event.symbol)
            if topic is not None:
                _tell_trade(topic, happened.at_ms, event)
            if event.symbol in self._aggregates:
                found.setdefault((event.symbol, event.aggregate_id), []).append(event)
        for (symbol, _), trades in found.items():
            _tell_aggregate(self._aggregates[symbol], happened.at_ms, trades)

    def _place(self, topic: Topic) -> tuple[str, dict[str, Topic]]:
        found = self._symbols.split(topic.name)
        assert found is not None, "only what was accepted is opened"
        symbol, kind = found
        return symbol, self._trades if kind == TRADE else self._aggregates


def _tell_trade(topic: Topic, at_ms: int, trade: Traded) -> None:
    def render(per_ms: int) -> bytes:
        return msgspec.json.encode(
            TradeEvent(
                TRADE,
                at_ms * per_ms,
                trade.symbol,
                trade.trade_id,
                format_e8(trade.price),
                format_e8(trade.quantity),
                at_ms * per_ms,
                trade.taker_side is Side.SELL,
                True,
            )
        )

    topic.publish(render)


def _tell_aggregate(topic: Topic, at_ms: int, trades: list[Traded]) -> None:
    """All trades of one taker at one price; one record holds them all."""

    def render(per_ms: int) -> bytes:
        first, last = trades[0], trades[-1]
        quantity: Atoms = sum(trade.quantity for trade in trades)
        return msgspec.json.encode(
            AggregateEvent(
                AGGREGATE,
                at_ms * per_ms,
                first.symbol,
                first.aggregate_id,
                format_e8(first.price),
                format_e8(quantity),
                first.trade_id,
                last.trade_id,
                at_ms * per_ms,
                first.taker_side is Side.SELL,
                True,
            )
        )

    topic.publish(render)
