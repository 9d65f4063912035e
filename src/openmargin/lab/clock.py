"""Time, as the operator moves it: by so much, to a moment, until something is so, and at a speed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from openmargin.lab import shapes
from openmargin.lab.bench import Bench, Path
from openmargin.lab.conditions import condition_of
from openmargin.lab.errors import Refused
from openmargin.runtime.errors import AdvanceRuns, PastMoment, WallClockRuns


async def show_clock(bench: Bench, _path: Path, _body: None) -> shapes.Clock:
    """What time it is, and how it passes."""
    return _shown(bench)


async def advance_clock(bench: Bench, _path: Path, body: shapes.Advance) -> shapes.Time:
    """Let virtual time pass, with everything that falls due in it."""
    with _moving():
        await bench.exchange.advance(_milliseconds("seconds", body.seconds))
    return shapes.Time(time=bench.exchange.clock.now_ms())


async def run_clock_to(bench: Bench, _path: Path, body: shapes.RunTo) -> shapes.Stopped:
    """Let virtual time pass to a moment, or until something is so, and say which came first."""
    if body.time is None and body.until is None:
        raise Refused(400, "there is nothing to run to", 'write a "time" or an "until"')
    at_most_ms = _milliseconds("maxSeconds", body.max_seconds)
    with _moving():
        condition = None if body.until is None else await condition_of(bench.exchange, body.until)
        stop = await bench.exchange.run_to(body.time, at_most_ms, condition)
    if stop.is_met:
        why = "UNTIL"
    else:
        why = "TIME" if body.time is not None and stop.at_ms >= body.time else "MAX_SECONDS"
    found = None if condition is None else condition.found
    return shapes.Stopped(stopped=why, time=stop.at_ms, seq=stop.seq, found=found)


async def set_clock_speed(bench: Bench, _path: Path, body: shapes.Speed) -> shapes.Clock:
    """Let the virtual clock run at another speed; 0 freezes it."""
    with _moving():
        await bench.exchange.run_at(body.speed)
    return _shown(bench)


def _shown(bench: Bench) -> shapes.Clock:
    exchange = bench.exchange
    clock = exchange.clock
    return shapes.Clock(
        clock="virtual" if clock.is_virtual else "wall",
        time=exchange.live.now_ms(),
        host_time=clock.host_ms(),
        speed=clock.speed,
        is_moving=exchange.is_moving,
        next_due=exchange.live.next_due_ms(),
    )


def _milliseconds(key: str, seconds: float) -> int:
    milliseconds = round(seconds * 1000)
    if milliseconds == 0:
        raise Refused(400, f"{key} is less than a millisecond", "write 0.001 or more")
    return milliseconds


@contextmanager
def _moving() -> Generator[None]:
    """The exchange's refusals to move time, in the lab's words."""
    try:
        yield
    except WallClockRuns:
        raise Refused(409, "the wall clock cannot be moved", "serve with `--clock virtual`") from None
    except AdvanceRuns:
        raise Refused(
            409, "the clock is being moved already", "wait for the other request's answer"
        ) from None
    except PastMoment:
        raise Refused(422, "that time has passed", "GET /lab/clock tells the time") from None
