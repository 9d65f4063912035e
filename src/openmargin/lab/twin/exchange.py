"""The door: records come in, and what must have happened comes out."""

from __future__ import annotations

from openmargin.domain.commands import (
    AmendOrder,
    AnyCommand,
    Borrow,
    CancelAllOrders,
    CancelOrder,
    CancelOrderList,
    CancelReplace,
    ChangeAccount,
    ChangeVenue,
    CloseIsolated,
    CloseListenKey,
    CreateAccount,
    CreateKey,
    CreateSpecialKey,
    DelayLoanRepayments,
    DeleteSpecialKeys,
    Deposit,
    EditSpecialKeyIps,
    EndIndexScript,
    ExchangeSmallLiabilities,
    ExitSpecialKeyMode,
    ExpireListenKeys,
    KeepListenKey,
    ManualLiquidate,
    Open,
    OpenIsolated,
    OpenListenKey,
    PlaceOrder,
    PlaceOrderList,
    Record,
    Repay,
    RepayLiquidationLoan,
    ScriptIndex,
    SeedDebt,
    SetBnbBurn,
    SetIndex,
    SetMaxLeverage,
    SetRates,
    Signed,
    Tick,
    Transfer,
    Withdraw,
)
from openmargin.domain.events import AnyEvent, VenueChanged
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.venue import Venue
from openmargin.lab.twin.parts import HOUR, SUPPLY_MAX
from openmargin.lab.twin.scripts import Scripts


class Twin(Scripts):
    """The exchange as a trader would describe it."""

    def apply(self, record: Record) -> list[AnyEvent]:
        """What must happen up to and with this record, but for what the wallets say at the end."""
        self.events = []
        self.names = 0
        is_first = isinstance(record.command, Open)
        has_struck = not is_first and self.charge_hours(self.now, record.at_ms)
        self.now = record.at_ms
        self.seq = record.seq
        if not is_first and not has_struck:
            self._go_on()
        refusal = self._obey(record.command)
        if refusal is not None:
            self.events.append(Rejected(refusal))
        self.settle_down()
        self.watch_levels()
        return self.events

    def _go_on(self) -> None:
        """One piece of what is due before anything is asked: a delisting, the end of listen keys, a script, quotes that
        follow late, a wave of stops, or a liquidation's step."""
        if self.delist_next() or self.end_listening() or self.script_next() or self.end_repayments():
            return
        if self.see_late():
            return
        if self.wave_goes_on:
            self.wave_goes_on = False  # What every record ends with goes on with it.
        else:
            self.liquidate_next()

    def _obey(self, command: AnyCommand) -> Reason | None:
        if isinstance(command, Signed):
            bad = self.bad_signature(command)
            if bad is not None:
                return bad
        match command:
            case Open():
                self.epoch = command.epoch
                return self._take_rules(command.venue)
            case ChangeVenue():
                return self._change_venue(command.venue)
            case Tick():
                return None
            case SetIndex():
                return self.set_index(command)
            case ScriptIndex():
                return self.script_index(command)
            case EndIndexScript():
                return self.end_script(command)
            case CreateAccount():
                return self.create_account(command)
            case ChangeAccount():
                return self.change_account(command)
            case CreateKey():
                return self.create_key(command)
            case CreateSpecialKey():
                return self.create_special_key(command)
            case EditSpecialKeyIps():
                return self.edit_special_key(command)
            case DeleteSpecialKeys():
                return self.delete_special_keys(command)
            case ExitSpecialKeyMode():
                return self.exit_special_mode(command)
            case Deposit():
                return self.deposit(command)
            case Withdraw():
                return self.withdraw(command)
            case Transfer():
                return self.transfer(command)
            case Borrow():
                return self.borrow(command)
            case Repay():
                return self.repay(command)
            case SeedDebt():
                return self.seed_debt(command)
            case PlaceOrder():
                return self.place(command)
            case CancelOrder():
                return self.cancel(command)
            case AmendOrder():
                return self.amend(command)
            case CancelReplace():
                return self.replace(command)
            case CancelAllOrders():
                return self.cancel_all(command)
            case PlaceOrderList():
                return self.place_list(command)
            case CancelOrderList():
                return self.cancel_list(command)
            case OpenIsolated():
                return self.open_isolated(command)
            case CloseIsolated():
                return self.close_isolated(command)
            case ManualLiquidate():
                return self.liquidate_manually(command)
            case RepayLiquidationLoan():
                return self.repay_liquidation_loan(command)
            case DelayLoanRepayments():
                if command.milliseconds < 0:
                    return Reason.AMOUNT_NOT_POSITIVE
                self.repaying_takes = command.milliseconds
                return None
            case ExpireListenKeys():
                return self.expire_listen_keys(command)
            case SetRates():
                return self.set_rates(command)
            case ExchangeSmallLiabilities():
                return self.exchange_small(command)
            case SetBnbBurn():
                return self.set_bnb_burn(command)
            case SetMaxLeverage():
                return self.set_max_leverage(command)
            case OpenListenKey():
                return self.open_listen_key(command)
            case KeepListenKey():
                return self.keep_listen_key(command)
            case CloseListenKey():
                return self.close_listen_key(command)
            case _:
                raise NotImplementedError(f"the twin has not learnt {type(command).__name__}")

    def _take_rules(self, venue: Venue) -> None:
        said_before = {asset.name: asset.loan_terms for asset in self.venue.assets} if self.seq > 0 else {}
        self.venue = venue
        for rules in venue.symbols:
            if rules.name not in self.index:
                self.index[rules.name] = rules.start_price
                self.index_at[rules.name] = self.now
                self.symbols_seen.append(rules.name)
                self.trades[rules.name] = []
        for asset in venue.assets:
            had = self.capital.get(asset.name, 0)
            self.pool[asset.name] = self.pool.get(asset.name, 0) + asset.pool_capital - had
            self.capital[asset.name] = asset.pool_capital
        self.events.append(VenueChanged(self.epoch))
        for asset in venue.assets:
            daily = tuple(terms.daily_rate for terms in asset.loan_terms)
            hour = self.now - self.now % HOUR
            if daily and asset.name not in self.rates:
                self.change_rates(asset.name, daily, hour)
            elif daily and [terms.daily_rate for terms in said_before[asset.name]] != list(daily):
                self.change_rates(asset.name, daily, hour + HOUR)
        self.unprinted = [*self.symbols_seen]
        self.follow_index(self.symbols_seen)

    def _change_venue(self, venue: Venue) -> Reason | None:
        for asset in self.venue.assets:
            if asset.name not in [kept.name for kept in venue.assets]:
                return Reason.VENUE_SHRINKS
        for rules in self.venue.symbols:
            pair = (rules.name, rules.base, rules.quote)
            if pair not in [(kept.name, kept.base, kept.quote) for kept in venue.symbols]:
                return Reason.VENUE_SHRINKS
        if {row.leverage for row in self.venue.margin.leverages} - {
            row.leverage for row in venue.margin.leverages
        }:
            return Reason.VENUE_SHRINKS
        lent_in = self.venue.margin.liquidation.loan_asset
        if venue.margin.liquidation.loan_asset != lent_in:
            people = range(1, len(self.accounts) + 1)
            if any(self.liquidation_loan(number) for number in people):
                return Reason.VENUE_SHRINKS
        for asset in venue.assets:
            more = asset.pool_capital - self.capital.get(asset.name, 0)
            if more < 0 and self.pool[asset.name] < -more:
                return Reason.INVENTORY_SHORT
            if more > 0 and asset.name in self.pool and self.supply(asset.name) + more > SUPPLY_MAX:
                return Reason.ABOVE_SUPPLY
        self._take_rules(venue)
        return None
