"""What is there: accounts, keys, wallets and debts, open orders and the tape, and how to ask for them."""

from __future__ import annotations

from fractions import Fraction

from openmargin.domain.enums import MarginStatus
from openmargin.domain.events import AnyEvent
from openmargin.domain.ids import CROSS, SPOT, Scope, generated_client_id
from openmargin.domain.orders import ListView, OrderView
from openmargin.domain.venue import Asset, Symbol, Venue
from openmargin.domain.views import BalanceView, FundView
from openmargin.lab.twin.parts import (
    Place,
    TwinAccount,
    TwinIsolated,
    TwinKey,
    TwinLiquidation,
    TwinList,
    TwinOrder,
    TwinRepayment,
    TwinScript,
)


class Ledger:
    """The twin's memory."""

    def __init__(self) -> None:
        self.venue: Venue
        self.epoch = 0
        self.seq = -1
        self.now = 0
        self.events: list[AnyEvent] = []
        self.names = 0
        self.arrivals = 0
        self.transactions = 100_000_000
        self.accounts: list[TwinAccount] = []
        self.isolated: dict[tuple[int, str], TwinIsolated] = {}
        """By account and pair, in the order in which they were first opened."""
        self.keys: dict[str, TwinKey] = {}
        self.keys_made = 0
        self.orders: list[TwinOrder] = []
        """All live orders of all symbols, in no order that anybody relies on."""
        self.lists: list[TwinList] = []
        """Open order lists."""
        self.list_numbers = 0
        self.owned: dict[tuple[int, Scope, str], int] = {}
        """What each trading account has of an asset, free or locked."""
        self.debts: dict[tuple[int, Scope, str], list[int]] = {}
        """Principal and interest."""
        self.debtors: list[tuple[int, Scope]] = []
        self.pool: dict[str, int] = {}
        self.capital: dict[str, int] = {}
        """What the venue gave each pool."""
        self.rates: dict[str, list[tuple[int, tuple[int, ...]]]] = {}
        """All that ever held of an asset, as (from when, daily rates by VIP level), oldest first."""
        self.fees: dict[str, int] = {}
        self.delisted: list[tuple[str, int]] = []
        """Assets and pairs whose delisting has been carried out, with the time it was planned for."""
        self.conversion: dict[str, int] = {}
        """What was given for debts that became others, and what was got for it."""
        self.house: dict[str, int] = {}
        """What the house has earned; where it must pay more, the outside world gives it the rest."""
        self.index: dict[str, int] = {}
        self.index_at: dict[str, int] = {}
        """When each was set."""
        self.seen: dict[str, tuple[int, Fraction]] = {}
        """The index, and what its quote asset is worth, as the house knows them."""
        self.unseen: list[tuple[int, str]] = []
        """Symbols that are worth something else than the house knows, and when it will."""
        self.unprinted: list[str] = []
        """Symbols whose index moved since the tape last followed."""
        self.traded: dict[str, tuple[int, bool]] = {}
        """What the tape is to tell at the next price, where somebody said it, and whether its taker bought."""
        self.scripts: list[TwinScript] = []
        """Index scripts that go on, the oldest first."""
        self.script_numbers = 0
        self.stopped: list[str] = []
        """Symbols whose feed has stopped."""
        self.symbols_seen: list[str] = []
        self.order_ids: dict[str, int] = {}
        self.trade_ids: dict[str, int] = {}
        self.aggregate_ids: dict[str, int] = {}
        self.prevented_ids: dict[str, int] = {}
        self.amendment_ids: dict[str, int] = {}
        self.trades: dict[str, list[tuple[int, int, int, int]]] = {}
        """(minute, quantity, quote, price), oldest first."""
        self.quoted: list[str] = []
        """Symbols whose house quotes stand; the others are quoted when somebody comes."""
        self.counted: dict[tuple[int, Scope], list[tuple[int, int]]] = {}
        """(when, how many) unfilled orders were added or given back."""
        self.concerned: list[TwinOrder] = []
        """Orders of lists that traded, triggered or ended: their lists have still to follow."""
        self.woken: list[TwinOrder] = []
        """Stops that were reached, the first to wake first."""
        self.stirring = ""
        """The symbol whose stops woke last."""
        self.wave_goes_on = False
        """Have so many stops woken that the next record begins with more?"""
        self.told: dict[tuple[int, Scope], tuple[MarginStatus, int]] = {}
        """Which status a margin account was told of last, and when."""
        self.charged: list[tuple[int, Scope]] = []
        """Who has been charged for a full hour in this record."""
        self.liquidations: list[TwinLiquidation] = []
        """Those that go on, the first to begin first."""
        self.liquidation_numbers = 0
        self.repaying: list[TwinRepayment] = []
        """Of liquidation loans: what is on its way to the fund."""
        self.repaying_takes = 0
        """How long it takes."""
        self.fund: dict[str, list[int]] = {}
        """What the insurance fund received, and what it paid."""

    # --- Who and where -----------------------------------------------------------------------------------------

    def knows(self, account: int) -> bool:
        return 1 <= account <= len(self.accounts)

    def has_wallets(self, account: int, scope: Scope) -> bool:
        if not self.knows(account):
            return False
        isolated = self.isolated.get((account, scope))
        return scope in (SPOT, CROSS) or (isolated is not None and isolated.is_open)

    def scopes(self) -> list[tuple[int, Scope]]:
        """Every user's trading account."""
        everybody = [
            (number, scope) for number in range(1, len(self.accounts) + 1) for scope in (SPOT, CROSS)
        ]
        return everybody + [key for key, isolated in self.isolated.items() if isolated.is_open]

    def liquidation_of(self, account: int, scope: Scope) -> TwinLiquidation | None:
        """The liquidation that an account is in."""
        whose = (account, scope)
        return next((one for one in self.liquidations if (one.account, one.scope) == whose), None)

    def liquidating(self) -> list[tuple[int, Scope]]:
        return [(one.account, one.scope) for one in self.liquidations]

    def liquidation_loan(self, account: int) -> int:
        """What it still owes the insurance fund."""
        who = self.accounts[account - 1]
        return who.liquidation_loan - who.liquidation_loan_repaid

    def may_hold(self, scope: Scope, asset: str) -> bool:
        """An isolated account knows only the two assets of its pair."""
        if scope in (SPOT, CROSS):
            return True
        rules = self.rules(scope)
        return asset in (rules.base, rules.quote)

    def asset(self, name: str) -> Asset | None:
        return next((asset for asset in self.venue.assets if asset.name == name), None)

    def find_rules(self, symbol: str) -> Symbol | None:
        return next((rules for rules in self.venue.symbols if rules.name == symbol), None)

    def rules(self, symbol: str) -> Symbol:
        found = self.find_rules(symbol)
        assert found is not None, f"{symbol} has gone"
        return found

    # --- Wallets -----------------------------------------------------------------------------------------------

    def total(self, account: int, scope: Scope, asset: str) -> int:
        return self.owned.get((account, scope, asset), 0)

    def pays_with(self, order: TwinOrder) -> str:
        rules = self.rules(order.symbol)
        return rules.quote if order.buys else rules.base

    def locked(self, account: int, scope: Scope, asset: str) -> int:
        return self._held(account, scope).get(asset, 0)

    def _held(self, account: int, scope: Scope) -> dict[str, int]:
        """What is set aside of each asset: by each order for itself, but by a pair once, for the dearer of the two; and by
        a repayment."""
        held: dict[str, int] = {}
        for order in self.orders:
            if order.owner == account and order.scope == scope and not order.shares:
                asset = self.pays_with(order)
                held[asset] = held.get(asset, 0) + order.costs()
        for listed in self.lists:
            pair = [leg for leg in listed.pair if leg.shares]
            if pair and (pair[0].owner, pair[0].scope) == (account, scope):
                asset = self.pays_with(pair[0])
                dearer = max(leg.costs() if leg in self.orders else 0 for leg in pair)
                held[asset] = held.get(asset, 0) + dearer
        for row in self.repaying:
            if (row.account, SPOT) == (account, scope):
                held[row.asset] = held.get(row.asset, 0) + row.amount
        return held

    def free(self, account: int, scope: Scope, asset: str) -> int:
        return self.total(account, scope, asset) - self.locked(account, scope, asset)

    def owed(self, account: int, scope: Scope, asset: str) -> int:
        return sum(self.debts.get((account, scope, asset), (0, 0)))

    def balances(self, account: int, scope: Scope) -> tuple[BalanceView, ...]:
        rows: list[BalanceView] = []
        held = self._held(account, scope)
        for asset in self.venue.assets:
            locked = held.get(asset.name, 0)
            principal, interest = self.debts.get((account, scope, asset.name), (0, 0))
            free = self.total(account, scope, asset.name) - locked
            rows.append(BalanceView(asset.name, free, locked, principal, interest))
        return tuple(rows)

    def give(self, account: int, scope: Scope, asset: str, amount: int) -> None:
        """Add to what an account has; account 0 is the house."""
        if account:
            self.owned[account, scope, asset] = self.total(account, scope, asset) + amount
        else:
            self.house[asset] = max(0, self.house.get(asset, 0) + amount)

    def supply(self, asset: str) -> int:
        """All of an asset that has come in from the outside world."""
        people = sum(amount for (_, _, name), amount in self.owned.items() if name == asset)
        own = (self.fees, self.house, self.conversion)
        received, paid = self.fund.get(asset, (0, 0))
        return people + self.pool[asset] + sum(purse.get(asset, 0) for purse in own) + received - paid

    def insure(self, asset: str, received: int, paid: int) -> None:
        """Write down what the insurance fund got or gave."""
        books = self.fund.setdefault(asset, [0, 0])
        books[0] += received
        books[1] += paid

    def insurance_fund(self) -> dict[str, FundView]:
        return {
            asset: FundView(asset, received - paid, received, paid)
            for asset, (received, paid) in self.fund.items()
            if received or paid
        }

    # --- Orders and the tape -----------------------------------------------------------------------------------

    def live(self) -> list[TwinOrder]:
        """Users' live orders, oldest first in each symbol."""
        return sorted((o for o in self.orders if not o.is_house), key=lambda order: order.order_id)

    def orders_of(self, account: int, scope: Scope, symbol: str) -> list[TwinOrder]:
        whose = (account, scope, symbol)
        return [order for order in self.live() if (order.owner, order.scope, order.symbol) == whose]

    def open_orders(self, account: int, scope: Scope) -> list[OrderView]:
        mine = [order for order in self.orders if order.owner == account and order.scope == scope]
        views = [order.view() for order in mine]
        return sorted(views, key=lambda view: (view.spec.placed_at_ms, view.spec.symbol, view.spec.order_id))

    def lists_of(self, account: int, scope: Scope) -> list[TwinList]:
        whose = (account, scope)
        return [one for one in self.lists if (one.command.account_id, one.command.scope) == whose]

    def open_lists(self, account: int, scope: Scope) -> list[ListView]:
        return [listed.view() for listed in self.lists_of(account, scope)]

    def in_book(self, symbol: str) -> list[TwinOrder]:
        return [order for order in self.orders if order.symbol == symbol and order.place is Place.BOOK]

    def last_price(self, symbol: str) -> int:
        return self.trades[symbol][-1][3] if self.trades[symbol] else 0

    # --- Numbers and names -------------------------------------------------------------------------------------

    def next_transaction(self) -> int:
        self.transactions += 1
        return self.transactions

    def next_arrival(self) -> int:
        self.arrivals += 1
        return self.arrivals

    def next_name(self) -> str:
        self.names += 1
        return generated_client_id(self.seq, self.names - 1)
