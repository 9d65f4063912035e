"""A portfolio rebuilt in an exchange of this process: tried on a copy first, so that it is there whole or not at all."""

from __future__ import annotations

from msgspec import Struct

from openmargin.domain.commands import AnyCommand, CreateAccount, SetMaxLeverage
from openmargin.domain.enums import MarginStatus
from openmargin.domain.events import AccountChanged, LiquidationBegan, MarginStatusChanged, OrderFilled
from openmargin.domain.ids import CROSS
from openmargin.domain.money import format_short
from openmargin.lab.portfolio.answers import Portfolio, Unreadable
from openmargin.lab.portfolio.commands import Plan, Planned
from openmargin.runtime.bare import Step
from openmargin.runtime.in_process import InProcessExchange


class Rebuilt(Struct, frozen=True):
    """The account that a portfolio has become."""

    account_id: int
    margin_level: int
    """Of the cross account (1e-8)."""
    orders: int
    remarks: tuple[str, ...]


def rebuild(
    exchange: InProcessExchange, portfolio: Portfolio, name: str, *, vip: int = 0, leverage: int = 0
) -> Rebuilt:
    """Make an account that holds, owes and has open what a portfolio says; `leverage` 0 leaves the venue's own.

    Raises Unreadable where any part of it cannot be; nothing has happened then.
    """
    begin = CreateAccount(name, vip)
    trial = exchange.trial()
    account_id = _account_of(trial.submit(trial.engine.at_ms, begin))
    plan = Plan(portfolio, exchange.live.venue, account_id)
    commands = [*_chosen(account_id, leverage), *plan.commands]
    for planned in commands:
        _require_done(planned, trial.submit(trial.engine.at_ms, planned.command), account_id)

    assert _account_of(exchange.submit(exchange.engine.at_ms, begin)) == account_id
    for planned in commands:
        exchange.do(planned.command)
    exchange.settle()
    return Rebuilt(
        account_id,
        exchange.live.margin(account_id, CROSS).margin_level,
        len(portfolio.orders),
        (*plan.remarks, *_differences(exchange, portfolio, plan, account_id)),
    )


def _chosen(account_id: int, leverage: int) -> list[Planned]:
    if not leverage:
        return []
    return [Planned(f"leverage {leverage}", SetMaxLeverage(account_id, "", 0, leverage))]


def _account_of(steps: list[Step]) -> int:
    return next(
        event.account_id for step in steps for event in step.events if isinstance(event, AccountChanged)
    )


def _require_done(planned: Planned, steps: list[Step], account_id: int) -> None:
    command: AnyCommand = planned.command
    [step] = [step for step in steps if step.record.command is command]
    if step.rejection is not None:
        rule = step.rejection.reason.name.lower().replace("_", " ")
        raise Unreadable(f"{planned.what}: the exchange refuses: {rule} {step.rejection.detail}".rstrip())
    for event in (event for each in steps for event in each.events):
        if isinstance(event, LiquidationBegan) and event.account_id == account_id:
            raise Unreadable(
                f"{planned.what}: at the prices here the account is liquidated at once:"
                " save ticker/price too, or set the prices first"
            )
    for event in step.own:
        if isinstance(event, OrderFilled) and event.order.spec.account_id == account_id:
            raise Unreadable(
                f"{planned.what}: it would trade at once at the prices here:"
                " save ticker/price too, or set the prices first"
            )


def _differences(exchange: InProcessExchange, portfolio: Portfolio, plan: Plan, account_id: int) -> list[str]:
    """Wallets that came out otherwise than the answers say."""
    found: list[str] = []
    for (scope, asset), (free, locked) in plan.holdings.items():
        for balance in exchange.live.balances(account_id, scope):
            if balance.asset == asset and (balance.free, balance.locked) != (free, locked):
                found.append(
                    f"{asset} in {scope}: {format_short(balance.locked)} are locked, and {format_short(locked)} were"
                    + ("" if portfolio.lists else " (with an order list open, save openOrderList too)")
                )
    for step in exchange.steps_after(-1)[-1:]:
        for event in step.events:
            if isinstance(event, MarginStatusChanged) and event.status >= MarginStatus.MARGIN_CALL:
                found.append(f"at these prices its margin status is {event.status.name}")
    return found
