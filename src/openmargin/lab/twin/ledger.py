"""A slow and simple exchange that says what the real one should have answered.

Owns: the rules a second time, with flat lists that are sorted at each use, fractions, and sums that are taken
anew whenever somebody asks. Two programs that share no line seldom share a mistake.
Never: knows the engine, keeps what it can work out again, or works in bounded steps: what is due is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from openmargin.domain.commands import (
    AnyCommand,
    Borrow,
    CancelAllOrders,
    CancelOrder,
    ChangeAccount,
    ChangeVenue,
    CreateAccount,
    CreateKey,
    Deposit,
    Open,
    PlaceOrder,
    Record,
    Repay,
    SetIndex,
    Signed,
    Tick,
    Transfer,
    Withdraw,
)
from openmargin.domain.enums import (
    InterestKind,
    LoanSource,
    MarginStatus,
    OrderStatus,
    OrderType,
    Permission,
    Side,
    SideEffect,
    SymbolStatus,
    TimeInForce,
)
from openmargin.domain.events import (
    AccountChanged,
    AnyEvent,
    Borrowed,
    Deposited,
    IndexMoved,
    InterestAccrued,
    KeyCreated,
    OrderClosed,
    OrderFilled,
    OrderOpened,
    Repaid,
    Traded,
    Transferred,
    VenueChanged,
)
from openmargin.domain.ids import CROSS, SPOT, Scope, generated_client_id
from openmargin.domain.orders import Fill, OrderSpec, OrderView
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.venue import Asset, CollateralTier, LeverageLevels, Symbol, Venue
from openmargin.domain.views import BalanceView

ONE = 10**8
HOUR = 3_600_000
SUPPLY_MAX = 2**62
BORROWS = (SideEffect.MARGIN_BUY, SideEffect.AUTO_BORROW_REPAY)
REPAYS = (SideEffect.AUTO_REPAY, SideEffect.AUTO_BORROW_REPAY)


class TwinOrder:
    """An order, a user's or the house's, from its acceptance to its end."""

    def __init__(self, owner: int, scope: Scope, symbol: str, buys: bool, price: int, quantity: int) -> None:
        self.owner = owner
        """0 for the house."""
        self.scope = scope
        self.symbol = symbol
        self.buys = buys
        self.price = price
        """0 for a market order."""
        self.left = quantity
        self.arrival = 0
        self.spec: OrderSpec | None = None
        self.status = OrderStatus.NEW
        self.executed = 0
        self.paid_or_got = 0
        """Quote that moved."""
        self.updated_at_ms = 0
        self.loan = 0
        self.means = 0
        """What it had to spend at placement."""
        self.promised = 0
        """Quote that the book will ask of a market buy."""

    @property
    def is_house(self) -> bool:
        return self.owner == 0

    @property
    def order_id(self) -> int:
        return self.spec.order_id if self.spec is not None else 0

    def holds(self) -> int:
        """What must stay set aside for what is left of it."""
        if not self.buys:
            return self.left
        if self.price:
            return ceil(Fraction(self.left * self.price, ONE))
        return self.promised - self.paid_or_got

    def view(self) -> OrderView:
        assert self.spec is not None
        return OrderView(self.spec, self.status, self.executed, self.paid_or_got, self.updated_at_ms)


class TwinAccount:
    """Who an account is."""

    def __init__(self, command: CreateAccount) -> None:
        self.name = command.name
        self.vip = command.vip
        self.kind = command.account_type
        self.master_id = command.master_id
        self.terms_signed = False
        self.trade_group_id = -1


class Twin:
    """The exchange as a trader would describe it."""

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
        self.keys: dict[str, CreateKey] = {}
        self.orders: list[TwinOrder] = []
        """All live orders of all symbols, in no order that anybody relies on."""
        self.owned: dict[tuple[int, Scope, str], int] = {}
        """What each trading account has of an asset, free or locked."""
        self.debts: dict[tuple[int, Scope, str], list[int]] = {}
        """Principal and interest."""
        self.debtors: list[tuple[int, Scope]] = []
        self.pool: dict[str, int] = {}
        self.fees: dict[str, int] = {}
        self.house: dict[str, int] = {}
        """What the house has earned; where it must pay more, the outside world gives it the rest."""
        self.index: dict[str, int] = {}
        self.symbols_seen: list[str] = []
        self.order_ids: dict[str, int] = {}
        self.trade_ids: dict[str, int] = {}
        self.trades: dict[str, list[tuple[int, int, int, int]]] = {}
        """(minute, quantity, quote, price), oldest first."""
        self.quoted: list[str] = []
        """Symbols whose house quotes stand; the others are quoted when somebody comes."""
        self.counted: dict[tuple[int, Scope], list[tuple[int, int]]] = {}
        """(when, how many) unfilled orders were added or given back."""

    # --- What the market asks ----------------------------------------------------------------------------------

    def apply(self, record: Record) -> list[AnyEvent]:
        """What must happen up to and with this record, but for what the wallets say at the end."""
        self.events = []
        self.names = 0
        if not isinstance(record.command, Open):
            self._charge_hours(self.now, record.at_ms)
        self.now = record.at_ms
        self.seq = record.seq
        refusal = self._obey(record.command)
        if refusal is not None:
            self.events.append(Rejected(refusal))
        return self.events

    def _obey(self, command: AnyCommand) -> Reason | None:
        if isinstance(command, Signed):
            bad = self._bad_signature(command)
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
                return self._set_index(command)
            case CreateAccount():
                return self._create_account(command)
            case ChangeAccount():
                return self._change_account(command)
            case CreateKey():
                return self._create_key(command)
            case Deposit():
                return self._deposit(command)
            case Withdraw():
                return self._withdraw(command)
            case Transfer():
                return self._transfer(command)
            case Borrow():
                return self._borrow(command)
            case Repay():
                return self._repay(command)
            case PlaceOrder():
                return self._place(command)
            case CancelOrder():
                return self._cancel(command)
            case CancelAllOrders():
                return self._cancel_all(command)

    # --- What the twin can be asked ----------------------------------------------------------------------------

    def scopes(self) -> list[tuple[int, Scope]]:
        """Every user's trading account."""
        return [(number, scope) for number in range(1, len(self.accounts) + 1) for scope in (SPOT, CROSS)]

    def total(self, account: int, scope: Scope, asset: str) -> int:
        return self.owned.get((account, scope, asset), 0)

    def locked(self, account: int, scope: Scope, asset: str) -> int:
        held = 0
        for order in self.orders:
            if order.owner == account and order.scope == scope:
                rules = self.rules(order.symbol)
                if (rules.quote if order.buys else rules.base) == asset:
                    held += order.holds()
        return held

    def free(self, account: int, scope: Scope, asset: str) -> int:
        return self.total(account, scope, asset) - self.locked(account, scope, asset)

    def owed(self, account: int, scope: Scope, asset: str) -> int:
        return sum(self.debts.get((account, scope, asset), (0, 0)))

    def balances(self, account: int, scope: Scope) -> tuple[BalanceView, ...]:
        rows: list[BalanceView] = []
        for asset in self.venue.assets:
            locked = self.locked(account, scope, asset.name)
            principal, interest = self.debts.get((account, scope, asset.name), (0, 0))
            free = self.total(account, scope, asset.name) - locked
            rows.append(BalanceView(asset.name, free, locked, principal, interest))
        return tuple(rows)

    def open_orders(self, account: int, scope: Scope) -> list[OrderView]:
        mine = [order for order in self.orders if order.owner == account and order.scope == scope]
        views = [order.view() for order in mine]
        return sorted(views, key=lambda view: (view.spec.placed_at_ms, view.spec.symbol, view.spec.order_id))

    def live(self) -> list[TwinOrder]:
        """Users' live orders, oldest first."""
        return sorted((o for o in self.orders if not o.is_house), key=lambda order: order.arrival)

    def asset(self, name: str) -> Asset | None:
        return next((asset for asset in self.venue.assets if asset.name == name), None)

    def find_rules(self, symbol: str) -> Symbol | None:
        return next((rules for rules in self.venue.symbols if rules.name == symbol), None)

    def rules(self, symbol: str) -> Symbol:
        found = self.find_rules(symbol)
        assert found is not None, f"{symbol} has gone"
        return found

    # --- Value and risk (mechanics 2 and 3) --------------------------------------------------------------------

    def price_of(self, asset: str) -> Fraction:
        """What one atom is worth in atoms of the valuation asset; 0 where nobody can say."""
        margin = self.venue.margin
        if asset == margin.valuation_asset:
            return Fraction(1)
        direct = self.index.get(asset + margin.valuation_asset)
        if direct is not None:
            return Fraction(direct, ONE)
        crossed = self.index.get(asset + margin.display_asset)
        via = self.index.get(margin.display_asset + margin.valuation_asset)
        if crossed is None or via is None:
            return Fraction(0)
        return Fraction(floor(Fraction(crossed * via, ONE)), ONE)

    def assets_value(self, account: int, scope: Scope) -> Fraction:
        values = [
            self.total(account, scope, asset.name) * self.price_of(asset.name) for asset in self.venue.assets
        ]
        return sum(values, Fraction(0))

    def debts_value(self, account: int, scope: Scope) -> Fraction:
        values = [
            self.owed(account, scope, asset.name) * self.price_of(asset.name) for asset in self.venue.assets
        ]
        return sum(values, Fraction(0))

    def collateral(self, account: int, scope: Scope, *, moving: bool, without: tuple[str, int]) -> Fraction:
        """What the account counts as collateral once `without` (asset, amount) has left it."""
        counted = Fraction(0)
        for asset in self.venue.assets:
            amount = self.total(account, scope, asset.name) - (without[1] if without[0] == asset.name else 0)
            if not amount:
                continue
            value = amount * self.price_of(asset.name)
            floor_of_bracket = Fraction(0)
            for tier in asset.collateral_tiers:
                ratio = Fraction(_ratio(tier, moving), ONE)
                top = Fraction(tier.up_to) if tier.up_to else max(value, floor_of_bracket)
                counted += max(Fraction(0), min(value, top) - floor_of_bracket) * ratio
                floor_of_bracket = top
        return counted

    def levels(self) -> LeverageLevels:
        return self.venue.margin.leverages[0]

    def margin_level(self, account: int, scope: Scope) -> int:
        return self._shown(self.assets_value(account, scope), self.debts_value(account, scope))

    def collateral_level(self, account: int, scope: Scope) -> int:
        counted = self.collateral(account, scope, moving=False, without=("", 0))
        return self._shown(counted, self.debts_value(account, scope))

    def _shown(self, part: Fraction, whole: Fraction) -> int:
        cap = self.venue.margin.level_cap
        return min(cap, floor(part / whole * ONE)) if whole else cap

    def status(self, account: int, scope: Scope) -> MarginStatus:
        owed = self.debts_value(account, scope)
        if not owed:
            return MarginStatus.EXCESSIVE
        level = self.assets_value(account, scope) / owed * ONE
        bars = self.levels()
        for bar, status in (
            (self.venue.margin.transfer_out_level, MarginStatus.EXCESSIVE),
            (bars.margin_call, MarginStatus.NORMAL),
            ((bars.margin_call + bars.liquidation) // 2, MarginStatus.MARGIN_CALL),
            (bars.liquidation, MarginStatus.PRE_LIQUIDATION),
        ):
            if level > bar:
                return status
        return MarginStatus.FORCE_LIQUIDATION

    def room_to_borrow(self, account: int, scope: Scope, asset: str) -> int:
        """What the collateral level allows: (l-1) C - l L, in the asset."""
        counted = self.collateral(account, scope, moving=False, without=("", 0))
        leverage = self.levels().leverage
        value = (leverage - 1) * counted - leverage * self.debts_value(account, scope)
        return max(0, floor(value / self.price_of(asset)))

    def loan_limit(self, account: int, asset: str) -> int:
        return self._terms(account, asset)[1]

    def borrowable(self, account: int, scope: Scope, asset: str) -> int:
        """All that may be borrowed now; 0 where the asset cannot be."""
        terms = self.asset(asset)
        if terms is None or not terms.borrowable or not self.price_of(asset):
            return 0
        by_limit = max(0, self.loan_limit(account, asset) - self.owed(account, scope, asset))
        return min(self.room_to_borrow(account, scope, asset), by_limit, self.pool[asset])

    def transferable(self, account: int, scope: Scope, asset: str) -> int:
        """The most that may leave with the collateral level still at the bar, found by trying."""
        free = self.free(account, scope, asset)
        owed = self.debts_value(account, scope)
        if not owed:
            return free
        needed = Fraction(self.venue.margin.transfer_out_level, ONE) * owed

        def counted(leaving: int) -> Fraction:
            return self.collateral(account, scope, moving=True, without=(asset, leaving))

        if counted(0) <= needed:
            return 0
        if counted(free) >= needed:
            return free
        allowed, beyond = 0, free + 1
        while beyond - allowed > 1:
            tried = (allowed + beyond) // 2
            if counted(tried) >= needed:
                allowed = tried
            else:
                beyond = tried
        return allowed

    def _terms(self, account: int, asset: str) -> tuple[int, int]:
        """Daily rate and limit of the account's VIP level."""
        found = self.asset(asset)
        assert found is not None
        rows = found.loan_terms
        vip = self.accounts[account - 1].vip
        row = rows[vip] if vip < len(rows) else rows[-1]
        return row.daily_rate, row.limit

    # --- Rules and people --------------------------------------------------------------------------------------

    def _take_rules(self, venue: Venue) -> None:
        self.venue = venue
        for rules in venue.symbols:
            if rules.name not in self.index:
                self.index[rules.name] = rules.start_price
                self.symbols_seen.append(rules.name)
                self.trades[rules.name] = []
        for asset in venue.assets:
            self.pool.setdefault(asset.name, asset.pool_capital)
        self.events.append(VenueChanged(self.epoch))
        self._follow_index(self.symbols_seen)

    def _change_venue(self, venue: Venue) -> Reason | None:
        for asset in self.venue.assets:
            if asset.name not in [kept.name for kept in venue.assets]:
                return Reason.VENUE_SHRINKS
        for rules in self.venue.symbols:
            pair = (rules.name, rules.base, rules.quote)
            if pair not in [(kept.name, kept.base, kept.quote) for kept in venue.symbols]:
                return Reason.VENUE_SHRINKS
        self._take_rules(venue)
        return None

    def _knows(self, account: int) -> bool:
        return 1 <= account <= len(self.accounts)

    def _has_wallets(self, account: int, scope: Scope) -> bool:
        return self._knows(account) and scope in (SPOT, CROSS)

    def _create_account(self, command: CreateAccount) -> Reason | None:
        if command.vip < 0:
            return Reason.UNKNOWN_VIP_LEVEL
        if command.master_id and not self._knows(command.master_id):
            return Reason.UNKNOWN_MASTER
        self.accounts.append(TwinAccount(command))
        self._tell_account(len(self.accounts))
        return None

    def _change_account(self, command: ChangeAccount) -> Reason | None:
        if not self._knows(command.account_id):
            return Reason.UNKNOWN_ACCOUNT
        if command.vip is not None and command.vip < 0:
            return Reason.UNKNOWN_VIP_LEVEL
        account = self.accounts[command.account_id - 1]
        account.vip = account.vip if command.vip is None else command.vip
        account.kind = account.kind if command.account_type is None else command.account_type
        account.terms_signed = account.terms_signed if command.terms_signed is None else command.terms_signed
        if command.trade_group_id is not None:
            account.trade_group_id = command.trade_group_id
        self._tell_account(command.account_id)
        return None

    def _tell_account(self, number: int) -> None:
        who = self.accounts[number - 1]
        self.events.append(
            AccountChanged(
                number, who.name, who.vip, who.kind, who.master_id, who.terms_signed, who.trade_group_id
            )
        )

    def _create_key(self, command: CreateKey) -> Reason | None:
        if not self._knows(command.account_id):
            return Reason.UNKNOWN_ACCOUNT
        if command.api_key in self.keys:
            return Reason.KEY_EXISTS
        self.keys[command.api_key] = command
        self.events.append(KeyCreated(command.account_id, command.api_key, command.kind, command.permissions))
        return None

    def _bad_signature(self, command: Signed) -> Reason | None:
        if command.api_key:
            key = self.keys.get(command.api_key)
            if key is None or key.account_id != command.account_id:
                return Reason.UNKNOWN_KEY
            trades = isinstance(command, PlaceOrder | CancelOrder | CancelAllOrders)
            if (Permission.TRADE if trades else Permission.MARGIN_LOAN) not in key.permissions:
                return Reason.KEY_NOT_PERMITTED
        if command.expires_at_ms and self.now > command.expires_at_ms:
            return Reason.WINDOW_CLOSED
        return None

    # --- Moving value ------------------------------------------------------------------------------------------

    def _give(self, account: int, scope: Scope, asset: str, amount: int) -> None:
        """Add to what an account has; account 0 is the house."""
        if account:
            self.owned[account, scope, asset] = self.total(account, scope, asset) + amount
        else:
            self.house[asset] = max(0, self.house.get(asset, 0) + amount)

    def supply(self, asset: str) -> int:
        """All of an asset that has come in from the outside world."""
        people = sum(amount for (_, _, name), amount in self.owned.items() if name == asset)
        return people + self.pool[asset] + self.fees.get(asset, 0) + self.house.get(asset, 0)

    def _next_transaction(self) -> int:
        self.transactions += 1
        return self.transactions

    def _bad_funding(self, command: Deposit | Withdraw) -> Reason | None:
        if not self._has_wallets(command.account_id, command.scope):
            # The exchange's own account exists, and has none that a person may fund.
            exists = command.account_id == 0 or self._knows(command.account_id)
            return Reason.UNKNOWN_SCOPE if exists else Reason.UNKNOWN_ACCOUNT
        if self.asset(command.asset) is None:
            return Reason.UNKNOWN_ASSET
        return Reason.AMOUNT_NOT_POSITIVE if command.amount <= 0 else None

    def _deposit(self, command: Deposit) -> Reason | None:
        bad = self._bad_funding(command)
        if bad is not None:
            return bad
        if self.supply(command.asset) + command.amount > SUPPLY_MAX:
            return Reason.ABOVE_SUPPLY
        self._give(command.account_id, command.scope, command.asset, command.amount)
        self.events.append(Deposited(command.account_id, command.scope, command.asset, command.amount))
        return None

    def _withdraw(self, command: Withdraw) -> Reason | None:
        bad = self._bad_funding(command)
        if bad is not None:
            return bad
        if self.free(command.account_id, command.scope, command.asset) < command.amount:
            return Reason.WITHDRAW_BALANCE_SHORT
        bad = self._must_stay(command.account_id, command.scope, command.asset, command.amount)
        if bad is not None:
            return bad
        self._give(command.account_id, command.scope, command.asset, -command.amount)
        self.events.append(Deposited(command.account_id, command.scope, command.asset, -command.amount))
        return None

    def _must_stay(self, account: int, scope: Scope, asset: str, amount: int) -> Reason | None:
        """A margin account keeps what its level needs; where nothing at all may go, the level is the reason."""
        if scope == SPOT:
            return None
        most = self.transferable(account, scope, asset)
        if most == 0:
            return Reason.TRANSFER_LEVEL_TOO_LOW
        return Reason.ABOVE_MAX_TRANSFERABLE if amount > most else None

    def _transfer(self, command: Transfer) -> Reason | None:
        account = command.account_id
        if not (self._has_wallets(account, command.source) and self._has_wallets(account, command.target)):
            return Reason.UNKNOWN_SCOPE
        if command.source == command.target:
            return Reason.SAME_SCOPE
        terms = self.asset(command.asset)
        if terms is None:
            return Reason.UNKNOWN_ASSET
        if command.amount <= 0:
            return Reason.AMOUNT_NOT_POSITIVE
        if command.target != SPOT and not terms.collateral:
            return Reason.ASSET_NOT_COLLATERAL
        if self.free(account, command.source, command.asset) < command.amount:
            return Reason.TRANSFER_BALANCE_SHORT
        bad = self._must_stay(account, command.source, command.asset, command.amount)
        if bad is not None:
            return bad
        self._give(account, command.source, command.asset, -command.amount)
        self._give(account, command.target, command.asset, command.amount)
        number = self._next_transaction()
        self.events.append(
            Transferred(number, account, command.source, command.target, command.asset, command.amount)
        )
        return None

    # --- Loans and interest (mechanics 3 and 4) ----------------------------------------------------------------

    def _borrow(self, command: Borrow) -> Reason | None:
        if not self._has_wallets(command.account_id, command.scope) or command.scope == SPOT:
            return Reason.UNKNOWN_SCOPE
        if command.amount <= 0:
            return Reason.AMOUNT_NOT_POSITIVE
        bad = self._bad_loan(command.account_id, command.scope, command.asset, command.amount)
        if bad is not None:
            return bad
        self._lend(command.account_id, command.scope, command.asset, command.amount, LoanSource.MANUAL)
        return None

    def _bad_loan(self, account: int, scope: Scope, asset: str, amount: int) -> Reason | None:
        terms = self.asset(asset)
        if terms is None:
            return Reason.UNKNOWN_ASSET
        if not terms.borrowable:
            return Reason.ASSET_NOT_BORROWABLE
        if not self.price_of(asset):
            return Reason.NO_INDEX_PRICE
        if amount < terms.min_borrow:
            return Reason.BELOW_MIN_BORROW
        room = self.room_to_borrow(account, scope, asset)
        if room == 0:
            return Reason.BORROW_LEVEL_TOO_LOW
        if amount > room or amount > self.loan_limit(account, asset) - self.owed(account, scope, asset):
            return Reason.ABOVE_MAX_BORROWABLE
        return Reason.INVENTORY_SHORT if amount > self.pool[asset] else None

    def _lend(self, account: int, scope: Scope, asset: str, amount: int, source: LoanSource) -> None:
        self.pool[asset] -= amount
        self._give(account, scope, asset, amount)
        if (account, scope) not in self.debtors:
            self.debtors.append((account, scope))
        self.debts.setdefault((account, scope, asset), [0, 0])[0] += amount
        self.events.append(Borrowed(self._next_transaction(), account, scope, asset, amount, source))
        hour = self.now - self.now % HOUR
        self._charge(account, scope, asset, amount, InterestKind.ON_BORROW, hour)

    def _charge(
        self, account: int, scope: Scope, asset: str, principal: int, kind: InterestKind, hour: int
    ) -> None:
        rate = self._terms(account, asset)[0]
        due = ceil(Fraction(principal * rate, ONE) / 24)
        self.debts[account, scope, asset][1] += due
        number = self._next_transaction()
        self.events.append(InterestAccrued(number, account, scope, asset, principal, due, rate, kind, hour))

    def _charge_hours(self, since: int, until: int) -> None:
        """At each full hour that has struck, everybody owes one more hour on what they borrowed."""
        hour = since - since % HOUR + HOUR
        while hour <= until and self.debts:
            for account, scope in self.debtors:
                for (owner, where, asset), (principal, _) in self.debts.items():
                    if (owner, where) == (account, scope) and principal:
                        self._charge(account, scope, asset, principal, InterestKind.PERIODIC, hour)
            hour += HOUR

    def _repay(self, command: Repay) -> Reason | None:
        account, scope, asset, amount = command.account_id, command.scope, command.asset, command.amount
        if not self._has_wallets(account, scope) or scope == SPOT:
            return Reason.UNKNOWN_SCOPE
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
            return Reason.DEBT_LEFT_TOO_SMALL
        if self.free(account, scope, asset) < amount:
            return Reason.REPAY_BALANCE_SHORT
        self._pay_back(account, scope, asset, amount, LoanSource.MANUAL)
        return None

    def _pay_back(self, account: int, scope: Scope, asset: str, amount: int, source: LoanSource) -> None:
        debt = self.debts[account, scope, asset]
        interest = min(debt[1], amount)
        debt[1] -= interest
        debt[0] -= amount - interest
        if debt == [0, 0]:
            del self.debts[account, scope, asset]
            if not [key for key in self.debts if key[:2] == (account, scope)]:
                self.debtors.remove((account, scope))
        self.pool[asset] += amount
        self._give(account, scope, asset, -amount)
        number = self._next_transaction()
        self.events.append(Repaid(number, account, scope, asset, amount - interest, interest, source))

    def _pay_back_at_most(self, account: int, scope: Scope, asset: str, amount: int) -> None:
        paid = min(amount, self.owed(account, scope, asset), self.free(account, scope, asset))
        if paid > 0:
            self._pay_back(account, scope, asset, paid, LoanSource.AUTO)

    # --- Orders ------------------------------------------------------------------------------------------------

    def _offers(self, symbol: str, buys: bool, limit: int) -> list[TwinOrder]:
        """What the other side offers within the limit: best price first, then who came first."""
        others = [order for order in self.orders if order.symbol == symbol and order.buys != buys]
        if limit:
            others = [order for order in others if (order.price <= limit if buys else order.price >= limit)]
        return sorted(others, key=lambda order: (order.price if buys else -order.price, order.arrival))

    def _plan(self, symbol: str, buys: bool, limit: int, quantity: int) -> list[tuple[TwinOrder, int]]:
        plan: list[tuple[TwinOrder, int]] = []
        for offer in self._offers(symbol, buys, limit):
            taken = min(offer.left, quantity)
            if taken > 0:
                plan.append((offer, taken))
                quantity -= taken
        return plan

    def _plan_quote(self, rules: Symbol, buys: bool, budget: int) -> list[tuple[TwinOrder, int]]:
        """Whole steps, as many as the budget goes; the first offer that it cannot take whole is the last."""
        plan: list[tuple[TwinOrder, int]] = []
        for offer in self._offers(rules.name, buys, 0):
            steps = floor(Fraction(budget * ONE, offer.price) / rules.step_size)
            taken = min(offer.left, steps * rules.step_size)
            if taken > 0:
                plan.append((offer, taken))
                budget -= _value(taken, offer.price)
            if taken < offer.left:
                break
        return plan

    def _place(self, command: PlaceOrder) -> Reason | None:
        account, scope, symbol = command.account_id, command.scope, command.symbol
        if not self._has_wallets(account, scope):
            return Reason.UNKNOWN_SCOPE
        rules = self.find_rules(symbol)
        if rules is None:
            return Reason.UNKNOWN_SYMBOL
        if rules.status is not SymbolStatus.TRADING:
            return Reason.SYMBOL_CLOSED
        effect = command.side_effect
        if scope == CROSS and not rules.cross_margin:
            return Reason.SYMBOL_NOT_ON_MARGIN
        if scope == SPOT and (effect in BORROWS or effect in REPAYS):
            return Reason.SYMBOL_NOT_ON_MARGIN

        self._quote_if_bare(symbol)
        buys = command.side is Side.BUY
        quantity = command.quantity
        if command.quote_quantity:
            plan = self._plan_quote(rules, buys, command.quote_quantity)
            quantity = sum(taken for _, taken in plan)
            if quantity < (rules.min_quantity or rules.step_size):
                return Reason.NO_LIQUIDITY_FOR_QUOTE_QUANTITY
        else:
            plan = self._plan(symbol, buys, command.price, quantity)
        broken = self._broken_filter(command, rules, quantity)
        if broken is not None:
            return broken
        mine = [o for o in self.live() if (o.owner, o.scope, o.symbol) == (account, scope, symbol)]
        taken_names = [order.view().spec.client_order_id for order in mine]
        if command.client_order_id and command.client_order_id in taken_names:
            return Reason.DUPLICATE_CLIENT_ORDER_ID
        for window, limit in (
            (10_000, self.venue.orders.limit_10s),
            (86_400_000, self.venue.orders.limit_day),
        ):
            if self.order_count(account, scope, window) >= limit:
                return Reason.TOO_MANY_ORDERS
        if plan and command.type is OrderType.LIMIT_MAKER:
            return Reason.WOULD_TAKE
        if command.time_in_force is TimeInForce.FOK and sum(taken for _, taken in plan) < quantity:
            plan = []

        asset = rules.quote if buys else rules.base
        cost = sum(_value(taken, offer.price) for offer, taken in plan)
        if not buys:
            needed = quantity
        elif command.price:
            needed = ceil(Fraction(quantity * command.price, ONE))
        else:
            needed = command.quote_quantity or cost
        loan = 0
        missing = needed - self.free(account, scope, asset)
        if missing > 0:
            if effect not in BORROWS:
                return Reason.INSUFFICIENT_BALANCE
            if buys and not command.price and not command.quote_quantity:
                wider = ceil(needed * (1 + Fraction(self.venue.margin.market_buffer, ONE)))
                missing, needed = missing + wider - needed, wider
            terms = self.asset(asset)
            assert terms is not None
            loan = max(missing, terms.min_borrow)
            bad = self._bad_loan(account, scope, asset, loan)
            if bad is not None:
                return bad
            self._lend(account, scope, asset, loan, LoanSource.AUTO)

        order = TwinOrder(account, scope, symbol, buys, command.price, quantity)
        order.loan = loan
        order.means = needed
        order.promised = cost
        self._enter(order, command, quantity)
        self.events.append(OrderOpened(order.view(), loan, asset if loan else ""))
        for offer, taken in plan:
            self._trade(order, offer, taken)
        if order.left:
            waits = command.type in (OrderType.LIMIT, OrderType.LIMIT_MAKER)
            if not (waits and command.time_in_force is TimeInForce.GTC):
                self._close(order, OrderStatus.EXPIRED, "")
        return None

    def _enter(self, order: TwinOrder, command: PlaceOrder, quantity: int) -> None:
        self.order_ids[order.symbol] = self.order_ids.get(order.symbol, 0) + 1
        order.spec = OrderSpec(
            command.symbol,
            self.order_ids[order.symbol],
            command.account_id,
            command.scope,
            command.client_order_id or self._name(),
            command.side,
            command.type,
            command.time_in_force,
            quantity,
            command.quote_quantity,
            command.price,
            command.self_trade_prevention,
            command.side_effect,
            command.auto_repay_at_cancel,
            self.now,
        )
        order.updated_at_ms = self.now
        self._arrive(order)
        self.counted.setdefault((order.owner, order.scope), []).append((self.now, 1))

    def _arrive(self, order: TwinOrder) -> None:
        self.arrivals += 1
        order.arrival = self.arrivals
        self.orders.append(order)

    def _name(self) -> str:
        self.names += 1
        return generated_client_id(self.seq, self.names - 1)

    def order_count(self, account: int, scope: Scope, window: int) -> int:
        """Unfilled orders of the present window, which begins at a multiple of its length."""
        count = 0
        for when, change in self.counted.get((account, scope), []):
            if when // window == self.now // window:
                count = max(0, count + change)
        return count

    def average_price(self, symbol: str) -> int:
        """Quote by base of the last minutes' trades, else the last price; the index where that is nothing."""
        since = self.now // 60_000 - self.rules(symbol).average_price_minutes
        recent = [trade for trade in self.trades[symbol] if trade[0] > since]
        base = sum(trade[1] for trade in recent)
        moved = sum(trade[2] for trade in recent)
        average = floor(Fraction(moved * ONE, base)) if base else self.last_price(symbol)
        return average or self.index[symbol]

    def last_price(self, symbol: str) -> int:
        return self.trades[symbol][-1][3] if self.trades[symbol] else 0

    def _broken_filter(self, command: PlaceOrder, rules: Symbol, quantity: int) -> Reason | None:
        account, scope = command.account_id, command.scope
        average = self.average_price(rules.name)
        is_market = command.type is OrderType.MARKET
        price = average if is_market else command.price
        if not is_market:
            too_high = rules.max_price and price > rules.max_price
            if price < (rules.min_price or rules.tick_size) or too_high or price % rules.tick_size:
                return Reason.PRICE_FILTER
            up, down = rules.ask_multiplier_up, rules.ask_multiplier_down
            if command.side is Side.BUY:
                up, down = rules.bid_multiplier_up, rules.bid_multiplier_down
            if not Fraction(down, ONE) * average <= price <= Fraction(up, ONE) * average:
                return Reason.PERCENT_PRICE
        if quantity < (rules.min_quantity or rules.step_size) or quantity % rules.step_size:
            return Reason.LOT_SIZE
        if rules.max_quantity and quantity > rules.max_quantity:
            return Reason.LOT_SIZE
        if is_market:
            if rules.market_max_quantity and quantity > rules.market_max_quantity:
                return Reason.MARKET_LOT_SIZE
            if quantity < rules.market_min_quantity:
                return Reason.MARKET_LOT_SIZE
            if rules.market_step_size and quantity % rules.market_step_size:
                return Reason.MARKET_LOT_SIZE
        value = _value(quantity, price)
        if value < rules.min_notional and (rules.apply_min_to_market or not is_market):
            return Reason.NOTIONAL
        if 0 < rules.max_notional < value and (rules.apply_max_to_market or not is_market):
            return Reason.NOTIONAL
        mine = [o for o in self.live() if (o.owner, o.scope, o.symbol) == (account, scope, rules.name)]
        if len(mine) >= rules.max_num_orders:
            return Reason.MAX_NUM_ORDERS
        if rules.max_position and command.side is Side.BUY:
            coming = sum(order.left for order in mine if order.buys)
            if self.total(account, scope, rules.base) + coming + quantity > rules.max_position:
                return Reason.MAX_POSITION
        return None

    def _trade(self, taker: TwinOrder, maker: TwinOrder, quantity: int) -> None:
        """One trade at the maker's price; both sides move the same quote."""
        rules = self.rules(taker.symbol)
        quote = _value(quantity, maker.price)
        self.trade_ids[taker.symbol] = self.trade_ids.get(taker.symbol, 0) + 1
        number = self.trade_ids[taker.symbol]
        self.trades[taker.symbol].append((self.now // 60_000, quantity, quote, maker.price))
        side = Side.BUY if taker.buys else Side.SELL
        self.events.append(
            Traded(taker.symbol, number, maker.price, quantity, quote, side, maker.order_id, taker.order_id)
        )
        for order in (maker, taker):
            sign = 1 if order.buys else -1
            order.left -= quantity
            self._give(order.owner, order.scope, rules.base, sign * quantity)
            self._give(order.owner, order.scope, rules.quote, -sign * quote)
            order.executed += quantity
            order.paid_or_got += quote
        for order in (maker, taker):
            self._after_fill(order, rules, number, maker, quantity, quote)

    def _after_fill(
        self, order: TwinOrder, rules: Symbol, number: int, maker: TwinOrder, quantity: int, quote: int
    ) -> None:
        if order.is_house:
            if not order.left:
                self.orders.remove(order)
            return
        received, asset = (quantity, rules.base) if order.buys else (quote, rules.quote)
        rows = self.venue.commissions
        vip = self.accounts[order.owner - 1].vip
        row = rows[vip] if vip < len(rows) else rows[-1]
        rate = row.maker if order is maker else row.taker
        commission = floor(Fraction(received * rate, ONE))
        self.fees[asset] = self.fees.get(asset, 0) + commission
        self._give(order.owner, order.scope, asset, -commission)

        if order.executed == quantity:
            counts = self.venue.orders
            back = counts.maker_first_fill_credit if order is maker else counts.taker_first_fill_credit
            self.counted[order.owner, order.scope].append((self.now, -back))
        order.updated_at_ms = self.now
        order.status = OrderStatus.PARTIALLY_FILLED if order.left else OrderStatus.FILLED
        if not order.left:
            self.orders.remove(order)
        fill = Fill(number, maker.price, quantity, quote, commission, asset, order is maker)
        self.events.append(OrderFilled(order.view(), fill))
        assert order.spec is not None
        if order.spec.side_effect in REPAYS:
            self._pay_back_at_most(order.owner, order.scope, asset, received - commission)
        if not order.left and not order.price:
            self._give_back_loan(order)

    def _close(self, order: TwinOrder, status: OrderStatus, cancel_name: str) -> None:
        self.orders.remove(order)
        order.status = status
        order.updated_at_ms = self.now
        self.events.append(OrderClosed(order.view(), cancel_name))
        self._give_back_loan(order)

    def _give_back_loan(self, order: TwinOrder) -> None:
        """Own money counts as spent first; what was borrowed and not spent goes back."""
        assert order.spec is not None
        if order.loan and order.spec.auto_repay_at_cancel:
            rules = self.rules(order.symbol)
            spent = order.paid_or_got if order.buys else order.executed
            unused = min(order.loan, order.means - spent)
            asset = rules.quote if order.buys else rules.base
            self._pay_back_at_most(order.owner, order.scope, asset, unused)

    def _mine(self, command: CancelOrder | CancelAllOrders) -> list[TwinOrder] | Reason:
        if not self._has_wallets(command.account_id, command.scope):
            return Reason.UNKNOWN_SCOPE
        if self.find_rules(command.symbol) is None:
            return Reason.UNKNOWN_SYMBOL
        whose = (command.account_id, command.scope, command.symbol)
        return [order for order in self.live() if (order.owner, order.scope, order.symbol) == whose]

    def _cancel(self, command: CancelOrder) -> Reason | None:
        mine = self._mine(command)
        if isinstance(mine, Reason):
            return mine
        for order in mine:
            name = order.view().spec.client_order_id
            if command.order_id:
                if order.order_id != command.order_id:
                    continue
                if command.client_order_id and command.client_order_id != name:
                    return Reason.CLIENT_ORDER_ID_MISMATCH
            elif name != command.client_order_id:
                continue
            self._close(order, OrderStatus.CANCELED, command.cancel_client_id or self._name())
            return None
        return Reason.UNKNOWN_ORDER

    def _cancel_all(self, command: CancelAllOrders) -> Reason | None:
        mine = self._mine(command)
        if isinstance(mine, Reason):
            return mine
        if not mine:
            return Reason.NO_OPEN_ORDERS
        name = self._name()
        for order in mine:
            self._close(order, OrderStatus.CANCELED, name)
        return None

    # --- The house ---------------------------------------------------------------------------------------------

    def _set_index(self, command: SetIndex) -> Reason | None:
        for symbol, price in command.prices:
            if symbol not in self.index:
                return Reason.UNKNOWN_SYMBOL
            if price <= 0:
                return Reason.INDEX_NOT_POSITIVE
        self.index.update(command.prices)
        self.events.append(IndexMoved(command.prices))
        self._follow_index([symbol for symbol, _ in command.prices])
        return None

    def _follow_index(self, symbols: list[str]) -> None:
        """Take the old quotes away; quote anew where users wait; print the new price."""
        symbols = list(dict.fromkeys(symbols))
        self.orders = [o for o in self.orders if not (o.is_house and o.symbol in symbols)]
        self.quoted = [symbol for symbol in self.quoted if symbol not in symbols]
        if not self.venue.house.enabled:
            return
        for symbol in symbols:
            if [order for order in self.orders if order.symbol == symbol]:
                self._quote_if_bare(symbol)
            if self.venue.house.tape:
                self._print_tape(self.rules(symbol))

    def _quote_if_bare(self, symbol: str) -> None:
        if not self.venue.house.enabled or symbol in self.quoted:
            return
        self.quoted.append(symbol)
        for buys, price, quantity in self._ladder(self.rules(symbol)):
            quote = TwinOrder(0, "maker", symbol, buys, price, quantity)
            self._arrive(quote)
            for offer, taken in self._plan(symbol, buys, price, quantity):
                self._trade(quote, offer, taken)

    def _ladder(self, rules: Symbol) -> Iterator[tuple[bool, int, int]]:
        """The house's quotes from the best out, at each distance the ask before the bid."""
        house, index, tick = self.venue.house, Fraction(self.index[rules.name]), rules.tick_size
        mark = self.price_of(rules.quote)
        if not mark:
            return
        wanted = floor(floor(house.level_value / mark) * ONE / index)
        wanted = max(min(wanted, rules.max_quantity or wanted), rules.min_quantity or rules.step_size)
        quantity = wanted // rules.step_size * rules.step_size
        on_tick = floor(index / tick) * tick
        for rank in range(house.levels):
            away = Fraction(house.spread // 2 + rank * house.level_gap, ONE)
            ask = max(ceil(index * (1 + away) / tick) * tick, on_tick + (rank + 1) * tick)
            bid = min(floor(floor(index * (1 - away)) / Fraction(tick)) * tick, on_tick - rank * tick)
            for buys, price in ((False, ask), (True, bid)):
                if price >= (rules.min_price or tick) and (not rules.max_price or price <= rules.max_price):
                    yield buys, price, quantity

    def _print_tape(self, rules: Symbol) -> None:
        """The smallest lot at the new price, unless a user's order would have had that trade."""
        tick, step = rules.tick_size, rules.step_size
        price = max(tick, floor(Fraction(self.index[rules.name], tick) + Fraction(1, 2)) * tick)
        for order in self.live():
            if order.symbol == rules.name and (order.price >= price if order.buys else order.price <= price):
                return
        least = max(rules.min_quantity or step, ceil(Fraction(rules.min_notional * ONE, price)))
        quantity = ceil(Fraction(least, step)) * step
        quote = _value(quantity, price)
        self.trade_ids[rules.name] = self.trade_ids.get(rules.name, 0) + 1
        number = self.trade_ids[rules.name]
        self.trades[rules.name].append((self.now // 60_000, quantity, quote, price))
        self.events.append(Traded(rules.name, number, price, quantity, quote, Side.BUY, 0, 0))


def _value(quantity: int, price: int) -> int:
    """Quote for base at a price, rounded down."""
    return floor(Fraction(quantity * price, ONE))


def _ratio(tier: CollateralTier, moving: bool) -> int:
    return tier.transfer_ratio if moving else tier.borrow_ratio
