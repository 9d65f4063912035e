"""The lab's shapes are a contract: what each word takes, answers and refuses."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openmargin.domain.commands import Borrow, OpenIsolated, Transfer
from openmargin.domain.enums import KeyKind, Permission
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import E8
from openmargin.lab.routes import ROUTES
from openmargin.runtime.secrets import DEVELOPMENT_API_KEYS
from tests.lab.bench import Served, served


def pem(private_key: Any) -> str:
    public = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public.decode()


ED25519 = pem(Ed25519PrivateKey.generate())
RSA = pem(generate_private_key(65537, 2048))
SHORT_RSA = pem(generate_private_key(65537, 1024))


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    with served(monkeypatch, tmp_path) as running:
        yield running


@pytest.fixture
def virtual_lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    with served(monkeypatch, tmp_path, clock="virtual") as running:
        yield running


def test_health_answers(lab: Served) -> None:
    assert lab.get("/lab/health").json() == {"status": "ok"}


def test_state_is_what_is_durable(lab: Served) -> None:
    before = lab.get("/lab/state").json()
    assert set(before) == {"timeline", "seq", "stateHash", "time"}
    lab.account()
    after = lab.get("/lab/state").json()
    assert after["seq"] > before["seq"]
    assert after["stateHash"] != before["stateHash"]


def test_an_account_comes_with_a_key_that_may_do_everything(lab: Served) -> None:
    made = lab.account(vip=3)
    assert set(made) == {"accountId", "apiKey", "secretKey"}
    assert len(made["apiKey"]) == len(made["secretKey"]) == 64
    key = lab.exchange.live.key(made["apiKey"])
    assert key is not None
    assert set(key.permissions) == set(Permission)
    account = lab.exchange.live.account(made["accountId"])
    assert account is not None
    assert (account.name, account.vip) == ("ann", 3)


def test_a_sub_account_knows_its_master(lab: Served) -> None:
    master = lab.account()["accountId"]
    sub = lab.exchange.live.account(lab.account(masterId=master)["accountId"])
    assert sub is not None
    assert sub.master_id == master


@pytest.mark.parametrize(("kind", "public_key"), [(KeyKind.RSA, RSA), (KeyKind.ED25519, ED25519)])
def test_a_key_of_ones_own_has_no_secret(lab: Served, kind: KeyKind, public_key: str) -> None:
    made = lab.account(keyType=kind.name, publicKey=public_key)
    assert made["secretKey"] is None
    key = lab.exchange.live.key(made["apiKey"])
    assert key is not None
    assert (key.kind, key.public_key) == (kind, public_key)


def test_an_account_is_altered_only_where_asked(lab: Served) -> None:
    account_id = lab.account(vip=1)["accountId"]
    changes = {"accountType": "PORTFOLIO_MARGIN", "termsSigned": True, "tradeGroupId": 7}
    answer = lab.ask("PATCH", f"/lab/accounts/{account_id}", changes).json()
    chosen = {
        "crossLeverage": 3,
        "burnsBnbForCommission": False,
        "burnsBnbForInterest": False,
        "inSpecialKeyMode": False,
    }
    assert answer == {"accountId": account_id, "name": "ann", "vip": 1, "masterId": 0, **changes, **chosen}
    assert lab.get(f"/lab/accounts/{account_id}").json() == answer


def test_a_further_key_has_the_rights_and_addresses_that_were_named(lab: Served) -> None:
    account_id = lab.account()["accountId"]
    body = {"permissions": ["READ", "MARGIN_LOAN"], "ip": "10.0.0.1, 10.0.0.2"}
    made = lab.post(f"/lab/accounts/{account_id}/keys", body).json()
    assert set(made) == {"apiKey", "secretKey"}
    key = lab.exchange.live.key(made["apiKey"])
    assert key is not None
    assert key.permissions == (Permission.READ, Permission.MARGIN_LOAN)
    assert key.ips == ("10.0.0.1", "10.0.0.2")


@pytest.mark.parametrize("wallet", ["SPOT", "CROSS"])
@pytest.mark.parametrize("amount", ["1.5", 1.5])
def test_money_comes_and_goes(lab: Served, wallet: str, amount: str | float) -> None:
    path = f"/lab/accounts/{lab.account()['accountId']}"
    body = {"wallet": wallet, "asset": "BTC", "amount": amount}
    assert lab.post(f"{path}/deposit", body).json() == {"free": "1.50000000", "locked": "0.00000000"}
    body["amount"] = "0.50000001"
    assert lab.post(f"{path}/withdraw", body).json() == {"free": "0.99999999", "locked": "0.00000000"}


def test_an_isolated_account_that_is_open_takes_the_assets_of_its_pair(lab: Served) -> None:
    made = lab.account()
    lab.run(lab.exchange.submit(OpenIsolated(made["accountId"], "", 0, "BTCUSDT")))
    path = f"/lab/accounts/{made['accountId']}"
    body = {"wallet": "ISOLATED", "symbol": "BTCUSDT", "asset": "BTC", "amount": "1.5"}
    assert lab.post(f"{path}/deposit", body).json() == {"free": "1.50000000", "locked": "0.00000000"}
    assert lab.ask("POST", f"{path}/deposit", {**body, "asset": "ETH"}).status_code == 422


def test_a_price_is_set_and_quoted_before_the_answer(lab: Served) -> None:
    answer = lab.post("/lab/prices/BTCUSDT", {"price": "55000"}).json()
    assert (answer["symbol"], answer["price"]) == ("BTCUSDT", "55000.00000000")
    index = lab.exchange.live.index("BTCUSDT")
    assert index is not None
    assert index.price == 55_000 * 10**8
    depth = lab.exchange.live.depth("BTCUSDT", 1)
    (bid, _), (ask, _) = depth.bids[0], depth.asks[0]
    assert bid < index.price < ask
    assert ask - bid < index.price // 1000


@pytest.mark.parametrize("price", ["0.01", "1000000"])
def test_a_price_may_go_as_far_as_orders_may(lab: Served, price: str) -> None:
    assert lab.post("/lab/prices/BTCUSDT", {"price": price}).status_code == 200
    depth = lab.exchange.live.depth("BTCUSDT", 1)
    assert depth.bids or depth.asks, "the house still quotes"
    refused = lab.post("/lab/prices/BTCUSDT", {"price": "5000000"}).json()
    assert refused["hint"] == "write at least 0.01 and at most 1000000: the bounds of its PRICE_FILTER"


def test_a_liquidation_is_shown_from_its_beginning_to_its_end_and_what_the_fund_paid(
    virtual_lab: Served,
) -> None:
    account_id = virtual_lab.account()["accountId"]
    path = f"/lab/accounts/{account_id}"
    assert virtual_lab.get(f"{path}/liquidations").json() == {"total": 0, "liquidations": []}
    assert virtual_lab.get("/lab/insurance").json() == {"assets": []}
    virtual_lab.post(f"{path}/deposit", {"wallet": "CROSS", "asset": "BTC", "amount": "1"})
    virtual_lab.run(virtual_lab.exchange.submit(Borrow(account_id, "", 0, CROSS, "USDT", 40_000 * E8)))
    moved = Transfer(account_id, "", 0, CROSS, SPOT, "USDT", 1_000 * E8)
    assert virtual_lab.run(virtual_lab.exchange.submit(moved)).rejection is None
    virtual_lab.post("/lab/prices/BTCUSDT", {"price": "500"})
    [shown] = virtual_lab.get(f"{path}/liquidations").json()["liquidations"]
    assert (shown["wallet"], shown["symbol"], shown["kind"]) == ("CROSS", "", "FORCED")
    assert shown["assets"] == "39500.00000000"
    assert shown["end"] == "BANKRUPT"
    assert shown["endedAt"] >= shown["beganAt"]
    [fund] = [row for row in virtual_lab.get("/lab/insurance").json()["assets"] if row["asset"] == "USDT"]
    assert float(fund["balance"]) == float(fund["received"]) - float(fund["paid"]) < 0
    assert shown["deficit"] == fund["paid"]
    assert virtual_lab.get("/lab/accounts/999/liquidations").status_code == 404


def test_all_that_a_price_brings_has_happened_when_the_answer_comes(virtual_lab: Served) -> None:
    accounts = [virtual_lab.account()["accountId"] for _ in range(12)]
    for account_id in accounts:
        path = f"/lab/accounts/{account_id}"
        virtual_lab.post(f"{path}/deposit", {"wallet": "CROSS", "asset": "BTC", "amount": "1"})
        virtual_lab.run(virtual_lab.exchange.submit(Borrow(account_id, "", 0, CROSS, "USDT", 40_000 * E8)))
    assert virtual_lab.post("/lab/prices/BTCUSDT", {"price": "500"}).status_code == 200
    for account_id in accounts:
        [shown] = virtual_lab.get(f"/lab/accounts/{account_id}/liquidations").json()["liquidations"]
        assert shown["end"] == "RECOVERED"


def test_virtual_time_passes_as_far_as_asked(virtual_lab: Served) -> None:
    before = virtual_lab.get("/lab/state").json()["time"]
    answer = virtual_lab.post("/lab/clock/advance", {"seconds": 3600.5}).json()
    assert answer == {"time": before + 3_600_500}
    assert virtual_lab.get("/lab/state").json()["time"] == before + 3_600_500


def test_two_advances_at_once_are_one_too_many(virtual_lab: Served) -> None:
    async def both() -> list[int]:
        post = virtual_lab.client.post
        answers = await asyncio.gather(
            *(post("/lab/clock/advance", json={"seconds": 30 * 86_400}) for _ in range(2))
        )
        return sorted(answer.status_code for answer in answers)

    assert virtual_lab.run(both()) == [200, 409]


def test_the_development_accounts_have_their_keys_and_money(lab: Served) -> None:
    for api_key in DEVELOPMENT_API_KEYS:
        key = lab.exchange.live.key(api_key)
        assert key is not None
        assert key.kind is KeyKind.DEVELOPMENT
        spot = {balance.asset: balance.free for balance in lab.exchange.live.balances(key.account_id, "spot")}
        assert spot["USDT"] == 100_000 * 10**8


ACCOUNT = "/lab/accounts/1"
DEPOSIT = f"{ACCOUNT}/deposit"
KEYS = f"{ACCOUNT}/keys"


def moved(**fields: Any) -> dict[str, Any]:
    return {"wallet": "SPOT", "asset": "BTC", "amount": "1", **fields}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("POST", "/lab/accounts", {}, 400, "Object missing required field `name`"),
        ("POST", "/lab/accounts", {"name": ""}, 400, "length >= 1"),
        ("POST", "/lab/accounts", {"name": "a", "vipp": 1}, 400, "unknown field `vipp`"),
        ("POST", "/lab/accounts", {"name": "a", "vip": -1}, 400, ">= 0"),
        ("POST", "/lab/accounts", {"name": "a", "vip": 2**70}, 400, "vip"),
        ("POST", "/lab/accounts", {"name": "a", "masterId": 999}, 422, "masterId"),
        ("POST", "/lab/accounts", {"name": "a", "accountType": "PORTFOLIO_MARGIN_PRO"}, 422, "Pro are not supported"),
        ("POST", "/lab/accounts", {"name": "a", "keyType": "RSA"}, 400, "needs its publicKey"),
        ("POST", "/lab/accounts", {"name": "a", "keyType": "RSA", "publicKey": "x"}, 400, "no PEM"),
        ("POST", "/lab/accounts", {"name": "a", "keyType": "RSA", "publicKey": ED25519}, 400, "no RSA key"),
        ("POST", "/lab/accounts", {"name": "a", "keyType": "ED25519", "publicKey": RSA}, 400, "no ED25519 key"),
        ("POST", "/lab/accounts", {"name": "a", "keyType": "RSA", "publicKey": SHORT_RSA}, 400, "1024 bits"),
        ("POST", "/lab/accounts", {"name": "a", "publicKey": RSA}, 400, "has no publicKey"),
        ("PATCH", "/lab/accounts/999", {"vip": 1}, 404, "no such account"),
        ("PATCH", "/lab/accounts/0", {"vip": 1}, 404, "names nothing"),
        ("PATCH", "/lab/accounts/ann", {"vip": 1}, 404, "names nothing"),
        ("PATCH", ACCOUNT, {"accountType": "MARGIN_1"}, 400, "Invalid enum value"),
        ("POST", KEYS, {"permissions": []}, 400, "length >= 1"),
        ("POST", KEYS, {"permissions": ["WITHDRAW"]}, 400, "Invalid enum value"),
        ("POST", KEYS, {"permissions": ["READ"], "ip": "home"}, 400, "no IP address"),
        ("POST", "/lab/accounts/999/keys", {"permissions": ["READ"]}, 404, "no such account"),
        ("POST", DEPOSIT, moved(amount="-1"), 400, "not above zero"),
        ("POST", DEPOSIT, moved(amount="0"), 400, "not above zero"),
        ("POST", DEPOSIT, moved(amount="NaN"), 400, "not above zero"),
        ("POST", DEPOSIT, moved(amount="0.000000001"), 400, "more than 8 decimals"),
        ("POST", DEPOSIT, moved(amount="1.000000001"), 400, "more than 8 decimals"),
        ("POST", DEPOSIT, moved(amount="1e-999999999"), 400, "more than 8 decimals"),
        ("POST", DEPOSIT, moved(amount="1e999999999"), 400, "too large"),
        ("POST", DEPOSIT, moved(wallet="ISOLATED", symbol="BTCUSDT"), 422, "isolated account is not open"),
        ("POST", DEPOSIT, moved(wallet="ISOLATED"), 400, "is no symbol"),
        ("POST", DEPOSIT, moved(wallet="ISOLATED", symbol="cross"), 400, "is no symbol"),
        ("POST", DEPOSIT, moved(symbol="BTCUSDT"), 400, "has no symbol"),
        ("POST", DEPOSIT, moved(wallet="FUTURES"), 400, "Invalid enum value"),
        ("POST", DEPOSIT, moved(asset="XXX"), 404, "no such asset"),
        ("POST", "/lab/accounts/999/deposit", moved(), 404, "no such account"),
        ("POST", f"{ACCOUNT}/withdraw", moved(amount="2.00000001"), 422, "free balance is smaller"),
        ("POST", "/lab/prices/XXXUSDT", {"price": "1"}, 404, "no such symbol"),
        ("POST", "/lab/prices/BTCUSDT", {"price": "0"}, 400, "not above zero"),
        ("POST", "/lab/prices/BTCUSDT", {"price": None}, 400, "price"),
        ("POST", "/lab/prices/BTCUSDT", {"price": "1000000.01"}, 422, "no order at that price may stand in BTCUSDT"),
        ("POST", "/lab/prices/BTCUSDT", {"price": "0.00999999"}, 422, "no order at that price may stand in BTCUSDT"),
        ("POST", "/lab/clock/advance", {"seconds": 1}, 409, "wall clock"),
        ("POST", "/lab/clock/advance", {"seconds": 0}, 400, "> 0"),
        ("POST", "/lab/clock/advance", {"seconds": 0.0001}, 400, "less than a millisecond"),
        ("POST", "/lab/clock/advance", {"seconds": 1e12}, 400, "<="),
        ("GET", "/lab/nowhere", None, 404, "no such address"),
        ("GET", "/lab/health/", None, 404, "no such address"),
        ("POST", "/lab/accounts/", {"name": "ann"}, 404, "no such address"),
        ("GET", "/lab/", None, 404, "no such address"),
        ("GET", "/lab", None, 404, "no such address"),
        ("DELETE", "/lab/accounts", None, 405, "another method"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_a_hint(
    lab: Served, method: str, path: str, body: object, status: int, error: str
) -> None:
    before = lab.exchange.state_hash()
    answer = lab.ask(method, path, body)
    assert set(answer.json()) == {"error", "hint"}
    assert answer.json()["hint"]
    assert (answer.status_code, error in answer.json()["error"]) == (status, True), answer.text
    changed = lab.exchange.state_hash()[1] != before[1]
    assert not changed or status in (404, 422), "what the lab refuses itself never reaches the journal"


def test_a_number_that_no_account_has_is_told_where_they_start(lab: Served) -> None:
    assert "accounts start at 1" in lab.ask("PATCH", "/lab/accounts/0", {"vip": 1}).json()["hint"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1]", b"null", b'{"name": "\xff"}'])
def test_a_body_that_is_no_object_is_refused(lab: Served, content: bytes) -> None:
    answer = lab.ask("POST", "/lab/accounts", content=content)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "hint"}


def test_no_body_means_the_defaults(lab: Served) -> None:
    nameless = lab.ask("POST", "/lab/accounts", content=b"")
    assert (nameless.status_code, "required field `name`" in nameless.json()["error"]) == (400, True)
    assert lab.ask("PATCH", ACCOUNT, content=b"").status_code == 200


def test_a_body_has_a_bound(lab: Served) -> None:
    assert lab.ask("POST", "/lab/accounts", content=b" " * 70_000).status_code == 413


def test_the_document_describes_every_route(lab: Served) -> None:
    document = lab.get("/lab/openapi.json").json()
    operations = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert operations == {(route.method, route.path) for route in ROUTES}
    assert document["components"]["schemas"]["NewAccount"]["additionalProperties"] is False
    movement = document["components"]["schemas"]["Movement"]
    assert set(movement["properties"]) == {"wallet", "symbol", "asset", "amount"}
    assert set(movement["required"]) == {"wallet", "asset", "amount"}
