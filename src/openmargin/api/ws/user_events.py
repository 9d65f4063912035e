"""What a record means to the accounts that it concerns: its events, as the events of their user data streams.

Owns: which account is told what, and in which order. Everything is read from the events themselves, which do not
change: an order may be gone by the time that its report is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from openmargin.api.ws import user_reports
from openmargin.api.ws.user_reports import Prevented
from openmargin.domain.enums import Flow, OrderStatus, RepaymentStatus, UserStream
from openmargin.domain.events import (
    AnyEvent,
    Borrowed,
    Deposited,
    Flowed,
    InterestAccrued,
    LiquidationLoanRepaid,
    ListChanged,
    MarginStatusChanged,
    MatchPrevented,
    OrderActivated,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    OrderOpened,
    Repaid,
    SmallLiabilityExchanged,
    Transferred,
    WalletChanged,
)
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import Atoms
from openmargin.domain.orders import OrderView
from openmargin.runtime.feed import Happened

Render: TypeAlias = Callable[[int], bytes]
"""An event as JSON, with so many units of time in a millisecond."""

_ORDINALS: Final = 1 << 15
"""How many reports of one record have numbers of their own. With it execution ids stay below 2^53, and so whole
numbers in every language, for 2^38 records."""

_TOLD_ELSEWHERE: Final = (Flow.BUY_LIQUIDATION, Flow.SELL_LIQUIDATION, Flow.REPAY_LIQUIDATION)
"""Flows of a liquidation that fills and repayments tell of, too."""


class Told:
    """One event of the streams of one trading account."""

    __slots__ = ("account_id", "render", "scope", "stream")

    def __init__(
        self, account_id: int, scope: Scope, render: Render, stream: UserStream = UserStream.TRADE
    ) -> None:
        self.account_id = account_id
        self.scope = scope
        self.render = render
        self.stream = stream
        """TRADE or RISK: who listens to both hears either."""


def told(happened: Happened) -> Iterator[Told]:
    """All that a record tells anybody, in the order in which it happened; wallets come last, once for each account."""
    at_ms = happened.at_ms
    wallets: dict[tuple[int, Scope], list[tuple[str, Atoms, Atoms]]] = {}
    for ordinal, event in enumerate(happened.events):
        if type(event) is WalletChanged:
            changed = (event.asset, event.free, event.locked)
            wallets.setdefault((event.account_id, event.scope), []).append(changed)
            continue
        tell = _TELL.get(type(event))
        if tell is not None:
            # Two numbers for each event: a prevented match is reported to both sides.
            yield from tell(event, at_ms, happened.seq * _ORDINALS + ordinal * 2)
    for (account_id, scope), balances in wallets.items():
        yield Told(account_id, scope, _position(balances, at_ms))


def _position(balances: list[tuple[str, Atoms, Atoms]], at_ms: int) -> Render:
    return lambda per_ms: user_reports.account_position(balances, at_ms, per_ms)


# --- orders ----------------------------------------------------------------------------------------------------


def _report(order: OrderView, execution: str, execution_id: int, at_ms: int, **more: Any) -> Told:
    spec = order.spec
    return Told(
        spec.account_id,
        spec.scope,
        lambda per_ms: user_reports.execution_report(order, execution, execution_id, at_ms, per_ms, **more),
    )


def _opened(event: OrderOpened | OrderActivated, at_ms: int, number: int) -> Iterator[Told]:
    """An order that wakes is new once more, and on the book now."""
    yield _report(event.order, user_reports.NEW, number, at_ms)


def _filled(event: OrderFilled, at_ms: int, number: int) -> Iterator[Told]:
    yield _report(event.order, user_reports.TRADE, number, at_ms, fill=event.fill)


def _closed(event: OrderClosed, at_ms: int, number: int) -> Iterator[Told]:
    order = event.order
    if order.status is not OrderStatus.CANCELED:
        yield _report(order, user_reports.EXPIRED, number, at_ms)
    elif not event.cancel_client_id:
        yield _report(order, user_reports.CANCELED, number, at_ms)
    else:
        name = order.spec.client_order_id
        yield _report(
            order, user_reports.CANCELED, number, at_ms, original=name, renamed=event.cancel_client_id
        )


def _amended(event: OrderAmended, at_ms: int, _number: int) -> Iterator[Told]:
    amendment = event.amendment
    # The number that the answer to the request and the history of amendments give it.
    number = amendment.amendment_id
    previous = amendment.previous_client_order_id
    yield _report(event.order, user_reports.REPLACED, number, at_ms, original=previous)
    changed = event.order_list
    if changed is not None and amendment.client_order_id != previous:
        yield Told(
            changed.account_id,
            changed.scope,
            lambda per_ms: user_reports.list_report(changed, at_ms, per_ms, is_renamed=True),
        )


def _prevented(event: MatchPrevented, at_ms: int, number: int) -> Iterator[Told]:
    """Each side that lost something is told; one that went on whole has nothing to tell of."""
    match = event.match
    quantity = min(_before(event.taker, match.taker_quantity), _before(event.maker, match.maker_quantity))
    sides = (
        (event.maker, match.maker_quantity, match.taker_order_id),
        (event.taker, match.taker_quantity, match.maker_order_id),
    )
    for side, (order, lost, counter_order_id) in enumerate(sides):
        if lost:
            what = Prevented(match, counter_order_id, lost, quantity)
            yield _report(order, user_reports.TRADE_PREVENTION, number + side, at_ms, prevented=what)


def _before(order: OrderView, lost: Atoms) -> Atoms:
    """What remained of an order before a prevented match."""
    return order.spec.quantity - order.executed_quantity - order.prevented_quantity + lost


def _list(event: ListChanged, at_ms: int, _number: int) -> Iterator[Told]:
    changed = event.order_list
    yield Told(
        changed.account_id,
        changed.scope,
        lambda per_ms: user_reports.list_report(changed, at_ms, per_ms),
    )


# --- value that comes and goes other than by trading -------------------------------------------------------------


def _moved(account_id: int, scope: Scope, asset: str, delta: Atoms, at_ms: int) -> Told:
    return Told(account_id, scope, lambda per_ms: user_reports.balance_update(asset, delta, at_ms, per_ms))


def _deposited(event: Deposited, at_ms: int, _number: int) -> Iterator[Told]:
    yield _moved(event.account_id, event.scope, event.asset, event.amount, at_ms)


def _transferred(event: Transferred, at_ms: int, _number: int) -> Iterator[Told]:
    yield _moved(event.account_id, event.source, event.asset, -event.amount, at_ms)
    yield _moved(event.account_id, event.target, event.asset, event.amount, at_ms)


def _flowed(event: Flowed, at_ms: int, _number: int) -> Iterator[Told]:
    if event.flow not in _TOLD_ELSEWHERE:
        yield _moved(event.account_id, event.scope, event.asset, event.amount, at_ms)


def _loan_repaid(event: LiquidationLoanRepaid, at_ms: int, _number: int) -> Iterator[Told]:
    if event.status is RepaymentStatus.SUCCESS:  # Until then the amount is locked, which the wallet tells of.
        yield _moved(event.account_id, SPOT, event.asset, -event.amount, at_ms)


# --- debts -------------------------------------------------------------------------------------------------------


def _owes(
    account_id: int, scope: Scope, asset: str, kind: str, principal: Atoms, interest: Atoms, at_ms: int
) -> Iterator[Told]:
    """Risk is told of cross accounts alone."""
    if scope == CROSS:
        yield Told(
            account_id,
            scope,
            lambda per_ms: user_reports.liability_change(asset, kind, principal, interest, at_ms, per_ms),
            UserStream.RISK,
        )


def _borrowed(event: Borrowed, at_ms: int, _number: int) -> Iterator[Told]:
    yield _moved(event.account_id, event.scope, event.asset, event.principal, at_ms)
    yield from _owes(event.account_id, event.scope, event.asset, "BORROW", event.principal, 0, at_ms)


def _repaid(event: Repaid, at_ms: int, _number: int) -> Iterator[Told]:
    yield _moved(event.account_id, event.scope, event.asset, -event.principal - event.interest, at_ms)
    yield from _owes(
        event.account_id, event.scope, event.asset, "REPAY", event.principal, event.interest, at_ms
    )


def _accrued(event: InterestAccrued, at_ms: int, _number: int) -> Iterator[Told]:
    if event.interest:
        yield from _owes(event.account_id, event.scope, event.asset, "INTEREST", 0, event.interest, at_ms)


def _exchanged(event: SmallLiabilityExchanged, at_ms: int, _number: int) -> Iterator[Told]:
    """A debt is repaid by another; no wallet takes part."""
    account_id = event.account_id
    yield from _owes(account_id, CROSS, event.asset, "REPAY", event.principal, event.interest, at_ms)
    yield from _owes(account_id, CROSS, event.target_asset, "BORROW", event.target_amount, 0, at_ms)


def _margin_status(event: MarginStatusChanged, at_ms: int, _number: int) -> Iterator[Told]:
    if event.scope == CROSS:
        level, status = event.level, event.status.name
        yield Told(
            event.account_id,
            CROSS,
            lambda per_ms: user_reports.margin_level_status(level, status, at_ms, per_ms),
            UserStream.RISK,
        )


_TELL: Final[dict[type[AnyEvent], Callable[[Any, int, int], Iterator[Told]]]] = {
    OrderOpened: _opened,
    OrderActivated: _opened,
    OrderFilled: _filled,
    OrderClosed: _closed,
    OrderAmended: _amended,
    MatchPrevented: _prevented,
    ListChanged: _list,
    Deposited: _deposited,
    Transferred: _transferred,
    Borrowed: _borrowed,
    Repaid: _repaid,
    Flowed: _flowed,
    LiquidationLoanRepaid: _loan_repaid,
    InterestAccrued: _accrued,
    SmallLiabilityExchanged: _exchanged,
    MarginStatusChanged: _margin_status,
}
"""What each event tells; those that are missing concern no stream."""
