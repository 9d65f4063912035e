"""Why the exchange answers what it answers, and why it refused what it refused."""

from __future__ import annotations

from typing import Final

from openmargin.domain.explained import (
    Figure,
    HoldingExplained,
    LiquidationPriceExplained,
    LoanExplained,
    MarginExplained,
    RefusalExplained,
    TransferExplained,
)
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import format_short
from openmargin.domain.reasons import Reason, Rejected
from openmargin.lab import explained as shapes
from openmargin.lab.bench import Bench, Path
from openmargin.lab.errors import refused
from openmargin.runtime.live import Live

_VALUE: Final = 16
_COLLATERAL: Final = 24


async def explain_account(bench: Bench, path: Path, _body: None) -> shapes.AccountExplained:
    """Why an account has its levels and limits, and what it was lately refused, with the numbers."""
    return await bench.exchange.read(lambda live: explain(live, path.account_id))


def explain(live: Live, account_id: int) -> shapes.AccountExplained:
    """Every margin account of an owner, and what was refused; raises Refused where there is no such account."""
    owner = live.account(account_id)
    if owner is None:
        raise refused(Rejected(Reason.UNKNOWN_ACCOUNT))
    scopes = [CROSS, *(view.symbol for view in live.isolated(account_id) if view.is_open)]
    return shapes.AccountExplained(
        account_id=account_id,
        name=owner.name,
        time=live.now_ms(),
        margin=tuple(_margin(live.explain(account_id, scope)) for scope in scopes),
        refusals=tuple(_refusal(one) for one in live.refusals(account_id)),
    )


def exact(value: int, decimals: int = 8) -> str:
    """A number with all its decimals, and none that do not count."""
    sign = "-" if value < 0 else ""
    digits = str(abs(value)).zfill(decimals + 1)
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :].rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _margin(told: MarginExplained) -> shapes.MarginExplained:
    is_cross = told.scope == CROSS
    assets, liabilities = exact(told.assets, _VALUE), exact(told.liabilities, _VALUE)
    return shapes.MarginExplained(
        wallet="CROSS" if is_cross else "ISOLATED",
        symbol="" if is_cross else told.scope,
        valued_in=told.valued_in,
        holdings=tuple(_holding(held) for held in told.holdings),
        assets=assets,
        liabilities=liabilities,
        collateral=exact(told.collateral, _COLLATERAL),
        level=format_short(told.level),
        level_because=_ratio(told, "assets", assets, liabilities, told.level),
        counts_net=told.counts_net,
        collateral_level=format_short(told.collateral_level),
        collateral_level_because=_ratio(
            told, "collateral", exact(told.collateral, _COLLATERAL), liabilities, told.collateral_level
        ),
        status=told.status.name,
        initial=format_short(told.initial),
        margin_call=format_short(told.margin_call),
        liquidation=format_short(told.liquidation),
        transfer_out=format_short(told.transfer_out),
        borrowable=tuple(_loan(loan) for loan in told.loans),
        transferable=tuple(_transfer(transfer) for transfer in told.transfers),
        liquidation_price=_liquidation_price(told.liquidation_price),
    )


def _ratio(told: MarginExplained, name: str, above: str, below: str, level: int) -> str:
    if told.liabilities == 0:
        return f"without debt it is the cap, {format_short(told.level_cap)}"
    cut = f", cut at the cap {format_short(told.level_cap)}" if level == told.level_cap else ", rounded down"
    return f"{name} / liabilities = {above} / {below} = {format_short(level)}{cut}"


def _holding(held: HoldingExplained) -> shapes.HoldingExplained:
    brackets = tuple(
        shapes.BracketExplained(value=exact(part, _VALUE), ratio=format_short(ratio))
        for part, ratio in held.brackets
    )
    terms = " + ".join(f"{bracket.value} * {bracket.ratio}" for bracket in brackets) or "nothing"
    return shapes.HoldingExplained(
        asset=held.asset,
        amount=format_short(held.amount),
        owed=format_short(held.owed),
        price=format_short(held.price),
        value=exact(held.value, _VALUE),
        counted=exact(held.counted, _VALUE),
        liability=exact(held.liability, _VALUE),
        brackets=brackets,
        collateral=exact(held.collateral, _COLLATERAL),
        collateral_because=f"{terms} = {exact(held.collateral, _COLLATERAL)}",
    )


def _loan(loan: LoanExplained) -> shapes.LoanExplained:
    if loan.refused is not None:
        return shapes.LoanExplained(
            asset=loan.asset, amount="0", because=f"none is lent: {loan.refused.name}"
        )
    left = loan.limit - loan.owed
    by_level, by_limit, inventory = (
        format_short(value) for value in (loan.by_level, max(0, left), loan.inventory)
    )
    return shapes.LoanExplained(
        asset=loan.asset,
        amount=format_short(loan.amount),
        by_level=by_level,
        by_limit=by_limit,
        inventory=inventory,
        because=f"the least of level {by_level}, limit {by_limit} and inventory {inventory}",
        level_because=_by_level(loan),
        limit_because=f"limit - owed = {format_short(loan.limit)} - {format_short(loan.owed)} = {exact(left)}",
    )


def _by_level(loan: LoanExplained) -> str:
    collateral, liabilities = exact(loan.collateral, _COLLATERAL), exact(loan.liabilities, _VALUE)
    initial, price, amount = (format_short(value) for value in (loan.initial, loan.price, loan.by_level))
    if loan.in_tier >= 0 and loan.initial <= 10**8:
        return "no tier of the pair has room"
    room = f"(collateral - initial * liabilities) = ({collateral} - {initial} * {liabilities})"
    if not loan.counts_in_full:
        return f"{room}, spent on loans whose units count by their ratio, / {price} = {amount}, rounded down"
    within = f", within its tier {exact(loan.in_tier)}" if loan.in_tier >= 0 else ""
    return f"{room} / ({initial} - 1) / {price} = {amount}, rounded down{within}"


def _transfer(transfer: TransferExplained) -> shapes.TransferExplained:
    amount, free = format_short(transfer.amount), format_short(transfer.free)
    room = exact(transfer.room, _COLLATERAL)
    formula = (
        f"collateral - bar * liabilities = {exact(transfer.collateral, _COLLATERAL)}"
        f" - {format_short(transfer.bar)} * {exact(transfer.liabilities, _VALUE)} = {room}"
    )
    if transfer.refused is not None:
        because = f"none may leave: {transfer.refused.name}"
    elif transfer.liabilities == 0:
        because = f"without debt all that is free may leave: {free}"
    elif transfer.room <= 0:
        because = f"{formula}: the collateral level is not above the bar"
    elif transfer.amount == transfer.free:
        because = f"{formula}: enough for all that is free, {free}"
    else:
        because = f"{formula}, and {amount} at {format_short(transfer.price)} counts so much, rounded down"
    return shapes.TransferExplained(
        asset=transfer.asset,
        amount="0" if transfer.refused is not None else amount,
        free=free,
        room=room,
        because=because,
    )


def _liquidation_price(found: LiquidationPriceExplained | None) -> shapes.LiquidationPriceExplained:
    if found is None:
        return shapes.LiquidationPriceExplained(
            price=None, because="a cross account has several prices, and no one of them decides"
        )
    bar, base_held, base_owed, quote_held, quote_owed = (
        format_short(value)
        for value in (found.bar, found.base_held, found.base_owed, found.quote_held, found.quote_owed)
    )
    formula = (
        "(liquidation * quote owed - quote held) / (base held - liquidation * base owed)"
        f" = ({bar} * {quote_owed} - {quote_held}) / ({base_held} - {bar} * {base_owed})"
    )
    if found.price == 0:
        return shapes.LiquidationPriceExplained(price=None, because=f"{formula}: no price would liquidate it")
    price = format_short(found.price)
    return shapes.LiquidationPriceExplained(price=price, because=f"{formula} = {price}, rounded down")


def _refusal(told: RefusalExplained) -> shapes.RefusalExplained:
    return shapes.RefusalExplained(
        seq=told.seq,
        time=told.at_ms,
        command=told.command,
        wallet="" if not told.scope else {SPOT: "SPOT", CROSS: "CROSS"}.get(told.scope, "ISOLATED"),
        subject=told.subject,
        client_order_id=told.client_order_id,
        reason=told.reason.name,
        detail=told.detail,
        figures=tuple(_figure(figure) for figure in told.figures),
    )


def _figure(figure: Figure) -> shapes.FigureShown:
    return shapes.FigureShown(name=figure.name, value=exact(figure.number, figure.decimals))
