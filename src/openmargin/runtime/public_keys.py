"""Public keys that people hand in: are they what they claim to be?"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from openmargin.domain.enums import KeyKind

_RSA_BITS: Final = range(2048, 8193)
"""Shorter ones are weak, and longer ones make each request slow to check."""


class PublicKeyRefused(Exception):
    """A public key cannot be used; `hint` says how to mend it."""

    def __init__(self, error: str, hint: str) -> None:
        super().__init__(error)
        self.hint = hint


def check_public_key(kind: KeyKind, pem: str) -> None:
    """Refuse a public key that is missing, out of place, or of another kind. Raises PublicKeyRefused."""
    if kind is KeyKind.HMAC:
        if pem:
            raise PublicKeyRefused(
                "an HMAC key has no publicKey", "leave it out, or say keyType RSA or ED25519"
            )
        return
    if not pem:
        raise PublicKeyRefused(f"an {kind.name} key needs its publicKey", "send the PEM of the public key")
    if kind_of_public_key(pem) is not kind:
        raise PublicKeyRefused(f"publicKey is no {kind.name} key", "name the keyType that it has")


def kind_of_public_key(pem: str) -> KeyKind:
    """RSA or ED25519; raises PublicKeyRefused for anything else."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise PublicKeyRefused(
            "publicKey is no PEM of a public key", "send `-----BEGIN PUBLIC KEY----- …`"
        ) from None
    if isinstance(key, Ed25519PublicKey):
        return KeyKind.ED25519
    if not isinstance(key, RSAPublicKey):
        raise PublicKeyRefused("publicKey is neither RSA nor Ed25519", "make a key of one of these")
    if key.key_size not in _RSA_BITS:
        raise PublicKeyRefused(f"an RSA key of {key.key_size} bits", "use one of 2048 to 8192 bits")
    return KeyKind.RSA
