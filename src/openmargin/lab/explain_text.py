"""An explanation as lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from openmargin.lab.explained import AccountExplained, MarginExplained, RefusalExplained


def lines(told: AccountExplained, *, asset: str = "", client_order_id: str = "") -> Iterator[str]:
    """Loans and transfers of what the account has or owes, or of one asset; all refusals, or those of one client id."""
    yield f"account {told.account_id} {told.name}, at {_time(told.time)}"
    if not client_order_id:
        for margin in told.margin:
            yield ""
            yield from _margin(margin, asset)
    refusals = [one for one in told.refusals if client_order_id in ("", one.client_order_id)]
    if refusals:
        yield ""
        yield "refused"
    for refusal in refusals:
        yield from _refusal(refusal)
    if client_order_id and not refusals:
        yield f"nothing named {client_order_id} is among its last {len(told.refusals)} refusals"


def _margin(told: MarginExplained, asset: str) -> Iterator[str]:
    yield f"{f'isolated {told.symbol}' if told.symbol else 'cross'}, valued in {told.valued_in}"
    for held in told.holdings:
        yield f"  {held.asset:6} {held.amount} * {held.price} = {held.value}"
        if told.counts_net:
            yield f"         counts {held.counted}: net of its debt, at the liquidation ratio"
        yield f"         collateral {held.collateral_because}"
        if held.owed != "0":
            yield f"         owes {held.owed} * {held.price} = {held.liability}"
    yield f"  assets {told.assets}, liabilities {told.liabilities}, collateral {told.collateral}"
    yield f"  margin level      {told.level_because}"
    yield f"  collateral level  {told.collateral_level_because}"
    yield (
        f"  status            {told.status}: margin call at {told.margin_call}, liquidation at {told.liquidation}"
    )
    yield f"  liquidation price {told.liquidation_price.because}"
    wanted = {asset} if asset else {held.asset for held in told.holdings}
    for loan in told.borrowable:
        if loan.asset in wanted:
            yield f"  may borrow {loan.asset:6} {loan.amount}: {loan.because}"
            if loan.level_because:
                yield f"         by level: {loan.level_because}"
                yield f"         by limit: {loan.limit_because}"
    for transfer in told.transferable:
        if transfer.asset in wanted:
            yield f"  may move out {transfer.asset:6} {transfer.amount}: {transfer.because}"


def _refusal(told: RefusalExplained) -> Iterator[str]:
    named = f" {told.client_order_id}" if told.client_order_id else ""
    detail = f" ({told.detail})" if told.detail else ""
    yield f"  #{told.seq} {_time(told.time)} {told.command} {told.wallet} {told.subject}{named}: {told.reason}{detail}"
    for figure in told.figures:
        yield f"         {figure.name}: {figure.value}"


def _time(at_ms: int) -> str:
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
