"""Keys that people sign with, and what their secrets are made of.

Owns: the server's master key, the derivation of HMAC secrets from it, and the development keys that all
know.
Never: stores a secret. A secret is a function of the master key and of what the journal says of the key. Only
a fingerprint, from which no key follows, lies with the exchange to tell one master key from another.
"""

from __future__ import annotations

import hmac
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from openmargin.domain.enums import KeyKind
from openmargin.domain.views import KeyView
from openmargin.runtime.clock import random_bytes
from openmargin.runtime.errors import StartRefused

MASTER_KEY_VARIABLE: Final = "OPENMARGIN_SERVER_KEY"
MASTER_KEY_BYTES: Final = 32

KEY_LENGTH: Final = 64
"""Of api keys and of secrets alike."""

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_FINGERPRINT_BYTES: Final = 8
_DERIVED_MAX: Final = 4_096

DEVELOPMENT_MASTER_KEY: Final = b"everybody knows this, by design!"

DEVELOPMENT_ACCOUNTS: Final = ("dev-0", "dev-1", "dev-2")


def _development_key(number: int) -> str:
    return f"OpenMarginDevelopmentKey{number}".ljust(KEY_LENGTH, "0")


DEVELOPMENT_API_KEYS: Final = tuple(_development_key(number) for number in range(len(DEVELOPMENT_ACCOUNTS)))
"""The api keys of the development accounts, in their order; the same everywhere."""


class SecretKeeper:
    """Knows the secret of every HMAC key, and keeps none on disk."""

    def __init__(self, master_key: bytes) -> None:
        self._master_key = master_key
        self._derived: dict[tuple[str, int], str] = {}
        """What was derived lately, so that no request waits for it twice."""

    def secret_for(self, key: KeyView) -> str:
        """The 64 letters and digits that the owner of an HMAC key signs with."""
        identity = (key.api_key, key.serial)
        secret = self._derived.get(identity)
        if secret is None:
            master = DEVELOPMENT_MASTER_KEY if key.kind is KeyKind.DEVELOPMENT else self._master_key
            secret = _derive(master, key.api_key, key.serial)
            if len(self._derived) >= _DERIVED_MAX:
                # The oldest goes: people make and delete keys without end.
                del self._derived[next(iter(self._derived))]
            self._derived[identity] = secret
        return secret

    def tag(self, context: bytes) -> bytes:
        """64 bytes that only the server's master key makes of a context."""
        return hmac.digest(self._master_key, context, "sha512")


def generate_api_key() -> str:
    """A new api key: 64 letters and digits that nobody had before."""
    return _as_text(random_bytes(KEY_LENGTH))


def default_master_key_path(env: Mapping[str, str]) -> Path:
    """Where the master key lies: with the user's settings, for a copied data directory to hold no secret."""
    home = env.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "openmargin" / "server.key"


def load_or_create_master_key(
    path: Path | None, env: Mapping[str, str], data_directory: Path | None = None
) -> bytes:
    """The master key from the environment, else from the file, which is made where it is missing.

    Without a path it is drawn, and gone with the process. A file within the data directory is refused: whoever copied
    that would have every secret. Raises StartRefused.
    """
    given = env.get(MASTER_KEY_VARIABLE)
    if given is not None:
        return _parse(given, f"${MASTER_KEY_VARIABLE}")
    if path is None:
        return random_bytes(MASTER_KEY_BYTES)
    if data_directory is not None and path.resolve().is_relative_to(data_directory.resolve()):
        raise StartRefused(
            f"the server's key file {path} would lie within the data directory {data_directory}, and a copy of that"
            f" would hold every secret: name another --data, or set XDG_CONFIG_HOME or {MASTER_KEY_VARIABLE}"
        )
    try:
        return _load_or_create(path)
    except OSError as error:
        raise StartRefused(
            f"the server's key file {path} cannot be used: {error.strerror or error};"
            f" set XDG_CONFIG_HOME to another directory, or the key itself in {MASTER_KEY_VARIABLE}"
        ) from error


def fingerprint(master_key: bytes) -> str:
    """Tells one master key from another, and nothing else about it."""
    derived = HKDF(
        algorithm=SHA256(), length=_FINGERPRINT_BYTES, salt=None, info=b"openmargin server key fingerprint"
    )
    return derived.derive(master_key).hex()


def is_another_master_key(kept: Path, master_key: bytes, *, is_used: bool) -> bool:
    """Were keys of this exchange made with a master key other than this one?

    The fingerprint in `kept` is that of the first master key that was used; it stays until somebody removes it.
    One that no HMAC key depends on yet is replaced.
    """
    mine = fingerprint(master_key)
    theirs = kept.read_text(errors="replace").strip() if kept.exists() else ""
    if theirs == mine:
        return False
    if theirs and is_used:
        return True
    kept.write_text(f"{mine}\n")
    return False


def _load_or_create(path: Path) -> bytes:
    if not path.exists():
        _create(path)
    if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise StartRefused(f"{path} can be read by others: `chmod 600 {path}`")
    return _parse(path.read_text(errors="replace"), str(path))


def _create(path: Path) -> None:
    """Make the file whole or not at all, and leave one that another process made meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(random_bytes(MASTER_KEY_BYTES).hex() + "\n")
        file.flush()
        os.fsync(descriptor)
    try:
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink()


def _parse(text: str, source: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) < MASTER_KEY_BYTES:
        raise StartRefused(f"{source} must hold at least {MASTER_KEY_BYTES} bytes in hexadecimal digits")
    return key


def _derive(master_key: bytes, api_key: str, serial: int) -> str:
    context = f"openmargin hmac secret {serial} {api_key}".encode()
    return _as_text(HKDF(algorithm=SHA256(), length=KEY_LENGTH, salt=None, info=context).derive(master_key))


def _as_text(material: bytes) -> str:
    """64 letters and digits. 64 bytes hold 131 bits more than these can, so all are equally likely."""
    number = int.from_bytes(material, "big")
    letters: list[str] = []
    for _ in range(KEY_LENGTH):
        number, index = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[index])
    return "".join(letters)
