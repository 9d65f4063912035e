"""A portfolio that is exported by its answers and rebuilt from them is the same portfolio."""

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from typer.testing import CliRunner

from openmargin.cli import app
from openmargin.domain.money import format_e8
from openmargin.runtime.verify import verify
from tests.lab.bench import Served, served

MARGIN = "/sapi/v1/margin"
ANSWERS = {
    "cross": (f"{MARGIN}/account", {}),
    "isolated": (f"{MARGIN}/isolated/account", {}),
    "orders": (f"{MARGIN}/openOrders", {}),
    "isolated_orders": (f"{MARGIN}/openOrders", {"isIsolated": "TRUE", "symbol": "ETHUSDT"}),
    "lists": (f"{MARGIN}/openOrderList", {}),
    "spot": ("/api/v3/account", {}),
    "spot_orders": ("/api/v3/openOrders", {}),
}
OWN = (
    "orderId",
    "time",
    "updateTime",
    "workingTime",
    "transactionTime",
    "uid",
    "orderListId",
    "listClientOrderId",
)
"""What belongs to where an order stands, and not to what it is."""


class Client:
    """One account's signed requests."""

    def __init__(self, lab: Served, key: dict[str, Any]) -> None:
        self.lab, self.key = lab, key

    def ask(self, method: str, path: str, **parameters: object) -> Any:
        query = urlencode({**parameters, "timestamp": self.lab.exchange.clock.now_ms()})
        signature = hmac.new(self.key["secretKey"].encode(), query.encode(), hashlib.sha256).hexdigest()
        request = self.lab.client.request(
            method, f"{path}?{query}&signature={signature}", headers={"X-MBX-APIKEY": self.key["apiKey"]}
        )
        answer = self.lab.run(request)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def answers(self) -> dict[str, Any]:
        return {name: self.ask("GET", path, **asked) for name, (path, asked) in ANSWERS.items()}


def portfolio(lab: Served) -> dict[str, Any]:
    """An account with debts and open orders in its spot, cross and isolated wallets."""
    made = lab.account()
    client, path = Client(lab, made), f"/lab/accounts/{made['accountId']}"

    def deposit(wallet: str, asset: str, amount: str) -> None:
        body = {"wallet": wallet, "asset": asset, "amount": amount}
        if wallet == "ISOLATED":
            body["symbol"] = "ETHUSDT"
        assert lab.post(f"{path}/deposit", body).status_code == 200

    def order(where: str, symbol: str, side: str, kind: str, **words: str) -> None:
        asked = {"symbol": symbol, "side": side, "type": kind, **words}
        if "LIMIT" in kind and kind != "LIMIT_MAKER":
            asked["timeInForce"] = "GTC"
        if where == "isolated":
            asked["isIsolated"] = "TRUE"
        client.ask("POST", "/api/v3/order" if where == "spot" else f"{MARGIN}/order", **asked)

    def borrow(asset: str, amount: str, **words: str) -> None:
        client.ask(
            "POST",
            f"{MARGIN}/borrow-repay",
            asset=asset,
            amount=amount,
            type="BORROW",
            **{"isIsolated": "FALSE", **words},
        )

    for name, price in (("BTCUSDT", "60000"), ("ETHUSDT", "3000")):
        lab.post(f"/lab/prices/{name}", {"price": price})
    client.ask("POST", f"{MARGIN}/isolated/account", symbol="ETHUSDT")
    deposit("SPOT", "USDT", "5000")
    deposit("CROSS", "BTC", "1")
    deposit("CROSS", "USDT", "10000")
    deposit("ISOLATED", "USDT", "9000")
    borrow("USDT", "40000")
    borrow("ETH", "2.5")
    borrow("ETH", "1.5", isIsolated="TRUE", symbol="ETHUSDT")
    order("cross", "BTCUSDT", "BUY", "LIMIT", quantity="0.1", price="55000", newClientOrderId="dip")
    order("cross", "BTCUSDT", "SELL", "STOP_LOSS_LIMIT", quantity="0.2", price="50000", stopPrice="51000")
    order("cross", "ETHUSDT", "SELL", "TAKE_PROFIT", quantity="1", stopPrice="3500")
    client.ask(
        "POST",
        f"{MARGIN}/order/oco",
        symbol="BTCUSDT",
        side="SELL",
        quantity="0.3",
        price="66000",
        stopPrice="54000",
        stopLimitPrice="53900",
        stopLimitTimeInForce="GTC",
    )
    order("isolated", "ETHUSDT", "SELL", "LIMIT", quantity="1.2", price="3300", newClientOrderId="top")
    order("spot", "BTCUSDT", "BUY", "LIMIT", quantity="0.01", price="58000")
    return client.answers()


def comparable(answers: dict[str, Any]) -> dict[str, Any]:
    """Without what belongs to the place alone."""

    def stripped(row: Any) -> Any:
        if isinstance(row, list):
            return [stripped(one) for one in row]
        if isinstance(row, dict):
            return {name: stripped(value) for name, value in row.items() if name not in OWN}
        return row

    return stripped(answers)


def save(answers: dict[str, Any], place: Path) -> list[str]:
    files = [place / f"{name}.json" for name in answers]
    for file, answer in zip(files, answers.values(), strict=True):
        file.write_text(json.dumps(answer))
    return [str(file) for file in files]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("source")
        with served(patch, place, clock="virtual") as lab:
            answers = portfolio(lab)
            answers["prices"] = [
                {"symbol": symbol.name, "price": format_e8(view.price)}
                for symbol in lab.exchange.venue.symbols
                if (view := lab.exchange.live.index(symbol.name))
            ]
            return answers


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["account", "import", *words])


def test_it_answers_as_before(
    exported: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    directory = tmp_path / "data"
    said = run(*save(exported, tmp_path), "--data", str(directory))
    assert said.exit_code == 0, said.output
    assert f"account 1: margin level {exported['cross']['marginLevel']}, 7 open orders" in said.output
    assert "locked" not in said.output
    assert verify(directory, lambda _done, _total: None).is_sound
    with served(monkeypatch, tmp_path, clock="virtual", data=str(directory)) as lab:
        key = lab.post("/lab/accounts/1/keys", {"permissions": ["READ", "TRADE", "MARGIN_LOAN"]}).json()
        client = Client(lab, key)
        again = client.answers()
        expected = {name: exported[name] for name in again}
        assert comparable(again) == comparable(expected)
        assert len(again["lists"]) == 1, "the OCO is one again"
        lab.post("/lab/prices/ETHUSDT", {"price": "30000"})
        lab.post("/lab/clock/advance", {"seconds": 60})
        assert lab.get("/lab/accounts/1/liquidations").json()["total"] >= 1, "and it can be squeezed"


Change = Callable[[dict[str, Any]], None]


def drop_balances(answers: dict[str, Any]) -> None:
    for name in ("cross", "isolated", "spot"):
        del answers[name]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda answers: answers["cross"]["userAssets"][1].update(borrowed="40"),
            "the account is liquidated at once",
        ),
        (lambda answers: answers["prices"][0].update(price="99999999999"), "is more than there can be"),
        (drop_balances, "no file says what the account holds"),
        (lambda answers: answers["cross"]["userAssets"][0].update(asset="XYZ", free="1"), "no asset XYZ"),
        (lambda answers: answers["orders"][0].update(symbol="XYZUSDT"), "no symbol XYZUSDT"),
        (lambda answers: answers["orders"][0].update(price="70000"), "would trade at once"),
        (lambda answers: answers["orders"][0].update(origQty="1000000"), "the exchange refuses: "),
        (lambda answers: answers["orders"][0].update(type="BOGUS"), "BOGUS is no OrderType"),
        (lambda answers: answers["orders"][0].update(price="-1"), "is no amount"),
        (lambda answers: answers.update(more={"userAssets": []}), "another file says the same"),
        (lambda answers: answers.update(more={"what": 1}), "none of the answers that are known"),
        (lambda answers: answers.update(more=[{"orderId": "x"}]), "save the answer's body as it came"),
        (
            lambda answers: answers["cross"]["userAssets"][1].update(borrowed="900000000"),
            "inventory short",
        ),
    ],
)
def test_what_cannot_be_rebuilt_is_refused_and_nothing_has_happened(
    exported: dict[str, Any], tmp_path: Path, change: Change, problem: str
) -> None:
    answers = json.loads(json.dumps(exported))
    change(answers)
    said = run(*save(answers, tmp_path), "--data", str(tmp_path / "data"))
    assert said.exit_code == 1
    assert problem in said.output
    if (tmp_path / "data").exists():
        assert verify(tmp_path / "data", lambda _done, _total: None).records == 1


def test_what_had_been_filled_and_what_had_been_triggered_is_told(
    exported: dict[str, Any], tmp_path: Path
) -> None:
    answers = json.loads(json.dumps(exported))
    [dip] = [order for order in answers["orders"] if order["clientOrderId"] == "dip"]
    dip.update(executedQty="0.04", icebergQty="0.08")
    answers["prices"].append({"symbol": "LTCBTC", "price": "0.00000000"})  # As of a pair that has halted.
    [stop] = [order for order in answers["orders"] if order["stopPrice"] == "51000.00000000"]
    stop.update(isWorking=True, price="61000")
    said = run(*save(answers, tmp_path), "--data", str(tmp_path / "data"))
    assert said.exit_code == 0, said.output
    assert "0.04 of 0.10000000 had been filled; what was left stands" in said.output
    assert "its stop had been reached; it is a LIMIT order now" in said.output
    assert "USDT in cross: 3300 are locked, and 5500 were" in said.output
