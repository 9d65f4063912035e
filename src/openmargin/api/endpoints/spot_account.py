"""The account behind a key on the spot API: its balances, rates and trades."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import BAD_COMBINATION, ApiError
from openmargin.api.questions import PreventedNames, prevented_matches
from openmargin.api.render import Reply, is_isolated
from openmargin.api.render_spot import trade_row
from openmargin.api.render_trades import PreventedMatchReply, TradeReply, prevented_reply
from openmargin.api.scopes import SymbolParams
from openmargin.api.spot_fees import ForSymbol, Rates, account_of, rates_for_symbol, rates_of, shown
from openmargin.api.weights import Heavier
from openmargin.api.windows import SPAN_REFUSALS, span_within_a_day
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import E8, format_e8
from openmargin.domain.views import SwitchesView
from openmargin.history import queries
from openmargin.runtime.live import Live

_BASIS_POINTS: Final = 10_000
_TYPES: Final = {SPOT: "SPOT", CROSS: "MARGIN"}


class AccountParams(params.Params, frozen=True, kw_only=True):
    omit_zero_balances: Annotated[bool, params.boolean("omitZeroBalances")] = False


class Balance(Reply):
    asset: str
    free: str
    locked: str


class Account(Reply):
    maker_commission: int
    taker_commission: int
    buyer_commission: int
    seller_commission: int
    commission_rates: Rates
    can_trade: bool
    can_withdraw: bool
    can_deposit: bool
    brokered: bool
    require_self_trade_prevention: bool
    prevent_sor: bool
    update_time: int
    account_type: str
    balances: list[Balance]
    permissions: list[str]
    uid: int


@endpoint("GET", "/api/v3/account", Security.USER_DATA, Weight(20), params=AccountParams)
async def account(call: Call, asked: AccountParams) -> Account:
    """Query the account: the spot wallet, or the margin account of a special key"""
    account_id, scope = call.sender.account_id, call.sender.scope
    rates = rates_of(call, await account_of(call))

    def question(live: Live) -> tuple[list[Balance], int, SwitchesView]:
        # An isolated account holds its pair and nothing else.
        pair = call.catalogue.symbol(scope) if is_isolated(scope) else None
        rows = [
            Balance(row.asset, format_e8(row.free), format_e8(row.locked))
            for row in live.balances(account_id, scope)
            if (pair is None or row.asset in (pair.base, pair.quote))
            and (row.free or row.locked or not asked.omit_zero_balances)
        ]
        return rows, live.changed_ms(account_id, scope), live.switches(account_id, scope)

    balances, changed_ms, switches = await call.read(scope, question)
    return Account(
        maker_commission=rates.maker * _BASIS_POINTS // E8,
        taker_commission=rates.taker * _BASIS_POINTS // E8,
        buyer_commission=0,
        seller_commission=0,
        commission_rates=shown(rates),
        can_trade=switches.may_trade,
        can_withdraw=switches.may_transfer_out or scope == SPOT,
        can_deposit=switches.may_transfer_in,
        brokered=False,
        require_self_trade_prevention=False,
        prevent_sor=False,
        update_time=changed_ms * call.per_ms,
        account_type=_TYPES.get(scope, "ISOLATED_MARGIN"),
        balances=balances,
        permissions=["SPOT" if scope == SPOT else "MARGIN"],
        uid=account_id,
    )


@endpoint(
    "GET",
    "/api/v3/account/commission",
    Security.USER_DATA,
    Weight(20),
    params=SymbolParams,
    refuses=(errors.INVALID_SYMBOL,),
)
async def commission(call: Call, asked: SymbolParams) -> ForSymbol:
    """Query the account's commission rates in a symbol"""
    return await rates_for_symbol(call, asked.symbol)


class MyTradesParams(SymbolParams, frozen=True, kw_only=True):
    order_id: Annotated[int | None, params.number("orderId", "Trades of this order alone.")] = None
    start_ms: Annotated[int | None, params.time("startTime")] = None
    end_ms: Annotated[int | None, params.time("endTime", "At most 24 hours after startTime.")] = None
    from_id: Annotated[int | None, params.number("fromId", "Trades from this id on; excludes times.")] = None
    limit: Annotated[int, params.count("limit", 1000)] = 500


@endpoint(
    "GET",
    "/api/v3/myTrades",
    Security.USER_DATA,
    Weight(5, heavier=Heavier(20, "orderId", (None,))),
    params=MyTradesParams,
    refuses=(errors.INVALID_SYMBOL, *SPAN_REFUSALS),
)
async def my_trades(call: Call, asked: MyTradesParams) -> list[TradeReply]:
    """Query the account's trades"""
    by_id = asked.from_id is not None or asked.order_id is not None
    if by_id and (asked.start_ms is not None or asked.end_ms is not None):
        raise ApiError(BAD_COMBINATION)
    call.catalogue.symbol(asked.symbol)
    span = span_within_a_day(asked)
    rows = await call.exchange.past.fetch(
        queries.Trades(
            account_id=call.sender.account_id,
            scope=call.sender.scope,
            symbol=asked.symbol,
            order_id=asked.order_id,
            from_id=asked.from_id,
            start_ms=span.start_ms,
            end_ms=span.end_ms,
            limit=asked.limit,
        )
    )
    return [trade_row(row, call.per_ms) for row in rows]


class PreventedMatchesParams(PreventedNames, frozen=True, kw_only=True):
    limit: Annotated[int, params.count("limit", 1000)] = 500


@endpoint(
    "GET",
    "/api/v3/myPreventedMatches",
    Security.USER_DATA,
    Weight(20, heavier=Heavier(2, "orderId", (None,))),
    params=PreventedMatchesParams,
    refuses=(errors.BAD_COMBINATION, errors.INVALID_SYMBOL),
)
async def my_prevented_matches(call: Call, asked: PreventedMatchesParams) -> list[PreventedMatchReply]:
    """Query trades that self-trade prevention kept from happening"""
    matches = await prevented_matches(call, asked, call.sender.scope, asked.limit)
    return [prevented_reply(match, call.per_ms) for match in matches]
