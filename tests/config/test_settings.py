"""How to serve: a file's `[server]` table, and the command line over it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from openmargin.config import ConfigError, Settings, load_settings


def test_without_a_word_everything_has_its_default() -> None:
    assert load_settings(None, {}) == Settings()


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "served.toml"
    file.write_text('[server]\nport = 9000\nclock = "virtual"\nstart = 2026-01-01T00:00:00Z\n')
    settings = load_settings(file, {"port": 0, "host": None})
    assert settings.port == 0
    assert settings.clock == "virtual"
    assert settings.start == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("server = 1", "server: it is no table"),
        ("[server]\nprt = 1", "server.prt: there is no such key; did you mean `port`?"),
        ("[server]\nport = 70000", "server.port: Expected `int` <= 65535"),
        ('[server]\nclock = "sun"', "server.clock: Invalid enum value 'sun'"),
        ("[server]\nstart = 2026-01-01T00:00:00Z", "server.start: the wall clock starts by itself"),
        ("[server]\nvirtual_walk_ms = 60000", "server.virtual_walk_ms: the wall clock does not use it"),
    ],
)
def test_what_cannot_stand_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "served.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_settings(file, {})
    assert message in str(refused.value)


def test_the_data_directory_follows_the_xdg_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Settings().directory == tmp_path / "openmargin"
    assert Settings(data=":memory:").directory is None
    assert Settings(data="here").directory == Path("here")
