"""Every figure of an account, asked of engine and calculator: no two may differ by an atom.

What the engine shows with eight decimals is the exact figure rounded down.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from openmargin.domain.enums import InterestKind
from openmargin.domain.ids import CROSS
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import interest, risk, views
from openmargin.engine.state import Debt
from tests.margin import calculator
from tests.margin.calculator import Bars, Holding
from tests.margin.exchange import UNPRICED, CrossAccount, Exchange, IsolatedAccount, atoms, exact


def check_cross(account: CrossAccount, exchange: Exchange) -> Iterator[str]:
    """Every figure of a cross account; yields the kinds of case that it was."""
    state = exchange.state
    total = calculator.totals(account.holdings)
    level = calculator.level(total.assets, total.liabilities)
    collateral_level = calculator.level(total.borrow_collateral, total.liabilities)
    view = views.margin(state, 1, CROSS)
    assert view.margin_level == shown(calculator.reported_level(level))
    assert view.collateral_level == shown(calculator.reported_level(collateral_level))
    assert view.status.name == calculator.status(level, account.bars)
    yield view.status.name
    yield from kinds_of_level(level, account.bars)
    btc = next(holding for holding in account.holdings if holding.asset == "BTC").index
    assert view.assets_in_display == shown(total.assets / btc)
    assert view.liabilities_in_display == shown(total.liabilities / btc)
    assert view.collateral_in_valuation == shown(total.borrow_collateral)
    for holding in account.holdings:
        yield from check_cross_borrowing(account, holding, total, exchange)
        transferable = calculator.max_transferable(total, holding)
        assert views.max_transferable(state, 1, CROSS, holding.asset) == atoms(transferable), holding
        yield from kinds_of_transfer(total, holding, transferable)
        expected = calculator.hourly_interest(holding.principal, account.terms[holding.asset].daily_rate)
        assert hour_charged(exchange, holding) == atoms(expected), holding


def hour_charged(exchange: Exchange, holding: Holding) -> int:
    """What the engine charges for an hour of a debt; the debt itself is left as it was."""
    debt = Debt(holding.asset)
    interest.charge(
        exchange.state, exchange.account(), debt, atoms(holding.principal), InterestKind.PERIODIC, 0
    )
    exchange.state.events.clear()
    return debt.interest


def check_cross_borrowing(
    account: CrossAccount, holding: Holding, total: calculator.Totals, exchange: Exchange
) -> Iterator[str]:
    view = views.max_borrowable(exchange.state, 1, CROSS, holding.asset)
    if holding.asset == UNPRICED:
        assert view == Rejected(Reason.NO_INDEX_PRICE)
        yield "no index"
        return
    assert not isinstance(view, Rejected)
    limit, inventory = account.terms[holding.asset].limit, account.inventory[holding.asset]
    by_level = calculator.cross_borrowable(total, holding, account.leverage)
    most = calculator.max_borrowable(by_level, limit, holding.debt, inventory)
    trading = exchange.account()
    assert risk.borrowable_by_level(exchange.state, trading, holding.asset) == shown(
        max(by_level, Fraction(0))
    )
    assert view.amount == atoms(most), holding
    assert view.limit == atoms(limit)
    yield kind_of_borrowing(most, by_level, limit - holding.debt)


def check_isolated(account: IsolatedAccount, exchange: Exchange) -> Iterator[str]:
    """Every figure of an isolated account; yields the kinds of case that it was."""
    base, quote, tiers = account.base, account.quote, account.pair.tiers
    reached = calculator.tier_of(tiers, base.debt, quote.debt)
    found = risk.tier_of(exchange.state.books[account.symbol].rules, exchange.account(account.symbol))
    assert found is not None
    assert (found.initial, found.liquidation, found.base_limit, found.quote_limit) == (
        atoms(tiers[reached].initial_ratio),
        atoms(tiers[reached].liquidation_ratio),
        atoms(tiers[reached].base_debt_max),
        atoms(tiers[reached].quote_debt_max),
    )
    yield f"tier {reached + 1} of {len(tiers)}"
    for beside in (-1, 0, 1):
        if any(base.debt == tier.base_debt_max + beside * calculator.ATOM for tier in tiers):
            yield f"debt at a tier's limit {beside:+}"
    if base.debt and quote.debt:
        yield "debts in both legs"
    yield from check_isolated_levels(account, tiers[reached].liquidation_ratio, exchange)
    for holding in (base, quote):
        yield from check_isolated_limits(account, holding, exchange)


def check_isolated_levels(
    account: IsolatedAccount, liquidation_ratio: Fraction, exchange: Exchange
) -> Iterator[str]:
    base, quote = account.base, account.quote
    bars = Bars(account.pair.margin_call, liquidation_ratio)
    total = calculator.totals((base, quote))
    level = calculator.level(total.assets, total.liabilities)
    view = next(view for view in views.isolated(exchange.state, 1) if view.symbol == account.symbol)
    assert view.margin_level == shown(calculator.reported_level(level))
    assert view.status.name == calculator.status(level, bars)
    yield view.status.name
    yield from kinds_of_level(level, bars)
    price = calculator.liquidation_price(base, quote, bars.liquidation)
    assert view.liquidation_price == shown(price)
    assert view.liquidation_rate == shown(calculator.liquidate_rate(exact(shown(price)), base.index))
    if base.debt and base.amount == bars.liquidation * base.debt:
        yield "zero denominator"
    yield "liquidation price" if price else "no liquidation price"


def check_isolated_limits(account: IsolatedAccount, holding: Holding, exchange: Exchange) -> Iterator[str]:
    base, quote, tiers = account.base, account.quote, account.pair.tiers
    of_base = holding is base
    by_tiers = calculator.isolated_borrowable(base, quote, tiers, of_base=of_base)
    limit = tiers[-1].base_debt_max if of_base else tiers[-1].quote_debt_max
    most = calculator.max_borrowable(by_tiers, limit, holding.debt, account.inventory[holding.asset])
    view = views.max_borrowable(exchange.state, 1, account.symbol, holding.asset)
    assert not isinstance(view, Rejected)
    assert view.amount == atoms(most), holding
    assert view.limit == atoms(limit)
    yield kind_of_borrowing(most, by_tiers, limit - holding.debt)
    total = calculator.totals((base, quote))
    transferable = calculator.max_transferable(total, holding)
    assert views.max_transferable(exchange.state, 1, account.symbol, holding.asset) == atoms(transferable), (
        holding
    )
    yield from kinds_of_transfer(total, holding, transferable)


def shown(figure: Fraction) -> int:
    """What the engine shows of an exact figure: eight decimals, rounded down."""
    return atoms(calculator.floor8(figure))


def kinds_of_level(level: Fraction | None, bars: Bars) -> Iterator[str]:
    if level is None:
        yield "no debt"
    for name, bar in (
        ("liquidation", bars.liquidation),
        ("margin call", bars.margin_call),
        ("transfer", Fraction(2)),
    ):
        if level == bar:
            yield f"exactly at the {name} bar"
    if level is not None and level > calculator.NO_DEBT_LEVEL:
        yield "above the cap"


def kind_of_borrowing(most: Fraction, by_level: Fraction, by_limit: Fraction) -> str:
    if not most:
        return "nothing by level" if by_level <= 0 else "nothing by limit or inventory"
    if most == by_limit:
        return "borrowable by limit"
    return "borrowable by level" if most == calculator.floor8(by_level) else "borrowable by inventory"


def kinds_of_transfer(total: calculator.Totals, holding: Holding, most: Fraction) -> Iterator[str]:
    if not total.liabilities or not holding.free:
        return
    if total.transfer_out_collateral == 2 * total.liabilities:
        yield "collateral exactly at the transfer bar"
    yield "all may leave" if most == holding.free else "some may leave" if most else "none may leave"
    if most and not any(bracket.ratio for bracket in holding.transfer_out_brackets):
        yield "what counts for nothing may leave"
