"""What clients call user data streams: listen keys and listen tokens.

Owns: how both are made of the server's master key and of what the exchange knows, and how they are read again.
Never: stores one. A listen key is its nonce, which the journal has, and a tag that only the master key can make; a
token says itself whose stream it opens and until when, and is signed. So neither follows from a copied data directory,
and both are good after a restart (ADR 21).
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from typing import Final

import msgspec
from msgspec import Struct

from openmargin.domain.ids import Scope
from openmargin.runtime.clock import random_bytes
from openmargin.runtime.secrets import SecretKeeper

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_NONCE_BITS: Final = 62
_NONCE_LETTERS: Final = 11
_KEY_LETTERS: Final = 60
_TOKEN_TAG_BYTES: Final = 24
_TOKEN_LETTERS_MAX: Final = 256


class ListenToken(Struct, frozen=True, array_like=True):
    """Whose stream a token opens, and until when."""

    account_id: int
    scope: Scope
    expires_at_ms: int


_decode_token = msgspec.msgpack.Decoder(ListenToken).decode


def new_nonce() -> int:
    """What a new listen key is made of: a number that nobody had before."""
    return (int.from_bytes(random_bytes(8), "big") >> (64 - _NONCE_BITS)) or 1


def listen_key(keeper: SecretKeeper, nonce: int) -> str:
    """The 60 letters and digits that a client calls a stream by."""
    tag = int.from_bytes(keeper.tag(f"openmargin listen key {nonce}".encode()), "big")
    return _as_text(nonce, _NONCE_LETTERS) + _as_text(tag, _KEY_LETTERS - _NONCE_LETTERS)


def nonce_of(keeper: SecretKeeper, name: str) -> int | None:
    """What a listen key is made of; None where this exchange's master key did not make it."""
    if len(name) != _KEY_LETTERS:
        return None
    nonce = 0
    for letter in name[:_NONCE_LETTERS]:
        digit = _DIGITS.get(letter)
        if digit is None:
            return None
        nonce = nonce * len(_ALPHABET) + digit
    if nonce >> _NONCE_BITS or not hmac.compare_digest(listen_key(keeper, nonce).encode(), name.encode()):
        return None
    return nonce


def listen_token(keeper: SecretKeeper, opened_ms: int, token: ListenToken) -> str:
    """A token as text. `opened_ms` tells this exchange from an earlier one with the same master key."""
    said = msgspec.msgpack.encode(token)
    return b64encode(_token_tag(keeper, opened_ms, said) + said).decode().rstrip("=")


def read_token(keeper: SecretKeeper, opened_ms: int, text: str) -> ListenToken | None:
    """What a token says; None where this exchange did not issue it. Whether it has ended is for the caller to see."""
    if len(text) > _TOKEN_LETTERS_MAX:
        return None
    try:
        raw = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return None
    tag, said = raw[:_TOKEN_TAG_BYTES], raw[_TOKEN_TAG_BYTES:]
    if not hmac.compare_digest(tag, _token_tag(keeper, opened_ms, said)):
        return None
    return _decode_token(said)


def _token_tag(keeper: SecretKeeper, opened_ms: int, said: bytes) -> bytes:
    return keeper.tag(f"openmargin listen token {opened_ms} ".encode() + said)[:_TOKEN_TAG_BYTES]


def _as_text(number: int, letters: int) -> str:
    """The last `letters` digits of a number, in letters and digits."""
    found: list[str] = []
    for _ in range(letters):
        number, index = divmod(number, len(_ALPHABET))
        found.append(_ALPHABET[index])
    return "".join(reversed(found))
