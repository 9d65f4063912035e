"""What became of those who owed too much: counted, so that a simulation can say whether it met every fate."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from openmargin.domain.enums import LiquidationEnd, LiquidationKind, MarginStatus, RepaymentStatus
from openmargin.domain.events import (
    AnyEvent,
    LiquidationBegan,
    LiquidationEnded,
    LiquidationLoanRepaid,
    MarginStatusChanged,
    OrderClosed,
)
from openmargin.lab.twin import Twin


class Fate(Enum):
    """In the words of a report."""

    CALLED = "margin calls"
    FORCED = "forced liquidations"
    MANUAL = "manual ones"
    WIDENED = "orders widened"
    STOPPED_EARLY = "stopped early"
    RECOVERED = "recovered"
    TAKEN_OVER = "taken over"
    BANKRUPT = "bankrupt"
    BANKRUPT_WITH_LOAN = "bankrupt with a loan"
    DEFICIT = "paid for by the fund"
    LOAN_REPAID = "loan repayments"


FATES_OF_ENDS = {
    LiquidationEnd.RECOVERED: Fate.RECOVERED,
    LiquidationEnd.TAKEN_OVER: Fate.TAKEN_OVER,
    LiquidationEnd.BANKRUPT: Fate.BANKRUPT,
    LiquidationEnd.BANKRUPT_WITH_LOAN: Fate.BANKRUPT_WITH_LOAN,
}


class Fates:
    """The counts of one market."""

    def __init__(self) -> None:
        self.met: dict[Fate, int] = {}
        self._manual: set[int] = set()

    def add(self, events: Sequence[AnyEvent], twin: Twin) -> None:
        """Count what happened, as the twin stands after it."""
        for event in events:
            for fate in self._of(event, twin):
                self.met[fate] = self.met.get(fate, 0) + 1

    def counts(self) -> tuple[tuple[str, int], ...]:
        return tuple((fate.value, self.met[fate]) for fate in Fate if fate in self.met)

    def _of(self, event: AnyEvent, twin: Twin) -> list[Fate]:
        match event:
            case MarginStatusChanged(status=MarginStatus.MARGIN_CALL):
                return [Fate.CALLED]
            case LiquidationBegan(kind=LiquidationKind.MANUAL):
                self._manual.add(event.liquidation_id)
                return [Fate.MANUAL]
            case LiquidationBegan():
                return [Fate.FORCED]
            case OrderClosed(order=order) if order.spec.liquidation_id:
                return [Fate.WIDENED]
            case LiquidationEnded():
                return self._of_end(event, twin)
            case LiquidationLoanRepaid(status=RepaymentStatus.SUCCESS):
                return [Fate.LOAN_REPAID]
            case _:
                return []

    def _of_end(self, event: LiquidationEnded, twin: Twin) -> list[Fate]:
        fates = [FATES_OF_ENDS[event.end]]
        if event.deficit:
            fates.append(Fate.DEFICIT)
        still_owes = any(key[:2] == (event.account_id, event.scope) for key in twin.debts)
        is_forced = event.liquidation_id not in self._manual
        if event.end is LiquidationEnd.RECOVERED and is_forced and still_owes:
            fates.append(Fate.STOPPED_EARLY)
        return fates
