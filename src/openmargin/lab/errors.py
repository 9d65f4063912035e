"""How the lab refuses: a status, what was wrong, and how to mend it."""

from __future__ import annotations

from typing import Final

from openmargin.domain.reasons import Reason, Rejected


class Refused(Exception):
    """A request cannot be done."""

    def __init__(self, status: int, error: str, hint: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.hint = hint


_REASONS: Final[dict[Reason, tuple[int, str, str]]] = {
    Reason.UNKNOWN_ACCOUNT: (404, "there is no such account", "POST /lab/accounts makes one"),
    Reason.UNKNOWN_SYMBOL: (404, "there is no such symbol", "GET /api/v3/exchangeInfo lists them"),
    Reason.UNKNOWN_ASSET: (404, "there is no such asset", "the venue file lists them"),
    Reason.UNKNOWN_MASTER: (422, "there is no account with that masterId", "make the master account first"),
    Reason.UNKNOWN_VIP_LEVEL: (
        422,
        "there is no such VIP level",
        "the rows of `commissions` in the venue file are them",
    ),
    Reason.UNKNOWN_SCOPE: (
        422,
        "that isolated account is not open",
        "POST /sapi/v1/margin/isolated/account opens it",
    ),
    Reason.TOO_MANY_KEYS: (
        422,
        "the account has as many keys as it may",
        "make another account, or raise special_keys.keys_max in the venue file",
    ),
    Reason.KEY_EXISTS: (409, "that key exists already", "ask again: another key will be drawn"),
    Reason.WITHDRAW_BALANCE_SHORT: (
        422,
        "the free balance is smaller than that",
        "withdraw less, or cancel what locks it",
    ),
    Reason.ABOVE_MAX_TRANSFERABLE: (422, "the debt needs that collateral", "withdraw less, or repay first"),
    Reason.TRANSFER_LEVEL_TOO_LOW: (422, "the margin level is too low to take anything out", "repay first"),
    Reason.INVENTORY_SHORT: (
        422,
        "more of it is lent than that",
        "write a larger capital, or wait for repayments",
    ),
    Reason.ABOVE_SUPPLY: (422, "so much of it cannot be in the world", "write a smaller number"),
    Reason.RATES_WRONG: (422, "that asset is not lent", "give it loan_terms in the venue file"),
    Reason.AMOUNT_NOT_POSITIVE: (422, "the amount is not above zero", "write an amount above zero"),
    Reason.SCRIPT_TAKEN: (
        409,
        "another script moves that index",
        "GET /lab/index/scripts shows it: wait, or end it with DELETE",
    ),
    Reason.UNKNOWN_SCRIPT: (
        404,
        "no such script goes on",
        "GET /lab/index/scripts shows those that do",
    ),
    Reason.INDEX_NOT_POSITIVE: (422, "the price is not above zero", "write a price above zero"),
}


def refused(rejection: Rejected) -> Refused:
    """The exchange's refusal in the lab's words."""
    if rejection.reason is Reason.SCRIPT_WRONG:
        return Refused(
            422, f"the script cannot be played: {rejection.detail}", "docs/prices.md says what a stage takes"
        )
    if rejection.reason in _REASONS:
        return Refused(*_REASONS[rejection.reason])
    rule = rejection.reason.name.lower().replace("_", " ")
    return Refused(
        422, f"the exchange refuses: {rule} {rejection.detail}".rstrip(), "mend what the rule names"
    )
