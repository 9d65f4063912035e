"""People, deposits, transfers, loans and interest, and isolated accounts (mechanics 1, 3 and 4)."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from openmargin.domain.commands import (
    Borrow,
    ChangeAccount,
    CloseIsolated,
    CreateAccount,
    Deposit,
    ExchangeSmallLiabilities,
    OpenIsolated,
    Repay,
    SeedDebt,
    SetBnbBurn,
    SetMaxLeverage,
    SetRates,
    Transfer,
    Withdraw,
)
from openmargin.domain.enums import InterestKind, LoanSource, Rounding
from openmargin.domain.events import (
    AccountChanged,
    Borrowed,
    Deposited,
    InterestAccrued,
    IsolatedChanged,
    RatesChanged,
    Repaid,
    SmallLiabilityExchanged,
    Transferred,
)
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.reasons import Reason
from openmargin.domain.views import SwitchesView
from openmargin.lab.twin.parts import HOUR, ONE, SUPPLY_MAX, TwinAccount, TwinIsolated
from openmargin.lab.twin.watch import Watch


class Funding(Watch):
    """Everything that changes what people have, except for trades."""

    def create_account(self, command: CreateAccount) -> Reason | None:
        if command.vip < 0:
            return Reason.UNKNOWN_VIP_LEVEL
        if command.master_id and not self.knows(command.master_id):
            return Reason.UNKNOWN_MASTER
        self.accounts.append(TwinAccount(command))
        self.tell_account(len(self.accounts))
        return None

    def change_account(self, command: ChangeAccount) -> Reason | None:
        if not self.knows(command.account_id):
            return Reason.UNKNOWN_ACCOUNT
        if command.vip is not None and command.vip < 0:
            return Reason.UNKNOWN_VIP_LEVEL
        account = self.accounts[command.account_id - 1]
        account.vip = account.vip if command.vip is None else command.vip
        account.kind = account.kind if command.account_type is None else command.account_type
        account.terms_signed = account.terms_signed if command.terms_signed is None else command.terms_signed
        if command.trade_group_id is not None:
            account.trade_group_id = command.trade_group_id
        self.tell_account(command.account_id)
        return None

    def tell_account(self, number: int) -> None:
        who = self.accounts[number - 1]
        self.events.append(
            AccountChanged(
                number,
                who.name,
                who.vip,
                who.kind,
                who.master_id,
                who.terms_signed,
                who.trade_group_id,
                who.cross_leverage or self.venue.margin.leverages[0].leverage,
                who.burns_bnb_for_commission,
                who.burns_bnb_for_interest,
                who.in_special_mode,
            )
        )

    def set_max_leverage(self, command: SetMaxLeverage) -> Reason | None:
        account = command.account_id
        if not self.knows(account):
            return Reason.UNKNOWN_ACCOUNT
        if self.liquidation_of(account, CROSS) is not None:
            return Reason.LIQUIDATING
        rows = {row.leverage: row for row in self.venue.margin.leverages}
        if command.leverage not in rows:
            return Reason.UNKNOWN_LEVERAGE
        if self.owes(account, CROSS) and self.cannot_measure(account, CROSS):
            return Reason.NO_INDEX_PRICE
        needed = Fraction(rows[command.leverage].initial, ONE) * self.debts_value(account, CROSS)
        if needed and self.collateral(account, CROSS, moving=False, without=("", 0)) <= needed:
            return Reason.LEVERAGE_LEVEL_TOO_LOW
        self.accounts[account - 1].cross_leverage = command.leverage
        self.tell_account(account)
        return None

    def set_bnb_burn(self, command: SetBnbBurn) -> Reason | None:
        if not self.knows(command.account_id):
            return Reason.UNKNOWN_ACCOUNT
        if self.asset(self.venue.margin.burn_asset) is None and (command.spot or command.interest):
            return Reason.INTEREST_ASSET_UNKNOWN
        who = self.accounts[command.account_id - 1]
        who.burns_bnb_for_commission = who.burns_bnb_for_commission if command.spot is None else command.spot
        who.burns_bnb_for_interest = (
            who.burns_bnb_for_interest if command.interest is None else command.interest
        )
        self.tell_account(command.account_id)
        return None

    # --- Isolated accounts ---------------------------------------------------------------------------------------

    def open_isolated(self, command: OpenIsolated) -> Reason | None:
        account, pair = command.account_id, command.symbol
        if not self.knows(account):
            return Reason.UNKNOWN_ACCOUNT
        rules = self.find_rules(pair)
        if rules is None:
            return Reason.UNKNOWN_SYMBOL
        if not rules.isolated_margin or not self.is_on_margin(pair, rules):
            return Reason.PAIR_NOT_ISOLATED
        if self.has_wallets(account, pair):
            return Reason.ISOLATED_ALREADY_OPEN
        are_open = [key for key, isolated in self.isolated.items() if isolated.is_open and key[0] == account]
        if len(are_open) >= self.venue.margin.isolated_accounts_max:
            return Reason.TOO_MANY_ISOLATED
        self.isolated.setdefault((account, pair), TwinIsolated()).is_open = True
        self.events.append(IsolatedChanged(account, pair, True))
        return None

    def close_isolated(self, command: CloseIsolated) -> Reason | None:
        account, pair = command.account_id, command.symbol
        isolated = self.isolated.get((account, pair))
        if isolated is None or not isolated.is_open:
            return Reason.UNKNOWN_SCOPE
        if self.liquidation_of(account, pair) is not None:
            return Reason.LIQUIDATING
        mine = (account, pair)
        owns = any(amount for key, amount in self.owned.items() if key[:2] == mine)
        owes = any(key[:2] == mine for key in self.debts)
        if owns or owes or self.orders_of(account, pair, pair):
            return Reason.ISOLATED_NOT_EMPTY
        closed = isolated.closed_at_ms
        if closed is not None and self.now - closed < self.venue.margin.isolated_reclose_ms:
            return Reason.ISOLATED_CLOSED_TOO_SOON
        isolated.is_open = False
        isolated.closed_at_ms = self.now
        self.events.append(IsolatedChanged(account, pair, False))
        return None

    # --- Moving value ------------------------------------------------------------------------------------------

    def _bad_funding(self, command: Deposit | Withdraw) -> Reason | None:
        if not self.has_wallets(command.account_id, command.scope):
            # The exchange's own account exists, and has none that a person may fund.
            exists = command.account_id == 0 or self.knows(command.account_id)
            return Reason.UNKNOWN_SCOPE if exists else Reason.UNKNOWN_ACCOUNT
        if self.asset(command.asset) is None:
            return Reason.UNKNOWN_ASSET
        return Reason.AMOUNT_NOT_POSITIVE if command.amount <= 0 else None

    def deposit(self, command: Deposit) -> Reason | None:
        bad = self._bad_funding(command)
        if bad is not None:
            return bad
        if not self.may_hold(command.scope, command.asset):
            return Reason.ASSET_NOT_IN_PAIR
        if self.supply(command.asset) + command.amount > SUPPLY_MAX:
            return Reason.ABOVE_SUPPLY
        self.give(command.account_id, command.scope, command.asset, command.amount)
        self.events.append(Deposited(command.account_id, command.scope, command.asset, command.amount))
        return None

    def withdraw(self, command: Withdraw) -> Reason | None:
        bad = self._bad_funding(command)
        if bad is not None:
            return bad
        bad = self._holds_back(command.account_id, command.scope)
        if bad is not None:
            return bad
        if self.free(command.account_id, command.scope, command.asset) < command.amount:
            return Reason.WITHDRAW_BALANCE_SHORT
        bad = self._must_stay(command.account_id, command.scope, command.asset, command.amount)
        if bad is not None:
            return bad
        self.give(command.account_id, command.scope, command.asset, -command.amount)
        self.events.append(Deposited(command.account_id, command.scope, command.asset, -command.amount))
        return None

    def _holds_back(self, account: int, scope: Scope) -> Reason | None:
        """Why nothing at all may leave, whatever it is."""
        if self.liquidation_of(account, scope) is not None:
            return Reason.LIQUIDATING_NO_TRANSFER_OUT
        return self._bad_standing(account) if scope != SPOT else None

    def _bad_standing(self, account: int) -> Reason | None:
        """A liquidation loan keeps its debtor from borrowing, and from taking anything out of margin."""
        blocks = self.venue.margin.liquidation.loan_blocks and self.liquidation_loan(account) > 0
        return Reason.LIQUIDATION_LOAN_OWED if blocks else None

    def switches(self, account: int, scope: Scope) -> SwitchesView:
        """What a margin account may do at all."""
        locked = self.liquidation_of(account, scope) is not None
        lends = not locked and self._bad_standing(account) is None
        return SwitchesView(locked, not locked, lends, not locked, lends)

    def _must_stay(self, account: int, scope: Scope, asset: str, amount: int) -> Reason | None:
        """A margin account keeps what its level needs; where nothing at all may go, the level is the reason."""
        if scope == SPOT:
            return None
        if self.owes(account, scope) and self.cannot_measure(account, scope):
            return Reason.NO_INDEX_PRICE
        most = self.transferable(account, scope, asset)
        if most == 0:
            return Reason.TRANSFER_LEVEL_TOO_LOW
        return Reason.ABOVE_MAX_TRANSFERABLE if amount > most else None

    def transfer(self, command: Transfer) -> Reason | None:
        account = command.account_id
        if not (self.has_wallets(account, command.source) and self.has_wallets(account, command.target)):
            return Reason.UNKNOWN_SCOPE
        if command.source == command.target:
            return Reason.SAME_SCOPE
        terms = self.asset(command.asset)
        if terms is None:
            return Reason.UNKNOWN_ASSET
        if command.amount <= 0:
            return Reason.AMOUNT_NOT_POSITIVE
        if not (
            self.may_hold(command.source, command.asset) and self.may_hold(command.target, command.asset)
        ):
            return Reason.ASSET_NOT_IN_PAIR
        if self.liquidation_of(account, command.target) is not None:
            return Reason.LIQUIDATING_NO_TRANSFER_IN
        if command.target != SPOT and not terms.collateral:
            return Reason.ASSET_NOT_COLLATERAL
        if command.target != SPOT:
            since, until = self.dates(command.target, command.asset)
            if self.now < since:
                return Reason.ASSET_NOT_COLLATERAL
            if until:
                return Reason.ASSET_DELISTED
        if command.target == CROSS and self.is_over_cap(terms):
            return Reason.COLLATERAL_CAP
        bad = self._holds_back(account, command.source)
        if bad is not None:
            return bad
        if self.free(account, command.source, command.asset) < command.amount:
            return Reason.TRANSFER_BALANCE_SHORT
        bad = self._must_stay(account, command.source, command.asset, command.amount)
        if bad is not None:
            return bad
        self.give(account, command.source, command.asset, -command.amount)
        self.give(account, command.target, command.asset, command.amount)
        number = self.next_transaction()
        self.events.append(
            Transferred(number, account, command.source, command.target, command.asset, command.amount)
        )
        return None

    # --- Loans and interest (mechanics 3 and 4) ----------------------------------------------------------------

    def borrow(self, command: Borrow) -> Reason | None:
        if not self.has_wallets(command.account_id, command.scope) or command.scope == SPOT:
            return Reason.UNKNOWN_SCOPE
        if command.amount <= 0:
            return Reason.AMOUNT_NOT_POSITIVE
        bad = self.bad_loan(command.account_id, command.scope, command.asset, command.amount)
        if bad is not None:
            return bad
        self.lend(command.account_id, command.scope, command.asset, command.amount, LoanSource.MANUAL)
        return None

    def bad_loan(self, account: int, scope: Scope, asset: str, amount: int) -> Reason | None:
        if self.liquidation_of(account, scope) is not None:
            return Reason.LIQUIDATING_NO_BORROW
        bad = self._bad_standing(account)
        if bad is not None:
            return bad
        terms = self.asset(asset)
        if terms is None:
            return Reason.UNKNOWN_ASSET
        if not terms.borrowable:
            return Reason.ASSET_NOT_BORROWABLE
        if not self.may_hold(scope, asset):
            return Reason.ASSET_NOT_IN_PAIR
        if not self.is_lent_now(scope, asset):
            return Reason.ASSET_NOT_BORROWABLE
        if not self.price_of(asset) or self.cannot_measure(account, scope, asset):
            return Reason.NO_INDEX_PRICE
        if amount < terms.min_borrow:
            return Reason.BELOW_MIN_BORROW
        room = self.room_to_borrow(account, scope, asset)
        if room == 0:
            return Reason.BORROW_LEVEL_TOO_LOW
        if amount > room or amount > self.loan_limit(account, scope, asset) - self.owed(
            account, scope, asset
        ):
            return Reason.ABOVE_MAX_BORROWABLE
        return Reason.INVENTORY_SHORT if amount > self.lendable(asset) else None

    def lend(self, account: int, scope: Scope, asset: str, amount: int, source: LoanSource) -> None:
        self.pool[asset] -= amount
        self.give(account, scope, asset, amount)
        if (account, scope) not in self.debtors:
            self.debtors.append((account, scope))
        self.debts.setdefault((account, scope, asset), [0, 0])[0] += amount
        self.events.append(Borrowed(self.next_transaction(), account, scope, asset, amount, source))
        hour = self.now - self.now % HOUR
        self._charge(account, scope, asset, amount, InterestKind.ON_BORROW, hour)

    def seed_debt(self, command: SeedDebt) -> Reason | None:
        """A loan that was made, and spent, somewhere else: nothing is asked of its debtor (docs/importing.md)."""
        account, scope, asset = command.account_id, command.scope, command.asset
        if scope == SPOT or not self.has_wallets(account, scope):
            return Reason.UNKNOWN_SCOPE
        if self.liquidation_of(account, scope) is not None:
            return Reason.LIQUIDATING_NO_BORROW
        if self.asset(asset) is None:
            return Reason.UNKNOWN_ASSET
        if not self.may_hold(scope, asset):
            return Reason.ASSET_NOT_IN_PAIR
        parts = (command.principal, command.interest)
        if min(parts) < 0 or max(parts) == 0:
            return Reason.AMOUNT_NOT_POSITIVE
        if asset not in self.rates:
            return Reason.ASSET_NOT_BORROWABLE
        if self.owed(account, scope, asset) + sum(parts) > SUPPLY_MAX:
            return Reason.ABOVE_SUPPLY
        if command.principal > self.lendable(asset):
            return Reason.INVENTORY_SHORT
        self.pool[asset] -= command.principal
        if (account, scope) not in self.debtors:
            self.debtors.append((account, scope))
        debt = self.debts.setdefault((account, scope, asset), [0, 0])
        for place, more in enumerate(parts):
            debt[place] += more
        if command.principal:
            number = self.next_transaction()
            self.events.append(Borrowed(number, account, scope, asset, command.principal, LoanSource.MANUAL))
            self.events.append(Deposited(account, scope, asset, -command.principal))
        if command.interest:
            number, kind, hour = self.next_transaction(), InterestKind.ON_BORROW, self.now - self.now % HOUR
            self.events.append(InterestAccrued(number, account, scope, asset, *parts, 0, kind, hour, ""))
        return None

    def _charge(
        self, account: int, scope: Scope, asset: str, principal: int, kind: InterestKind, hour: int
    ) -> None:
        rate = self.rate_in(hour, account, asset)
        exact = Fraction(principal * rate, ONE) / 24
        owed_in, raw = asset, ""
        burned = self.venue.margin.burn_asset
        if scope == CROSS and self.accounts[account - 1].burns_bnb_for_interest:
            worth, price = self.price_of(asset), self.price_of(burned)
            if worth and price:
                exact *= worth * (1 - Fraction(self.venue.margin.burn_interest_discount, ONE)) / price
                owed_in, raw = burned, asset
                kind = {
                    InterestKind.ON_BORROW: InterestKind.ON_BORROW_CONVERTED,
                    InterestKind.PERIODIC: InterestKind.PERIODIC_CONVERTED,
                }[kind]
        is_half_up = self.venue.margin.interest_rounding is Rounding.HALF_UP
        due = floor(exact + Fraction(1, 2)) if is_half_up else ceil(exact)
        if due:
            self.debts.setdefault((account, scope, owed_in), [0, 0])[1] += due
        number = self.next_transaction()
        self.events.append(
            InterestAccrued(number, account, scope, owed_in, principal, due, rate, kind, hour, raw)
        )

    def rate_in(self, hour: int, account: int, asset: str) -> int:
        """The daily rate of an hour, for the VIP level that the account has now."""
        daily = [rates for since, rates in self.rates[asset] if since <= hour][-1]
        vip = self.accounts[account - 1].vip
        return daily[vip] if vip < len(daily) else daily[-1]

    def set_rates(self, command: SetRates) -> Reason | None:
        for asset, daily in command.rates:
            if self.asset(asset) is None:
                return Reason.UNKNOWN_ASSET
            if asset not in self.rates or not daily or min(daily) < 0 or max(daily) > ONE:
                return Reason.RATES_WRONG
        for asset, daily in command.rates:
            self.change_rates(asset, daily, self.now - self.now % HOUR + HOUR)
        return None

    def change_rates(self, asset: str, daily: tuple[int, ...], since: int) -> None:
        self.rates.setdefault(asset, []).append((since, daily))
        self.events.append(RatesChanged(asset, daily, since))

    def charge_hours(self, since: int, until: int) -> bool:
        """At each full hour that has struck, everybody owes one more hour on what they borrowed; has one struck?"""
        hour = since - since % HOUR + HOUR
        has_struck = hour <= until and bool(self.debts)
        while hour <= until and self.debts:
            for account, scope in self.debtors:
                self.charged.append((account, scope))
                for (owner, where, asset), (principal, _) in list(self.debts.items()):
                    if (owner, where) == (account, scope) and principal:
                        self._charge(account, scope, asset, principal, InterestKind.PERIODIC, hour)
            hour += HOUR
        return has_struck

    def repay(self, command: Repay) -> Reason | None:
        account, scope, asset, amount = command.account_id, command.scope, command.asset, command.amount
        if not self.has_wallets(account, scope) or scope == SPOT:
            return Reason.UNKNOWN_SCOPE
        if self.liquidation_of(account, scope) is not None:
            return Reason.LIQUIDATING_NO_REPAY
        terms = self.asset(asset)
        if terms is None:
            return Reason.UNKNOWN_ASSET
        if amount <= 0:
            return Reason.AMOUNT_NOT_POSITIVE
        left = self.owed(account, scope, asset) - amount
        if left < 0:
            return Reason.ABOVE_DEBT
        if left and amount < terms.min_repay:
            return Reason.BELOW_MIN_REPAY
        if left and left < terms.min_debt_left:
            if self.venue.margin.small_rest_is_over_repayment:
                return Reason.ABOVE_DEBT
            return Reason.DEBT_LEFT_TOO_SMALL
        if self.free(account, scope, asset) < amount:
            return Reason.REPAY_BALANCE_SHORT
        self.pay_back(account, scope, asset, amount, LoanSource.MANUAL)
        return None

    def pay_back(self, account: int, scope: Scope, asset: str, amount: int, source: LoanSource) -> None:
        debt = self.debts[account, scope, asset]
        interest = min(debt[1], amount)
        debt[1] -= interest
        debt[0] -= amount - interest
        if debt == [0, 0]:
            del self.debts[account, scope, asset]
            if not [key for key in self.debts if key[:2] == (account, scope)]:
                self.debtors.remove((account, scope))
        self.pool[asset] += amount
        self.give(account, scope, asset, -amount)
        number = self.next_transaction()
        self.events.append(Repaid(number, account, scope, asset, amount - interest, interest, source))

    def pay_back_at_most(self, account: int, scope: Scope, asset: str, amount: int) -> None:
        paid = min(amount, self.owed(account, scope, asset), self.free(account, scope, asset))
        if paid > 0:
            self.pay_back(account, scope, asset, paid, LoanSource.AUTO)

    # --- Small debts (mechanics 7.5) ---------------------------------------------------------------------------

    def small_debts(self, account: int) -> dict[str, int]:
        """The debts that may be exchanged, with what each becomes."""
        margin = self.venue.margin
        target = margin.small_liability_asset
        price = self.price_of(target)
        if not price or target not in self.rates:
            return {}
        worths = {
            asset: sum(owed) * self.price_of(asset)
            for (owner, scope, asset), owed in self.debts.items()
            if (owner, scope) == (account, CROSS) and asset != target
        }
        return {
            asset: ceil(value / price)
            for asset, value in worths.items()
            if 0 < value < margin.small_liability_value
        }

    def exchange_small(self, command: ExchangeSmallLiabilities) -> Reason | None:
        account, margin = command.account_id, self.venue.margin
        if not self.knows(account):
            return Reason.UNKNOWN_ACCOUNT
        if self.liquidation_of(account, CROSS) is not None:
            return Reason.LIQUIDATING
        if len(command.assets) > margin.small_liabilities_max:
            return Reason.TOO_MANY_SMALL_LIABILITIES
        who = self.accounts[account - 1]
        last = who.exchanged_small_ms
        if last is not None and self.now - last < margin.small_liability_interval_ms:
            return Reason.SMALL_LIABILITIES_TOO_SOON
        if command.assets and self.cannot_measure(account, CROSS, margin.small_liability_asset):
            return Reason.NO_INDEX_PRICE
        small = self.small_debts(account)
        named = {*command.assets}
        if not named or len(named) < len(command.assets) or named - small.keys():
            return Reason.NOT_A_SMALL_LIABILITY
        target = margin.small_liability_asset
        if sum(small[asset] for asset in command.assets) > self.pool[target]:
            return Reason.INVENTORY_SHORT
        who.exchanged_small_ms = self.now
        for asset in command.assets:
            principal, interest = self.debts.pop((account, CROSS, asset))
            self.debts.setdefault((account, CROSS, target), [0, 0])[0] += small[asset]
            for name, amount in ((asset, -principal - interest), (target, small[asset])):
                self.conversion[name] = self.conversion.get(name, 0) + amount
                self.pool[name] -= amount
            number = self.next_transaction()
            self.events.append(
                SmallLiabilityExchanged(number, account, asset, principal, interest, target, small[asset])
            )
        return None
