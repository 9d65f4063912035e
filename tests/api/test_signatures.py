"""Signatures: documented vectors, round trips of every key kind, and what clients do to the bytes."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openmargin.api.signatures import component_encoded, hmac_verifier, split_signature
from openmargin.domain.enums import KeyKind
from tests.api.world import Key, World, sign

# The example pair of the spot documentation, "SIGNED endpoint examples".
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
PLAIN = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
UNICODE = PLAIN.replace("LTCBTC", quote("１２３４５６"))  # noqa: RUF001 - the documented symbol is full-width


@pytest.mark.parametrize(
    ("payload", "signature"),
    [
        (PLAIN, "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"),
        (UNICODE, "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"),
    ],
)
def test_documented_hmac_vectors_pass_in_either_case(payload: str, signature: str) -> None:
    verify = hmac_verifier(SECRET)
    assert verify(payload.encode(), signature)
    assert verify(payload.encode(), signature.upper())
    assert not verify(payload.encode() + b"0", signature)


@pytest.mark.parametrize(
    ("query", "body", "payload", "signature"),
    [
        (b"a=1&signature=s", b"", b"a=1", "s"),
        (b"signature=s&a=1", b"", b"a=1", "s"),
        (b"a=1&signature=s&b=2", b"", b"a=1&b=2", "s"),
        (b"a=1", b"b=2&signature=s", b"a=1b=2", "s"),
        (b"a=1&signature=s", b"b=2", b"a=1b=2", "s"),
        (b"a=1&signature=q", b"b=2&signature=b", b"a=1b=2", "q"),
        (b"a=1", b"", b"a=1", None),
        (b"newsignature=1", b"", b"newsignature=1", None),
        (b"a=1&signature=x%2By%2F%3D", b"", b"a=1", "x+y/="),
        (b"a=1&signature=x+y/=", b"", b"a=1", "x+y/="),
    ],
)
def test_payload_is_query_and_body_less_the_signature(
    query: bytes, body: bytes, payload: bytes, signature: str | None
) -> None:
    rest_of_query, rest_of_body, found = split_signature(query, body)
    assert rest_of_query + rest_of_body == payload
    assert found == signature


def test_component_encoding_is_that_of_javascript() -> None:
    assert component_encoded(b"a=x+y%27z&b=%C3%A9~*()!") == b"a=x%20y'z&b=%C3%A9~*()!"


def _pem(key: rsa.RSAPublicKey | ed25519.Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("in_body", [False, True])
@pytest.mark.parametrize("kind", [KeyKind.RSA, KeyKind.ED25519])
def test_public_key_signatures_go_round(world: World, kind: KeyKind, in_body: bool) -> None:
    if kind is KeyKind.RSA:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        key = world.new_key(kind=kind, public_key=_pem(private.public_key()))

        def signed(payload: bytes) -> bytes:
            return private.sign(payload, padding.PKCS1v15(), SHA256())
    else:
        curve = ed25519.Ed25519PrivateKey.generate()
        key = world.new_key(kind=kind, public_key=_pem(curve.public_key()))
        signed = curve.sign

    payload = f"symbol=BTCUSDT&timestamp={world.now_ms}"
    signature = b64encode(signed(payload.encode())).decode()
    good = f"{payload}&signature={quote(signature, safe='')}"
    swapped = f"{payload}&signature={quote(signature.swapcase(), safe='')}"

    def ask(text: str) -> int | None:
        query, body = ("", text) if in_body else (text, "")
        answer = world.send("DELETE", "/sapi/v1/margin/openOrders", query, body, key.api_key)
        return answer.code

    assert ask(good) == -2011, "authenticated, and then there was nothing to cancel"
    assert ask(swapped) == -1022, "base64 is case-sensitive"
    assert ask(f"{payload}&signature=nonsense") == -1022


def test_raw_bytes_are_what_is_verified(world: World) -> None:
    payload = f"symbol=BTCUSDT&origClientOrderId=a%2Db&timestamp={world.now_ms}"
    text = f"{payload}&signature={sign(world.key.secret, payload)}"
    answer = world.send("GET", "/sapi/v1/margin/order", text, api_key=world.key.api_key)
    assert answer.code == -2013, "an escape that need not be there is still what was signed"


def test_a_client_that_signs_component_encoded_text_is_understood(world: World) -> None:
    signed = f"symbol=BTCUSDT&note=a%20b'c&timestamp={world.now_ms}"
    sent = f"symbol=BTCUSDT&note=a+b%27c&timestamp={world.now_ms}"
    text = f"{sent}&signature={sign(world.key.secret, signed)}"
    assert world.send("GET", "/sapi/v1/margin/openOrders", text, api_key=world.key.api_key).status == 200


def test_unencoded_text_is_not_what_was_sent(world: World) -> None:
    signed = f"symbol=BTCUSDT&note=a b&timestamp={world.now_ms}"
    text = f"symbol=BTCUSDT&note=a%20b&timestamp={world.now_ms}&signature={sign(world.key.secret, signed)}"
    assert world.send("GET", "/sapi/v1/margin/openOrders", text, api_key=world.key.api_key).code == -1022


def test_parameters_may_be_split_over_query_and_body(world: World) -> None:
    query, body = "symbol=BTCUSDT&side=BUY", f"type=MARKET&quantity=0.01&timestamp={world.now_ms}"
    body += "&signature=" + sign(world.key.secret, query + body)
    answer = world.send("POST", "/sapi/v1/margin/order", query, body, world.key.api_key)
    assert answer.status == 200, answer.json


def test_the_query_wins_over_the_body(world: World) -> None:
    query, body = (
        "quantity=0.02",
        f"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01&timestamp={world.now_ms}",
    )
    query += "&signature=" + sign(world.key.secret, query + body)
    answer = world.send("POST", "/sapi/v1/margin/order", query, body, world.key.api_key)
    assert answer.json["origQty"] == "0.02000000"


def test_secrets_of_two_keys_differ(world: World) -> None:
    other: Key = world.new_key()
    assert other.secret != world.key.secret
    swapped = Key(world.key.api_key, other.secret)
    assert world.signed("GET", "/sapi/v1/margin/openOrders", key=swapped).code == -1022
