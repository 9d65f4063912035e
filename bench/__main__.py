"""`make bench`: every measurement, or those named: `make bench ARGS="engine"`."""

from __future__ import annotations

import sys

from bench import (
    cascade,
    engine,
    fanout,
    idle,
    market,
    mixed,
    month,
    recovery,
    replay,
    stops,
    timelines,
    wire,
)

MEASUREMENTS = {
    "engine": engine.run,
    "mixed": mixed.run,
    "stops": stops.run,
    "wire": wire.run,
    "recovery": recovery.run,
    "idle": idle.run,
    "market": market.run,
    "cascade": cascade.run,
    "month": month.run,
    "fanout": fanout.run,
    "replay": replay.run,
    "timelines": timelines.run,
}


def main() -> None:
    for name in sys.argv[1:] or MEASUREMENTS:
        MEASUREMENTS[name]()


if __name__ == "__main__":
    main()
