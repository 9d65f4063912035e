"""The exchange as one function: a record goes in, what happened comes out.

Deterministic: the same records give the same state and the same events, on every build and in every process.
"""

from __future__ import annotations

from typing import Final

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
    Tick,
    Transfer,
    Withdraw,
)
from openmargin.domain.enums import Permission
from openmargin.domain.events import AnyEvent
from openmargin.domain.reasons import Rejected
from openmargin.engine import (
    accounts,
    agenda,
    amending,
    books,
    cascade,
    delisting,
    dump,
    house,
    index_scripts,
    interest,
    invariants,
    isolated,
    keys,
    ledger,
    liquidation,
    liquidation_loan,
    listen_keys,
    loans,
    order_lists,
    orders,
    preferences,
    rates,
    replacing,
    setup,
    small_liability,
    special_keys,
    watch,
)
from openmargin.engine.state import State

EPOCH: Final = 2
"""The generation of rules. A change in what old commands do raises it (ADR 10)."""

TRADE: Final = Permission.TRADE
MARGIN_LOAN: Final = Permission.MARGIN_LOAN
READ: Final = Permission.READ
"""What the reference asks of a key that chooses for its own account (USER_DATA)."""


class Applied:
    """What one record brought about."""

    def __init__(
        self, events: list[AnyEvent], own_from: int, own_until: int, rejection: Rejected | None
    ) -> None:
        self.events: list[AnyEvent] = events
        self.own_from: int = own_from
        self.own_until: int = own_until
        """Where the command's own events begin and end, the steps of its lists included; the others are of what was
        due, and of the stops that woke."""
        self.rejection: Rejected | None = rejection


class Engine:
    """The state and its one door."""

    def __init__(self, state: State | None = None) -> None:
        self._state: State | None = state
        self.check_everything: bool = False
        """Run every invariant after every record: for tests and simulation."""

    def __del__(self) -> None:
        if self._state is not None:
            books.take_apart(self._state)

    @property
    def state(self) -> State:
        assert self._state is not None, "the exchange begins with an Open record"
        return self._state

    @property
    def seq(self) -> int:
        """The place of the last record; -1 before the first."""
        return self._state.seq if self._state is not None else -1

    @property
    def at_ms(self) -> int:
        """The time of the last record."""
        return self._state.at_ms if self._state is not None else 0

    def apply(self, record: Record) -> Applied:
        """Do what is due, then what the command says.

        An AssertionError is a bug, and leaves the state unusable.
        """
        seq, at_ms, command = record.seq, record.at_ms, record.command
        assert seq == self.seq + 1, f"record {seq} cannot follow {self.seq}"
        assert at_ms >= self.at_ms, f"record {seq} goes back in time"
        rejection: Rejected | None = None
        if type(command) is Open:
            assert self._state is None, "the exchange is open already"
            state = setup.open_venue(command, at_ms)
            self._state = state
            own_from = 0
        else:
            state = self.state
            state.seq = seq
            state.at_ms = at_ms
            state.events = []
            state.generated_names = 0
            _do_due(state)
            own_from = len(state.events)
            if type(command) is not Tick:
                assert agenda.blocking(state, at_ms) is None, "some work comes before any command"
                rejection = _obey(state, command)
        if rejection is not None:
            assert len(state.events) == own_from, f"a refused command changed something: {rejection}"
            state.events.append(rejection)
        cascade.follow_lists(state)
        own_until = len(state.events)
        cascade.run(state)
        watch.look(state)
        ledger.close(state)
        if self.check_everything:
            found = invariants.breaches(state)
            assert not found, "; ".join(found)
        return Applied(state.events, own_from, own_until, rejection)

    def next_due_ms(self) -> int | None:
        """When time alone will next bring something; None where nothing is planned."""
        return agenda.next_due_ms(self._state) if self._state is not None else None

    def is_blocked(self, at_ms: int) -> bool:
        """Would a command at that time have to wait for work that comes first?"""
        return self._state is not None and agenda.blocking(self._state, at_ms) is not None

    def dump(self) -> bytes:
        return dump.dump(self.state)

    @classmethod
    def load(cls, data: bytes) -> Engine:
        return Engine(dump.load(data))

    def state_hash(self) -> str:
        """The name of the whole state."""
        return dump.state_hash(self.dump())


def _do_due(state: State) -> None:
    """One step of what is due, where anything is."""
    item = agenda.due(state)
    if item is None:
        return
    due_ms, kind = item
    if kind == agenda.WAKE:
        agenda.done(state, item)  # What every record ends with goes on with it, and plans what is left again.
    elif kind == agenda.DELIST:
        delisting.step(state)
    elif kind == agenda.REQUOTE:
        if house.see_due(state):
            house.plan_next(state)
    elif kind == agenda.EXPIRE:
        listen_keys.expire(state)
    elif kind == agenda.REPAY:
        liquidation_loan.settle(state)
    elif kind == agenda.SCRIPT:
        index_scripts.step(state)
    elif kind == agenda.LIQUIDATE:
        liquidation.step(state)
    else:
        assert kind == agenda.ACCRUE, f"nobody knows how to do work of kind {kind}"
        if interest.accrue(state, due_ms):
            agenda.done(state, item)
            if state.debtors:
                agenda.schedule(state, due_ms + agenda.HOUR_MS, agenda.ACCRUE)


def _obey(state: State, command: AnyCommand) -> Rejected | None:
    """Hand a command to the rule that knows it, the frequent ones first."""
    if type(command) is PlaceOrder:
        return keys.refuse_signed(state, command, TRADE) or orders.place(state, command)
    if type(command) is CancelOrder:
        return keys.refuse_signed(state, command, TRADE) or orders.cancel(state, command)
    if type(command) is CancelReplace:
        return keys.refuse_signed(state, command, TRADE) or replacing.replace(state, command)
    if type(command) is CancelAllOrders:
        return keys.refuse_signed(state, command, TRADE) or orders.cancel_all(state, command)
    if type(command) is PlaceOrderList:
        return keys.refuse_signed(state, command, TRADE) or order_lists.place(state, command)
    if type(command) is CancelOrderList:
        return keys.refuse_signed(state, command, TRADE) or order_lists.cancel(state, command)
    if type(command) is AmendOrder:
        return keys.refuse_signed(state, command, TRADE) or amending.amend(state, command)
    if type(command) is SetIndex:
        return house.set_index(state, command)
    if type(command) is Borrow:
        return keys.refuse_signed(state, command, MARGIN_LOAN) or loans.borrow(state, command)
    if type(command) is Repay:
        return keys.refuse_signed(state, command, MARGIN_LOAN) or loans.repay(state, command)
    if type(command) is Transfer:
        return keys.refuse_signed(state, command, MARGIN_LOAN) or accounts.transfer(state, command)
    if type(command) is OpenIsolated:
        return keys.refuse_signed(state, command, TRADE) or isolated.open_account(state, command)
    if type(command) is CloseIsolated:
        return keys.refuse_signed(state, command, TRADE) or isolated.close_account(state, command)
    if type(command) is ExchangeSmallLiabilities:
        return keys.refuse_signed(state, command, MARGIN_LOAN) or small_liability.exchange(state, command)
    if type(command) is SetBnbBurn:
        return keys.refuse_signed(state, command, READ) or preferences.set_bnb_burn(state, command)
    if type(command) is SetMaxLeverage:
        return keys.refuse_signed(state, command, READ) or preferences.set_max_leverage(state, command)
    if type(command) is CreateSpecialKey:
        return keys.refuse_signed(state, command, TRADE) or special_keys.create(state, command)
    if type(command) is EditSpecialKeyIps:
        return keys.refuse_signed(state, command, TRADE) or special_keys.edit_ips(state, command)
    if type(command) is DeleteSpecialKeys:
        return keys.refuse_signed(state, command, TRADE) or special_keys.delete(state, command)
    if type(command) is ExitSpecialKeyMode:
        return keys.refuse_signed(state, command, TRADE) or special_keys.exit_mode(state, command)
    if type(command) is ManualLiquidate:
        return keys.refuse_signed(state, command, TRADE) or liquidation.manual(state, command)
    if type(command) is RepayLiquidationLoan:
        return keys.refuse_signed(state, command, MARGIN_LOAN) or liquidation_loan.repay(state, command)
    if type(command) is OpenListenKey:
        return keys.refuse_signed(state, command, READ) or listen_keys.open_key(state, command)
    if type(command) is KeepListenKey:
        return keys.refuse_signed(state, command, READ) or listen_keys.keep(state, command)
    if type(command) is CloseListenKey:
        return keys.refuse_signed(state, command, READ) or listen_keys.close(state, command)
    if type(command) is Deposit:
        return accounts.deposit(state, command)
    if type(command) is Withdraw:
        return accounts.withdraw(state, command)
    if type(command) is SeedDebt:
        return loans.seed(state, command)
    if type(command) is ScriptIndex:
        return index_scripts.begin(state, command)
    if type(command) is EndIndexScript:
        return index_scripts.end(state, command)
    if type(command) is ExpireListenKeys:
        return listen_keys.expire_all(state, command)
    if type(command) is DelayLoanRepayments:
        return liquidation_loan.delay(state, command)
    if type(command) is SetRates:
        return rates.set_rates(state, command)
    if type(command) is CreateAccount:
        return accounts.create(state, command)
    if type(command) is ChangeAccount:
        return accounts.change(state, command)
    if type(command) is CreateKey:
        return keys.create(state, command)
    assert type(command) is ChangeVenue, f"nobody obeys {command}"
    return setup.change_venue(state, command)
