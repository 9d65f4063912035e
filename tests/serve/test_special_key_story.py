"""A story: a special key is made and trades, its account goes bankrupt, owes, repays, leaves, and comes back.

Told to a served exchange on a virtual clock, which is killed in the middle; level, money, prices and time come from the
lab, everything else is what anybody may ask.
"""

from __future__ import annotations

import hashlib
import hmac
import signal
from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.serve.process import Server, serving

KEYS = "/sapi/v1/margin/apiKey"
LIST = "/sapi/v1/margin/api-key-list"
EXIT = "/sapi/v1/margin/exit-special-key-mode"
ACCOUNT = "/sapi/v1/margin/account"
LOANS = "/sapi/v1/margin/borrow-repay"
LOAN = "/sapi/v1/margin/liquidation-loan"
ORDER = "/api/v3/order"
HOUR = 3_600

pytestmark = pytest.mark.timeout(120)


class Signer:
    """Somebody with a key, at whichever server runs now."""

    def __init__(self, api_key: str, sign: Callable[[bytes], str]) -> None:
        self.api_key = api_key
        self._sign = sign

    def ask(self, server: Server, method: str, path: str, **parameters: object) -> Any:
        payload = urlencode({**parameters, "timestamp": now_ms(server)})
        query = f"{payload}&{urlencode({'signature': self._sign(payload.encode())})}"
        headers = {"X-MBX-APIKEY": self.api_key}
        return server.client.request(method, f"{path}?{query}", headers=headers).json()

    def refused(self, server: Server, method: str, path: str, **parameters: object) -> int:
        """The code that the request is refused with."""
        return self.ask(server, method, path, **parameters)["code"]


def now_ms(server: Server) -> int:
    return server.client.get("/api/v3/time").json()["serverTime"]


def lab(server: Server, path: str, **body: object) -> Any:
    return server.client.post(f"/lab/{path}", json=body).raise_for_status().json()


def advance(server: Server, seconds: float) -> None:
    lab(server, "clock/advance", seconds=seconds)


def person(server: Server) -> Signer:
    """An account of VIP 7 that signed the terms, with money in its wallets and an HMAC key."""
    made = lab(server, "accounts", name="ann", vip=7)
    path = f"/lab/accounts/{made['accountId']}"
    server.client.patch(path, json={"termsSigned": True}).raise_for_status()
    for wallet, asset, amount in (("CROSS", "USDT", "1000"), ("SPOT", "USDC", "2000")):
        lab(server, f"accounts/{made['accountId']}/deposit", wallet=wallet, asset=asset, amount=amount)
    secret = made["secretKey"].encode()
    return Signer(made["apiKey"], lambda payload: hmac.new(secret, payload, hashlib.sha256).hexdigest())


def test_a_special_key_from_its_making_to_the_one_after_it(tmp_path: Path) -> None:
    options = ("--data", str(tmp_path / "exchange"), "--clock", "virtual")
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    bot = Signer("", lambda payload: b64encode(private.sign(payload)).decode())
    with serving(tmp_path, *options) as server:
        ann = person(server)
        trade_until_the_market_halves(server, ann, bot, pem)
        advance(server, 60)
        before = server.state()
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    with serving(tmp_path, *options) as server:
        assert server.state() == before
        owed = owe(server, ann, bot)
        repay_in_two_parts(server, ann, owed)
        leave_and_come_back(server, ann, bot, pem)


def trade_until_the_market_halves(server: Server, ann: Signer, bot: Signer, pem: str) -> None:
    """Made with an ordinary key, a key trades on /api/v3 with the margin account, and borrows nothing."""
    made = ann.ask(server, "POST", KEYS, apiName="bot", publicKey=pem)
    assert (made["secretKey"], made["type"]) == (None, "Ed25519")
    bot.api_key = made["apiKey"]
    assert "tranId" in ann.ask(server, "POST", LOANS, asset="USDT", amount="1900", type="BORROW")
    buy = {"symbol": "BTCUSDT", "side": "BUY"}
    market = {**buy, "type": "MARKET", "quoteOrderQty": "2800"}
    assert bot.refused(server, "POST", ORDER, **market, sideEffectType="MARGIN_BUY") == -1104
    assert bot.ask(server, "POST", ORDER, **market)["status"] == "FILLED"
    limit = {"type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001", "price": "50000"}
    resting = bot.ask(server, "POST", ORDER, **buy, **limit)
    assert resting["status"] == "NEW"
    [shown] = bot.ask(server, "GET", "/api/v3/openOrders")
    assert shown["orderId"] == resting["orderId"]
    lab(server, "prices/BTCUSDT", price="30000")


def owe(server: Server, ann: Signer, bot: Signer) -> Decimal:
    """What is left of the account does not pay its debts. Until the fund is repaid there are no loans and no new keys."""
    assert bot.ask(server, "GET", "/api/v3/openOrders") == []
    assert ann.ask(server, "GET", ACCOUNT)["totalLiabilityOfBtc"] == "0.00000000"
    loan = ann.ask(server, "GET", LOAN)
    owed = Decimal(loan["amount"])
    assert owed > 0
    assert loan == {
        "asset": "USDC",
        "amount": loan["amount"],
        "repaidAmount": "0.00000000",
        "remainingAmount": loan["amount"],
    }
    assert ann.refused(server, "POST", LOANS, asset="USDT", amount="10", type="BORROW") == -21004
    assert ann.refused(server, "POST", KEYS, apiName="another") == -21004
    assert ann.refused(server, "POST", EXIT) == -21004
    assert bot.ask(server, "GET", "/api/v3/account")["canTrade"] is True
    return owed


def repay_in_two_parts(server: Server, ann: Signer, owed: Decimal) -> None:
    """From the spot wallet, in USDC, up to what remains."""
    repay = f"{LOAN}/repay"
    half = (owed / 2).quantize(Decimal("0.00000001"))
    assert ann.refused(server, "POST", repay, asset="USDT", amount="1") == -3026
    assert ann.refused(server, "POST", repay, asset="USDC", amount=owed + 1) == -3015
    first = ann.ask(server, "POST", repay, asset="USDC", amount=half)
    assert (first["asset"], Decimal(first["amount"]), first["status"]) == ("USDC", half, "SUCCESS")
    assert first["createTime"] == now_ms(server)
    loan = ann.ask(server, "GET", LOAN)
    assert (Decimal(loan["repaidAmount"]), Decimal(loan["remainingAmount"])) == (half, owed - half)
    assert ann.refused(server, "POST", EXIT) == -21004
    advance(server, HOUR)
    second = ann.ask(server, "POST", repay, asset="USDC", amount=owed - half)
    assert ann.ask(server, "GET", f"{LOAN}/repay-history") == {"total": 2, "rows": [second, first]}
    assert ann.ask(server, "GET", LOAN)["remainingAmount"] == "0.00000000"
    assert ann.refused(server, "POST", repay, asset="USDC", amount="1") == -3015


def leave_and_come_back(server: Server, ann: Signer, bot: Signer, pem: str) -> None:
    """Out of the mode without the key, for a day without another, and then with one."""
    assert ann.ask(server, "POST", EXIT) == {}
    assert ann.ask(server, "GET", LIST) == []
    assert bot.refused(server, "GET", "/api/v3/account") == -2015
    assert ann.ask(server, "POST", EXIT) == {}, "once more, and nothing happens"
    advance(server, 24 * HOUR - 0.001)
    assert ann.refused(server, "POST", KEYS, apiName="again", publicKey=pem) == -1020
    advance(server, 0.001)
    bot.api_key = ann.ask(server, "POST", KEYS, apiName="again", publicKey=pem)["apiKey"]
    assert bot.ask(server, "GET", "/api/v3/openOrders") == []
