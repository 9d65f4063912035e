"""Binance's spot SDK, unchanged but for its addresses, trades for a margin account with a special key."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.clients.environments import run_client
from tests.clients.sdk import development_key, signed_by_hand
from tests.serve.process import Server, serving

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

SESSION = (Path(__file__).parent / "sessions" / "spot_sdk.py").read_text()


def special_key(server: Server) -> tuple[str, str]:
    """A new Ed25519 key of the first account's cross margin: its name, and the private key that signs for it."""
    pair = Ed25519PrivateKey.generate()
    public = pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    private = pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    owner = development_key(server)
    made = signed_by_hand(server, owner, "POST", "/sapi/v1/margin/apiKey", apiName="bot", publicKey=public)
    return made["apiKey"], private


def test_a_special_key_trades_over_http(tmp_path: Path) -> None:
    with serving(tmp_path, "--data", ":memory:", "--clock", "virtual") as server:
        changes = {"vip": 7, "termsSigned": True}
        server.client.patch("/lab/accounts/1", json=changes).raise_for_status()
        done = run_client("binance-sdk-spot", SESSION, server.address, *special_key(server))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "symbols": ["BTCUSDT"],
        "bought": "FILLED",
        "fills": 0.01,
        "found": "NEW",
        "amended": "0.00500000",
        "opened": True,
        "canceled": "CANCELED",
        "listed": "OCO",
        "ended": "ALL_DONE",
        "account": "MARGIN",
        "traded": 0.01,
        "warnings": [],
    }
