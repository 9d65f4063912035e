"""What loans cost: the present, the next hour and the past, by VIP level."""

from __future__ import annotations

import pytest

from openmargin.domain.commands import ChangeAccount, SetRates
from tests.api.world import START_MS, World
from tests.api.worlds import with_asset

FEES = "/sapi/v1/margin/crossMarginData"
NEXT = "/sapi/v1/margin/next-hourly-interest-rate"
PAST = "/sapi/v1/margin/interestRateHistory"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
HOUR = START_MS - START_MS % HOUR_MS
"""The full hour in which the exchange began."""


def set_rates(world: World, asset: str, *daily: int) -> None:
    world.submit(SetRates(((asset, daily),)))


def history(world: World, **asked: object) -> list[tuple[str, int]]:
    answer = world.get(PAST, **{"asset": "BTC", **asked})
    assert answer.status == 200, answer.json
    return [(row["dailyInterestRate"], row["timestamp"]) for row in answer.json]


def test_fees_of_one_coin(world: World) -> None:
    [row] = world.get(FEES, coin="USDC").json
    assert row == {
        "vipLevel": 0,
        "coin": "USDC",
        "transferIn": True,
        "borrowable": True,
        "dailyInterest": "0.00016000",
        "yearlyInterest": "0.0584",
        "borrowLimit": "4000000",
        "marginablePairs": ["USDCUSDT", "BTCUSDC", "ETHUSDC", "BNBUSDC", "SOLUSDC", "XRPUSDC"],
    }


def test_fees_of_every_coin_and_of_other_levels(world: World) -> None:
    every = world.get(FEES).json
    assert [row["coin"] for row in every] == [asset.name for asset in world.exchange.venue.assets]
    [of_level] = world.get(FEES, coin="BTC", vipLevel="2").json
    world.submit(ChangeAccount(world.account_id, vip=2))
    [own] = world.get(FEES, coin="BTC").json
    assert own == of_level
    assert (own["vipLevel"], own["dailyInterest"], own["borrowLimit"]) == (2, "0.00012571", "90")
    [beyond] = world.get(FEES, coin="BTC", vipLevel="77").json
    assert (beyond["vipLevel"], beyond["borrowLimit"]) == (
        77,
        world.get(FEES, coin="BTC", vipLevel="9").json[0]["borrowLimit"],
    )
    assert world.get(FEES, coin="XYZ").code == -3027


def test_an_asset_that_is_not_lent_costs_nothing_and_has_no_next_rate() -> None:
    world = World(with_asset("LINK", borrowable=False, loan_terms=()))
    [row] = world.get(FEES, coin="LINK").json
    assert (row["borrowable"], row["dailyInterest"], row["yearlyInterest"], row["borrowLimit"]) == (
        False,
        "0.00000000",
        "0.0000",
        "0",
    )
    assert world.get(NEXT, assets="BTC,LINK", isIsolated="FALSE").code == -3012
    assert history(world, asset="LINK") == []
    world.close()


def test_the_next_hour_knows_the_rates_that_were_set(world: World) -> None:
    def next_rates() -> list[tuple[str, str]]:
        rows = world.get(NEXT, assets="BTC,ETH", isIsolated="TRUE").json
        return [(row["asset"], row["nextHourlyInterestRate"]) for row in rows]

    assert next_rates()[0] == ("BTC", "0.00000551")
    # 0.000137 a day is 0.0000057083 an hour, and 0.00013692 exactly half an atom less than 0.00000571.
    set_rates(world, "BTC", 13_700)
    assert next_rates()[0] == ("BTC", "0.00000571")
    set_rates(world, "BTC", 13_692)
    assert next_rates()[0] == ("BTC", "0.00000571")
    set_rates(world, "BTC", 13_691)
    assert next_rates()[0] == ("BTC", "0.00000570")
    assert world.get(FEES, coin="BTC").json[0]["dailyInterest"] == "0.00013233", "until the hour strikes"
    world.advance(HOUR_MS)
    assert world.get(FEES, coin="BTC").json[0]["dailyInterest"] == "0.00013691"


@pytest.mark.parametrize(
    ("assets", "code"),
    [
        (",".join(["BTC"] * 20), None),
        (",".join(["BTC"] * 21), -1130),
        ("BTC,XYZ", -3027),
        ("btc", -1100),
        ("BTC,", -1100),
        ("[]", -1130),
        ("[1]", -1135),
        ('["BTC","ETH"]', None),
    ],
)
def test_which_assets_have_a_next_rate(world: World, assets: str, code: int | None) -> None:
    assert world.get(NEXT, assets=assets, isIsolated="FALSE").code == code


def test_the_past_is_every_change_and_what_held_before(world: World) -> None:
    week_ago = world.now_ms - 7 * DAY_MS
    assert history(world) == [("0.00013233", HOUR)]
    assert world.get(PAST, asset="BTC", vipLevel="1").json[0]["dailyInterestRate"] == "0.00012968"
    assert history(world, startTime=week_ago, endTime=HOUR - 1) == []
    set_rates(world, "BTC", 20_000)
    assert history(world) == [("0.00013233", HOUR)], "it does not hold yet"
    world.advance(2 * HOUR_MS)
    set_rates(world, "BTC", 30_000, 25_000)
    world.advance(HOUR_MS)
    assert history(world) == [
        ("0.00030000", HOUR + 3 * HOUR_MS),
        ("0.00020000", HOUR + HOUR_MS),
        ("0.00013233", HOUR),
    ]
    # What held when the span began is of its first moment.
    start = HOUR + HOUR_MS + 1
    assert history(world, startTime=start) == [("0.00030000", HOUR + 3 * HOUR_MS), ("0.00020000", start)]
    world.advance(40 * DAY_MS)
    assert history(world) == [("0.00030000", world.now_ms - 7 * DAY_MS)]


def test_the_past_reaches_a_month(world: World) -> None:
    now = world.now_ms
    assert world.get(PAST, asset="BTC", startTime=now - 31 * DAY_MS).status == 200
    assert world.get(PAST, asset="BTC", startTime=now - 31 * DAY_MS - 1).code == -3011
    assert world.get(PAST, asset="BTC", startTime=now + 1).code == -3011
    assert world.get(PAST, asset="XYZ").code == -3027
