"""Public keys that people hand in: are they what they claim to be?"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from openmargin.domain.enums import KeyKind
from openmargin.lab.errors import Refused

_RSA_BITS: Final = range(2048, 8193)
"""Shorter ones are weak, and longer ones make each request slow to check."""


def check_public_key(kind: KeyKind, pem: str) -> None:
    """Refuse a public key that is missing, out of place, or of another kind."""
    if kind is KeyKind.HMAC:
        if pem:
            raise Refused(400, "an HMAC key has no publicKey", "leave it out, or say keyType RSA or ED25519")
        return
    if not pem:
        raise Refused(400, f"an {kind.name} key needs its publicKey", "send the PEM of the public key")
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise Refused(
            400, "publicKey is no PEM of a public key", "send `-----BEGIN PUBLIC KEY----- …`"
        ) from None
    if not isinstance(key, RSAPublicKey if kind is KeyKind.RSA else Ed25519PublicKey):
        raise Refused(400, f"publicKey is no {kind.name} key", "name the keyType that it has")
    if isinstance(key, RSAPublicKey) and key.key_size not in _RSA_BITS:
        raise Refused(400, f"an RSA key of {key.key_size} bits", "use one of 2048 to 8192 bits")
