"""The commands that look at a data directory, and those that print a page."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.serve.process import run, serving

LOOKING = [("verify",), ("history", "rebuild")]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A data directory that an exchange has left behind."""
    data = tmp_path / "exchange"
    with serving(tmp_path, "--data", str(data)) as server:
        for price in range(50_000, 50_020):
            server.client.post("/lab/prices/BTCUSDT", json={"price": price}).raise_for_status()
        assert server.stop() == 0
    return data


def test_verify_finds_a_sound_directory_sound(kept: Path) -> None:
    ended = run(kept.parent, "verify", str(kept))
    assert (ended.returncode, ended.stdout.splitlines()[0].startswith("sound: ")) == (0, True), ended.stderr
    assert " records" in ended.stderr, "progress is shown"
    with serving(kept.parent, "--data", str(kept)) as server:
        assert f"\nstateHash   {server.state()['stateHash']} " in ended.stdout


def test_damage_is_named_by_verify_and_at_the_start(kept: Path) -> None:
    with closing(sqlite3.connect(kept / "openmargin.db")) as connection, connection:
        flipped = "substr(body, 1, 4) || x'ff' || substr(body, 6)"
        connection.execute(f"UPDATE records SET body = CAST({flipped} AS BLOB) WHERE seq = 7")
    ended = run(kept.parent, "verify", str(kept))
    assert ended.returncode == 1
    assert "record 7" in ended.stderr
    for snapshot in (kept / "snapshots").iterdir():  # With one, the start reads only what came after it.
        snapshot.unlink()
    ended = run(kept.parent, "serve", "--port", "0", "--data", str(kept))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "record 7" in ended.stderr
    assert f"openmargin verify {kept}" in ended.stderr


def test_history_is_rebuilt(kept: Path) -> None:
    ended = run(kept.parent, "history", "rebuild", str(kept))
    assert (ended.returncode, "history is rebuilt from" in ended.stdout) == (0, True), ended.stderr
    assert run(kept.parent, "verify", str(kept)).returncode == 0


@pytest.mark.parametrize("command", LOOKING)
def test_a_directory_without_an_exchange_is_one_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    ended = run(tmp_path, *command, str(tmp_path))
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
    assert "holds no exchange" in ended.stderr
    assert not list(tmp_path.iterdir()), "looking makes nothing"


@pytest.mark.parametrize("command", LOOKING)
def test_a_database_that_is_none_is_said_so(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "openmargin.db").write_bytes(b"these are no tables " * 500)
    ended = run(tmp_path, *command, str(tmp_path))
    assert (ended.returncode, ended.stdout, "Traceback" in ended.stderr) == (1, "", False), ended.stderr
    assert "file is not a database" in ended.stderr
    assert "openmargin: " in ended.stderr.splitlines()[-1]


def test_a_rebuild_that_may_not_write_is_one_line(kept: Path) -> None:
    (kept / "lock").unlink()
    (kept / "lock").mkdir()
    ended = run(kept.parent, "history", "rebuild", str(kept))
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
    assert f"openmargin: history cannot be rebuilt in {kept}: " in ended.stderr
    (kept / "lock").rmdir()
    assert run(kept.parent, "verify", str(kept)).returncode == 0


def test_a_snapshot_that_cannot_be_opened_is_one_line(kept: Path) -> None:
    [snapshot] = (kept / "snapshots").iterdir()
    snapshot.unlink()
    snapshot.mkdir()
    ended = run(kept.parent, "verify", str(kept))
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
    assert f"openmargin: {kept} cannot be read: " in ended.stderr
    assert snapshot.name in ended.stderr


def test_a_file_is_no_data_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run(tmp_path, "serve", "--port", "0", "--data", str(tmp_path / "file"))
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
    assert "nothing can be kept in" in ended.stderr


@pytest.mark.parametrize(
    ("command", "page"), [(("venue", "schema"), "venue.md"), (("endpoints",), "endpoints.md")]
)
def test_a_page_is_printed_as_the_documentation_keeps_it(
    tmp_path: Path, command: tuple[str, ...], page: str
) -> None:
    ended = run(tmp_path, *command)
    kept_page = Path(__file__).parents[2] / "docs" / page
    assert ended.stdout == kept_page.read_text()
