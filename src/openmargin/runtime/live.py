"""Questions about now, put to the engine's state.

What they see may be ahead of the disk: `Exchange.read` shows it to nobody before it is durable; the gateway
may use it at once for checks of its own.
"""

from __future__ import annotations

from openmargin.domain.commands import PlaceOrder
from openmargin.domain.enums import KeyKind
from openmargin.domain.explained import MarginExplained, RefusalExplained
from openmargin.domain.ids import Scope
from openmargin.domain.money import Atoms
from openmargin.domain.orders import ListView, OrderView
from openmargin.domain.reasons import Rejected
from openmargin.domain.venue import Venue
from openmargin.domain.views import (
    AccountView,
    AverageView,
    BalanceView,
    BorrowableView,
    DepthView,
    FundView,
    IndexScriptView,
    IndexView,
    IsolatedView,
    KeyView,
    LiquidationLoanView,
    ListenKeyView,
    MarginView,
    OrderCountView,
    RatesView,
    RestrictedView,
    SmallLiabilityView,
    SwitchesView,
)
from openmargin.engine import explain, orders, views
from openmargin.engine.engine import Engine
from openmargin.runtime.clock import Clock
from openmargin.runtime.refusals import RefusalLog


class Live:
    """The engine's views, bound to its state."""

    def __init__(self, engine: Engine, clock: Clock, refusals: RefusalLog | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._refusals = refusals or RefusalLog()

    @property
    def venue(self) -> Venue:
        return self._engine.state.venue

    @property
    def seed(self) -> int:
        return self._engine.state.seed

    @property
    def walk_step(self) -> int:
        """How many steps of the index walk the journal holds."""
        return self._engine.state.walk_step

    @property
    def has_hmac_keys(self) -> bool:
        """Has anybody a key whose secret comes from the server's master key?"""
        return any(key.kind is KeyKind.HMAC for key in self._engine.state.keys.values())

    def key(self, api_key: str) -> KeyView | None:
        return views.key(self._engine.state, api_key)

    def listen_key(self, nonce: int) -> ListenKeyView | None:
        """The name of a user data stream; none where it has ended."""
        key = views.listen_key(self._engine.state, nonce)
        return key if key is not None and key.expires_at_ms > self.now_ms() else None

    @property
    def repayment_delay_ms(self) -> int:
        """How long repayments of liquidation loans stay pending; 0 where they do not."""
        return self._engine.state.repayment_delay_ms

    def special_keys(self, account_id: int, scope: Scope) -> list[KeyView]:
        return views.special_keys(self._engine.state, account_id, scope)

    def account(self, account_id: int) -> AccountView | None:
        return views.account(self._engine.state, account_id)

    def liquidation_loan(self, account_id: int) -> LiquidationLoanView:
        return views.liquidation_loan(self._engine.state, account_id)

    def account_ids(self) -> list[int]:
        return views.account_ids(self._engine.state)

    def margin(self, account_id: int, scope: Scope) -> MarginView:
        return views.margin(self._engine.state, account_id, scope)

    def switches(self, account_id: int, scope: Scope) -> SwitchesView:
        """What a margin account may do at all."""
        return views.switches(self._engine.state, account_id, scope)

    def insurance_fund(self) -> tuple[FundView, ...]:
        """What the insurance fund holds or owes."""
        return views.insurance_fund(self._engine.state)

    def balances(self, account_id: int, scope: Scope) -> tuple[BalanceView, ...]:
        return views.balances(self._engine.state, account_id, scope)

    def changed_ms(self, account_id: int, scope: Scope) -> int:
        """When anything in these wallets last changed; 0 for never."""
        return views.changed_ms(self._engine.state, account_id, scope)

    def in_display(self, asset: str, amount: Atoms) -> Atoms:
        """What an amount is worth in the display asset, rounded down; 0 where either has no price."""
        return views.in_display(self._engine.state, asset, amount)

    def max_borrowable(self, account_id: int, scope: Scope, asset: str) -> BorrowableView | Rejected:
        return views.max_borrowable(self._engine.state, account_id, scope, asset)

    def max_transferable(self, account_id: int, scope: Scope, asset: str) -> Atoms | Rejected:
        return views.max_transferable(self._engine.state, account_id, scope, asset)

    def explain(self, account_id: int, scope: Scope) -> MarginExplained:
        """Levels and limits of a margin account, with the numbers that they are made of."""
        return explain.margin(self._engine.state, account_id, scope)

    def refusals(self, account_id: int) -> list[RefusalExplained]:
        """Why the account's last commands were refused, the newest last; none where nobody keeps them."""
        return self._refusals.of(account_id)

    def restricted(self) -> RestrictedView:
        """Assets of which cross accounts may have no more."""
        return views.restricted(self._engine.state)

    def small_liabilities(self, account_id: int) -> list[SmallLiabilityView]:
        """The debts of the cross account that may be exchanged."""
        return views.small_liabilities(self._engine.state, account_id)

    def refuse_test(self, command: PlaceOrder) -> Rejected | None:
        """Why an order would be refused before it came to the book; None where it would not."""
        return orders.refuse_test(self._engine.state, command)

    def open_orders(self, account_id: int, scope: Scope, symbol: str | None) -> list[OrderView]:
        return views.open_orders(self._engine.state, account_id, scope, symbol)

    def order(
        self, account_id: int, scope: Scope, symbol: str, order_id: int, client_order_id: str
    ) -> OrderView | None:
        return views.order(self._engine.state, account_id, scope, symbol, order_id, client_order_id)

    def order_list(self, account_id: int, scope: Scope, list_id: int, client_list_id: str) -> ListView | None:
        return views.order_list(self._engine.state, account_id, scope, list_id, client_list_id)

    def open_lists(self, account_id: int, scope: Scope) -> list[ListView]:
        return views.open_lists(self._engine.state, account_id, scope)

    def isolated(self, account_id: int) -> list[IsolatedView]:
        return views.isolated(self._engine.state, account_id)

    def has_wallets(self, account_id: int, scope: Scope) -> bool | None:
        """Are these wallets open? None where they never were."""
        return views.has_wallets(self._engine.state, account_id, scope)

    def order_counts(self, account_id: int, scope: Scope) -> list[OrderCountView]:
        """The use of each unfilled-order window now."""
        return views.order_counts_of(self._engine.state, account_id, scope, self.now_ms())

    def rates(self, asset: str) -> RatesView | None:
        """Interest rates of this hour and of the next."""
        return views.rates(self._engine.state, asset, self.now_ms())

    def inventory(self, asset: str) -> Atoms:
        """What the pool has left to lend."""
        return views.inventory(self._engine.state, asset)

    def index(self, symbol: str) -> IndexView | None:
        return views.index_of(self._engine.state, symbol, self.now_ms())

    def index_scripts(self) -> list[IndexScriptView]:
        """The scripts of the index that go on."""
        return views.index_scripts(self._engine.state)

    def now_ms(self) -> int:
        """The exchange's time: a host's clock may go back, the exchange's never does."""
        return max(self._engine.at_ms, self._clock.now_ms())

    @property
    def last_record_ms(self) -> int:
        """The moment of the last record."""
        return self._engine.at_ms

    def average_price(self, symbol: str) -> AverageView:
        return views.average_price(self._engine.state, symbol, self.now_ms())

    def update_id(self, symbol: str) -> int:
        """Two equal ids of a symbol mean two equal depths of it."""
        return views.update_id(self._engine.state, symbol)

    def depth(self, symbol: str, limit: int) -> DepthView:
        return views.depth(self._engine.state, symbol, limit)

    def last_price(self, symbol: str) -> int:
        return views.last_price(self._engine.state, symbol)

    def is_busy(self) -> bool:
        """Is work left over that an earlier step had no budget for?"""
        due_ms = self._engine.next_due_ms()
        return due_ms is not None and due_ms <= self._engine.at_ms

    def next_due_ms(self) -> int | None:
        """When time alone will next bring something; None where nothing is planned."""
        return self._engine.next_due_ms()

    def idle(self) -> bool:
        return views.idle(self._engine.state)
