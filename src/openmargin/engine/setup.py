"""The venue's rules taken into the state: at the start, when they change, and when a snapshot is loaded."""

from __future__ import annotations

from openmargin.domain.commands import ChangeVenue, Open
from openmargin.domain.events import VenueChanged
from openmargin.domain.ids import POOL, WORLD
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.venue import Asset, Venue
from openmargin.engine import accounts, delisting, house, index, ledger, listing, rates, restrictions, watch
from openmargin.engine.lending_state import Pool
from openmargin.engine.state import Book, State, TradingRules


def open_venue(command: Open, at_ms: int) -> State:
    """Record 0: a state with nobody in it, quoted and with a tape."""
    state = State(command.venue, command.seed, command.epoch)
    state.seq = 0
    state.at_ms = at_ms
    accounts.open_system(state)
    adopt_venue(state, command.venue)
    _begin(state, {})
    return state


def change_venue(state: State, command: ChangeVenue) -> Rejected | None:
    """Let other rules hold from here on. What exists may change its terms, and may not vanish."""
    kept_assets = [asset.name for asset in command.venue.assets]
    kept_pairs = {symbol.name: (symbol.base, symbol.quote) for symbol in command.venue.symbols}
    for asset in state.assets:
        if asset not in kept_assets:
            return Rejected(Reason.VENUE_SHRINKS, asset)
    for symbol, book in state.books.items():
        if kept_pairs.get(symbol) != (book.rules.base, book.rules.quote):
            return Rejected(Reason.VENUE_SHRINKS, symbol)

    leverages = [levels.leverage for levels in command.venue.margin.leverages]
    for leverage in state.leverages:
        if leverage not in leverages:
            return Rejected(Reason.VENUE_SHRINKS, f"the leverage {leverage}")

    loan_asset = state.venue.margin.liquidation.loan_asset
    if command.venue.margin.liquidation.loan_asset != loan_asset:
        for account in state.accounts.values():
            if account.liquidation_loan > account.liquidation_loan_repaid:
                return Rejected(Reason.VENUE_SHRINKS, f"liquidation loans in {loan_asset}")
    for terms in command.venue.assets:
        refused = _refuse_capital(state, terms)
        if refused is not None:
            return refused

    # From here on nothing may be refused.
    before = state.assets
    adopt_venue(state, command.venue)
    _begin(state, before)
    watch.all_debtors(state)
    return None


def _refuse_capital(state: State, terms: Asset) -> Rejected | None:
    """May a pool have this capital? What is lent cannot be taken from it."""
    pool = state.pools.get(terms.name)
    change = terms.pool_capital - (pool.capital if pool is not None else 0)
    purse = state.system(POOL).wallets.get(terms.name)
    if change < 0 and purse is not None and purse.free < -change:
        return Rejected(Reason.INVENTORY_SHORT, terms.name)
    world = state.system(WORLD).wallets.get(terms.name)
    if change > 0 and world is not None and change - world.free > accounts.SUPPLY_MAX:
        return Rejected(Reason.ABOVE_SUPPLY, terms.name)
    return None


def adopt_venue(state: State, venue: Venue) -> None:
    """Take over rules, with a book for each symbol that is new."""
    state.venue = venue
    state.assets = {asset.name: asset for asset in venue.assets}
    margin = venue.margin
    state.feeds.sources = [
        (asset, asset + margin.valuation_asset, asset + margin.display_asset) for asset in state.assets
    ]
    restrictions.adopt(state)
    state.house_quotes = venue.house.enabled
    state.order_limits = [venue.orders.limit_10s, venue.orders.limit_day]
    state.taker_credit = venue.orders.taker_first_fill_credit
    state.maker_credit = venue.orders.maker_first_fill_credit
    state.leverages = {levels.leverage: levels for levels in venue.margin.leverages}
    for rules in venue.symbols:
        book = state.books.get(rules.name)
        if book is None:
            book = Book(rules)
            book.index_at_ms = state.at_ms
            state.books[rules.name] = book
        book.rules = TradingRules(rules)
        book.rules.iceberg_keeps_place = venue.orders.iceberg_keeps_place
        book.rules.prevention_by_account = venue.orders.prevention_by_account
        listing.bound(state, book.rules, rules)
        book.average_minute = -1


def derive(state: State) -> None:
    """Work out what follows from venue and index."""
    index.mark_assets(state)
    for account in state.accounts.values():
        accounts.set_rates(state, account)


def _begin(state: State, before: dict[str, Asset]) -> None:
    """Fund the pools, and have every symbol quoted under the rules that hold now.

    `before` are the assets as they were.
    """
    derive(state)
    for asset in state.assets.values():
        pool = state.pools.get(asset.name)
        if pool is None:
            pool = Pool(asset.name, 0)
            state.pools[asset.name] = pool
        world, purse = state.system(WORLD).wallet(asset.name), state.system(POOL).wallet(asset.name)
        if asset.pool_capital >= pool.capital:
            ledger.move(state, world, purse, asset.pool_capital - pool.capital)
        else:
            ledger.move(state, purse, world, pool.capital - asset.pool_capital)
        pool.capital = asset.pool_capital
    delisting.plan(state)
    state.events.append(VenueChanged(state.epoch))
    rates.follow_venue(state, before)
    for book in state.books.values():
        book.is_tape_due = True
    house.follow_index(state, list(state.books))
