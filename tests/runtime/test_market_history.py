"""Public trades and candles are history like all else: they outlive a restart and come out of the journal again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openmargin.domain.enums import Side
from openmargin.history.periods import DAY_MS, HOUR_MS, MINUTE_MS, SECOND, Period
from openmargin.history.queries import AggregateTrades, Klines, PublicTrades, Windows
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.refold import rebuild_history
from openmargin.runtime.verify import verify
from tests.runtime.desk import VENUE, limit, run
from tests.runtime.test_recovery import change_journal, remove_snapshots

SYMBOL = "BTCUSDT"


async def trade(exchange: Exchange) -> None:
    """Some trades a minute apart, and one taker who meets two makers at one price."""
    for level in range(100, 104):
        for side in (Side.SELL, Side.SELL):
            await exchange.submit(limit(side, level))
        await exchange.submit(limit(Side.BUY, level, quantity=2 * limit(Side.BUY, level).quantity))
        await exchange.advance(MINUTE_MS - 1)


async def look(exchange: Exchange) -> list[Any]:
    """All that can be asked of the market's past."""
    fetch = exchange.past.fetch
    now_ms = exchange.live.now_ms()
    found: list[Any] = [
        await fetch(PublicTrades(symbol=SYMBOL, limit=1000)),
        await fetch(AggregateTrades(symbol=SYMBOL, limit=1000)),
        await fetch(Windows(symbols=[SYMBOL, "ETHUSDT"], start_ms=now_ms - HOUR_MS)),
    ]
    for period in (SECOND, Period(MINUTE_MS), Period(HOUR_MS), Period(DAY_MS)):
        found.append(await fetch(Klines(symbol=SYMBOL, period=period, zone_ms=0, now_ms=now_ms, limit=1000)))
    return found


async def trade_and_look(exchange: Exchange) -> list[Any]:
    await trade(exchange)
    return await look(exchange)


def test_the_market_s_past_outlives_a_restart(tmp_path: Path) -> None:
    seen = run(trade_and_look, tmp_path)
    assert len(seen[0]) == 8
    assert [len(row.parts) for row in seen[1]] == [2, 2, 2, 2]
    assert run(look, tmp_path) == seen
    remove_snapshots(tmp_path)
    assert run(look, tmp_path) == seen


def test_candles_go_on_growing_after_a_restart(tmp_path: Path) -> None:
    run(trade, tmp_path)
    seen = run(trade_and_look, tmp_path)
    assert [row.trade_id for row in seen[0]] == list(range(1, 17))
    [window, nothing] = seen[2]
    assert nothing is None
    assert window.candle.trades == 16
    assert sum(kline.candle.trades for kline in seen[4]) == 16
    assert verify(tmp_path).problems == ()


def test_the_market_s_past_is_rebuilt_from_the_journal(tmp_path: Path) -> None:
    seen = run(trade_and_look, tmp_path, venue=VENUE)
    assert verify(tmp_path).problems == ()
    change_journal(tmp_path, "DELETE FROM tape WHERE aggregate_id = 3")
    change_journal(tmp_path, "UPDATE candles SET high = high + 1")
    change_journal(tmp_path, "UPDATE growing_candles SET volume_low = 0")
    problems = verify(tmp_path).problems
    assert [problem.split(":")[0] for problem in problems] == ["tape", "candles", "growing_candles"]
    rebuild_history(tmp_path)
    assert verify(tmp_path).problems == ()
    assert run(look, tmp_path) == seen
    run(trade, tmp_path)
    assert verify(tmp_path).problems == ()
