"""A story: a special key is made and trades, its account goes bankrupt, owes, repays, leaves, and comes back.

Told through the gateway alone, on a virtual clock; only money, level, prices and time come from the lab's side.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openmargin.domain.commands import ChangeAccount
from openmargin.domain.money import format_e8, parse_e8
from tests.api.world import SPOT, Answer, World

KEYS = "/sapi/v1/margin/apiKey"
LIST = "/sapi/v1/margin/api-key-list"
EXIT = "/sapi/v1/margin/exit-special-key-mode"
LOANS = "/sapi/v1/margin/borrow-repay"
LOAN = "/sapi/v1/margin/liquidation-loan"
HOUR_MS = 3_600_000


class Bot:
    """Somebody with a special key and the private half of its key pair."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._private = Ed25519PrivateKey.generate()
        self.public_pem = (
            self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        )
        self.api_key = ""

    def ask(self, method: str, path: str, **parameters: object) -> Answer:
        payload = urlencode({**parameters, "timestamp": self._world.now_ms})
        signature = b64encode(self._private.sign(payload.encode())).decode()
        query = f"{payload}&{urlencode({'signature': signature})}"
        return self._world.send(method, path, query, api_key=self.api_key)

    def buy(self, **parameters: object) -> Answer:
        return self.ask("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", **parameters)


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def test_a_special_key_from_its_making_to_the_one_after_it(world: World) -> None:
    bot = Bot(world)
    world.submit(ChangeAccount(world.account_id, vip=7, terms_signed=True))
    world.deposit("USDT", "1000")
    world.deposit("USDC", "2000", SPOT)

    # Made with an ordinary key, it trades on /api/v3 with the margin account, and borrows nothing.
    made = world.post(KEYS, apiName="bot", publicKey=bot.public_pem).json
    assert (made["secretKey"], made["type"]) == (None, "Ed25519")
    bot.api_key = made["apiKey"]
    assert world.post(LOANS, asset="USDT", amount="1900", type="BORROW").status == 200
    assert bot.buy(type="MARKET", quantity="0.01", sideEffectType="MARGIN_BUY").code == -1104
    bought = bot.buy(type="MARKET", quoteOrderQty="2800").json
    assert bought["status"] == "FILLED"
    resting = bot.buy(type="LIMIT", timeInForce="GTC", quantity="0.001", price="50000").json
    assert resting["status"] == "NEW"
    assert [order["orderId"] for order in bot.ask("GET", "/api/v3/openOrders").json] == [resting["orderId"]]

    # The market halves, and what is left of the account does not pay its debts.
    world.set_index("BTCUSDT", "30000")
    world.advance(60_000)
    assert bot.ask("GET", "/api/v3/openOrders").json == []
    account = world.get("/sapi/v1/margin/account").json
    assert account["totalLiabilityOfBtc"] == "0.00000000"
    loan = world.get(LOAN).json
    owed = parse_e8(loan["amount"])
    assert owed is not None
    assert owed > 0
    assert loan == {
        "asset": "USDC",
        "amount": loan["amount"],
        "repaidAmount": "0.00000000",
        "remainingAmount": loan["amount"],
    }

    # While it is owed: no loans, no new keys, and no way out. The key still trades.
    assert world.post(LOANS, asset="USDT", amount="10", type="BORROW").code == -21004
    assert world.post(KEYS, apiName="another").code == -21004
    assert world.post(EXIT).code == -21004
    world.deposit("USDT", "100")
    assert bot.buy(type="MARKET", quantity="0.001").json["status"] == "FILLED"

    # Repaid in two parts from the spot wallet.
    half = owed // 2
    assert world.post(f"{LOAN}/repay", asset="USDT", amount="1").code == -3026
    assert world.post(f"{LOAN}/repay", asset="USDC", amount=format_e8(owed + 1)).code == -3015
    first = world.post(f"{LOAN}/repay", asset="USDC", amount=format_e8(half)).json
    assert (first["asset"], first["amount"], first["status"]) == ("USDC", format_e8(half), "SUCCESS")
    assert first["createTime"] == world.now_ms
    assert world.get(LOAN).json == {
        **loan,
        "repaidAmount": format_e8(half),
        "remainingAmount": format_e8(owed - half),
    }
    assert world.post(EXIT).code == -21004
    world.advance(HOUR_MS)
    second = world.post(f"{LOAN}/repay", asset="USDC", amount=format_e8(owed - half)).json
    assert world.get(f"{LOAN}/repay-history").json == {"total": 2, "rows": [second, first]}
    assert world.get(LOAN).json["remainingAmount"] == "0.00000000"
    assert world.post(f"{LOAN}/repay", asset="USDC", amount="1").code == -3015

    # Out of the mode, without the key, and for a day without another.
    assert world.post(EXIT).json == {}
    assert world.get(LIST).json == []
    assert bot.ask("GET", "/api/v3/account").code == -2015
    world.advance(24 * HOUR_MS - 1)
    assert world.post(KEYS, apiName="again", publicKey=bot.public_pem).code == -1020
    world.advance(1)
    bot.api_key = world.post(KEYS, apiName="again", publicKey=bot.public_pem).json["apiKey"]
    assert bot.buy(type="LIMIT_MAKER", quantity="0.001", price="20000").json["symbol"] == "BTCUSDT"
