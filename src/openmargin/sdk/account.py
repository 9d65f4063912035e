"""Accounts: what their owner may do, and what may be asked of them.

Owns: one method for each thing that an owner or the lab does with an account; all of them are commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, overload

from openmargin.api import outcomes
from openmargin.api.endpoint import Sender
from openmargin.api.list_params import refuse_pair
from openmargin.domain.commands import (
    AmendOrder,
    AnyCommand,
    Borrow,
    CancelAllOrders,
    CancelOrder,
    CancelOrderList,
    CancelReplace,
    ChangeAccount,
    CloseIsolated,
    CreateKey,
    CreateSpecialKey,
    DeleteSpecialKeys,
    Deposit,
    ExitSpecialKeyMode,
    ManualLiquidate,
    OpenIsolated,
    PlaceOrderList,
    Repay,
    RepayLiquidationLoan,
    SetMaxLeverage,
    Transfer,
    Withdraw,
)
from openmargin.domain.enums import (
    CancelReplaceMode,
    Contingency,
    KeyKind,
    OrderType,
    Permission,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.events import OrderAmended
from openmargin.domain.ids import ANY_ADDRESS, CROSS, SPOT, Scope
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.views import AccountView, BorrowableView, IsolatedView
from openmargin.history import queries
from openmargin.lab.explain import explain
from openmargin.lab.explain_text import lines
from openmargin.runtime.commit import Outcome
from openmargin.runtime.live import Live
from openmargin.sdk.amounts import Amount, atoms, decimal, word
from openmargin.sdk.answers import (
    Balance,
    Liquidation,
    Margin,
    Order,
    OrderList,
    Trade,
    balance_of,
    liquidation_of,
    list_of,
    margin_of,
    order_of,
    trade_of,
)
from openmargin.sdk.legs import Leg, named
from openmargin.sdk.placing import placement
from openmargin.sdk.refused import Refused, refusals_of_the_rim
from openmargin.sdk.replacing import Replacement, replacement_of

if TYPE_CHECKING:
    from openmargin.sdk.exchange import Exchange

EVERY_ROW: Final = 1 << 31


class TradingAccount:
    """Wallets that trade and borrow together: an account's spot wallet, its cross account, or one isolated account."""

    def __init__(self, exchange: Exchange, account_id: int, scope: Scope, key: str = "") -> None:
        self.exchange: Final = exchange
        self.id: Final = account_id
        self.scope: Final = scope
        """"spot", "cross", or the symbol of the isolated account."""
        self._key: Final = key

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.scope}>"

    # --- money

    def deposit(self, asset: str, amount: Amount) -> Balance:
        """Bring value from the outside world into this wallet."""
        self._do(Deposit(self.id, self.scope, asset, atoms("amount", amount)))
        return self.balance(asset)

    def withdraw(self, asset: str, amount: Amount) -> Balance:
        """Take free value out, to the outside world."""
        self._do(Withdraw(self.id, self.scope, asset, atoms("amount", amount)))
        return self.balance(asset)

    def transfer(self, asset: str, amount: Amount, to: TradingAccount | Scope) -> Balance:
        """Move value from here to other wallets of the same account: "spot", "cross" or the symbol of an isolated one."""
        target = to.scope if isinstance(to, TradingAccount) else to
        if isinstance(to, TradingAccount) and to.id != self.id:
            raise ValueError(f"account {to.id} is another than {self.id}: withdraw here and deposit there")
        self._do(Transfer(self.id, self._key, 0, self.scope, target, asset, atoms("amount", amount)))
        return self.balance(asset)

    def borrow(self, asset: str, amount: Amount) -> Balance:
        """Take a loan. Interest for the first hour is due at once."""
        self._require_margin()
        self._do(Borrow(self.id, self._key, 0, self.scope, asset, atoms("amount", amount)))
        return self.balance(asset)

    def repay(self, asset: str, amount: Amount | None = None) -> Balance:
        """Pay back interest first, then principal; all that is owed where no amount is given."""
        self._require_margin()
        owed = self.balance(asset).owed if amount is None else amount
        self._do(Repay(self.id, self._key, 0, self.scope, asset, atoms("amount", owed)))
        return self.balance(asset)

    def liquidate(self) -> None:
        """Repay the debts of this margin account out of its own assets, as its owner may ask for."""
        self._require_margin()
        self._do(ManualLiquidate(self.id, self._key, 0, self.scope))

    # --- orders

    def place(
        self,
        symbol: str,
        side: Side | str,
        quantity: Amount | None = None,
        price: Amount | None = None,
        *,
        type: OrderType | str | None = None,
        quote_quantity: Amount | None = None,
        stop_price: Amount | None = None,
        trailing_delta: int | None = None,
        iceberg: Amount = 0,
        time_in_force: TimeInForce | str | None = None,
        side_effect: SideEffect | str = SideEffect.NO_SIDE_EFFECT,
        self_trade_prevention: SelfTradePrevention | str | None = None,
        auto_repay_at_cancel: bool | None = None,
        client_id: str = "",
    ) -> Order:
        """Place an order: LIMIT where there is a price, else MARKET, unless a type is named. GTC unless said otherwise.

        `trailing_delta` counts basis points; `quote_quantity` sizes a MARKET order in quote.
        """
        command = placement(
            self._sender,
            self.exchange.catalogue,
            symbol,
            side,
            quantity,
            price,
            type=type,
            quote_quantity=quote_quantity,
            stop_price=stop_price,
            trailing_delta=trailing_delta,
            iceberg=iceberg,
            time_in_force=time_in_force,
            side_effect=side_effect,
            self_trade_prevention=self_trade_prevention,
            auto_repay_at_cancel=self._repays_at_cancel(auto_repay_at_cancel),
            client_id=client_id,
        )
        placed = outcomes.placed_order(self._do(command))
        return order_of(placed.order, placed.fills, placed.borrowed)

    def buy(self, symbol: str, quantity: Amount, price: Amount | None = None) -> Order:
        """Buy at the market, or at a limit; `place` knows everything else."""
        return self.place(symbol, Side.BUY, quantity, price)

    def sell(self, symbol: str, quantity: Amount, price: Amount | None = None) -> Order:
        """Sell at the market, or at a limit; `place` knows everything else."""
        return self.place(symbol, Side.SELL, quantity, price)

    def amend(self, order: Order, quantity: Amount, *, client_id: str = "") -> Order:
        """Lower the quantity of an open order, which keeps its turn; the other one of a pair goes along.

        `quantity` is all that it is to be of, what has traded included. For the spot wallet, a special key, and the
        operator: ValueError for an ordinary key of a margin account.
        """
        self._require_spot_words()
        with refusals_of_the_rim():
            named("newClientOrderId", client_id)
        command = AmendOrder(
            self.id,
            self._key,
            0,
            self.scope,
            order.symbol,
            order.id,
            "",
            atoms("quantity", quantity),
            client_id,
        )
        outcome = self.exchange.do(command, SPOT)
        # The order that was asked for is told of before the other of its pair.
        return order_of(next(event.order for event in outcome.events if isinstance(event, OrderAmended)))

    def replace(
        self,
        order: Order,
        quantity: Amount | None = None,
        price: Amount | None = None,
        *,
        side: Side | str | None = None,
        type: OrderType | str | None = None,
        quote_quantity: Amount | None = None,
        stop_price: Amount | None = None,
        trailing_delta: int | None = None,
        iceberg: Amount = 0,
        time_in_force: TimeInForce | str | None = None,
        self_trade_prevention: SelfTradePrevention | str | None = None,
        client_id: str = "",
        mode: CancelReplaceMode | str = CancelReplaceMode.STOP_ON_FAILURE,
        cancels_over_limit: bool = False,
    ) -> Replacement:
        """Cancel an order and place another of its symbol in one step: on its side unless said otherwise, else as `place`.

        Each half may fail by itself, which the answer tells; Refused where neither was tried. With `cancels_over_limit` an
        account that has placed as many orders as it may still cancels. For whom: see `amend`.
        """
        self._require_spot_words()
        new_order = placement(
            self._sender,
            self.exchange.catalogue,
            order.symbol,
            order.side if side is None else side,
            quantity,
            price,
            type=type,
            quote_quantity=quote_quantity,
            stop_price=stop_price,
            trailing_delta=trailing_delta,
            iceberg=iceberg,
            time_in_force=time_in_force,
            side_effect=SideEffect.NO_SIDE_EFFECT,
            self_trade_prevention=self_trade_prevention,
            auto_repay_at_cancel=False,
            client_id=client_id,
        )
        cancel = CancelOrder(self.id, self._key, 0, self.scope, order.symbol, order.id, "", "")
        chosen = word(CancelReplaceMode, "mode", mode)
        command = CancelReplace(self.id, self._key, 0, chosen, cancel, new_order, cancels_over_limit)
        return replacement_of(self.exchange.do(command, SPOT), order.id)

    @overload
    def cancel(self, order: Order) -> Order: ...
    @overload
    def cancel(self, order: OrderList) -> OrderList: ...
    def cancel(self, order: Order | OrderList) -> Order | OrderList:
        """Cancel an open order, or a list with all its orders."""
        if isinstance(order, OrderList):
            return self._cancel_list(order)
        outcome = self._do(CancelOrder(self.id, self._key, 0, self.scope, order.symbol, order.id, "", ""))
        return order_of(outcomes.ended_order(outcome, lambda spec: spec.order_id == order.id).order)

    def _cancel_list(self, order_list: OrderList) -> OrderList:
        command = CancelOrderList(self.id, self._key, 0, self.scope, order_list.symbol, order_list.id, "", "")
        ended = outcomes.ended_list(self._do(command))
        return list_of(
            ended.order_list, [order_of(ended.orders[each].order) for each in sorted(ended.orders)]
        )

    def cancel_all(self, symbol: str) -> None:
        """Cancel every open order and list of a symbol; refused where there is none."""
        self._do(CancelAllOrders(self.id, self._key, 0, self.scope, symbol))

    def place_list(
        self,
        contingency: Contingency | str,
        symbol: str,
        legs: Sequence[Leg],
        *,
        side_effect: SideEffect | str = SideEffect.NO_SIDE_EFFECT,
        self_trade_prevention: SelfTradePrevention | str | None = None,
        auto_repay_at_cancel: bool | None = None,
        client_id: str = "",
    ) -> OrderList:
        """Place a list: OCO (above, below), OTO (working, pending) or OTOCO (working, above, below)."""
        kind = word(Contingency, "contingency", contingency)
        prefixes = _PREFIXES[kind]
        if len(legs) != len(prefixes):
            raise ValueError(f"{kind.name} has {len(prefixes)} legs: {', '.join(prefixes)}")
        mode = self_trade_prevention
        with refusals_of_the_rim():
            if kind is not Contingency.OTO:
                above, below = (leg.asked("") for leg in legs[-2:])
                refuse_pair(above.side, above.type, below.type)
            command = PlaceOrderList(
                self.id,
                self._key,
                0,
                self.scope,
                symbol,
                kind,
                named("listClientOrderId", client_id),
                tuple(leg.command(prefix) for leg, prefix in zip(legs, prefixes, strict=True)),
                self.exchange.catalogue.symbol(symbol).self_trade_preventions[0]
                if mode is None
                else word(SelfTradePrevention, "self_trade_prevention", mode),
                word(SideEffect, "side_effect", side_effect),
                self._repays_at_cancel(auto_repay_at_cancel),
            )
        placed = outcomes.placed_list(self._do(command))
        orders = [order_of(one.order, one.fills) for one in placed.orders.values()]
        return list_of(placed.order_list, orders)

    # --- questions

    def balances(self) -> dict[str, Balance]:
        """Every asset of the venue that the wallets hold or owe any of."""
        views = self._live.balances(self.id, self._open_scope())
        return {
            view.asset: balance_of(view)
            for view in views
            if view.free or view.locked or view.borrowed or view.interest
        }

    def balance(self, asset: str) -> Balance:
        """One asset; KeyError where the venue has none of that name."""
        for view in self._live.balances(self.id, self._open_scope()):
            if view.asset == asset:
                return balance_of(view)
        raise KeyError(asset)

    def margin(self) -> Margin:
        """The levels of a margin account."""
        self._require_margin()
        return margin_of(self._live.margin(self.id, self._open_scope()))

    @property
    def margin_level(self) -> Decimal:
        return self.margin().level

    def max_borrowable(self, asset: str) -> Decimal:
        """What may be borrowed now: the least of level, limit and inventory."""
        self._require_margin()
        found = self._live.max_borrowable(self.id, self._open_scope(), asset)
        if not isinstance(found, BorrowableView):
            raise self._refused(found)
        return decimal(found.amount)

    def max_transferable(self, asset: str) -> Decimal:
        """What may leave a margin account now."""
        self._require_margin()
        found = self._live.max_transferable(self.id, self._open_scope(), asset)
        if isinstance(found, Rejected):
            raise self._refused(found)
        return decimal(found)

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        """Open orders, of one symbol by id, or of all by time."""
        return [order_of(view) for view in self._live.open_orders(self.id, self._open_scope(), symbol)]

    def open_lists(self) -> list[OrderList]:
        return [list_of(view) for view in self._live.open_lists(self.id, self._open_scope())]

    def order(self, symbol: str, order_id: int | None = None, *, client_id: str | None = None) -> Order:
        """An order, open or not; KeyError where there is none."""
        found = self.exchange.fetch(
            queries.Order(
                account_id=self.id,
                scope=self.scope,
                symbol=symbol,
                order_id=order_id,
                client_order_id=client_id,
            )
        )
        if found is None:
            raise KeyError(order_id if order_id is not None else client_id)
        return order_of(found)

    def orders(self, symbol: str) -> list[Order]:
        """Every order of a symbol, open or not, the oldest first."""
        query = queries.Orders(account_id=self.id, scope=self.scope, symbol=symbol, limit=EVERY_ROW)
        return [order_of(view) for view in self.exchange.fetch(query)]

    def trades(self, symbol: str) -> list[Trade]:
        """Every trade in a symbol, the oldest first."""
        query = queries.Trades(account_id=self.id, scope=self.scope, symbol=symbol, limit=EVERY_ROW)
        return [trade_of(row) for row in self.exchange.fetch(query)]

    def liquidations(self) -> list[Liquidation]:
        """The liquidations of this margin account, the oldest first."""
        rows, _ = self.exchange.fetch(queries.Liquidations(account_id=self.id, limit=EVERY_ROW))
        return [liquidation_of(row) for row in reversed(rows) if row.began.scope == self.scope]

    # --- special keys

    def create_special_key(
        self, name: str = "key", *, ips: Sequence[str] = (ANY_ADDRESS,), may_trade: bool = True
    ) -> str:
        """Make a special key, which puts the account into Special Key Mode; the key to act `with_key`."""
        self._require_margin()
        key = self.exchange.new_key()
        self._do(
            CreateSpecialKey(
                self.id, self._key, 0, self.scope, key, name, KeyKind.HMAC, "", tuple(ips), may_trade
            )
        )
        return key

    def special_keys(self) -> list[str]:
        """The special keys of this margin account, the oldest first."""
        return [view.api_key for view in self._live.special_keys(self.id, self._open_scope())]

    def delete_special_key(self, key: str) -> None:
        self._do(DeleteSpecialKeys(self.id, self._key, 0, self.scope, key, ""))

    def with_key(self, key: str) -> TradingAccount:
        """The same wallets, with every request signed by a key: what it may not do is refused.

        Without a key the operator asks, who may do everything.
        """
        return TradingAccount(self.exchange, self.id, self.scope, key)

    # --- inside

    def _require_spot_words(self) -> None:
        """Margin has no words for it: Binance takes it for the wallets that a key trades with on the spot API."""
        key = self._live.key(self._key) if self._key else None
        if self.scope != SPOT and key is not None and not key.special_scope:
            raise ValueError("an ordinary key amends and replaces orders of the spot wallet alone")

    @property
    def _live(self) -> Live:
        return self.exchange.live

    @property
    def _sender(self) -> Sender:
        return Sender(self.id, self._key, 0, self.scope)

    def _do(self, command: AnyCommand) -> Outcome:
        return self.exchange.do(command, self.scope)

    def _refused(self, rejected: Rejected) -> Refused:
        return Refused.of(rejected, self.scope, self.exchange.now_ms)

    def _open_scope(self) -> Scope:
        """The scope, which must be open to be asked about."""
        if not self._live.has_wallets(self.id, self.scope):
            raise self._refused(Rejected(Reason.UNKNOWN_SCOPE))
        return self.scope

    def _require_margin(self) -> None:
        if self.scope == SPOT:
            raise ValueError("the spot wallet is no margin account")

    def _repays_at_cancel(self, asked: bool | None) -> bool:
        """Margin orders do unless told otherwise, as on the wire."""
        return self.scope != SPOT if asked is None else asked


class Isolated(TradingAccount):
    """The isolated account of a pair; it must be opened before it can hold anything."""

    def open(self) -> Isolated:
        """Open it, or open it again."""
        self._do(OpenIsolated(self.id, self._key, 0, self.scope))
        return self

    def close(self) -> None:
        """Close it; it must be empty."""
        self._do(CloseIsolated(self.id, self._key, 0, self.scope))

    @property
    def is_open(self) -> bool:
        return bool(self.exchange.live.has_wallets(self.id, self.scope))

    @property
    def liquidation_price(self) -> Decimal | None:
        """The index that would liquidate it; None where no price would."""
        price = self._view().liquidation_price
        return decimal(price) if price else None

    def _view(self) -> IsolatedView:
        scope = self._open_scope()
        return next(view for view in self.exchange.live.isolated(self.id) if view.symbol == scope)


class Account(TradingAccount):
    """An account of the exchange. What is asked of it without naming wallets is its cross margin account."""

    def __init__(self, exchange: Exchange, account_id: int) -> None:
        super().__init__(exchange, account_id, CROSS)
        self.spot: Final = TradingAccount(exchange, account_id, SPOT)

    def isolated(self, symbol: str) -> Isolated:
        """The isolated account of a pair, open or not."""
        return Isolated(self.exchange, self.id, symbol)

    @property
    def name(self) -> str:
        return self._who().name

    @property
    def vip(self) -> int:
        return self._who().vip

    @property
    def is_in_special_mode(self) -> bool:
        """Does it trade through special keys alone?"""
        return self._who().in_special_mode

    def change(self, *, vip: int | None = None, terms_signed: bool | None = None) -> None:
        """Alter what the exchange knows of the account; what is None stays."""
        self._do(ChangeAccount(self.id, vip, None, terms_signed, None))

    def set_leverage(self, leverage: int) -> None:
        """Choose the cross leverage."""
        self._do(SetMaxLeverage(self.id, self._key, 0, leverage))

    def create_key(self, *permissions: Permission | str) -> str:
        """Make an ordinary key, with every permission where none is named."""
        key = self.exchange.new_key()
        allowed = tuple(word(Permission, "permission", one) for one in permissions) or tuple(Permission)
        self._do(CreateKey(self.id, key, KeyKind.HMAC, "", allowed, (ANY_ADDRESS,)))
        return key

    def exit_special_mode(self) -> None:
        """Leave Special Key Mode, with all special keys of the cross account."""
        self._do(ExitSpecialKeyMode(self.id, self._key, 0))

    def explain(self, asset: str = "") -> str:
        """Why its margin accounts have their levels and limits, and what it was lately refused for, in lines for people."""
        return "\n".join(lines(explain(self.exchange.live, self.id), asset=asset))

    @property
    def liquidation_loan(self) -> Decimal:
        """What it still owes the insurance fund after bankruptcies."""
        view = self.exchange.live.liquidation_loan(self.id)
        return decimal(view.amount - view.repaid)

    def repay_liquidation_loan(self, amount: Amount) -> None:
        """Repay it from the spot wallet."""
        asset = self.exchange.live.liquidation_loan(self.id).asset
        self._do(RepayLiquidationLoan(self.id, self._key, 0, asset, atoms("amount", amount)))

    def _who(self) -> AccountView:
        found = self.exchange.live.account(self.id)
        assert found is not None, "an account never vanishes"
        return found


_PREFIXES: Final = {
    Contingency.OCO: ("above", "below"),
    Contingency.OTO: ("working", "pending"),
    Contingency.OTOCO: ("working", "pendingAbove", "pendingBelow"),
}
"""What the wire calls the legs of a list."""
