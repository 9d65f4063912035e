"""Questions about the present. Nothing here changes state."""

from __future__ import annotations

from openmargin.domain.ids import CROSS, INSURANCE, SYSTEM_ACCOUNT_ID, Scope
from openmargin.domain.money import E8, Atoms, ceil_div
from openmargin.domain.orders import ListView, OrderView
from openmargin.domain.reasons import Reason, Rejected
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
from openmargin.engine import (
    accounts,
    agenda,
    books,
    house,
    index,
    loans,
    open_loss,
    order_counts,
    restrictions,
    risk,
    small_liability,
    solvency,
    tape,
)
from openmargin.engine import index_scripts as scripts
from openmargin.engine import isolated as isolated_accounts
from openmargin.engine import rates as rates_over_time
from openmargin.engine import special_keys as special
from openmargin.engine.state import Book, State, TradingAccount


def key(state: State, api_key: str) -> KeyView | None:
    return state.keys.get(api_key)


def listen_key(state: State, nonce: int) -> ListenKeyView | None:
    """The name of a user data stream that is good, by its nonce."""
    return state.listen_keys.by_nonce.get(nonce)


def special_keys(state: State, account_id: int, scope: Scope) -> list[KeyView]:
    """The special keys of one margin account, the oldest first."""
    owner = state.accounts.get(account_id)
    return special.of_scope(owner, scope) if owner is not None else []


def account(state: State, account_id: int) -> AccountView | None:
    found = state.accounts.get(account_id)
    if found is None or account_id == SYSTEM_ACCOUNT_ID:
        return None
    return AccountView(
        account_id,
        found.name,
        found.vip,
        found.account_type,
        found.master_id,
        found.terms_signed,
        found.trade_group_id,
        risk.leverage(state, found),
        found.burns_bnb_for_commission,
        found.burns_bnb_for_interest,
        found.in_special_mode,
    )


def liquidation_loan(state: State, account_id: int) -> LiquidationLoanView:
    """What an account owes the insurance fund; zeros where it never went bankrupt."""
    owner = state.accounts[account_id]
    asset = state.venue.margin.liquidation.loan_asset
    return LiquidationLoanView(asset, owner.liquidation_loan, owner.liquidation_loan_repaid)


def account_ids(state: State) -> list[int]:
    """The ids of all users' accounts."""
    return [account_id for account_id in state.accounts if account_id != SYSTEM_ACCOUNT_ID]


def _trading(state: State, account_id: int, scope: Scope) -> TradingAccount:
    found = accounts.trading(state, account_id, scope)
    if found is None:
        raise KeyError(f"account {account_id} has no {scope} wallets")
    return found


def has_wallets(state: State, account_id: int, scope: Scope) -> bool | None:
    """Are these wallets of the account open? None where they never were."""
    owner = state.accounts.get(account_id)
    found = owner.trading.get(scope) if owner is not None else None
    return found.is_open if found is not None else None


def balances(state: State, account_id: int, scope: Scope) -> tuple[BalanceView, ...]:
    """Every asset of the venue, in its order; raises KeyError where there is no such trading account."""
    found = _trading(state, account_id, scope)
    return tuple([_balance(found, asset) for asset in state.assets])


def _balance(found: TradingAccount, asset: str) -> BalanceView:
    wallet = found.wallets.get(asset)
    debt = found.debts.get(asset)
    return BalanceView(
        asset,
        wallet.free if wallet is not None else 0,
        wallet.locked if wallet is not None else 0,
        debt.principal if debt is not None else 0,
        debt.interest if debt is not None else 0,
    )


def changed_ms(state: State, account_id: int, scope: Scope) -> int:
    """When anything in these wallets last changed; 0 for never."""
    return max(
        [wallet.changed_at_ms for wallet in _trading(state, account_id, scope).wallets.values()], default=0
    )


def in_display(state: State, asset: str, amount: Atoms) -> Atoms:
    """What an amount is worth in the display asset, rounded down; 0 where either has no price."""
    display = state.marks.get(state.venue.margin.display_asset, 0)
    return amount * state.marks.get(asset, 0) // display if display else 0


def margin(state: State, account_id: int, scope: Scope) -> MarginView:
    """A margin account with its levels; raises KeyError where there is no such trading account."""
    found = _trading(state, account_id, scope)
    total = risk.totals(state, found, risk.BORROW)
    standing = solvency.of(state, found)
    display = state.marks.get(state.venue.margin.display_asset, 0)
    return MarginView(
        account_id,
        scope,
        balances(state, account_id, scope),
        solvency.level(state, standing),
        risk.collateral_level(state, total),
        solvency.status(state, risk.bars_of(state, found), standing),
        total.assets // display if display else 0,
        total.liabilities // display if display else 0,
        total.collateral // 10**16,
        ceil_div(open_loss.of(state, found), 10**16),
        _switches(state, found),
    )


def switches(state: State, account_id: int, scope: Scope) -> SwitchesView:
    """What a margin account may do at all; raises KeyError where there is no such trading account."""
    return _switches(state, _trading(state, account_id, scope))


def _switches(state: State, found: TradingAccount) -> SwitchesView:
    is_free = found.is_open and found.liquidation is None
    is_bound = accounts.is_bound_by_loan(state, found.owner)
    return SwitchesView(
        found.liquidation is not None, is_free, is_free and not is_bound, is_free, is_free and not is_bound
    )


def insurance_fund(state: State) -> tuple[FundView, ...]:
    """What the insurance fund holds or owes, in the assets that it ever dealt in."""
    wallets = state.system(INSURANCE).wallets
    return tuple(
        [
            FundView(fund.asset, wallets[fund.asset].free, fund.received, fund.paid)
            for fund in state.funds.values()
        ]
    )


def max_borrowable(state: State, account_id: int, scope: Scope, asset: str) -> BorrowableView | Rejected:
    """What may be borrowed now: the least of level, VIP limit and inventory; nothing while no loan is made (3.1, A15)."""
    found = _trading(state, account_id, scope)
    refused = loans.refuse_asset(state, found, asset)
    if refused is not None:
        return refused
    amount = loans.most(state, found, asset) if _switches(state, found).may_borrow else 0
    return BorrowableView(amount, risk.borrow_limit(state, found, asset))


def max_transferable(state: State, account_id: int, scope: Scope, asset: str) -> Atoms | Rejected:
    """What may leave a margin account now; nothing while it is held back as a whole (mechanics 3.4, A15)."""
    found = _trading(state, account_id, scope)
    if asset not in state.assets:
        return Rejected(Reason.UNKNOWN_ASSET)
    if not accounts.may_hold(state, found, asset):
        return Rejected(Reason.ASSET_NOT_IN_PAIR)
    if found.debts and index.lacks_price(state, found):
        return Rejected(Reason.NO_INDEX_PRICE)
    return risk.transferable(state, found, asset) if _switches(state, found).may_transfer_out else 0


def restricted(state: State) -> RestrictedView:
    """Assets that cross accounts may not buy, or neither buy nor move in, in the venue's order."""
    assets = state.restricted.values()
    return RestrictedView(
        tuple([asset.name for asset in assets if asset.open_long_restricted]),
        tuple([asset.name for asset in assets if restrictions.is_over_cap(state, asset)]),
    )


def small_liabilities(state: State, account_id: int) -> list[SmallLiabilityView]:
    """The debts of the cross account that may be exchanged, in the order in which they arose."""
    target = state.venue.margin.small_liability_asset
    found: list[SmallLiabilityView] = []
    for debt in _trading(state, account_id, CROSS).debts.values():
        amount = small_liability.target_amount(state, debt)
        if amount:
            found.append(SmallLiabilityView(debt.asset, debt.principal, debt.interest, target, amount))
    return found


def open_orders(state: State, account_id: int, scope: Scope, symbol: str | None) -> list[OrderView]:
    """Open orders of one symbol by id, or of all symbols by time."""
    found = _trading(state, account_id, scope)
    if symbol is not None:
        orders = found.open_orders.get(symbol)
        return [order.view() for order in orders.by_id.values()] if orders is not None else []
    views = [order.view() for orders in found.open_orders.values() for order in orders.by_id.values()]
    views.sort(key=lambda view: (view.spec.placed_at_ms, view.spec.symbol, view.spec.order_id))
    return views


def order(
    state: State, account_id: int, scope: Scope, symbol: str, order_id: int, client_order_id: str
) -> OrderView | None:
    """One open order by its id, or by its client id where `order_id` is 0."""
    orders = _trading(state, account_id, scope).open_orders.get(symbol)
    if orders is None:
        return None
    found = orders.by_id.get(order_id) if order_id else orders.by_client_id.get(client_order_id)
    return found.view() if found is not None else None


def order_list(
    state: State, account_id: int, scope: Scope, list_id: int, client_list_id: str
) -> ListView | None:
    """One open order list by its id, or by its client id where `list_id` is negative."""
    found = _trading(state, account_id, scope)
    if list_id >= 0:
        by_id = state.lists.get(list_id)
        return by_id.view() if by_id is not None and by_id.account is found else None
    for orders in found.open_orders.values():
        by_name = orders.lists.get(client_list_id)
        if by_name is not None:
            return by_name.view()
    return None


def open_lists(state: State, account_id: int, scope: Scope) -> list[ListView]:
    """Open order lists of one trading account, oldest first."""
    found = _trading(state, account_id, scope)
    lists = [
        order_list.view() for orders in found.open_orders.values() for order_list in orders.lists.values()
    ]
    lists.sort(key=lambda view: view.list_id)
    return lists


def isolated(state: State, account_id: int) -> list[IsolatedView]:
    """Every isolated account that was ever opened, in the order in which they were."""
    owner = state.accounts.get(account_id)
    if owner is None or account_id == SYSTEM_ACCOUNT_ID:
        return []
    return [_isolated(state, found) for found in isolated_accounts.accounts_of(owner)]


def _isolated(state: State, found: TradingAccount) -> IsolatedView:
    book = state.books[found.scope]
    rules = book.rules
    total = solvency.of(state, found)
    display = state.marks.get(state.venue.margin.display_asset, 0)
    price_of_quote = state.marks.get(rules.quote, 0)
    scale = E8 * display
    tiers = rules.isolated_tiers
    base, quote = _balance(found, rules.base), _balance(found, rules.quote)
    liquidation_price = risk.liquidation_price(state, found)
    return IsolatedView(
        found.scope,
        found.is_open,
        base,
        quote,
        solvency.level(state, total),
        solvency.status(state, risk.bars_of(state, found), total),
        tiers[0].effective_multiple if tiers else 0,
        book.index_price,
        liquidation_price,
        risk.liquidation_rate(liquidation_price, book.index_price),
        total.assets * price_of_quote // scale if scale else 0,
        total.liabilities * price_of_quote // scale if scale else 0,
        base.net * book.index_price * price_of_quote // scale if scale else 0,
        quote.net * price_of_quote // display if display else 0,
        _switches(state, found),
    )


def order_counts_of(state: State, account_id: int, scope: Scope, at_ms: int) -> list[OrderCountView]:
    """The use of each unfilled-order window at a moment."""
    return [
        OrderCountView(
            count.interval_ms,
            state.order_limits[window],
            order_counts.current(count, at_ms),
        )
        for window, count in enumerate(_trading(state, account_id, scope).order_counts)
    ]


def rates(state: State, asset: str, at_ms: int) -> RatesView | None:
    """Interest rates of the hour that a moment lies in, and of the next; None where the asset is not lent."""
    found = state.rates.get(asset)
    if found is None:
        return None
    hour_ms = agenda.full_hour(at_ms)
    return RatesView(
        asset,
        rates_over_time.in_hour(found, hour_ms),
        rates_over_time.in_hour(found, hour_ms + agenda.HOUR_MS),
    )


def inventory(state: State, asset: str) -> Atoms:
    """What the pool would lend."""
    return loans.inventory(state, asset)


def index_of(state: State, symbol: str, at_ms: int) -> IndexView | None:
    """A pair's index price, and whether it is good at a moment (mechanics 5)."""
    book = state.books.get(symbol)
    if book is None:
        return None
    most_ms = state.venue.margin.index_max_age_ms
    is_too_old = 0 < most_ms < at_ms - book.index_at_ms
    return IndexView(symbol, book.index_price, book.index_at_ms, symbol in state.feeds.stopped, is_too_old)


def index_scripts(state: State) -> list[IndexScriptView]:
    """The scripts that go on, the oldest first."""
    return [
        IndexScriptView(
            script.script_id,
            script.symbol,
            script.assets,
            tuple(symbol for symbol, _, _ in script.starts),
            script.stages,
            script.stage,
            scripts.next_ms(script),
        )
        for script in state.feeds.scripts.values()
    ]


def last_price(state: State, symbol: str) -> int:
    """The last traded price; 0 before the first trade."""
    return state.books[symbol].last_price


def average_price(state: State, symbol: str, at_ms: int) -> AverageView:
    """The average price that limit prices are held against, at a moment not before the last record."""
    book = state.books[symbol]
    return AverageView(
        book.rules.average_price_minutes,
        tape.average_in(book, at_ms // tape.MINUTE_MS),
        book.last_trade_ms,
    )


def update_id(state: State, symbol: str) -> int:
    """A number that has grown since whenever `depth` would have answered otherwise."""
    return state.books[symbol].update_id


def depth(state: State, symbol: str, limit: int) -> DepthView:
    """The best `limit` levels of each side, the quotes that the house would lay out included."""
    book = state.books[symbol]
    if not is_planned(state, book):
        return DepthView(books.depth(book.bids, limit), books.depth(book.asks, limit))
    planned = house.ladder(state, book, limit)
    return DepthView(_levels(planned, 1)[:limit], _levels(planned, -1)[:limit])


def is_planned(state: State, book: Book) -> bool:
    """Does a book show what the house would quote, because it does not yet?"""
    return state.house_quotes and not book.quoted_index


def _levels(planned: list[tuple[int, int, Atoms]], sign: int) -> tuple[tuple[int, Atoms], ...]:
    """The quotes of one side as price levels; on a coarse tick several share a price."""
    levels: list[tuple[int, Atoms]] = []
    for side, price, quantity in planned:
        if side != sign:
            continue
        if levels and levels[-1][0] == price:
            levels[-1] = (price, levels[-1][1] + quantity)
        else:
            levels.append((price, quantity))
    return tuple(levels)


def idle(state: State) -> bool:
    """Does nothing here depend on a price? No client order rests and nobody owes."""
    return not state.debtors and not any(book.orders for book in state.books.values())
