"""The crowd as a whole: who is there, and what is asked next."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from openmargin.domain.commands import (
    AnyCommand,
    ChangeAccount,
    CreateAccount,
    CreateKey,
    DelayLoanRepayments,
    Deposit,
    ExitSpecialKeyMode,
    Open,
    OpenIsolated,
    SetMaxLeverage,
)
from openmargin.domain.enums import KeyKind, Permission
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import E8
from openmargin.lab.workload.choices import Choices
from openmargin.lab.workload.crowd import ACCOUNTS, WORTH, Window
from openmargin.lab.workload.debtors import Debtors
from openmargin.lab.workload.funding import Funding
from openmargin.lab.workload.index_scripts import Scriptwriters
from openmargin.lab.workload.listening import Ears
from openmargin.lab.workload.lists import Lists
from openmargin.lab.workload.newcomers import Newcomers
from openmargin.lab.workload.outside import Outside


class Workload(Lists, Funding, Choices, Debtors, Outside):
    """Everybody, and their odds."""

    def __init__(self, seed: int, window: Window) -> None:
        super().__init__(seed, window)
        self.venue = msgspec.structs.replace(self.venue, house=self._house())
        if self.chance.random() < 0.6:
            self.venue = msgspec.structs.replace(self.venue, margin=self._margin(), orders=self._orders())
        self.first = self._people()
        if seed % 2 == 0:  # Not drawn, so that the other markets stay what they were.
            self.first.append(DelayLoanRepayments(30_000))
        self.beside = (Ears(seed, window), Newcomers(seed, window), Scriptwriters(seed))

    def opening(self) -> tuple[int, AnyCommand]:
        """The first thing asked of a blank exchange."""
        return self.at_ms, Open(self.venue, self.seed, 1)

    def _people(self) -> list[AnyCommand]:
        commands: list[AnyCommand] = []
        for number in range(1, ACCOUNTS + 1):
            master_id = 1 if number == ACCOUNTS else 0
            commands.append(CreateAccount(f"trader {number}", vip=number % 3, master_id=master_id))
            rich = self.chance.choice((6_000, 15_000, 60_000)) if self.is_stormy else 60_000
            for scope, worth in ((CROSS, rich), (SPOT, 20_000)):
                for asset in ("USDT", "BTC", "ETH"):
                    if scope == SPOT or not self.is_stormy or self.chance.random() < 0.7:
                        commands.append(Deposit(number, scope, asset, worth * E8 // WORTH.get(asset, 1)))
                commands.append(Deposit(number, scope, "BNB", self.chance.choice((1, 1_000_000, E8))))
            if self.is_stormy and self.chance.random() < 0.5:
                commands.append(SetMaxLeverage(number, "", 0, 5))
        for number, pair in ((1, "BTCUSDT"), (2, "BTCUSDT"), (3, "ETHBTC"), (4, "BNBUSDT")):
            commands.append(OpenIsolated(number, "", 0, pair))
            for asset in (pair[:3], pair[3:]):
                commands.append(Deposit(number, pair, asset, 15_000 * E8 // WORTH.get(asset, 1)))
        if self.chance.random() < 0.8:
            commands += [ChangeAccount(number, trade_group_id=5) for number in (1, 2)]
        commands += [
            ChangeAccount(number, terms_signed=True) for number in (1, 2, 3) if self.chance.random() < 0.8
        ]
        key = CreateKey(1, "reader", KeyKind.HMAC, "", (Permission.READ,), ())
        trader = CreateKey(1, "trader", KeyKind.HMAC, "", (Permission.READ, Permission.TRADE), ())
        commands += [key, trader]
        for account in (1, 2, 4):
            if self.chance.random() < (0.8 if self.is_stormy else 0.5):
                commands += [self._new_special_key(account, CROSS, ()) for _ in range(2)]
        if self.chance.random() < 0.2:  # As long as it owes nothing.
            commands.append(ExitSpecialKeyMode(2, "", 0))
        return commands

    def draw(self) -> tuple[int, AnyCommand]:
        """The next thing that somebody asks, and when."""
        asked = [command for command in [crowd.draw() for crowd in self.beside] if command is not None]
        if asked and not self.first:
            return self.at_ms, asked[0]
        self.at_ms += self._pause()
        if self.first:
            return self.at_ms, self.first.pop(0)
        makers: tuple[tuple[float, Callable[[], AnyCommand]], ...] = (
            (36, self._order),
            (6, self._against_self),
            (16, self._list),
            (9, self._cancel),
            (4, self._replace),
            (6, self._amend),
            (3, self._cancel_list),
            (3, self._cancel_all),
            (16, self._index),
            (8, self._borrow),
            (7, self._repay),
            (6, self._transfer),
            (8 if self.is_stormy else 2, self._deposit),
            (3, self._withdraw),
            (5, self._isolated),
            (2, self._leverage),
            (2, self._burn),
            (4, self._exchange),
            (4, self._reckless),
            (2, self._administer),
            (3, self._restrict),
            (5, self._special_key),
            (24 if self.is_stormy else 1, self._position),
            (22 if self.is_stormy else 1, self._storm),
            (0.7, self._manual),
            (16 if self._loan_debtors() else 0.3, self._repay_loan),
            (400 if self.window.liquidating() else 6 if self._loan_debtors() else 0, self._locked_out),
        )
        weights = [weight for weight, _ in makers]
        command = self.chance.choices([make for _, make in makers], weights)[0]()
        return self.at_ms, self._by_special_key(command)

    def _pause(self) -> int:
        """Mostly moments; now and then minutes, rarely hours, sometimes exactly to the full hour."""
        luck = self.chance.random()
        if self.window.liquidating() and luck < 0.97:
            return self.chance.choice((0, 0, 1, 7, 7, 150, 150, 499, 1_999, 2_000))
        if luck < 0.90:
            return self.chance.choice((0, 0, 1, 7, 150, 900))
        if luck < 0.96:
            return self.chance.randrange(1_000, 180_000)
        if luck < 0.98:
            return 3_600_000 - self.at_ms % 3_600_000 - self.chance.choice((0, 1))
        return self.chance.randrange(1, 5 * 3_600_000)


def commands(seed: int, steps: int, window: Window) -> Iterator[tuple[int, AnyCommand]]:
    """`steps` commands with their times, the opening first; what is drawn depends on what the window shows."""
    workload = Workload(seed, window)
    yield workload.opening()
    for _ in range(steps - 1):
        yield workload.draw()
