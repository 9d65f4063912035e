"""Signatures: which bytes a client signed, and whether it was this key that signed them.

The signed payload is the raw query and the raw body, one after the other without a separator, less the signature
itself. It is never rebuilt from parsed values, because clients escape the same value in different ways.
"""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import quote, unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from openmargin.api.query_string import parse_pairs

Verifier: TypeAlias = Callable[[bytes, str], bool]
"""Whether the signature (as text, already unescaped) is one of the payload."""


def hmac_verifier(secret: str) -> Verifier:
    """HMAC-SHA256 in hexadecimal digits of either case."""
    keyed = hmac.new(secret.encode(), digestmod="sha256")

    def verify(payload: bytes, signature: str) -> bool:
        # A copy has the key in it already, which is half the work for so short a text.
        mac = keyed.copy()
        mac.update(payload)
        return hmac.compare_digest(mac.hexdigest().encode(), signature.lower().encode())

    return verify


def public_key_verifier(pem: str) -> Verifier:
    """RSA (PKCS#1 v1.5 with SHA-256) or Ed25519 in base64, whichever the public key is of."""
    key = load_pem_public_key(pem.encode())
    assert isinstance(key, RSAPublicKey | Ed25519PublicKey), "key creation lets no other algorithm in"

    def verify(payload: bytes, signature: str) -> bool:
        try:
            raw = b64decode(signature, validate=True)
            if isinstance(key, RSAPublicKey):
                key.verify(raw, payload, PKCS1v15(), SHA256())
            else:
                key.verify(raw, payload)
        except (InvalidSignature, ValueError):
            return False
        return True

    return verify


def split_signature(query: bytes, body: bytes) -> tuple[bytes, bytes, str | None]:
    """Query and body without the signature pair, and the signature; that of the query where both have one."""
    query, in_query = _without_signature(query)
    body, in_body = _without_signature(body)
    return query, body, in_body if in_query is None else in_query


def _without_signature(data: bytes) -> tuple[bytes, str | None]:
    if not data:
        return data, None
    # The usual place is the end; whatever else there is takes the long way.
    head, mark, tail = data.rpartition(b"&signature=")
    if mark and b"&" not in tail and b"signature=" not in head:
        return head, _signature(tail)
    if b"signature=" not in data:
        return data, None
    parts = data.split(b"&")
    found = [part for part in parts if part.startswith(b"signature=")]
    if not found:
        return data, None
    rest = b"&".join(part for part in parts if not part.startswith(b"signature="))
    return rest, _signature(found[0].removeprefix(b"signature="))


def _signature(value: bytes) -> str:
    # A plus sign stays one: base64 has no spaces, and some clients do not escape it.
    text = value.decode("ascii", "replace")
    return unquote(text) if "%" in text else text


def component_encoded(data: bytes) -> bytes:
    """The pairs as JavaScript's `encodeURIComponent` writes them.

    Some JavaScript clients sign that text but send what `URLSearchParams` makes of it, so that a value with a
    space or an apostrophe differs between the two. Whoever has the key may say it either way.
    """
    pairs = parse_pairs(data)
    return "&".join(f"{_component(name)}={_component(value)}" for name, value in pairs).encode()


def _component(text: str) -> str:
    return quote(text, safe="-_.!~*'()")
