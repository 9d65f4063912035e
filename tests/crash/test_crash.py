"""Thirty rounds of load, SIGKILL and restart on one data directory: what was acknowledged is there, once."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from openmargin.domain.commands import PlaceOrder
from openmargin.domain.ids import SPOT
from openmargin.history import queries
from openmargin.journal.record import GENESIS_CHAIN
from openmargin.journal.sqlite_store import SqliteJournal
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.phases import Phase
from openmargin.runtime.storage import connect_to_read
from openmargin.runtime.verify import verify
from tests.runtime.desk import ACCOUNT, VENUE, run

ROUNDS = 30
PHASES = tuple(phase for phase in Phase if phase is not Phase.IN_SWAP)
PER_RECORD = (Phase.BEFORE_APPEND, Phase.APPLIED_NOT_SYNCED)


class Told:
    """All that the exchange has told anybody, over all its lives."""

    def __init__(self) -> None:
        self.placed: set[str] = set()
        self.seqs: dict[str, int] = {}
        self.hashes: dict[int, str] = {}
        self.time_ms = 0
        self.kills: Counter[str] = Counter()

    def hear(self, output: str) -> None:
        for line in output.splitlines():
            match line.split():
                case [("placed" | "refused") as word, seq, name, durable_seq, event_chain]:
                    if word == "placed":
                        self.placed.add(name)
                    self.seqs[name] = int(seq)
                    self.hashes[int(durable_seq)] = event_chain
                    assert int(durable_seq) >= int(seq)
                case ["time", at_ms]:
                    self.time_ms = int(at_ms)
                case ["killed", phase]:
                    self.kills[phase] += 1
                case _:
                    pytest.fail(f"the exchange said {line!r}")


def one_life(directory: Path, phase: Phase, occurrence: int, round_number: int) -> str:
    """Run until the kill, and give back what was said before it."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.crash.target",
            directory,
            phase.value,
            str(occurrence),
            str(round_number),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stdout


def check(directory: Path, told: Told) -> None:
    """Hold what is on disk against what was told."""
    connection = connect_to_read(DataDirectory(directory))
    found: dict[str, int] = {}
    hashes: dict[int, str] = {}
    for entry in SqliteJournal(connection).read_from(0, GENESIS_CHAIN):
        command = entry.record.command
        hashes[entry.record.seq] = entry.event_chain.hex()
        if isinstance(command, PlaceOrder):
            assert command.client_order_id not in found, "an order is there twice"
            found[command.client_order_id] = entry.record.seq
        last_ms = entry.record.at_ms
    connection.close()
    assert told.seqs.items() <= found.items()
    assert told.hashes.items() <= hashes.items()
    assert last_ms >= told.time_ms
    report = verify(directory)
    assert report.problems == ()
    assert report.event_chain == hashes[report.seq]


@pytest.mark.slow
def test_thirty_kills_lose_nothing_that_was_acknowledged(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(request.config.option.hypothesis_seed)
    told = Told()
    for round_number in range(ROUNDS):
        phase = PHASES[round_number % len(PHASES)]
        occurrence = chance.randint(20, 400) if phase in PER_RECORD else chance.randint(2, 25)
        if phase is Phase.IN_SNAPSHOT:
            occurrence = 1
        # The parity of a phase's rounds decides which process a kill in a snapshot meets.
        told.hear(one_life(tmp_path, phase, occurrence, round_number // len(PHASES) + 1000 * round_number))
        check(tmp_path, told)

    async def restarted(exchange: Exchange) -> tuple[int, str, int]:
        placed = await exchange.past.fetch(
            queries.Orders(account_id=ACCOUNT, scope=SPOT, symbol="BTCUSDT", from_id=0, limit=1_000_000)
        )
        assert told.placed <= {order.spec.client_order_id for order in placed}
        return exchange.state_hash()

    seq, event_chain, _ = run(restarted, tmp_path, venue=VENUE)
    assert verify(tmp_path).event_chain == event_chain
    with capsys.disabled():
        print(f"\n{len(told.seqs)} orders acknowledged in {seq + 1} records; kills: {dict(told.kills)}")
    assert told.kills == Counter({phase.value: ROUNDS // len(PHASES) for phase in PHASES})


def test_a_disk_that_is_really_full_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """The kernel refuses to let the log grow: the exchange stops, and after a restart all is there."""
    limited = (
        "import resource, signal, sys, runpy\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))\n"
        "runpy.run_module('tests.crash.target', run_name='__main__')\n"
    )
    # Nothing but the disk may end it: its load never comes to a swap of timelines.
    done = subprocess.run(
        [sys.executable, "-c", limited, tmp_path, Phase.IN_SWAP.value, "1", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "the journal cannot be written" in done.stderr
    assert "Unavailable" in done.stderr
    told = Told()
    told.hear(done.stdout)
    assert told.placed
    check(tmp_path, told)


def test_a_flipped_byte_anywhere_in_the_journal_is_found_and_named(tmp_path: Path) -> None:
    told = Told()
    told.hear(one_life(tmp_path, Phase.APPLIED_NOT_SYNCED, 100, 0))
    check(tmp_path, told)
    with sqlite3.connect(tmp_path / "openmargin.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        bodies = connection.execute("SELECT seq, body FROM records ORDER BY seq").fetchall()
    connection.close()
    file = tmp_path / "openmargin.db"
    content = file.read_bytes()
    chance = random.Random(1)
    for seq, body in chance.sample(bodies[5:], 10):
        place = content.index(body) + chance.randrange(len(body))
        file.write_bytes(
            content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]
        )
        (problem,) = verify(tmp_path).problems
        assert problem.startswith(f"journal damaged at record {seq}: ")
    file.write_bytes(content)
    assert verify(tmp_path).is_sound
