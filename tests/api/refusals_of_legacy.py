"""What legacy paths refuse with: what their successors do, told in their own words. And a good request of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import structs

from openmargin.domain.reasons import Reason
from tests.api.bankruptcy import SLOW, bankrupt, isolated_in_liquidation
from tests.api.refusals import Asked, Case
from tests.api.world import World
from tests.api.worlds import with_asset, with_margin, with_symbol

TRANSFER: Final = "/sapi/v1/margin/transfer"
LOAN: Final = "/sapi/v1/margin/loan"
REPAY: Final = "/sapi/v1/margin/repay"
CREATE: Final = "/sapi/v1/margin/isolated/create"
ISOLATED: Final = "/sapi/v1/margin/isolated/transfer"
BTCUSDT: Asked = {"base": "BTC", "quote": "USDT"}
HERE: Asked = {"isIsolated": "TRUE", "symbol": "BTCUSDT"}
AMOUNT: Asked = {"asset": "USDT", "amount": "100"}
INTO: Asked = {**AMOUNT, "symbol": "BTCUSDT", "transFrom": "SPOT", "transTo": "ISOLATED_MARGIN"}
OUT_OF: Asked = {**INTO, "transFrom": "ISOLATED_MARGIN", "transTo": "SPOT"}

_CROSS_TYPES: Final = {"MAIN_MARGIN": "1", "MARGIN_MAIN": "2"}
_LOAN_PATHS: Final = {"BORROW": LOAN, "REPAY": REPAY}
_OF_BOTH: Final = (Reason.UNKNOWN_SCOPE, Reason.AMOUNT_NOT_POSITIVE, Reason.UNKNOWN_ASSET)
"""What loans and repayments are refused with alike."""


def translated(cases: Iterable[Case]) -> list[Case]:
    """The cases of the successors under their older names."""
    found: list[Case] = []
    for case in cases:
        kind = str(case.asked.get("type"))
        asked = {name: value for name, value in case.asked.items() if name != "type"}
        if case.endpoint == "POST /sapi/v1/asset/transfer" and kind in _CROSS_TYPES:
            older = {**asked, "type": _CROSS_TYPES[kind]}
            found.append(structs.replace(case, endpoint=f"POST {TRANSFER}", asked=older))
        elif case.endpoint == "POST /sapi/v1/margin/borrow-repay":
            paths = (LOAN, REPAY) if case.reason in _OF_BOTH else (_LOAN_PATHS[kind],)
            found += [structs.replace(case, endpoint=f"POST {path}", asked=asked) for path in paths]
        elif case.endpoint == "POST /sapi/v1/margin/isolated/account":
            older = {"base": str(asked["symbol"]).removesuffix("USDT"), "quote": "USDT"}
            if case.reason is not Reason.UNKNOWN_SYMBOL:
                found.append(structs.replace(case, endpoint=f"POST {CREATE}", asked=older))
    return found


def opened(world: World) -> None:
    assert world.post(CREATE, **BTCUSDT).status == 200


def funded(world: World) -> None:
    opened(world)
    world.deposit("USDT", "1000", "BTCUSDT")


def in_debt(world: World) -> None:
    funded(world)
    assert world.post(LOAN, **AMOUNT, **HERE).status == 200


def deep_in_debt(world: World) -> None:
    funded(world)
    assert world.post(LOAN, asset="USDT", amount="4000", **HERE).status == 200


def grown_old(world: World) -> None:
    in_debt(world)
    world.advance(1_001)


def bankrupt_and_funded(world: World) -> None:
    bankrupt(world)
    funded(world)


CASES: Final = [
    Case(f"POST {ISOLATED}", reason, asked, prepare, venue)
    for reason, asked, prepare, venue in (
        (Reason.UNKNOWN_SCOPE, INTO, None, None),
        (Reason.UNKNOWN_ASSET, {**INTO, "asset": "XYZ"}, opened, None),
        (Reason.AMOUNT_NOT_POSITIVE, {**INTO, "amount": "0"}, opened, None),
        (Reason.ASSET_NOT_IN_PAIR, {**INTO, "asset": "ETH"}, opened, None),
        (Reason.ASSET_NOT_COLLATERAL, INTO, opened, with_asset("USDT", collateral=False)),
        (Reason.ASSET_DELISTED, INTO, opened, with_symbol("BTCUSDT", delist_at_ms=1 << 42)),
        (Reason.TRANSFER_BALANCE_SHORT, OUT_OF, opened, None),
        (Reason.TRANSFER_LEVEL_TOO_LOW, OUT_OF, deep_in_debt, None),
        (Reason.ABOVE_MAX_TRANSFERABLE, {**OUT_OF, "amount": "1050"}, in_debt, None),
        (Reason.NO_INDEX_PRICE, OUT_OF, grown_old, with_margin(index_max_age_ms=1_000)),
        (Reason.LIQUIDATING_NO_TRANSFER_IN, INTO, isolated_in_liquidation, SLOW),
        (Reason.LIQUIDATING_NO_TRANSFER_OUT, OUT_OF, isolated_in_liquidation, SLOW),
        (Reason.LIQUIDATION_LOAN_OWED, OUT_OF, bankrupt_and_funded, None),
    )
]

GOOD: Final[dict[str, Asked]] = {
    f"POST {TRANSFER}": {**AMOUNT, "type": "1"},
    f"POST {LOAN}": AMOUNT,
    f"POST {REPAY}": AMOUNT,
    f"POST {CREATE}": BTCUSDT,
    f"POST {ISOLATED}": INTO,
}
