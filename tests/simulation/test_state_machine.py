"""Hypothesis invents the story: any command at any moment, with every invariant on and the twin as judge.

Unlike the workload, what it finds it makes small: a failure is the shortest story that shows it.
"""

from __future__ import annotations

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from openmargin.domain.commands import (
    Borrow,
    ChangeAccount,
    ChangeVenue,
    CloseIsolated,
    CreateSpecialKey,
    DeleteSpecialKeys,
    EndIndexScript,
    ExitSpecialKeyMode,
    OpenIsolated,
    PlaceOrder,
    Repay,
    ScriptIndex,
    SeedDebt,
    SetIndex,
    Transfer,
    Withdraw,
)
from openmargin.domain.enums import (
    KeyKind,
    OrderType,
    Pace,
    SelfTradePrevention,
    Side,
    SideEffect,
    StageKind,
    SymbolStatus,
    TimeInForce,
)
from openmargin.domain.ids import SPOT, Scope
from openmargin.domain.index_scripts import IndexStage
from openmargin.domain.money import E8
from openmargin.domain.venue import CommissionRates
from tests.simulation.machine import (
    PAIR,
    accounts,
    assets,
    effects,
    margins,
    part_of,
    parts,
    sides,
    special_keys,
    symbols,
    traders,
)
from tests.simulation.machine_orders import Ordering

STEPS = 60


class Market(Ordering):
    """Everything that may be asked: orders, and what is done around them."""

    @rule(account=accounts, opens=st.booleans())
    def open_or_close(self, account: int, opens: bool) -> None:
        self.submit((OpenIsolated if opens else CloseIsolated)(account, "", 0, PAIR))

    @rule(account=accounts, scope=margins, asset=assets, part=parts)
    def borrow(self, account: int, scope: Scope, asset: str, part: tuple[int, int, int]) -> None:
        amount = part_of(self.twin.borrowable(account, scope, asset), part)
        self.submit(Borrow(account, "", 0, scope, asset, amount))

    @rule(account=accounts, scope=margins, asset=assets, part=parts)
    def repay(self, account: int, scope: Scope, asset: str, part: tuple[int, int, int]) -> None:
        amount = part_of(self.twin.owed(account, scope, asset), part)
        self.submit(Repay(account, "", 0, scope, asset, amount))

    @rule(account=accounts, scope=margins, asset=assets, part=parts, out=st.booleans(), away=st.booleans())
    def move(
        self, account: int, scope: Scope, asset: str, part: tuple[int, int, int], out: bool, away: bool
    ) -> None:
        source, target = (scope, SPOT) if out else (SPOT, scope)
        most = self.twin.free(account, source, asset)
        if out:
            most = min(most, self.twin.transferable(account, source, asset))
        amount = part_of(most, part)
        if away:
            self.submit(Withdraw(account, source, asset, amount))
        else:
            self.submit(Transfer(account, "", 0, source, target, asset, amount))

    @rule(
        moves=st.dictionaries(symbols, st.integers(-120, 120), min_size=1),
        lots=st.sampled_from([None, None, -1, 0, 3]),
        side=sides,
    )
    def move_index(self, moves: dict[str, int], lots: int | None, side: Side) -> None:
        """Prices that the walk sets, or that come with what was traded on the way."""
        prices = tuple(
            (symbol, max(1, self.twin.index[symbol] * (1_000 + move) // 1_000))
            for symbol, move in moves.items()
        )
        trades = ((next(iter(moves)), lots * 1_000_000, side),) if lots is not None else ()
        self.submit(SetIndex(prices, int(not trades), trades))

    @rule(
        symbol=symbols,
        share=st.integers(700, 1_300),
        moves=st.integers(1, 5),
        lasts_ms=st.sampled_from([0, 7, 1_000, 60_000]),
        pace=st.sampled_from(Pace),
        stop_ms=st.sampled_from([0, 500, 90_000]),
    )
    def script_index(
        self, symbol: str, share: int, moves: int, lasts_ms: int, pace: Pace, stop_ms: int
    ) -> None:
        """A pair, or the base asset in all its pairs, goes somewhere, after its feed had stopped, or at once."""
        move = IndexStage(StageKind.MOVE, lasts_ms, moves, 0, share * E8 // 1_000, pace)
        stages = (IndexStage(StageKind.STOP, stop_ms), move) if stop_ms else (move,)
        assets = (symbol[:3],) if share % 5 == 0 else ()
        self.submit(ScriptIndex("" if assets else symbol, assets, stages))

    @rule(script_id=st.integers(0, 3))
    def end_script(self, script_id: int) -> None:
        self.submit(EndIndexScript(script_id))

    @rule(account=accounts, scope=margins, asset=assets, part=parts, interest=st.integers(0, 2))
    def bring_debt(
        self, account: int, scope: Scope, asset: str, part: tuple[int, int, int], interest: int
    ) -> None:
        most = self.twin.borrowable(account, scope, asset)
        self.submit(SeedDebt(account, scope, asset, part_of(most, part), interest))

    @rule(milliseconds=st.one_of(st.integers(0, 90_000), st.sampled_from([3_600_000, 86_400_000])))
    def wait(self, milliseconds: int) -> None:
        self.now += milliseconds
        self.submit(SetIndex(()))

    @rule()
    def wait_for_the_hour(self) -> None:
        self.now += 3_600_000 - self.now % 3_600_000
        self.submit(SetIndex(()))

    @rule()
    def restart(self) -> None:
        self.target.reload()

    @rule(who=traders, key=special_keys, name=st.sampled_from(["bot", "desk"]), kind=st.sampled_from(KeyKind))
    def make_special_key(self, who: tuple[int, Scope], key: str, name: str, kind: KeyKind) -> None:
        account, scope = who
        ips = ("10.0.0.7",) if name == "desk" else ()
        self.submit(CreateSpecialKey(account, "", 0, scope, key, name, kind, "", ips, name == "bot"))

    @rule(who=traders, key=special_keys, symbol=symbols, side=sides, lots=st.integers(1, 9), effect=effects)
    def trade_with_special_key(
        self, who: tuple[int, Scope], key: str, symbol: str, side: Side, lots: int, effect: SideEffect
    ) -> None:
        (account, scope), key = self._owner_of_special_key(who, key)
        price = self.twin.index[symbol] // 10**6 * 10**6
        self.submit(
            PlaceOrder(
                account,
                key,
                0,
                scope,
                symbol,
                side,
                OrderType.LIMIT,
                TimeInForce.GTC,
                lots * 100_000,
                0,
                price,
                "",
                SelfTradePrevention.NONE,
                effect if lots == 3 else SideEffect.NO_SIDE_EFFECT,
                True,
            )
        )

    @rule(who=traders, key=st.one_of(st.just(""), special_keys))
    def delete_special_keys(self, who: tuple[int, Scope], key: str) -> None:
        (account, scope), key = self._owner_of_special_key(who, key) if key else (who, key)
        self.submit(DeleteSpecialKeys(account, "", 0, scope, key, "bot"))

    def _owner_of_special_key(self, who: tuple[int, Scope], key: str) -> tuple[tuple[int, Scope], str]:
        """A key that there is, with its account and scope; where there is none, what was asked for."""
        there_are = list(self.twin.keys.values())
        if not there_are:
            return who, key
        chosen = there_are[int(key[1:]) % len(there_are)]
        return (chosen.account_id, chosen.scope if who[1] != SPOT else who[1]), chosen.api_key

    @rule(account=accounts)
    def leave_special_mode(self, account: int) -> None:
        self.submit(ExitSpecialKeyMode(account, "", 0))

    @rule(account=accounts, vip=st.integers(-1, 3))
    def promote(self, account: int, vip: int) -> None:
        self.submit(ChangeAccount(account, vip=vip))

    @rule(
        house=st.booleans(),
        levels=st.integers(1, 4),
        latency_ms=st.sampled_from([0, 0, 150, 2_000]),
        fee=st.integers(0, 1_000_000),
        closed=st.booleans(),
        backwards=st.booleans(),
    )
    def change_rules(
        self, house: bool, levels: int, latency_ms: int, fee: int, closed: bool, backwards: bool
    ) -> None:
        replace = msgspec.structs.replace
        status = SymbolStatus.BREAK if closed else SymbolStatus.TRADING
        symbols = tuple(
            replace(rules, status=status) if rules.name == "ETHBTC" else rules for rules in self.venue.symbols
        )
        self.venue = replace(
            self.venue,
            house=replace(self.venue.house, enabled=house, levels=levels, latency_ms=latency_ms),
            commissions=(CommissionRates(fee // 2, fee),),
            symbols=symbols[::-1] if backwards else symbols,
        )
        self.submit(ChangeVenue(self.venue))


TestMarket = Market.TestCase
TestMarket.settings = settings(settings.default, stateful_step_count=STEPS)
