"""The same commands give the same bytes: in every process, on every build, with or without a restart."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from openmargin.domain.commands import Record
from openmargin.engine.engine import Engine
from openmargin.lab.workload import small_venue
from tests.simulation.play import play
from tools import compile as compiling

ROOT = Path(__file__).resolve().parents[2]
PLAIN, COMPILED = ROOT / "src", ROOT / "build" / "compiled"
OWN = COMPILED if os.environ.get("OPENMARGIN_BUILD") == "compiled" else PLAIN
STEPS = 400


def played_elsewhere(source: Path, hash_seed: int, *arguments: int) -> tuple[bytes, str]:
    """What a process of its own writes, and the file of the engine that it ran."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{source}{os.pathsep}{ROOT}",
        "PYTHONHASHSEED": str(hash_seed),
    }
    command = [sys.executable, "-m", "tests.simulation.play", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout, done.stderr.decode().strip()


def played_here(*arguments: int | None) -> bytes:
    out = io.BytesIO()
    seed, steps, restart_seed = (*arguments, None)[:3]
    assert seed is not None
    assert steps is not None
    play(seed, steps, restart_seed, out)
    return out.getvalue()


@pytest.mark.parametrize("seed", [1, 2])
def test_two_processes_agree_to_the_byte(seed: int) -> None:
    first, _ = played_elsewhere(OWN, 1, seed, STEPS)
    second, _ = played_elsewhere(OWN, 4_242, seed, STEPS)
    assert len(first) > 50_000
    assert first == second


def test_another_seed_is_another_market() -> None:
    assert played_here(1, 100) != played_here(2, 100)


@pytest.mark.parametrize("seed", range(10))
def test_restarts_at_random_moments_leave_no_trace(seed: int) -> None:
    assert played_here(seed, STEPS, seed + 77) == played_here(seed, STEPS)


@pytest.mark.parametrize("seed", range(5))
def test_a_journal_replays_to_the_same_events_and_state(seed: int) -> None:
    target = play(seed, STEPS, None, io.BytesIO())
    again = Engine()
    for step in target.log:
        record = msgspec.msgpack.decode(msgspec.msgpack.encode(step.record), type=Record)
        assert tuple(again.apply(record).events) == step.events
    assert again.dump() == target.engine.dump()


@pytest.mark.parametrize("seed", range(5))
def test_loading_and_dumping_gives_the_same_bytes(seed: int) -> None:
    target = play(seed, STEPS, None, io.BytesIO())
    data = target.engine.dump()
    assert Engine.load(data).dump() == data


def test_the_venue_survives_the_journal() -> None:
    venue = small_venue(house=True)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(venue), type=type(venue)) == venue


@pytest.mark.parametrize("seed", [3, 4])
def test_plain_and_compiled_agree_to_the_byte(seed: int) -> None:
    if OWN == PLAIN and not (COMPILED / f".stamp-{compiling.fingerprint()}").exists():
        pytest.skip("no compiled build of just these sources: `make compile`")
    plain, plain_file = played_elsewhere(PLAIN, 1, seed, STEPS)
    compiled, compiled_file = played_elsewhere(COMPILED, 2, seed, STEPS)
    assert plain_file.endswith(".py")
    assert compiled_file.endswith(".so"), f"not machine code: {compiled_file}"
    assert plain == compiled
