"""Replays of real market data, as the operator begins, follows and stops them."""

from __future__ import annotations

import asyncio
from pathlib import Path as FilePath

from openmargin.lab import shapes
from openmargin.lab.bench import Bench, Path
from openmargin.lab.errors import Refused
from openmargin.lab.replay.driver import Replay
from openmargin.lab.replay.files import BadData
from openmargin.lab.replay.sequence import MarketData


async def begin_replay(bench: Bench, _path: Path, body: shapes.NewReplay) -> shapes.ReplayShown:
    """Play data files of this machine: as virtual time passes, or by the wall clock at a speed."""
    exchange = bench.exchange
    if exchange.clock.is_virtual and body.speed is not None:
        raise Refused(
            409, "on the virtual clock a replay has no speed of its own", "POST /lab/clock/speed sets it"
        )
    async with bench.changing_rules:
        if bench.replays and bench.replays[-1].state == "PLAYING":
            raise Refused(409, "another replay goes on", "wait for its end, or DELETE /lab/replay")
        paths = [FilePath(file) for file in body.files]
        try:
            # In a thread: checksums are taken of whole files, and others are served meanwhile.
            data = await asyncio.to_thread(
                MarketData, paths, exchange.venue, symbol=body.symbol, skips_damaged=body.on_damage == "skip"
            )
        except BadData as damage:
            raise Refused(
                422, str(damage), 'mend the file, or pass over damaged lines with "onDamage": "skip"'
            ) from None
        replay = Replay(exchange, data, body.speed or 1.0)
        bench.replays[:] = [replay]
        replay.begin()
    return _shown(replay)


async def show_replay(bench: Bench, _path: Path, _body: None) -> shapes.ReplayShown:
    """How far the last replay has come."""
    return _shown(_last(bench))


async def stop_replay(bench: Bench, _path: Path, _body: None) -> shapes.ReplayShown:
    """Play no further; prices stay where they are."""
    replay = _last(bench)
    replay.stop()
    return _shown(replay)


def _last(bench: Bench) -> Replay:
    if not bench.replays:
        raise Refused(404, "nothing was replayed since this timeline is served", "POST /lab/replay begins")
    return bench.replays[-1]


def _shown(replay: Replay) -> shapes.ReplayShown:
    data = replay.data
    return shapes.ReplayShown(
        state=replay.state,
        symbols=data.symbols,
        rows=data.rows,
        records=replay.records,
        share=round(min(data.bytes_read / data.bytes_total, 1.0), 4) if data.bytes_total else 1.0,
        time=replay.at_ms,
        shifted_by=replay.shift_ms,
        skipped=data.skipped,
        doubled=data.doubled,
        problem=replay.problem,
        remarks=tuple(data.remarks),
    )
