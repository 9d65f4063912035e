"""What an operator sees of a server: its first words, its refusals, and how it ends."""

import hashlib
import hmac
import re
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from openmargin.runtime.secrets import DEVELOPMENT_API_KEYS
from tests.serve.process import MODULE, run, serving

EPOCH_2026_MS = 1_767_225_600_000


def refusal(home: Path, *options: str, program: tuple[str, ...] = MODULE) -> str:
    """What `serve` says when it does not start: exit code 1, and nothing on standard output."""
    ended = run(home, "serve", "--port", "0", *options, program=program)
    assert (ended.returncode, ended.stdout) == (1, ""), ended.stderr
    assert ended.stderr.startswith("openmargin: ")
    return ended.stderr.removeprefix("openmargin: ")


def one_line(text: str) -> str:
    assert text.count("\n") == 1, text
    return text.strip()


def test_the_first_words_hold_all_that_a_session_needs(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:") as server:
        assert re.search(r"api key +\w{64}$\n +secret +\w{64}$", server.words, re.MULTILINE)
        assert f'base_path="{server.address}"' in server.words
        head, _, _ = server.words.partition("With the official SDK")
        keys = re.findall(r" (\w{64})$", head, re.MULTILINE)
        assert tuple(keys[::2]) == DEVELOPMENT_API_KEYS
        for api_key, secret in zip(keys[::2], keys[1::2], strict=True):
            query = f"timestamp={server.client.get('/api/v3/time').json()['serverTime']}"
            signature = hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()
            answer = server.client.get(
                f"/sapi/v1/margin/account?{query}&signature={signature}", headers={"X-MBX-APIKEY": api_key}
            )
            assert answer.status_code == 200, answer.text
            assert answer.json()["marginLevel"] == "999.00000000"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_restart_keeps_everything(tmp_path: Path, number: signal.Signals) -> None:
    data = ("--data", str(tmp_path / "exchange"))
    with serving(tmp_path, *data) as server:
        made = server.client.post("/lab/accounts", json={"name": "ann"}).json()
        before = server.state()
        assert server.stop(number) == 0
    with serving(tmp_path, *data) as server:
        assert server.state() == before
        again = server.client.post(f"/lab/accounts/{made['accountId']}/keys", json={"permissions": ["READ"]})
        assert again.status_code == 200


WITH_HANGUP = """
import signal
from openmargin.cli import main

signal.signal(signal.SIGHUP, signal.{inherited})
main()
"""


def test_a_terminal_that_goes_away_is_a_clean_stop(tmp_path: Path) -> None:
    program = ("-c", WITH_HANGUP.format(inherited="SIG_DFL"))
    with serving(tmp_path, "--data", str(tmp_path / "exchange"), program=program) as server:
        assert server.stop(signal.SIGHUP) == 0
    assert list((tmp_path / "exchange" / "snapshots").iterdir()), "it took its time"


def test_under_nohup_a_terminal_may_go_away(tmp_path: Path) -> None:
    program = ("-c", WITH_HANGUP.format(inherited="SIG_IGN"))
    with serving(tmp_path, "--data", ":memory:", program=program) as server:
        server.process.send_signal(signal.SIGHUP)
        assert server.client.get("/lab/health").status_code == 200
        assert server.stop() == 0


def test_a_stop_that_can_leave_no_snapshot_is_a_clean_stop(tmp_path: Path) -> None:
    data = tmp_path / "exchange"
    with serving(tmp_path, "--data", str(data)) as server:
        before = server.state()
        (data / "snapshots").rmdir()
        assert server.stop() == 0
        assert "no snapshot could be written" in one_line(server.said())
    with serving(tmp_path, "--data", str(data)) as server:
        assert server.state() == before


def test_data_lies_in_the_users_directory_unless_said_otherwise(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert str(tmp_path / "data" / "openmargin") in server.words
    assert (tmp_path / "data" / "openmargin").is_dir()


def test_what_is_kept_nowhere_needs_no_key_file(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("no directory")
    with serving(tmp_path, "--data", ":memory:") as server:
        assert server.client.post("/lab/accounts", json={"name": "ann"}).json()["secretKey"]
    line = one_line(refusal(tmp_path, "--data", str(tmp_path / "exchange")))
    assert line.startswith(
        f"the server's key file {tmp_path / 'config'}/openmargin/server.key cannot be used"
    )
    assert not (tmp_path / "exchange").exists()


def test_a_key_file_that_is_another_one_is_said_in_a_line(tmp_path: Path) -> None:
    data = tmp_path / "exchange"
    key, old = tmp_path / "config" / "openmargin" / "server.key", tmp_path / "old.key"

    def told() -> str:
        with serving(tmp_path, "--data", str(data)) as server:
            server.client.post("/lab/accounts", json={"name": "ann"}).raise_for_status()
            assert server.stop() == 0
            return server.said()

    assert told() == ""
    key.rename(old)
    assert re.fullmatch(r".* HMAC keys made with that are dead .*\n", told())
    old.rename(key)
    assert told() == ""


def test_a_busy_port_is_one_line(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:") as server:
        port = str(urlsplit(server.address).port)
        line = one_line(refusal(tmp_path, "--data", ":memory:", "--port", port))
        assert line == f"port {port} is busy: choose another with --port, or 0 for any free one"


def test_a_data_directory_in_use_is_one_line(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "exchange"))
    with serving(tmp_path, *data) as server:
        assert f"is in use by process {server.process.pid}" in one_line(refusal(tmp_path, *data))


def test_development_keys_stay_on_this_machine(tmp_path: Path) -> None:
    line = one_line(refusal(tmp_path, "--data", ":memory:", "--host", "0.0.0.0"))
    assert "--expose-development-keys-to-the-network" in line
    options = ("--data", ":memory:", "--host", "0.0.0.0", "--expose-development-keys-to-the-network")
    with serving(tmp_path, *options) as server:
        assert server.address.startswith("http://0.0.0.0:")


def test_an_address_of_another_machine_is_one_line(tmp_path: Path) -> None:
    assert "cannot be listened at" in one_line(refusal(tmp_path, "--host", "192.0.2.1"))


def test_assertions_stay_on(tmp_path: Path) -> None:
    assert "without -O" in one_line(refusal(tmp_path, program=("-O", *MODULE)))


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--start", "yesterday"), "--start yesterday is no time with its zone"),
        (("--start", "2026-01-01T00:00:00"), "is no time with its zone"),
        (("--clock", "virtual", "--start", "1969-12-31T00:00:00Z"), "lies before 1970"),
        (("--start", "2026-01-01T00:00:00Z"), "start: the wall clock starts by itself"),
        (("--config", "absent.toml"), "absent.toml: the file: No such file or directory"),
    ],
)
def test_a_choice_that_cannot_stand_is_one_line(tmp_path: Path, options: tuple[str, ...], line: str) -> None:
    assert line in one_line(refusal(tmp_path, *options))


def test_a_file_says_how_to_serve(tmp_path: Path) -> None:
    config = tmp_path / "served.toml"
    config.write_text('[server]\ndata = ":memory:"\nclock = "virtual"\nstart = 2026-01-01T00:00:00Z\n')
    with serving(tmp_path, "--config", str(config)) as server:
        assert "virtual, at 2026-01-01 00:00:00 UTC" in server.words
        assert server.state()["time"] == EPOCH_2026_MS


def test_virtual_time_goes_on_where_it_was(tmp_path: Path) -> None:
    options = ("--data", str(tmp_path / "exchange"), "--clock", "virtual", "--start", "2026-01-01T00:00:00Z")
    with serving(tmp_path, *options) as server:
        server.client.post("/lab/clock/advance", json={"seconds": 86_400}).raise_for_status()
        assert server.stop() == 0
    with serving(tmp_path, *options) as server:
        assert server.state()["time"] == EPOCH_2026_MS + 86_400_000
        assert server.stop() == 0
    line = one_line(refusal(tmp_path, *options[:-1], "2026-01-02T00:00:00Z"))
    assert line.startswith("this exchange was opened at 2026-01-01T00:00:00Z, and goes on where it stopped")


def test_the_wall_clock_cannot_serve_an_exchange_that_is_ahead_of_it(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "exchange"))
    with serving(tmp_path, *data, "--clock", "virtual", "--start", "2999-01-01T00:00:00Z"):
        pass
    assert "ahead of the wall clock" in one_line(refusal(tmp_path, *data))


def test_another_seed_is_refused(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "exchange"))
    with serving(tmp_path, *data, "--seed", "7") as server:
        assert "seed 7" in server.words
    assert "opened with --seed 7" in one_line(refusal(tmp_path, *data, "--seed", "8"))
    with serving(tmp_path, *data) as server:
        assert "seed 7" in server.words


def test_changed_rules_have_to_be_accepted(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "exchange"))
    config = tmp_path / "venue.toml"
    config.write_text('extends = "default"\n[[symbols]]\nname = "BTCUSDT"\ntick_size = "0.1"\n')
    with serving(tmp_path, *data) as server:
        assert server.stop() == 0
    said = refusal(tmp_path, *data, "--config", str(config))
    assert "symbols.BTCUSDT.tick_size: 0.01 -> 0.1\n" in said
    assert "--accept-venue-change" in said
    with serving(tmp_path, *data, "--config", str(config), "--accept-venue-change") as server:
        assert server.stop() == 0
    with serving(tmp_path, *data) as server:  # Who names no file leaves the rules as they are.
        symbol = server.client.get("/api/v3/exchangeInfo?symbol=BTCUSDT").json()["symbols"][0]
        ticks = [row["tickSize"] for row in symbol["filters"] if row["filterType"] == "PRICE_FILTER"]
        assert [float(tick) for tick in ticks] == [0.1]


def test_what_exists_cannot_vanish(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "exchange"))
    config = tmp_path / "venue.toml"
    config.write_text(
        'extends = "default"\n[[assets]]\nname = "NEW"\nfull_name = "New"\nborrowable = false\n'
        '[[symbols]]\nname = "NEWUSDT"\nbase = "NEW"\nquote = "USDT"\nstart_price = "1"\n'
        'tick_size = "0.01"\nstep_size = "1"\n'
    )
    with serving(tmp_path, *data, "--config", str(config)) as server:
        assert server.stop() == 0
    config.write_text('extends = "default"\n')
    assert "NEW would change its pair or vanish" in one_line(
        refusal(tmp_path, *data, "--config", str(config), "--accept-venue-change")
    )


def test_empty_books_are_a_choice(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--market", "none") as server:
        assert "market     none" in server.words


def test_the_head_of_a_request_has_a_bound(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:") as server:
        parts = urlsplit(server.address)
        with socket.create_connection((parts.hostname, parts.port)) as connection:
            connection.sendall(b"GET /api/v3/ping HTTP/1.1\r\n")
            with pytest.raises(OSError, match=r"reset|[Bb]roken"):  # noqa: PT012 (whichever send meets the end)
                for _ in range(1000):
                    connection.sendall(b"x-filler: " + b"x" * 4096 + b"\r\n")
        assert server.client.get("/api/v3/ping").status_code == 200


def test_a_stream_where_none_is_is_refused_and_nothing_is_said_of_it(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:") as server:
        for path in ("/nowhere", "/ws-api/v2", "/lab/events", "/w/nobody/nowhere"):
            handshake = {
                "connection": "Upgrade",
                "upgrade": "websocket",
                "sec-websocket-version": "13",
                "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
            }
            answer = server.client.get(path, headers=handshake)
            assert answer.status_code == 404, path
            assert answer.headers["content-type"].startswith("application/json")
        assert server.stop() == 0
        assert server.said() == ""


BROKEN = """
import openmargin.runtime.sequencer as sequencer
from openmargin.cli import main
from openmargin.domain.events import IndexMoved

chain_events = sequencer.chain_events

def broken(chain, events):
    assert not any(isinstance(event, IndexMoved) for event in events), "this index is poison"
    return chain_events(chain, events)

sequencer.chain_events = broken
main()
"""


def test_a_broken_invariant_ends_with_70_and_the_next_start_is_clean(tmp_path: Path) -> None:
    data = tmp_path / "exchange"
    with serving(tmp_path, "--data", str(data), program=("-c", BROKEN)) as server:
        before = server.state()
        assert server.client.post("/lab/prices/BTCUSDT", json={"price": "1"}).status_code == 503
        assert server.process.wait() == 70
        assert "this index is poison" in server.said()
    assert list((data / "poison").iterdir())
    with serving(tmp_path, "--data", str(data)) as server:
        assert server.state() == before


FULL = """
import sqlite3
from pathlib import Path
from openmargin.cli import main
from openmargin.journal.sqlite_store import SqliteJournal

sync = SqliteJournal.sync

def sync_if_there_is_room(journal):
    if Path({full!r}).exists():
        raise sqlite3.OperationalError("database or disk is full")
    sync(journal)

SqliteJournal.sync = sync_if_there_is_room
main()
"""


def test_a_full_disk_is_said_at_once_seen_in_health_and_ends_with_74(tmp_path: Path) -> None:
    data, full = tmp_path / "exchange", tmp_path / "full"
    program = ("-c", FULL.format(full=str(full)))
    with serving(tmp_path, "--data", str(data), program=program) as server:
        assert server.client.get("/lab/health").json() == {"status": "ok"}
        before = server.state()
        full.touch()
        assert server.client.post("/lab/accounts", json={"name": "ann"}).status_code == 503
        assert server.process.stderr is not None
        assert "the journal cannot be written (database or disk is full)" in server.process.stderr.readline()
        health = server.client.get("/lab/health")
        assert health.status_code == 503
        assert "the journal cannot be written (database or disk is full)" in health.json()["error"]
        full.unlink()
        assert server.client.get("/lab/health").status_code == 503, "only a new start helps"
        assert server.stop() == 74
        assert server.said() == ""
    with serving(tmp_path, "--data", str(data), program=program) as server:
        assert server.state() == before


def test_a_disk_that_is_full_from_the_start_is_no_traceback(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.touch()
    program = ("-c", FULL.format(full=str(full)))
    ended = run(tmp_path, "serve", "--port", "0", "--data", str(tmp_path / "exchange"), program=program)
    assert (ended.returncode, ended.stdout) == (1, "")
    why, what = ended.stderr.splitlines()
    assert "database or disk is full" in why
    assert what == f"openmargin: the exchange in {tmp_path / 'exchange'} stopped before it was ready"
