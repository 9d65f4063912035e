"""Prices, as the operator sets them, and how far the exchange has come."""

from __future__ import annotations

from openmargin.domain.commands import SetIndex
from openmargin.domain.money import format_e8, format_short
from openmargin.domain.venue import Venue
from openmargin.lab import shapes
from openmargin.lab.amounts import positive_e8
from openmargin.lab.bench import Bench, Path
from openmargin.lab.errors import Refused


async def health(bench: Bench, _path: Path, _body: None) -> shapes.Health:
    """Does the exchange still work? The answer never waits for it."""
    if reason := bench.exchange.stopped_because:
        raise Refused(503, f"the exchange has stopped: {reason}", "mend that, and start the server again")
    return shapes.Health()


async def state(bench: Bench, _path: Path, _body: None) -> shapes.State:
    """How far the exchange has come, as it stands on disk."""
    seq, state_hash, time = bench.exchange.state_hash()
    return shapes.State(timeline=bench.stage.timeline, seq=seq, state_hash=state_hash, time=time)


async def set_price(bench: Bench, path: Path, body: shapes.Price) -> shapes.PriceShown:
    """Set a symbol's index price. All that it brings at that moment has happened when the answer comes."""
    price = positive_e8("price", body.price)
    require_in_filter(bench.exchange.venue, path.symbol, price)
    outcome = await bench.obey(SetIndex(((path.symbol, price),)))
    return shapes.PriceShown(symbol=path.symbol, price=format_e8(price), time=outcome.at_ms)


def require_in_filter(venue: Venue, symbol: str, price: int) -> None:
    """Outside its symbol's price filter no order may stand, so the house would fall silent."""
    for rules in venue.symbols:
        lowest = rules.min_price or rules.tick_size
        if rules.name == symbol and (price < lowest or 0 < rules.max_price < price):
            highest = f"at most {format_short(rules.max_price)}" if rules.max_price else "as high as you like"
            raise Refused(
                422,
                f"no order at that price may stand in {symbol}",
                f"write at least {format_short(lowest)} and {highest}: the bounds of its PRICE_FILTER",
            )
