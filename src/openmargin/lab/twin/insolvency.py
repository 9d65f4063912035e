"""What the sales of a liquidation bring, and how it ends (docs/liquidation.md, from Conversion to The end).

Amounts are atoms; a value is an amount times a mark, and nothing of it is rounded away.
"""

from __future__ import annotations

from openmargin.domain.enums import AccountType, Flow, LiquidationEnd, LoanSource
from openmargin.domain.events import Flowed, LiquidationEnded, LiquidationLoanChanged
from openmargin.domain.ids import CROSS, Scope
from openmargin.lab.twin.keys import Keys
from openmargin.lab.twin.parts import ONE, TwinLiquidation


class Insolvency(Keys):
    """Fees, repayments and the insurance fund."""

    # --- What there is -------------------------------------------------------------------------------------------

    def unreserved(self, account: int, scope: Scope, asset: str) -> int:
        """What is free and not set aside for a fee."""
        liquidation = self.liquidation_of(account, scope)
        aside = liquidation.aside.get(asset, 0) if liquidation is not None else 0
        return self.free(account, scope, asset) - aside

    def debts_of(self, it: TwinLiquidation) -> list[str]:
        """What the account owes, by name."""
        return sorted(name for (a, s, name) in self.debts if (a, s) == (it.account, it.scope))

    def debts_by_value(self, it: TwinLiquidation) -> list[str]:
        """What it owes and somebody can price, the most first."""
        marked = [name for name in self.debts_of(it) if self.mark(it.scope, name)]
        return sorted(marked, key=lambda name: (-self.debt_value(it, name), name))

    def debt_value(self, it: TwinLiquidation, asset: str) -> int:
        return self.owed(it.account, it.scope, asset) * self.mark(it.scope, asset)

    def fee_rate(self, it: TwinLiquidation) -> int:
        rules = self.venue.margin.liquidation
        return rules.manual_fee if it.is_manual else rules.fee

    def snapshot_mark(self, it: TwinLiquidation, asset: str) -> int:
        return it.snapshot.get(asset, self.mark(it.scope, asset))

    def valuation_asset_of(self, scope: Scope) -> str:
        return self.venue.margin.valuation_asset if scope == CROSS else self.rules(scope).quote

    # --- Movements -----------------------------------------------------------------------------------------------

    def flow(self, account: int, scope: Scope, flow: Flow, asset: str, amount: int, symbol: str = "") -> None:
        if amount:
            number = self.next_transaction()
            pair = symbol or (scope if scope != CROSS else "")
            self.events.append(Flowed(number, account, scope, flow, asset, pair, amount))

    def pay_debt(self, it: TwinLiquidation, asset: str, amount: int) -> None:
        """Repay out of the account's own wallet."""
        if amount > 0:
            self.pay_back(it.account, it.scope, asset, amount, LoanSource.LIQUIDATION)
            self.flow(it.account, it.scope, Flow.REPAY_LIQUIDATION, asset, -amount)

    def exchange(self, account: int, scope: Scope, asset: str, amount: int) -> None:
        """Let an amount come from what the exchange converts with, or go there where it is negative."""
        self.conversion[asset] = self.conversion.get(asset, 0) - amount
        self.give(account, scope, asset, amount)
        self.flow(account, scope, Flow.OTHER_LIQUIDATION, asset, amount)

    def sold(self, it: TwinLiquidation, paid_asset: str, paid: int, got_asset: str, got: int) -> None:
        """Something was sold for something else: the fee is kept, and the rest repays what is owed of it."""
        owed = self.owed(it.account, it.scope, got_asset)
        if not owed:
            return
        by_rate = self.fee_rate(it) * paid * self.snapshot_mark(it, paid_asset)
        mark = self.mark(it.scope, got_asset)
        fee = min(got, by_rate // (ONE * mark)) if mark else 0
        if fee:
            it.aside[got_asset] = it.aside.get(got_asset, 0) + fee
        self.pay_debt(it, got_asset, min(got - fee, owed))

    def convert(
        self, account: int, scope: Scope, given: str, most: int, taken: str, wanted: int
    ) -> tuple[int, int]:
        """Change as much of `given` as `wanted` of another asset is worth, at most all; what went and what came."""
        price_given, price_taken = self.mark(scope, given), self.mark(scope, taken)
        paid = min(most, -(-wanted * price_taken // price_given))
        got = paid * price_given // price_taken
        self.exchange(account, scope, given, -paid)
        self.exchange(account, scope, taken, got)
        return paid, got

    # --- Ends ----------------------------------------------------------------------------------------------------

    def bankrupt(self, it: TwinLiquidation) -> None:
        """Nothing is left to sell."""
        if self.venue.margin.liquidation.fee_within_equity:
            self._release_fee(it)
        had_deficit = bool(self.debts_by_value(it))
        has_loan = self._cover(it)
        if has_loan:
            self.end(it, LiquidationEnd.BANKRUPT_WITH_LOAN)
        else:
            self.end(it, LiquidationEnd.BANKRUPT if had_deficit else LiquidationEnd.RECOVERED)

    def _release_fee(self, it: TwinLiquidation) -> None:
        """What was set aside repays, as long as anything is owed."""
        for asset in sorted(it.aside):
            paid = min(it.aside[asset], self.owed(it.account, it.scope, asset))
            it.aside[asset] -= paid
            self.pay_debt(it, asset, paid)
        while True:
            debts = self.debts_by_value(it)
            kept = [name for name in sorted(it.aside) if it.aside[name] and self.mark(it.scope, name)]
            if not debts or not kept:
                return
            owed = self.owed(it.account, it.scope, debts[0])
            given, got = self.convert(it.account, it.scope, kept[0], it.aside[kept[0]], debts[0], owed)
            it.aside[kept[0]] -= given
            self.pay_debt(it, debts[0], min(got, owed))

    def _cover(self, it: TwinLiquidation) -> bool:
        """The insurance fund pays what is still owed; did that become a loan?"""
        paid = 0
        for asset in self.debts_by_value(it):
            paid += self.debt_value(it, asset)
            owed = self.owed(it.account, it.scope, asset)
            self.insure(asset, 0, owed)
            self.give(it.account, it.scope, asset, owed)
            self.flow(it.account, it.scope, Flow.OTHER_LIQUIDATION, asset, owed)
            self.pay_debt(it, asset, owed)
        it.deficit += paid
        who = self.accounts[it.account - 1]
        loan_asset = self.venue.margin.liquidation.loan_asset
        mark = self.mark(CROSS, loan_asset) if self.asset(loan_asset) is not None else 0
        is_special = who.in_special_mode and it.scope == CROSS and who.kind is AccountType.CROSS_CLASSIC
        if not (paid and mark and is_special):
            return False
        who.liquidation_loan += -(-paid // mark)
        self.tell_liquidation_loan(it.account)
        return True

    def tell_liquidation_loan(self, account: int) -> None:
        who = self.accounts[account - 1]
        asset = self.venue.margin.liquidation.loan_asset
        self.events.append(
            LiquidationLoanChanged(account, asset, who.liquidation_loan, who.liquidation_loan_repaid)
        )

    def take_over(self, it: TwinLiquidation) -> None:
        """Everything goes to the exchange at the marks, and what is left comes back."""
        rate, scope = self.fee_rate(it), it.scope
        marked = [name for name in sorted(self.assets_in(scope)) if self.mark(scope, name)]
        fee = sum(amount * self.mark(scope, name) * ONE for name, amount in it.aside.items())
        for name in marked:
            fee += rate * self.unreserved(it.account, scope, name) * self.snapshot_mark(it, name)
        value = 0
        for name in marked:
            amount = self.free(it.account, scope, name)
            value += amount * self.mark(scope, name)
            self.exchange(it.account, it.scope, name, -amount)
        it.aside = {}

        rules = self.venue.margin.liquidation
        back = self.valuation_asset_of(scope)
        if scope == CROSS and self.asset(rules.takeover_asset) is not None:
            back = rules.takeover_asset if self.mark(scope, rules.takeover_asset) else back
        mark = self.mark(scope, back)
        kept = fee // (ONE * mark)
        if not rules.fee_within_equity:
            kept = min(kept, value // mark)
            value -= kept * mark
            self.exchange(it.account, it.scope, back, kept)
            self._pay_fee(it, back, kept)
        for name in self.debts_by_value(it):
            paid = min(value // self.mark(scope, name), self.owed(it.account, scope, name))
            value -= paid * self.mark(scope, name)
            self.exchange(it.account, it.scope, name, paid)
            self.pay_debt(it, name, paid)
        has_loan = False
        if self.debts_by_value(it):
            has_loan = self._cover(it)
        else:
            left = value // mark
            self.exchange(it.account, it.scope, back, left)
            if rules.fee_within_equity:
                self._pay_fee(it, back, min(kept, left))
        self.end(it, LiquidationEnd.BANKRUPT_WITH_LOAN if has_loan else LiquidationEnd.TAKEN_OVER)

    def _pay_fee(self, it: TwinLiquidation, asset: str, amount: int) -> None:
        it.fee += amount * self.mark(it.scope, asset)
        self.give(it.account, it.scope, asset, -amount)
        self.insure(asset, amount, 0)
        self.flow(it.account, it.scope, Flow.LIQUIDATION_FEE, asset, -amount)

    def end(self, it: TwinLiquidation, how: LiquidationEnd) -> None:
        """The fee goes to the fund, and the account is free."""
        for asset in sorted(it.aside):
            self._pay_fee(it, asset, it.aside[asset])
        self.liquidations.remove(it)
        settled_in = self.mark(it.scope, self.valuation_asset_of(it.scope))
        self.events.append(
            LiquidationEnded(
                it.number, it.account, it.scope, how, it.fee // settled_in, it.deficit // settled_in
            )
        )
