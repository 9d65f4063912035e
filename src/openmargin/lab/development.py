"""The development accounts that every exchange has, with money to begin with and keys that everybody knows."""

from __future__ import annotations

from typing import Final

from openmargin.domain.commands import AnyCommand, CreateAccount, CreateKey, Deposit
from openmargin.domain.enums import KeyKind, Permission
from openmargin.domain.events import AccountChanged, AnyEvent
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import E8
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.secrets import DEVELOPMENT_ACCOUNTS, DEVELOPMENT_API_KEYS

_MONEY: Final = (
    (SPOT, "USDT", 100_000),
    (SPOT, "USDC", 100_000),
    (SPOT, "BTC", 2),
    (SPOT, "ETH", 30),
    (SPOT, "BNB", 200),
    (CROSS, "USDT", 50_000),
)
"""What each account begins with; the collateral lets a first session borrow at once."""


async def ensure_development_accounts(exchange: Exchange) -> None:
    """Make what is missing of them. An account's key comes last, so one that has it is complete."""
    for name, api_key in zip(DEVELOPMENT_ACCOUNTS, DEVELOPMENT_API_KEYS, strict=True):
        if exchange.live.key(api_key) is None:
            await _create(exchange, name, api_key)


async def _create(exchange: Exchange, name: str, api_key: str) -> None:
    events = await _do(exchange, CreateAccount(name))
    account_id = next(event.account_id for event in events if isinstance(event, AccountChanged))
    assets = {asset.name for asset in exchange.venue.assets}
    for scope, asset, amount in _MONEY:
        if asset in assets:
            await _do(exchange, Deposit(account_id, scope, asset, amount * E8))
    await _do(exchange, CreateKey(account_id, api_key, KeyKind.DEVELOPMENT, "", tuple(Permission), ()))


async def _do(exchange: Exchange, command: AnyCommand) -> tuple[AnyEvent, ...]:
    outcome = await exchange.submit(command)
    assert outcome.rejection is None, f"a sound venue takes {command}, but: {outcome.rejection}"
    return outcome.events
