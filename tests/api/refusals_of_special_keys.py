"""What the endpoints of special keys and of the liquidation loan refuse with, and a good request of each."""

from __future__ import annotations

from typing import Final

from openmargin.domain.commands import ChangeAccount
from openmargin.domain.enums import AccountType
from openmargin.domain.reasons import Reason
from tests.api.bankruptcy import SLOW, bankrupt, in_liquidation, repaying
from tests.api.refusals import Asked, Case
from tests.api.world import World
from tests.api.worlds import with_special_keys

KEYS: Final = "/sapi/v1/margin/apiKey"
EXIT: Final = "/sapi/v1/margin/exit-special-key-mode"
LOANS: Final = "/sapi/v1/margin/borrow-repay"
REPAY: Final = "/sapi/v1/margin/liquidation-loan/repay"
SPECIAL: Asked = {"apiName": "bot"}
NO_SUCH_KEY: Asked = {"apiKey": "x" * 64}
KEY_IPS: Final = f"{KEYS}/ip"
REPAYMENT: Asked = {"asset": "USDC", "amount": "1"}
TWO_IPS: Asked = {"ip": "10.0.0.1,10.0.0.2"}


def vip(world: World) -> None:
    world.submit(ChangeAccount(world.account_id, vip=7, terms_signed=True))


def with_a_special_key(world: World) -> Asked:
    vip(world)
    return {"apiKey": world.post(KEYS, **SPECIAL).json["apiKey"]}


def left_the_mode(world: World) -> None:
    with_a_special_key(world)
    assert world.post(EXIT).status == 200


def in_the_mode_with_a_debt(world: World) -> None:
    with_a_special_key(world)
    answer = world.post(LOANS, asset="USDT", amount="100", type="BORROW")
    assert answer.status == 200, answer.json


def in_the_mode_on_portfolio_margin(world: World) -> None:
    with_a_special_key(world)
    world.submit(ChangeAccount(world.account_id, account_type=AccountType.PORTFOLIO_MARGIN))


CASES: Final = [
    Case(f"POST {KEYS}", reason, {**SPECIAL, **asked}, prepare, venue)
    for reason, asked, prepare, venue in (
        (Reason.UNKNOWN_SCOPE, {"symbol": "BTCUSDT"}, vip, None),
        (Reason.PRODUCT_HAS_NO_SPECIAL_KEYS, {}, in_the_mode_on_portfolio_margin, None),
        (Reason.VIP_TOO_LOW, {}, None, None),
        (Reason.TERMS_NOT_SIGNED, {}, None, with_special_keys(min_vip=0)),
        (Reason.LIQUIDATION_LOAN_OWED, {}, bankrupt, None),
        (Reason.LIQUIDATING, {}, in_liquidation, SLOW),
        (Reason.SPECIAL_KEY_COOLDOWN, {}, left_the_mode, None),
        (Reason.KEY_NAME_WRONG, {"apiName": " bot"}, vip, None),
        (Reason.TOO_MANY_IPS, TWO_IPS, vip, with_special_keys(ips_max=1)),
        (Reason.TOO_MANY_KEYS, {}, with_a_special_key, with_special_keys(keys_max=2)),
    )
]
CASES += [
    Case(f"GET {KEYS}", Reason.UNKNOWN_SPECIAL_KEY, NO_SUCH_KEY, vip),
    Case(f"PUT {KEY_IPS}", Reason.UNKNOWN_SPECIAL_KEY, {**NO_SUCH_KEY, "ip": "10.0.0.7"}, vip),
    Case(f"PUT {KEY_IPS}", Reason.TOO_MANY_IPS, TWO_IPS, with_a_special_key, with_special_keys(ips_max=1)),
    Case(f"DELETE {KEYS}", Reason.UNKNOWN_SPECIAL_KEY, {"apiName": "nobody"}, vip),
    Case(f"POST {EXIT}", Reason.PRODUCT_HAS_NO_SPECIAL_KEYS, {}, in_the_mode_on_portfolio_margin),
    Case(f"POST {EXIT}", Reason.SPECIAL_MODE_HAS_DEBT, {}, in_the_mode_with_a_debt),
    Case(f"POST {EXIT}", Reason.LIQUIDATION_LOAN_OWED, {}, bankrupt),
    Case(f"POST {EXIT}", Reason.LIQUIDATING, {}, in_liquidation, SLOW),
]
CASES += [
    Case(f"POST {REPAY}", reason, {**REPAYMENT, **asked}, prepare)
    for reason, asked, prepare in (
        (Reason.NO_LIQUIDATION_LOAN, {}, None),
        (Reason.LIQUIDATION_LOAN_ASSET, {"asset": "USDT"}, bankrupt),
        (Reason.AMOUNT_NOT_POSITIVE, {"amount": "0"}, bankrupt),
        (Reason.ABOVE_LIQUIDATION_LOAN, {"amount": "1000000"}, bankrupt),
        (Reason.SPOT_BALANCE_SHORT, {"amount": "10001"}, bankrupt),
        (Reason.LOAN_REPAYMENT_PENDING, {}, repaying),
    )
]

GOOD: Final[dict[str, Asked]] = {
    f"POST {KEYS}": SPECIAL,
    f"PUT {KEY_IPS}": {**NO_SUCH_KEY, "ip": "10.0.0.7"},
    f"DELETE {KEYS}": NO_SUCH_KEY,
    f"POST {EXIT}": {},
    f"POST {REPAY}": REPAYMENT,
}
