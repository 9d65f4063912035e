"""The exchange that a scenario is played on, and who and what has a name there."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from openmargin.config.venue_file import ConfigError, venue_of
from openmargin.scenarios.reading import ScenarioError
from openmargin.scenarios.shapes import Account as Beginner
from openmargin.scenarios.shapes import Scenario
from openmargin.sdk import Exchange, Refused
from openmargin.sdk.account import Account, TradingAccount
from openmargin.sdk.facts import Event

SPOT: Final = "spot"
CROSS: Final = "cross"


@dataclass(frozen=True)
class Named:
    """Somebody's order."""

    who: str
    symbol: str
    order_id: int


@dataclass
class Stage:
    """Open until `close`; `exchange` is another after a restart."""

    exchange: Exchange
    orders: dict[str, Named] = field(default_factory=dict[str, Named])
    keys: dict[int, str] = field(default_factory=dict[int, str])
    """The special key of an account in Special Key Mode, which then acts for its cross account."""
    past: list[Event] = field(default_factory=list[Event])
    """What happened before the last restart."""
    _stack: ExitStack = field(default_factory=ExitStack)

    def account(self, name: str) -> Account:
        """Who has a name. KeyError where nobody has."""
        for account in self.exchange.accounts:
            if account.name == name:
                return account
        raise KeyError(name)

    def wallets(self, who: str) -> TradingAccount:
        """Whom "ann", "ann spot" or "ann BTCUSDT" means; ScenarioError where nobody is meant."""
        name, _, scope = who.partition(" ")
        try:
            account = self.account(name)
        except KeyError:
            known = ", ".join(one.name for one in self.exchange.accounts)
            raise ScenarioError(f"{who!r} is nobody: the accounts are {known}") from None
        if scope == SPOT:
            return account.spot
        if scope in ("", CROSS):
            key = self.keys.get(account.id)
            return account if key is None else account.with_key(key)
        return account.isolated(scope)

    def order(self, name: str) -> Named:
        """The order that a step has named; ScenarioError where none has."""
        if name not in self.orders:
            raise ScenarioError(f"no step has placed an order named {name!r} by then")
        return self.orders[name]

    def events(self, kind: str) -> list[Event]:
        """Everything of a kind that has happened; ValueError where there is no such kind."""
        since = self.exchange.events(kind)
        return [event for event in self.past if event.kind == kind] + since

    def restart(self) -> None:
        """End the exchange and open it again from its journal, on disk from now on."""
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.past += self.exchange.events()
        self.exchange.save(folder / "exchange")
        self.exchange.close()
        self.exchange = Exchange(folder / "exchange")

    def close(self) -> None:
        self.exchange.close()
        self._stack.close()


def set_up(scenario: Scenario) -> Stage:
    """A new exchange with the scenario's rules and accounts; raises ScenarioError."""
    try:
        venue = venue_of("venue", dict(scenario.venue)) if scenario.venue else None
    except ConfigError as problem:
        raise ScenarioError(str(problem)) from None
    try:
        stage = Stage(Exchange(venue=venue, seed=scenario.seed, start=scenario.start))
    except ValueError as problem:
        raise ScenarioError(f"start: {problem}") from None
    try:
        for beginner in scenario.accounts:
            _bring(stage, beginner)
    except BaseException:
        stage.close()
        raise
    return stage


def _bring(stage: Stage, beginner: Beginner) -> None:
    """Make an account, and give it what it begins with. Raises ScenarioError."""
    exchange = stage.exchange
    if any(account.name == beginner.name for account in exchange.accounts):
        raise ScenarioError(f"accounts: there are two of the name {beginner.name!r}")
    try:
        account = exchange.account(
            beginner.name, vip=beginner.vip, terms_signed=beginner.terms_signed or None
        )
        for asset, amount in beginner.spot.items():
            account.spot.deposit(asset, amount)
        for asset, amount in beginner.cross.items():
            account.deposit(asset, amount)
        for symbol, purse in beginner.isolated.items():
            isolated = account.isolated(symbol).open()
            for asset, amount in purse.items():
                isolated.deposit(asset, amount)
    except (Refused, ValueError, KeyError) as problem:
        raise ScenarioError(f"accounts: {beginner.name}: {problem}") from None
