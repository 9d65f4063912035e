"""Secrets are derived and never stored; development keys are the same everywhere."""

from __future__ import annotations

import asyncio
import re
import stat
from pathlib import Path

import pytest

from openmargin.domain.commands import ChangeAccount, CreateAccount, CreateKey, CreateSpecialKey
from openmargin.domain.enums import KeyKind, Permission
from openmargin.domain.ids import CROSS
from openmargin.domain.views import KeyView
from openmargin.runtime.errors import StartRefused
from openmargin.runtime.exchange import open_exchange
from openmargin.runtime.secrets import (
    DEVELOPMENT_API_KEYS,
    MASTER_KEY_VARIABLE,
    SecretKeeper,
    default_master_key_path,
    fingerprint,
    generate_api_key,
    is_another_master_key,
    load_or_create_master_key,
)
from tests.runtime.desk import options

EXPECTED_SECRET = "w6Yeihlq65DRoRdNXpcDkHkkWFL0cUfHFWOFERbwG8OA6Y34gSMlzQ2FimGZGxGG"
LETTERS_AND_DIGITS = re.compile("[A-Za-z0-9]{64}")


def key(api_key: str = "K" * 64, serial: int = 1, kind: KeyKind = KeyKind.HMAC) -> KeyView:
    return KeyView(api_key, 1, kind, "", (), (), serial)


def test_a_secret_follows_from_master_key_api_key_and_serial() -> None:
    keeper = SecretKeeper(b"a" * 32)
    secret = keeper.secret_for(key())
    assert LETTERS_AND_DIGITS.fullmatch(secret)
    assert secret == keeper.secret_for(key()) == SecretKeeper(b"a" * 32).secret_for(key())
    others = {
        SecretKeeper(b"b" * 32).secret_for(key()),
        keeper.secret_for(key(serial=2)),
        keeper.secret_for(key("L" * 64)),
        secret,
    }
    assert len(others) == 4


def test_the_derivation_never_changes() -> None:
    """Were it to, every key that people hold would be dead after an upgrade."""
    assert SecretKeeper(b"a" * 32).secret_for(key()) == EXPECTED_SECRET


def test_secrets_that_are_not_remembered_any_more_are_derived_again() -> None:
    keeper = SecretKeeper(b"a" * 32)
    first = keeper.secret_for(key(serial=1))
    secrets = {keeper.secret_for(key(serial=serial)) for serial in range(2, 4_200)}
    assert len(secrets | {first}) == 4_199
    assert keeper.secret_for(key(serial=1)) == first


def test_a_copy_of_the_data_directory_holds_no_secret(tmp_path: Path) -> None:
    """Journal, history and snapshots of an exchange with HMAC keys, ordinary and special, tell nobody a secret."""
    master_key, other = b"a" * 32, b"b" * 32
    commands = (
        CreateAccount("ann", vip=7),
        ChangeAccount(1, terms_signed=True),
        CreateKey(1, "K" * 64, KeyKind.HMAC, "", (Permission.READ,), ()),
        CreateSpecialKey(1, "", 0, CROSS, "S" * 64, "bot", KeyKind.HMAC, "", (), True),
    )

    async def work() -> list[KeyView]:
        exchange = await open_exchange(options(tmp_path))
        for command in commands:
            assert (await exchange.submit(command)).rejection is None
        views = [exchange.live.key(api_key) for api_key in ("K" * 64, "S" * 64)]
        await exchange.close()
        return [view for view in views if view is not None]

    views = asyncio.run(work())
    secrets = [SecretKeeper(master_key).secret_for(view) for view in views]
    assert len(set(secrets)) == 2
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert all(view.api_key.encode() in kept for view in views), "the keys themselves are there"
    for secret in (*secrets, master_key.decode(), master_key.hex()):
        assert secret.encode() not in kept
    assert secrets != [SecretKeeper(other).secret_for(view) for view in views]


def test_development_secrets_are_the_same_on_every_server() -> None:
    for api_key in DEVELOPMENT_API_KEYS:
        view = key(api_key, kind=KeyKind.DEVELOPMENT)
        assert LETTERS_AND_DIGITS.fullmatch(api_key)
        assert SecretKeeper(b"a" * 32).secret_for(view) == SecretKeeper(b"b" * 32).secret_for(view)


def test_new_api_keys_are_letters_and_digits_and_never_the_same() -> None:
    drawn = {generate_api_key() for _ in range(100)}
    assert len(drawn) == 100
    assert all(LETTERS_AND_DIGITS.fullmatch(api_key) for api_key in drawn)


def test_the_master_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "settings" / "server.key"
    made = load_or_create_master_key(path, {})
    assert len(made) == 32
    assert load_or_create_master_key(path, {}) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["server.key"]


def test_the_environment_wins_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "server.key"
    assert load_or_create_master_key(path, {MASTER_KEY_VARIABLE: "ab" * 32}) == b"\xab" * 32
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "ab", "no hexadecimal digits at all, but quite long enough for a key"])
def test_a_master_key_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(StartRefused, match=MASTER_KEY_VARIABLE):
        load_or_create_master_key(tmp_path / "server.key", {MASTER_KEY_VARIABLE: text})


@pytest.mark.parametrize("data", [".", "settings", "settings/openmargin", "link"])
def test_a_master_key_within_the_data_directory_is_refused(tmp_path: Path, data: str) -> None:
    """A copy of the data directory must not hold what its secrets are made of."""
    path = tmp_path / "settings" / "openmargin" / "server.key"
    (tmp_path / "link").symlink_to(tmp_path / "settings")
    with pytest.raises(StartRefused, match="would hold every secret"):
        load_or_create_master_key(path, {}, tmp_path / data)
    assert not path.exists()
    assert load_or_create_master_key(path, {MASTER_KEY_VARIABLE: "ab" * 32}, tmp_path / data)
    assert load_or_create_master_key(path, {}, tmp_path / "settings" / "openmargin" / "exchange")


def test_a_master_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "server.key"
    load_or_create_master_key(path, {})
    path.chmod(0o640)
    with pytest.raises(StartRefused, match="chmod 600") as refusal:
        load_or_create_master_key(path, {})
    assert "remove" not in str(refusal.value), "whoever removed it would lose every HMAC key"


def test_without_a_place_for_it_the_master_key_is_drawn() -> None:
    drawn = load_or_create_master_key(None, {})
    assert len(drawn) == 32
    assert drawn != load_or_create_master_key(None, {})
    assert load_or_create_master_key(None, {MASTER_KEY_VARIABLE: "ab" * 32}) == b"\xab" * 32


def test_a_fingerprint_tells_master_keys_apart() -> None:
    assert fingerprint(b"a" * 32) == fingerprint(b"a" * 32) == "12ad9c32dfdbd651"
    assert fingerprint(b"b" * 32) != fingerprint(b"a" * 32)


def test_another_master_key_is_noticed_once_keys_depend_on_the_first(tmp_path: Path) -> None:
    kept = tmp_path / "fingerprint"
    assert not is_another_master_key(kept, b"a" * 32, is_used=True), "the first one is believed"
    assert not is_another_master_key(kept, b"b" * 32, is_used=False), "nothing depends on the first one"
    assert is_another_master_key(kept, b"a" * 32, is_used=True)
    assert is_another_master_key(kept, b"a" * 32, is_used=True), "it is said at every start"
    assert not is_another_master_key(kept, b"b" * 32, is_used=True), "the old one has returned"
    kept.unlink()
    assert not is_another_master_key(kept, b"a" * 32, is_used=True), "what was removed is forgotten"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe" * 40])
def test_a_master_key_file_that_holds_none_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "server.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StartRefused, match=f"{path} must hold at least 32 bytes"):
        load_or_create_master_key(path, {})


def test_a_master_key_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "openmargin" / "server.key"
    with pytest.raises(StartRefused, match=f"key file {path} cannot be used: Not a directory"):
        load_or_create_master_key(path, {})


def test_the_master_key_lies_with_the_user_s_settings() -> None:
    assert default_master_key_path({"XDG_CONFIG_HOME": "/settings"}) == Path(
        "/settings/openmargin/server.key"
    )
    assert default_master_key_path({}) == Path.home() / ".config" / "openmargin" / "server.key"
