"""Rates, pools, restrictions and dates as the operator changes them while the exchange runs."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openmargin.domain.commands import Borrow
from tests.lab.bench import Served, served

HOUR_MS = 3_600_000


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    with served(monkeypatch, tmp_path, clock="virtual") as running:
        yield running


def test_rates_hold_from_the_next_full_hour_on(lab: Served) -> None:
    now = lab.get("/lab/state").json()["time"]
    answer = lab.post("/lab/rates/USDT", {"dailyRates": ["0.0002", 0]}).json()
    from_time = now - now % HOUR_MS + HOUR_MS
    assert answer == {"asset": "USDT", "dailyRates": ["0.00020000", "0.00000000"], "fromTime": from_time}
    rates = lab.exchange.live.rates("USDT")
    assert rates is not None
    assert rates.daily_next_hour == (20_000, 0)
    assert rates.daily != rates.daily_next_hour
    lab.post("/lab/clock/advance", {"seconds": 3600})
    rates = lab.exchange.live.rates("USDT")
    assert rates is not None
    assert rates.daily == (20_000, 0)


def test_an_asset_changes_only_where_asked(lab: Served) -> None:
    before = lab.ask("PATCH", "/lab/assets/BTC", {}).json()
    assert set(before) == {
        "asset", "borrowable", "poolCapital", "openLongRestricted", "maxCollateral", "listTime", "delistTime",
    }  # fmt: skip
    changes: dict[str, Any] = {"openLongRestricted": True, "maxCollateral": "7.50000000"}
    assert lab.ask("PATCH", "/lab/assets/BTC", changes).json() == {**before, **changes}
    assert lab.exchange.live.restricted().open_long == ("BTC",)
    assert lab.ask("PATCH", "/lab/assets/BTC", {"maxCollateral": 0}).json()["openLongRestricted"] is True


def test_a_pool_grows_and_shrinks(lab: Served) -> None:
    for capital in ("20000.00000000", "1.00000000"):
        answer = lab.ask("PATCH", "/lab/assets/BTC", {"poolCapital": capital}).json()
        assert answer["poolCapital"] == capital
        assert lab.exchange.live.inventory("BTC") == int(float(capital) * 10**8)


def test_a_pool_does_not_shrink_below_what_is_lent(lab: Served) -> None:
    account = lab.account()
    path = f"/lab/accounts/{account['accountId']}"
    lab.post(f"{path}/deposit", {"wallet": "CROSS", "asset": "USDT", "amount": "200000"})
    lab.run(lab.exchange.submit(Borrow(account["accountId"], "", 0, "cross", "BTC", 2 * 10**8)))
    refusal = lab.ask("PATCH", "/lab/assets/BTC", {"poolCapital": "1.99999999"})
    assert (refusal.status_code, refusal.json()["error"]) == (422, "more of it is lent than that")
    assert lab.ask("PATCH", "/lab/assets/BTC", {"poolCapital": "2"}).status_code == 200


def test_two_changes_at_once_both_hold(lab: Served) -> None:
    async def both() -> None:
        await asyncio.gather(
            lab.client.patch("/lab/assets/BTC", json={"maxCollateral": "1"}),
            lab.client.patch("/lab/assets/ETH", json={"maxCollateral": "2"}),
        )

    lab.run(both())
    caps = {asset.name: asset.max_collateral for asset in lab.exchange.venue.assets}
    assert (caps["BTC"], caps["ETH"]) == (10**8, 2 * 10**8)


def test_a_delisting_comes_with_the_clock(lab: Served) -> None:
    now = lab.get("/lab/state").json()["time"]
    body = {"delistTime": now + 5000}
    assert lab.ask("PATCH", "/lab/symbols/LTCBTC", body).json() == {"symbol": "LTCBTC", "listTime": 0, **body}
    assert lab.ask("PATCH", "/lab/assets/LTC", {"delistTime": now + 5000}).json()["delistTime"] == now + 5000
    lab.post("/lab/clock/advance", {"seconds": 6})
    later = {"listTime": now + 60_000, "delistTime": 0}
    assert lab.ask("PATCH", "/lab/symbols/LTCBTC", later).json() == {"symbol": "LTCBTC", **later}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("POST", "/lab/rates/DOGS", {"dailyRates": ["0.1"]}, 404, "no such asset"),
        ("POST", "/lab/rates/BTC", {"dailyRates": []}, 400, "length"),
        ("POST", "/lab/rates/BTC", {"dailyRates": ["1.1"]}, 400, "more than the loan"),
        ("POST", "/lab/rates/BTC", {"dailyRates": ["-0.1"]}, 400, "not above zero"),
        ("POST", "/lab/rates/BTC", {"dailyRates": ["0.000000001"]}, 400, "decimals"),
        ("PATCH", "/lab/assets/DOGS", {"borrowable": False}, 404, "no such asset"),
        ("PATCH", "/lab/assets/BTC", {"poolCapital": "-1"}, 400, "not above zero"),
        ("PATCH", "/lab/assets/BTC", {"delistTime": -1}, 400, ">= 0"),
        ("PATCH", "/lab/assets/BTC", {"listTime": 5, "delistTime": 5}, 400, "leave before it comes"),
        ("PATCH", "/lab/symbols/DOGS", {"delistTime": 5}, 404, "no such symbol"),
        ("PATCH", "/lab/symbols/BTCUSDT", {"poolCapital": 5}, 400, "poolCapital"),
        ("GET", "/lab/accounts/99", None, 404, "no such account"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_hint(
    lab: Served, method: str, path: str, body: object, status: int, error: str
) -> None:
    answer = lab.ask(method, path, body)
    assert (answer.status_code, error in answer.json()["error"]) == (status, True), answer.text
    assert answer.json()["hint"]


def test_the_house_and_the_walk_change_only_where_asked(lab: Served) -> None:
    before = lab.ask("PATCH", "/lab/house", {}).json()
    changes = {"levels": 3, "spread": "0.01", "latencyMs": 250, "walkJumpChance": "0.01", "walkStepMs": 500}
    after = lab.ask("PATCH", "/lab/house", changes).json()
    shown = {"spread": "0.01000000", "walkJumpChance": "0.01000000"}
    assert after == {**before, **changes, **shown}
    lab.post("/lab/prices/BTCUSDT", {"price": "50000"})
    lab.post("/lab/clock/advance", {"seconds": 1})
    depth = lab.exchange.live.depth("BTCUSDT", 10)
    assert len(depth.bids) == 3
    assert depth.asks[0][0] - depth.bids[0][0] == 500 * 10**8


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"levelGap": "0.1"}, "lowest quote"),
        ({"walkVolatility": "0.1"}, "price to zero"),
        ({"walkJump": "0.2"}, "price to zero"),
        ({"walkJumpChance": "1.1"}, "price to zero"),
        ({"levels": 0}, "levels"),
        ({"latencyMs": -1}, "latencyMs"),
    ],
)
def test_a_house_that_could_not_quote_is_refused(lab: Served, changes: dict[str, Any], error: str) -> None:
    answer = lab.ask("PATCH", "/lab/house", changes)
    assert answer.status_code in (400, 422)
    assert error in answer.json()["error"]
