"""What must hold after every command, as a list of small checks.

The engine under test, the simulator and `openmargin verify` run the same list; a check yields its breaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from openmargin.domain.enums import MarginStatus, OrderStatus
from openmargin.domain.ids import CROSS, INSURANCE, LIQUIDATION, POOL, SPOT, SYSTEM_ACCOUNT_ID
from openmargin.engine import agenda, index_scripts, ledger, risk, settlement, solvency
from openmargin.engine.state import Book, BookSide, Order, State, TradingAccount, Wallet
from openmargin.engine.transitions import OPEN, ListPhase

Breach: TypeAlias = str


def _trading_accounts(state: State) -> Iterator[TradingAccount]:
    for account in state.accounts.values():
        yield from account.trading.values()


def _open_orders(state: State) -> Iterator[Order]:
    for account in _trading_accounts(state):
        for orders in account.open_orders.values():
            yield from orders.by_id.values()


def _name(wallet: Wallet) -> str:
    return f"{wallet.account_id} {wallet.scope} {wallet.asset}"


def wallets_sum_to_zero(state: State) -> Iterator[Breach]:
    """1. Value is only ever moved."""
    total: dict[str, int] = {}
    for account in _trading_accounts(state):
        for wallet in account.wallets.values():
            total[wallet.asset] = total.get(wallet.asset, 0) + wallet.free + wallet.locked
    for asset, value in total.items():
        if value:
            yield f"{asset}: all wallets sum to {value}"


def wallets_are_not_negative(state: State) -> Iterator[Breach]:
    """2. Nobody spends what is not there."""
    for account in _trading_accounts(state):
        may_owe = account.account_id == SYSTEM_ACCOUNT_ID and account.scope in ledger.MAY_OWE
        for wallet in account.wallets.values():
            if (wallet.free < 0 and not may_owe) or wallet.locked < 0:
                yield f"{_name(wallet)}: free {wallet.free}, locked {wallet.locked}"


def locks_are_explained(state: State) -> Iterator[Breach]:
    """3. What is locked is what live orders and pending repayments hold; each order holds what its remainder can cost."""
    held: dict[tuple[int, str, str], int] = {}
    for order_list in state.lists.values():
        pair = order_list.legs[-2:]
        needed = max([settlement.reserve(order) for order in pair if order.is_paired], default=0)
        if order_list.held != needed:
            yield f"list {order_list.list_id} holds {order_list.held}, needs {needed}"
        key = (order_list.account.account_id, order_list.account.scope, pair[0].pays_with.asset)
        held[key] = held.get(key, 0) + order_list.held
    for order in _open_orders(state):
        needed = 0 if order.is_paired else settlement.reserve(order)
        if order.held != needed:
            yield f"{order.spec.symbol} order {order.order_id} holds {order.held}, needs {needed}"
        key = (order.account.account_id, order.account.scope, order.pays_with.asset)
        held[key] = held.get(key, 0) + order.held
    for pending in state.repayments:
        key = (pending.account_id, SPOT, pending.asset)
        held[key] = held.get(key, 0) + pending.amount
    for account in _trading_accounts(state):
        for wallet in account.wallets.values():
            explained = held.get((wallet.account_id, wallet.scope, wallet.asset), 0)
            if wallet.locked != explained:
                yield f"{_name(wallet)}: {wallet.locked} locked, {explained} held"


def pool_is_explained(state: State) -> Iterator[Breach]:
    """4. What the pool holds and what it lent is its capital and the interest it received."""
    lent: dict[str, int] = {}
    for account in _trading_accounts(state):
        for debt in account.debts.values():
            lent[debt.asset] = lent.get(debt.asset, 0) + debt.principal
            if debt.principal < 0 or debt.interest < 0 or debt.principal + debt.interest == 0:
                yield f"account {account.account_id} owes {debt.principal} + {debt.interest} {debt.asset}"
    for asset, pool in state.pools.items():
        holds = state.system(POOL).wallet(asset).free + lent.get(asset, 0)
        if holds != pool.capital + pool.interest_received:
            yield f"{asset}: pool and loans are {holds}, not {pool.capital} + {pool.interest_received}"


def debtors_are_known(state: State) -> Iterator[Breach]:
    """5. Who owes is on the list of debtors, and nobody else; while anyone is, an accrual is planned."""
    for account in _trading_accounts(state):
        if bool(account.debts) != ((account.account_id, account.scope) in state.debtors):
            yield f"{account.account_id} {account.scope}: owes {list(account.debts)}, listed wrongly"
    if state.debtors and len(state.agenda) == 0:
        yield "somebody owes and no accrual is planned"


def books_are_not_crossed(state: State) -> Iterator[Breach]:
    """7. The best bid is below the best ask."""
    for book in state.books.values():
        bid, ask = book.bids.best(), book.asks.best()
        if bid and ask and bid >= ask and not book.quotes_left:
            yield f"{book.symbol}: bid {bid} meets ask {ask}"


def _side_breaches(book: Book, side: BookSide) -> Iterator[Breach]:
    if sorted(side.ranks) != side.ranks or len(side.ranks) != len(side.levels):
        yield f"{book.symbol}: ranks {side.ranks[-3:]} do not match the levels"
    for price, level in side.levels.items():
        volume = users = 0
        order = level.first
        while order is not None:
            volume += order.remaining - order.hidden
            if (
                not 0 <= order.hidden < order.remaining
                or order.queue is not side
                or order.price != price
                or order.level is not level
                or order.sign != side.sign
            ):
                yield f"{book.symbol}: order {order.order_id} does not belong at {price}"
            if not order.is_house:
                users += 1
                if book.orders.get(order.order_id) is not order:
                    yield f"{book.symbol}: order {order.order_id} rests and is not in the index"
            if order.later is None and level.last is not order:
                yield f"{book.symbol}: the queue at {price} loses its end"
            order = order.later
        if volume != level.volume or users != level.users or volume == 0:
            yield f"{book.symbol}: {price} says {level.volume} of {level.users}, has {volume} of {users}"


def books_are_sound(state: State) -> Iterator[Breach]:
    """8. Every resting order is live and in its queue, oldest first; volumes are the sums of their orders."""
    for book in state.books.values():
        yield from _side_breaches(book, book.bids)
        yield from _side_breaches(book, book.asks)
        resting = sum(level.users for side in (book.bids, book.asks) for level in side.levels.values())
        if resting != book.resting:
            yield f"{book.symbol}: {resting} orders of users rest, not {book.resting}"


def order_indexes_agree(state: State) -> Iterator[Breach]:
    """9, 12, 14. By account and by book are the same orders, all open, none filled beyond its size."""
    resting = 0
    for account in _trading_accounts(state):
        for symbol, orders in account.open_orders.items():
            buying = 0
            for order_id, order in orders.by_id.items():
                resting += 1
                if state.books[symbol].orders.get(order_id) is not order:
                    yield f"{symbol}: open order {order_id} is not in the book"
                if orders.by_client_id.get(order.client_order_id) is not order:
                    yield f"{symbol}: open order {order_id} has lost its name"
                if order.status not in OPEN or _size(order) != order.spec.quantity:
                    yield f"{symbol}: order {order_id} is {order.status.name} with {order.remaining} left"
                if order.siblings is not orders:
                    yield f"{symbol}: open order {order_id} does not know its siblings"
                if (order.level is None) != (order.status is OrderStatus.PENDING_NEW):
                    yield f"{symbol}: order {order_id} is {order.status.name} and stands in no right place"
                if order.sign > 0:
                    buying += order.remaining
            waiting = sum(order.row.waits for order in orders.by_id.values())
            icebergs = sum(order.iceberg > 0 for order in orders.by_id.values())
            if (waiting, icebergs) != (orders.waiting, orders.icebergs):
                yield f"account {account.account_id} {symbol}: counts {orders.waiting} waiting, has {waiting}"
            if buying != orders.buying or len(orders.by_client_id) != len(orders.by_id):
                yield f"account {account.account_id} {symbol}: buying {orders.buying}, orders say {buying}"
    if resting != sum(len(book.orders) for book in state.books.values()):
        yield "a book holds an order that no account has open"


def _size(order: Order) -> int:
    return order.executed + order.remaining + order.prevented


def lists_are_sound(state: State) -> Iterator[Breach]:
    """13. Orders of a pair are both open; pending ones wait exactly as long as the working one is open."""
    for list_id, order_list in state.lists.items():
        legs = [leg for leg in order_list.legs if leg.siblings is not None]
        expected = {ListPhase.WORKING: len(order_list.legs), ListPhase.PAIR: 2, ListPhase.ALONE: 1}
        if len(legs) != expected[order_list.phase]:
            yield f"list {list_id} is {order_list.phase.name} with {len(legs)} open orders"
        pending = sum(leg.status is OrderStatus.PENDING_NEW for leg in legs)
        if pending != (len(order_list.legs) - 1 if order_list.phase is ListPhase.WORKING else 0):
            yield f"list {list_id} is {order_list.phase.name} with {pending} pending orders"
        orders = order_list.account.open_orders[order_list.symbol]
        if orders.lists.get(order_list.client_list_id) is not order_list:
            yield f"list {list_id} is not known by its name"
        if any(leg.order_list is not order_list for leg in legs):
            yield f"an order of list {list_id} does not know it"


def nothing_is_left_hanging(state: State) -> Iterator[Breach]:
    """17. When a command ends, lists have followed, and what could not be woken yet is planned."""
    if state.chosen:
        yield f"{len(state.chosen)} orders whose lists have not followed"
    planned = [kind for _, kind in state.agenda]
    if state.woken and agenda.WAKE not in planned:
        yield f"stops in {state.woken} wait to wake, and nothing is planned"


def scripts_are_planned(state: State) -> Iterator[Breach]:
    """22. The next move of a script is on the agenda, no two move one index, and only a script stops a feed."""
    scripts = state.feeds.scripts.values()
    due = sorted(index_scripts.next_ms(script) for script in scripts)[:1]
    planned = [moment for moment, kind in state.agenda if kind == agenda.SCRIPT]
    if planned != due:
        yield f"scripts are planned for {planned}, and {due} is due"
    moved = [(symbol, script.script_id) for script in scripts for symbol, _, _ in script.starts]
    if len(moved) != len(state.feeds.scripted) or dict(moved) != state.feeds.scripted:
        yield f"scripts move {moved}, and {state.feeds.scripted} are known"
    for symbol in state.feeds.stopped:
        if symbol not in state.feeds.scripted:
            yield f"the feed of {symbol} has stopped, and no script will let it go on"


def cross_holdings_are_known(state: State) -> Iterator[Breach]:
    """20. The running sums are what all users' cross accounts have."""
    held: dict[str, int] = {}
    for account in state.accounts.values():
        if account.account_id != SYSTEM_ACCOUNT_ID:
            for wallet in account.trading[CROSS].wallets.values():
                held[wallet.asset] = held.get(wallet.asset, 0) + wallet.free + wallet.locked
    for asset in state.assets:
        if held.get(asset, 0) != state.cross_held.get(asset, 0):
            yield f"{asset}: cross accounts have {held.get(asset, 0)}, counted {state.cross_held.get(asset)}"


def keys_are_their_accounts(state: State) -> Iterator[Breach]:
    """19. Every key is one of its account's; a cross special key stands for Special Key Mode."""
    for account in state.accounts.values():
        for api_key, key in account.keys.items():
            if state.keys.get(api_key) is not key or key.account_id != account.account_id:
                yield f"account {account.account_id} has a key of another, or an old one"
            if key.special_scope == CROSS and not account.in_special_mode:
                yield f"account {account.account_id} has a special key and is not in its mode"
    if len(state.keys) != sum(len(account.keys) for account in state.accounts.values()):
        yield "a key belongs to no account"


def isolated_accounts_keep_to_their_pair(state: State) -> Iterator[Breach]:
    """6. An isolated account holds and owes only the two assets of its pair."""
    for account in _trading_accounts(state):
        if account.account_id == SYSTEM_ACCOUNT_ID or account.scope in (SPOT, CROSS):
            continue
        rules = state.books[account.scope].rules
        for asset in (*account.wallets, *account.debts):
            if asset not in (rules.base, rules.quote):
                yield f"{account.account_id} {account.scope}: holds or owes {asset}"


def fund_is_explained(state: State) -> Iterator[Breach]:
    """4. The insurance fund holds what it received less what it paid, and the liquidation account nothing."""
    insurance = state.system(INSURANCE)
    for asset in {**insurance.wallets, **state.funds}:
        fund = state.funds.get(asset)
        explained = fund.received - fund.paid if fund is not None else 0
        if insurance.wallet(asset).free != explained:
            yield f"{asset}: the fund holds {insurance.wallet(asset).free}, its books say {explained}"
    for wallet in state.system(LIQUIDATION).wallets.values():
        if wallet.free:
            yield f"{_name(wallet)}: {wallet.free} were not unwound"
    for account in state.accounts.values():
        if not 0 <= account.liquidation_loan_repaid <= account.liquidation_loan:
            yield f"account {account.account_id}: repaid {account.liquidation_loan_repaid} of {account.liquidation_loan}"


def levels_are_watched(state: State) -> Iterator[Breach]:
    """17. Everybody's status is the one that was told, and who is at or below the liquidation level is marked."""
    for account in _trading_accounts(state):
        if account.account_id == SYSTEM_ACCOUNT_ID or account.scope == SPOT:
            continue
        name = f"{account.account_id} {account.scope}"
        key = (account.account_id, account.scope)
        concerned = [wallet.asset for wallet in account.wallets.values() if wallet.free or wallet.locked]
        for asset in (*concerned, *account.debts):
            found = state.exposed.get(asset if account.scope == CROSS else account.scope, {})
            if (key in found) != bool(account.debts):
                yield f"{name}: a move of {asset} would find it wrongly"
        if any(bool(wallet.watch) != bool(account.debts) for wallet in account.wallets.values()):
            yield f"{name}: its wallets are watched wrongly"
        if account.liquidation is not None:
            continue
        status = solvency.status(state, risk.bars_of(state, account), solvency.of(state, account))
        if account.status is not status:
            yield f"{name}: was told {account.status.name} and is {status.name}"
        if status is MarginStatus.FORCE_LIQUIDATION and state.venue.margin.liquidation.enabled:
            yield f"{name}: must be liquidated and is not marked"


def liquidations_go_on(state: State) -> Iterator[Breach]:
    """17. Each marked account has one liquidation, its next step is planned, and forced orders are of these alone."""
    marked: dict[int, TradingAccount] = {}
    for account in _trading_accounts(state):
        if account.liquidation is not None:
            marked[account.liquidation.liquidation_id] = account
    for liquidation_id, liquidation in state.liquidations.items():
        owner = marked.get(liquidation_id)
        if owner is None or owner.liquidation is not liquidation:
            yield f"liquidation {liquidation_id} is of no account"
            continue
        for asset, amount in liquidation.aside.items():
            free = owner.wallet(asset).free
            if not 0 <= amount <= free:
                yield f"liquidation {liquidation_id} set {amount} {asset} aside, {free} are free"
    due = sorted((one.due_ms, one.liquidation_id) for one in state.liquidations.values())
    if len(marked) != len(state.liquidations) or due != state.liquidations_due:
        yield f"{len(marked)} accounts are marked, {due} go on, {state.liquidations_due} are planned"
    planned = [moment for moment, kind in state.agenda if kind == agenda.LIQUIDATE]
    if planned != [moment for moment, _ in due[:1]]:
        yield f"liquidations are planned for {planned}, and {due[:1]} is due"
    for order in _open_orders(state):
        if order.is_forced:
            own = order.account.liquidation
            if (
                own is None
                or order.spec.liquidation_id != own.liquidation_id
                or (order.spec.symbol, order.order_id) != (own.order_symbol, own.order_id)
            ):
                yield f"{order.spec.symbol} order {order.order_id} belongs to no liquidation"


def listen_keys_are_sound(state: State) -> Iterator[Breach]:
    """21. Each listen key is known from both sides, they stand by their ends, and the first end is planned."""
    found = list(state.listen_keys.by_nonce.values())
    owners = {(key.account_id, key.scope, key.stream): key.nonce for key in found}
    if owners != state.listen_keys.by_owner or len(owners) != len(found):
        yield f"{len(found)} listen keys belong to {len(state.listen_keys.by_owner)} streams"
    ends = [key.expires_at_ms for key in found]
    if ends != sorted(ends):
        yield "listen keys do not stand by their ends"
    planned = [moment for moment, kind in state.agenda if kind == agenda.EXPIRE]
    if planned != ends[:1]:
        yield f"the end of listen keys is planned for {planned}, and comes at {ends[:1]}"


def repayments_are_planned(state: State) -> Iterator[Breach]:
    """23. An account repays its liquidation loan once at a time, no more than it owes, and the first to end is planned."""
    seen: dict[int, int] = {}
    for pending in state.repayments:
        owner = state.accounts[pending.account_id]
        owed = owner.liquidation_loan - owner.liquidation_loan_repaid
        if pending.account_id in seen or not 0 < pending.amount <= owed:
            yield f"account {pending.account_id} repays {pending.amount} of {owed}, or more than once"
        seen[pending.account_id] = pending.amount
    ends = [pending.due_ms for pending in state.repayments]
    planned = [moment for moment, kind in state.agenda if kind == agenda.REPAY]
    if ends != sorted(ends) or planned != ends[:1]:
        yield f"repayments end at {ends}, and the next is planned for {planned}"


INVARIANTS: Final[tuple[Callable[[State], Iterable[Breach]], ...]] = (
    wallets_sum_to_zero,
    wallets_are_not_negative,
    locks_are_explained,
    pool_is_explained,
    debtors_are_known,
    books_are_not_crossed,
    books_are_sound,
    order_indexes_agree,
    lists_are_sound,
    nothing_is_left_hanging,
    keys_are_their_accounts,
    isolated_accounts_keep_to_their_pair,
    fund_is_explained,
    levels_are_watched,
    liquidations_go_on,
    cross_holdings_are_known,
    listen_keys_are_sound,
    scripts_are_planned,
    repayments_are_planned,
)


def breaches(state: State) -> list[Breach]:
    """Everything that does not hold; empty in a sound state."""
    return [breach for check in INVARIANTS for breach in check(state)]
