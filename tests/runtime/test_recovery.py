"""A restart is where the last run ended, or an error that says what is wrong and where."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from openmargin.domain.enums import Side
from openmargin.engine.engine import EPOCH
from openmargin.journal.record import Check, JournalDamaged
from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.errors import StartRefused
from openmargin.runtime.exchange import Exchange, open_exchange
from openmargin.runtime.phases import Phase
from openmargin.runtime.recovery import DecidesDifferently
from openmargin.runtime.snapshot_files import read_snapshot, snapshot_paths
from tests.runtime.desk import Disk, levels, limit, options, run

SNAPSHOTS = "snapshots"


async def trade_a_little(exchange: Exchange) -> tuple[int, str, int]:
    for level in range(100, 110):
        await exchange.submit(limit(Side.BUY, level))
    await exchange.submit(limit(Side.SELL, 105))
    return exchange.state_hash()


async def look(exchange: Exchange) -> tuple[tuple[int, str, int], list[int]]:
    return exchange.state_hash(), await exchange.read(lambda _: levels(exchange))


def remove_snapshots(directory: Path) -> None:
    for path in snapshot_paths(directory / SNAPSHOTS):
        path.unlink()


def change_journal(directory: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(directory / "openmargin.db") as connection:
        connection.execute(statement, values)
    connection.close()


def flip_a_byte(directory: Path, seq: int) -> None:
    with sqlite3.connect(directory / "openmargin.db") as connection:
        (body,) = connection.execute("SELECT body FROM records WHERE seq = ?", (seq,)).fetchone()
        flipped = body[:5] + bytes([body[5] ^ 1]) + body[6:]
        connection.execute("UPDATE records SET body = ? WHERE seq = ?", (flipped, seq))
    connection.close()


def test_a_restart_from_a_snapshot_and_one_from_the_journal_are_the_same(tmp_path: Path) -> None:
    state_hash = run(trade_a_little, tmp_path)
    from_snapshot = run(look, tmp_path)
    remove_snapshots(tmp_path)
    from_journal = run(look, tmp_path)
    assert from_snapshot == from_journal == (state_hash, [100, 101, 102, 103, 104, 105, 106, 107, 108])


def test_records_go_on_where_they_ended(tmp_path: Path) -> None:
    first = run(trade_a_little, tmp_path)
    second = run(trade_a_little, tmp_path)
    assert second[0] == first[0] + 11
    remove_snapshots(tmp_path)
    assert run(look, tmp_path)[0] == second


def test_a_clean_stop_leaves_a_snapshot_of_everything(tmp_path: Path) -> None:
    seq, event_chain, _ = run(trade_a_little, tmp_path)
    (path,) = snapshot_paths(tmp_path / SNAPSHOTS)
    snapshot = read_snapshot(path)
    assert (snapshot.seq, snapshot.event_chain.hex()) == (seq, event_chain)


def test_two_snapshots_are_kept(tmp_path: Path) -> None:
    newest = [run(trade_a_little, tmp_path)[0] for _ in range(4)]
    found = [read_snapshot(path).seq for path in snapshot_paths(tmp_path / SNAPSHOTS)]
    assert found == [newest[3], newest[2]]


@pytest.mark.parametrize("place", [0, 30, 200, -1])
def test_a_damaged_snapshot_is_reported_and_the_one_before_is_used(
    tmp_path: Path, place: int, caplog: pytest.LogCaptureFixture
) -> None:
    run(trade_a_little, tmp_path)
    state_hash = run(trade_a_little, tmp_path)
    newest = next(snapshot_paths(tmp_path / SNAPSHOTS))
    content = bytearray(newest.read_bytes())
    content[place] ^= 1
    newest.write_bytes(content)
    assert run(look, tmp_path)[0] == state_hash
    assert str(newest) in caplog.text


def test_a_torn_snapshot_is_reported_and_the_journal_is_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state_hash = run(trade_a_little, tmp_path)
    (path,) = snapshot_paths(tmp_path / SNAPSHOTS)
    path.write_bytes(path.read_bytes()[:1000])
    assert run(look, tmp_path)[0] == state_hash
    assert str(path) in caplog.text


def test_a_flipped_record_refuses_the_start_and_is_named(tmp_path: Path) -> None:
    run(trade_a_little, tmp_path)
    remove_snapshots(tmp_path)
    flip_a_byte(tmp_path, 7)
    with pytest.raises(JournalDamaged) as caught:
        run(look, tmp_path)
    assert (caught.value.seq, caught.value.check) == (7, Check.CRC)


def test_a_journal_that_ends_before_its_snapshot_lost_something(tmp_path: Path) -> None:
    seq, _, _ = run(trade_a_little, tmp_path)
    change_journal(tmp_path, "DELETE FROM records WHERE seq > ?", seq - 3)
    with pytest.raises(JournalDamaged) as caught:
        run(look, tmp_path)
    assert caught.value.check is Check.ENDS_EARLY


def test_a_snapshot_of_another_journal_is_refused(tmp_path: Path) -> None:
    run(trade_a_little, tmp_path / "a", seed=1)
    run(trade_a_little, tmp_path / "b", seed=2)
    remove_snapshots(tmp_path / "a")
    (foreign,) = snapshot_paths(tmp_path / "b" / SNAPSHOTS)
    foreign.rename(tmp_path / "a" / SNAPSHOTS / foreign.name)
    with pytest.raises(JournalDamaged) as caught:
        run(look, tmp_path / "a")
    assert caught.value.check is Check.CHAIN


def test_an_engine_that_decides_differently_is_named_with_the_record(tmp_path: Path) -> None:
    run(trade_a_little, tmp_path)
    remove_snapshots(tmp_path)
    change_journal(tmp_path, "UPDATE records SET event_chain = zeroblob(16) WHERE seq = 9")
    with pytest.raises(DecidesDifferently, match=rf"epoch {EPOCH}\) decides record 9 differently") as caught:
        run(look, tmp_path)
    assert caught.value.seq == 9


def test_a_journal_of_another_epoch_is_refused_and_the_version_for_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(trade_a_little, tmp_path)
    monkeypatch.setattr("openmargin.runtime.recovery.EPOCH", EPOCH + 1)
    with pytest.raises(StartRefused, match=r"openmargin 0\.2 can replay it"):
        run(look, tmp_path)


def test_a_second_process_is_refused_and_the_first_is_named(tmp_path: Path) -> None:
    async def story(_: Exchange) -> None:
        with pytest.raises(StartRefused, match=str(os.getpid())):
            await open_exchange(options(tmp_path))

    run(story, tmp_path)
    run(look, tmp_path)  # The lock went with its holder.


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    held = (
        "import sys, os; from pathlib import Path; from openmargin.runtime.directory import DataDirectory\n"
    )
    held += (
        "lock = DataDirectory(Path(sys.argv[1])).lock(); print('held', flush=True); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", held, str(tmp_path)], capture_output=True, check=False)
    DataDirectory(tmp_path).lock().release()


def test_a_start_that_was_refused_holds_no_lock(tmp_path: Path) -> None:
    run(trade_a_little, tmp_path)
    remove_snapshots(tmp_path)
    change_journal(tmp_path, "UPDATE records SET crc = 0 WHERE seq = 2")
    with pytest.raises(JournalDamaged):
        asyncio.run(open_exchange(options(tmp_path)))
    DataDirectory(tmp_path).lock().release()


def test_a_second_process_takes_snapshots_while_the_exchange_runs(tmp_path: Path) -> None:
    async def story(exchange: Exchange) -> None:
        taken: set[int] = set()
        for _ in range(3):
            await trade_a_little(exchange)
            await exchange.snapshot_taken()
            taken |= {read_snapshot(path).seq for path in snapshot_paths(tmp_path / SNAPSHOTS)}
        assert len(taken) == 3
        assert all(seq <= exchange.state_hash()[0] for seq in taken)

    run(story, tmp_path, snapshot_every=10)
    run(look, tmp_path)


def test_a_snapshot_process_that_fails_does_no_harm(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(exchange: Exchange) -> None:
        await trade_a_little(exchange)
        await exchange.snapshot_taken()
        await trade_a_little(exchange)

    run(story, tmp_path, snapshot_every=5, snapshot_command=("/bin/false",))
    assert "the process for a snapshot ended with 1" in caplog.text


def test_a_stop_does_not_wait_for_a_snapshot_that_is_being_taken(tmp_path: Path) -> None:
    endless = (sys.executable, "-c", "import signal; signal.pause()")
    run(trade_a_little, tmp_path, snapshot_every=5, snapshot_command=endless)


def test_a_snapshot_process_names_the_damage_that_it_finds(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def story(exchange: Exchange) -> None:
        flip_a_byte(tmp_path, 2)
        await trade_a_little(exchange)
        await exchange.snapshot_taken()

    run(story, tmp_path, snapshot_every=5)
    assert "journal damaged at record 2" in capfd.readouterr().err


def test_a_snapshot_process_that_cannot_read_says_so_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "openmargin.db").write_bytes(b"these are no tables " * 500)
    command = (sys.executable, "-m", "openmargin.runtime.snapshot", str(tmp_path))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith("no snapshot was taken: ")
    assert "file is not a database" in done.stderr


def test_what_a_killed_snapshot_left_behind_is_swept_away(tmp_path: Path) -> None:
    run(trade_a_little, tmp_path)
    partial = tmp_path / SNAPSHOTS / "00000000000000000099.123.tmp"
    partial.write_bytes(b"half")
    run(look, tmp_path)
    assert not partial.exists()


def test_a_stop_without_room_for_a_snapshot_lets_go_of_everything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk(Phase.IN_SNAPSHOT)
    disk.error = OSError(errno.ENOSPC, "No space left on device")
    state_hash = run(trade_a_little, tmp_path, at=disk)
    [line] = [record for record in caplog.records if record.name == "openmargin.runtime.exchange"]
    assert "No space left on device" in line.getMessage()
    assert "the journal is whole" in line.getMessage()
    assert list((tmp_path / SNAPSHOTS).iterdir()) == [], "half a snapshot takes no room"
    assert not (tmp_path / "openmargin.db-wal").exists(), "the database is closed"
    assert run(look, tmp_path)[0] == state_hash, "the next start finds no lock, and misses nothing"


def test_assertions_must_stay_on() -> None:
    script = (
        "import asyncio\n"
        "from openmargin.config.venue_file import load_venue\n"
        "from openmargin.runtime.errors import StartRefused\n"
        "from openmargin.runtime.exchange import ExchangeOptions, open_exchange\n"
        "try: asyncio.run(open_exchange(ExchangeOptions(directory=None, venue=load_venue(), seed=1)))\n"
        "except StartRefused as refusal: print(refusal)\n"
    )
    done = subprocess.run([sys.executable, "-O", "-c", script], capture_output=True, text=True, check=False)
    assert "assertions must stay on" in done.stdout
