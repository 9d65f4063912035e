"""Play one random market and write down every byte of it: run as a program of its own, to compare processes.

python -m tests.simulation.play SEED STEPS [RESTART-SEED]
"""

from __future__ import annotations

import random
import sys
from typing import BinaryIO

import msgspec

from openmargin.engine import engine as build
from openmargin.lab.twin import Twin
from openmargin.lab.workload import commands
from openmargin.runtime.bare import BareExchange

HASHED_EVERY = 25


def play(seed: int, steps: int, restart_seed: int | None, out: BinaryIO) -> BareExchange:
    """Records and events as they are encoded, and the state's hash now and then; restarts leave no trace."""
    target = BareExchange(check_everything=False)
    twin = Twin()
    restarts = random.Random(restart_seed)
    encode = msgspec.msgpack.Encoder().encode
    for number, (at_ms, command) in enumerate(commands(seed, steps, twin)):
        for step in target.submit(at_ms, command):
            twin.apply(step.record)
            out.write(encode(step.record))
            out.write(encode(step.events))
        if number % HASHED_EVERY == 0 or number == steps - 1:
            out.write(target.engine.state_hash().encode())
        if restart_seed is not None and restarts.random() < 0.05:
            target.reload()
    return target


if __name__ == "__main__":
    print(build.__file__, file=sys.stderr)
    numbers = [int(argument) for argument in sys.argv[1:]]
    play(numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else None, sys.stdout.buffer)
