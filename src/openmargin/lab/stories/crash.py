"""The crash: 200 accounts, cross and isolated, live through an hour in which the index falls by 40 %.

Owns: what became of everybody, as the exchange told it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from enum import Enum
from typing import Final

import msgspec
from msgspec import Struct

from openmargin.domain.commands import AnyCommand, Deposit, Open, RepayLiquidationLoan, Tick
from openmargin.domain.enums import LiquidationEnd
from openmargin.domain.events import (
    LiquidationBegan,
    LiquidationEnded,
    LiquidationLoanChanged,
    MarginStatusChanged,
    OrderFilled,
    OrderOpened,
)
from openmargin.domain.ids import SPOT, Scope
from openmargin.domain.money import Atoms, format_fixed, format_short
from openmargin.domain.reasons import Rejected
from openmargin.domain.views import FundView
from openmargin.lab.stories import crash_market
from openmargin.lab.stories.crash_market import MINUTE_MS, STEPS, Kind
from openmargin.lab.stories.thirty_days import EPOCH, START_MS
from openmargin.runtime.bare import BareExchange, Step

CRASH_MS: Final = START_MS + 30 * MINUTE_MS
"""When the hour begins; everybody has come before."""
END_MS: Final = CRASH_MS + (STEPS + 10) * MINUTE_MS
"""Ten quiet minutes later nobody is being liquidated any more."""


class Ending(Enum):
    """The four ways out of the crash; who was liquidated more than once ended as the last time said."""

    SOLVENT = "solvent"
    LIQUIDATED = "liquidated"
    TAKEN_OVER = "taken over"
    LIQUIDATION_LOAN = "liquidation loan"


ENDINGS: Final = {
    LiquidationEnd.RECOVERED: Ending.LIQUIDATED,
    LiquidationEnd.BANKRUPT: Ending.LIQUIDATED,
    LiquidationEnd.TAKEN_OVER: Ending.TAKEN_OVER,
    LiquidationEnd.BANKRUPT_WITH_LOAN: Ending.LIQUIDATION_LOAN,
}


class Survivor(Struct, frozen=True):
    """One of the 200, and what became of him."""

    account_id: int
    kind: Kind
    ending: Ending
    liquidations: int
    level: int
    """Margin level at the end, with eight decimals."""


class Deficit(Struct, frozen=True):
    """What the fund had to pay for somebody, in atoms of USDT, and what he owes it for that, in USDC."""

    liquidation_id: int
    account_id: int
    scope: Scope
    end: LiquidationEnd
    amount: Atoms
    loan: Atoms


class CrashReport(Struct, frozen=True):
    """What came of the crash."""

    seed: int
    survivors: tuple[Survivor, ...]
    deficits: tuple[Deficit, ...]
    fund: tuple[FundView, ...]
    fees: Atoms
    """All fees of liquidations, in atoms of USDT."""
    lent: Atoms
    """All liquidation loans, in USDC."""
    repaid: Atoms
    """What was repaid of them."""
    calls: int
    """How often an account was told of a margin call."""
    forced_orders: int
    forced_fills: int
    most_at_once: int
    """How many liquidations went on at once, at most."""
    records: int
    state_hash: str
    event_chain: str
    """A hash over every event since the beginning."""

    def count(self, kind: Kind | None, ending: Ending) -> int:
        """How many of a kind, or of all, ended so."""
        return sum(one.ending is ending and kind in (None, one.kind) for one in self.survivors)

    def table(self) -> str:
        """For people, as Markdown: who ended how."""
        lines = [
            f"| | accounts | {' | '.join(ending.value for ending in Ending)} |",
            "|---" * (2 + len(Ending)) + "|",
        ]
        for kind in (*Kind, None):
            counts = [self.count(kind, ending) for ending in Ending]
            title = "all" if kind is None else kind.title
            lines.append(f"| {title} | {sum(counts)} | {' | '.join(map(str, counts))} |")
        return "\n".join(lines)

    def fund_table(self) -> str:
        """For people, as Markdown: the insurance fund by asset."""
        lines = [
            "| insurance fund | fees and loans repaid | deficits paid | balance |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {row.asset} | {_signed(row.received)} | {_signed(row.paid)} | {_signed(row.balance)} |"
            for row in self.fund
        ]
        return "\n".join(lines)

    def deficit_table(self) -> str:
        """For people, as Markdown: every deficit and its loan."""
        lines = ["| liquidation | account | ended | deficit, USDT | loan, USDC |", "|---|---|---|---|---|"]
        lines += [
            f"| {row.liquidation_id} | {row.account_id} {row.scope} | {row.end.name} | {format_short(row.amount)}"
            f" | {format_short(row.loan) if row.loan else ''} |"
            for row in self.deficits
        ]
        return "\n".join(lines)

    def summary(self) -> str:
        """For people: the rest of it, in one sentence."""
        return (
            f"{self.calls} margin calls, {sum(one.liquidations for one in self.survivors)} liquidations (at most"
            f" {self.most_at_once} at once) with {self.forced_orders} forced orders and {self.forced_fills} fills of"
            f" them, {format_fixed(self.fees, 2)} USDT of fees, {len(self.deficits)} deficits of together"
            f" {format_fixed(sum(row.amount for row in self.deficits), 2)} USDT, liquidation loans of"
            f" {format_fixed(self.lent, 2)} USDC, of which {format_fixed(self.repaid, 2)} were repaid."
        )


def _signed(amount: Atoms) -> str:
    return ("-" if amount < 0 else "") + format_short(abs(amount))


def crash(seed: int, exchange: BareExchange | None = None) -> CrashReport:
    """Live through the crash; the same seed is the same crash.

    On an exchange of the caller's, which is blank, all records and events can be read off its log.
    """
    exchange = exchange or BareExchange(check_everything=False)
    tally = _Tally()

    def ask(at_ms: int, command: AnyCommand) -> None:
        tally.add(exchange.submit(at_ms, command), command)

    ask(START_MS, Open(crash_market.calm_venue(), seed, EPOCH))
    for number, command in enumerate(crash_market.opening(seed)):
        ask(START_MS + number, command)
    for after_ms, command in crash_market.crash(seed):
        ask(CRASH_MS + after_ms, command)
    ask(END_MS, Tick())
    _repay_some(exchange, tally, ask_at=END_MS)
    return _report(seed, exchange, tally)


def _repay_some(exchange: BareExchange, tally: _Tally, ask_at: int) -> None:
    """The first who owes the fund repays in two parts, the second a part; the others wait."""
    shares = ((3, 10), (7, 10)), ((1, 4),)
    for (account_id, loan), parts in zip(sorted(tally.loans.items()), shares, strict=False):
        left = loan
        for share, of in parts:
            part = min(left, loan * share // of + 1)
            left -= part
            for command in (
                Deposit(account_id, SPOT, "USDC", part),
                RepayLiquidationLoan(account_id, "", 0, "USDC", part),
            ):
                tally.add(exchange.submit(ask_at, command), command)


class _Tally:
    """What the exchange told of, added up."""

    def __init__(self) -> None:
        self.endings: dict[int, LiquidationEnd] = {}
        self.times: Counter[int] = Counter()
        self.deficits: list[Deficit] = []
        self.loans: dict[int, Atoms] = {}
        self.repaid: dict[int, Atoms] = {}
        self.fees = self.calls = self.forced_orders = self.forced_fills = self.records = 0
        self.going_on = self.most_at_once = 0
        self.chain = hashlib.sha256()
        self._encode = msgspec.msgpack.Encoder().encode

    def add(self, steps: Sequence[Step], command: AnyCommand) -> None:
        for step in steps:
            self.records += 1
            self.chain.update(self._encode(step.events))
            lent: Atoms = 0
            for event in step.events:
                match event:
                    case Rejected():
                        raise AssertionError(f"the story is wrong: {command} was refused: {event}")
                    case MarginStatusChanged():
                        self.calls += event.status.name == "MARGIN_CALL"
                    case OrderOpened():
                        self.forced_orders += event.order.spec.liquidation_id != 0
                    case OrderFilled():
                        self.forced_fills += event.order.spec.liquidation_id != 0
                    case LiquidationBegan():
                        self.going_on += 1
                        self.most_at_once = max(self.most_at_once, self.going_on)
                    case LiquidationLoanChanged():
                        lent = event.amount - self.loans.get(event.account_id, 0)
                        self.loans[event.account_id] = event.amount
                        self.repaid[event.account_id] = event.repaid
                    case LiquidationEnded():
                        self._end(event, lent)
                    case _:
                        pass

    def _end(self, event: LiquidationEnded, lent: Atoms) -> None:
        self.going_on -= 1
        self.times[event.account_id] += 1
        self.endings[event.account_id] = event.end
        self.fees += event.fee
        if event.deficit:
            self.deficits.append(
                Deficit(event.liquidation_id, event.account_id, event.scope, event.end, event.deficit, lent)
            )


def _report(seed: int, exchange: BareExchange, tally: _Tally) -> CrashReport:
    assert tally.going_on == 0, f"{tally.going_on} liquidations still go on"
    survivors = tuple(
        Survivor(
            person.account_id,
            person.kind,
            ENDINGS[tally.endings[person.account_id]]
            if person.account_id in tally.endings
            else Ending.SOLVENT,
            tally.times[person.account_id],
            exchange.live.margin(person.account_id, person.kind.scope).margin_level,
        )
        for person in crash_market.people()
    )
    return CrashReport(
        seed,
        survivors,
        tuple(tally.deficits),
        tuple(exchange.live.insurance_fund()),
        tally.fees,
        sum(tally.loans.values()),
        sum(tally.repaid.values()),
        tally.calls,
        tally.forced_orders,
        tally.forced_fills,
        tally.most_at_once,
        tally.records,
        exchange.engine.state_hash(),
        tally.chain.hexdigest()[:32],
    )
