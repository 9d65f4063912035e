"""The public record of trades: last price, average price, and trade ids."""

from __future__ import annotations

from openmargin.domain.enums import Side
from openmargin.domain.events import Traded
from openmargin.domain.money import E8, Atoms, ceil_div
from openmargin.engine import triggers
from openmargin.engine.state import Book, MinuteVolume, State

MINUTE_MS = 60_000


def print_trade(
    state: State,
    book: Book,
    price: int,
    quantity: Atoms,
    quote_quantity: Atoms,
    taker_side: Side,
    maker_id: int,
    taker_id: int,
) -> int:
    """Put one trade on the tape; returns its id."""
    trade_id = book.next_trade_id
    book.next_trade_id = trade_id + 1
    book.last_price = price
    book.last_trade_ms = state.at_ms
    key = (state.seq, taker_id, price, int(taker_side))
    if key != book.aggregate_key:
        book.aggregate_key = key
        book.aggregate_id += 1
    minute = state.at_ms // MINUTE_MS
    if not book.minutes or book.minutes[-1].minute != minute:
        oldest = minute - book.rules.average_price_minutes
        book.minutes = [volume for volume in book.minutes if volume.minute > oldest]
        book.minutes.append(MinuteVolume(minute))
    volume = book.minutes[-1]
    volume.quantity += quantity
    volume.quote_quantity += quote_quantity
    book.average_minute = -1
    state.events.append(
        Traded(
            book.symbol,
            trade_id,
            price,
            quantity,
            quote_quantity,
            taker_side,
            maker_id,
            taker_id,
            book.aggregate_id,
        )
    )
    triggers.touch(state, book, price)
    return trade_id


def average_price(book: Book, at_ms: int) -> int:
    """The volume-weighted price of the last minutes, else the last price, else the index."""
    minute = at_ms // MINUTE_MS
    if book.average_minute != minute:
        book.average = average_in(book, minute)
        book.average_minute = minute
        _bound_prices(book)
    return book.average


def _bound_prices(book: Book) -> None:
    rules, average = book.rules, book.average
    book.bid_floor = ceil_div(average * rules.bid_multiplier_down, E8)
    book.bid_ceiling = average * rules.bid_multiplier_up // E8
    book.ask_floor = ceil_div(average * rules.ask_multiplier_down, E8)
    book.ask_ceiling = average * rules.ask_multiplier_up // E8


def average_in(book: Book, minute: int) -> int:
    """The same for whoever only looks."""
    oldest = minute - book.rules.average_price_minutes
    quantity = quote_quantity = 0
    for volume in book.minutes:
        if volume.minute > oldest:
            quantity += volume.quantity
            quote_quantity += volume.quote_quantity
    average = quote_quantity * E8 // quantity if quantity > 0 else book.last_price
    return average or book.index_price
