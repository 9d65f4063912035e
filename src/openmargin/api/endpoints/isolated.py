"""Isolated margin accounts: enable, disable and look at them, and what their pairs offer."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, params
from openmargin.api.catalogue import Catalogue
from openmargin.api.endpoint import Call, Payer, Security, Weight, endpoint
from openmargin.api.endpoints.rates import of_level, vip_of
from openmargin.api.errors import ApiError
from openmargin.api.params import NoParams, Params
from openmargin.api.render import Reply
from openmargin.api.weights import Heavier
from openmargin.domain.commands import CloseIsolated, OpenIsolated
from openmargin.domain.enums import MarginStatus, SymbolStatus
from openmargin.domain.money import format_e8, format_short
from openmargin.domain.reasons import Reason
from openmargin.domain.venue import IsolatedTier, Symbol
from openmargin.domain.views import BalanceView, IsolatedView, SwitchesView
from openmargin.runtime.live import Live

_PATH: Final = "/sapi/v1/margin/isolated/account"
_SYMBOLS_MAX: Final = 5
_OF_PAIR: Final = (errors.INVALID_SYMBOL, errors.NOT_A_MARGIN_PAIR)
_STATUS_WORDS: Final = {status: status.name for status in MarginStatus}


class IsolatedPairParams(Params, frozen=True, kw_only=True):
    symbol: Annotated[str, params.symbol()]


class SwitchedReply(Reply):
    success: bool
    symbol: str


@endpoint(
    "POST",
    _PATH,
    Security.TRADE,
    Weight(300, Payer.UID),
    params=IsolatedPairParams,
    refuses=(
        Reason.UNKNOWN_SYMBOL,
        Reason.PAIR_NOT_ISOLATED,
        Reason.ISOLATED_ALREADY_OPEN,
        Reason.TOO_MANY_ISOLATED,
    ),
)
async def enable(call: Call, asked: IsolatedPairParams) -> SwitchedReply:
    """Enable the isolated account of a pair"""
    sender = call.sender
    await call.submit(OpenIsolated(sender.account_id, sender.api_key, sender.expires_at_ms, asked.symbol))
    return SwitchedReply(True, asked.symbol)


@endpoint(
    "DELETE",
    _PATH,
    Security.TRADE,
    Weight(300, Payer.UID),
    params=IsolatedPairParams,
    refuses=(
        errors.INVALID_SYMBOL,
        Reason.UNKNOWN_SCOPE,
        Reason.LIQUIDATING,
        Reason.ISOLATED_NOT_EMPTY,
        Reason.ISOLATED_CLOSED_TOO_SOON,
    ),
)
async def disable(call: Call, asked: IsolatedPairParams) -> SwitchedReply:
    """Disable an isolated account that is empty, once in 24 hours"""
    call.catalogue.symbol(asked.symbol)
    sender = call.sender
    await call.submit(CloseIsolated(sender.account_id, sender.api_key, sender.expires_at_ms, asked.symbol))
    return SwitchedReply(True, asked.symbol)


# --- the account -----------------------------------------------------------------------------------------------


class IsolatedAccountsParams(Params, frozen=True, kw_only=True):
    symbols: Annotated[
        str | None, params.text("symbols", "Up to 5 symbols between commas; all accounts where not sent.")
    ] = None


class IsolatedAsset(Reply):
    asset: str
    borrow_enabled: bool
    borrowed: str
    free: str
    interest: str
    locked: str
    net_asset: str
    net_asset_of_btc: str
    repay_enabled: bool
    total_asset: str


class IsolatedAccount(Reply):
    base_asset: IsolatedAsset
    quote_asset: IsolatedAsset
    symbol: str
    isolated_created: bool
    enabled: bool
    margin_level: str
    margin_level_status: str
    margin_ratio: str
    index_price: str
    liquidate_price: str
    liquidate_rate: str
    trade_enabled: bool


class IsolatedAccounts(Reply):
    assets: list[IsolatedAccount]
    total_asset_of_btc: str
    total_liability_of_btc: str
    total_net_asset_of_btc: str


@endpoint(
    "GET",
    _PATH,
    Security.USER_DATA,
    Weight(10),
    params=IsolatedAccountsParams,
    refuses=(errors.invalid("symbols"), errors.DUPLICATE_SYMBOLS, errors.INVALID_SYMBOL),
)
async def isolated_accounts(call: Call, asked: IsolatedAccountsParams) -> IsolatedAccounts:
    """Query isolated accounts"""
    wanted = _wanted(call.catalogue, asked.symbols)

    def question(live: Live) -> list[tuple[IsolatedView, bool]]:
        """The accounts, and whether each was ever made."""
        made = {view.symbol: view for view in live.isolated(call.sender.account_id)}
        if wanted is None:
            return [(view, True) for view in made.values()]
        return [
            (made[pair.name], True) if pair.name in made else (_never_made(live, pair), False)
            for pair in wanted
        ]

    views = await call.exchange.read(question)
    cap = call.catalogue.venue.margin.level_cap
    assets = sum(view.assets_in_display for view, _ in views)
    liabilities = sum(view.liabilities_in_display for view, _ in views)
    return IsolatedAccounts(
        [_account(view, was_made, cap) for view, was_made in views],
        format_e8(assets),
        format_e8(liabilities),
        format_e8(assets - liabilities),
    )


def _wanted(catalogue: Catalogue, sent: str | None) -> list[Symbol] | None:
    if sent is None:
        return None
    names = sent.split(",")
    if len(names) > _SYMBOLS_MAX:
        raise ApiError(errors.invalid("symbols"))
    if len(set(names)) != len(names):
        raise ApiError(errors.DUPLICATE_SYMBOLS)
    return [catalogue.symbol(name) for name in names]


def _never_made(live: Live, pair: Symbol) -> IsolatedView:
    """A pair whose account was asked for by name and never made: Binance shows it, empty."""
    index = live.index(pair.name)
    return IsolatedView(
        symbol=pair.name,
        is_open=False,
        base=BalanceView(pair.base, 0, 0, 0, 0),
        quote=BalanceView(pair.quote, 0, 0, 0, 0),
        margin_level=live.venue.margin.level_cap,
        status=MarginStatus.EXCESSIVE,
        margin_ratio=_largest_multiple(pair),
        index_price=index.price if index is not None else 0,
        liquidation_price=0,
        liquidation_rate=0,
        assets_in_display=0,
        liabilities_in_display=0,
        base_net_in_display=0,
        quote_net_in_display=0,
        switches=SwitchesView(False, False, False, False, False),
    )


def _account(view: IsolatedView, was_made: bool, cap: int) -> IsolatedAccount:
    return IsolatedAccount(
        base_asset=_half(view.base, view.base_net_in_display, view.switches),
        quote_asset=_half(view.quote, view.quote_net_in_display, view.switches),
        symbol=view.symbol,
        isolated_created=was_made,
        enabled=view.is_open,
        # Without debt Binance writes 999 here, and 999.00000000 on the cross account.
        margin_level=format_short(cap) if view.margin_level == cap else format_e8(view.margin_level),
        margin_level_status=_STATUS_WORDS[view.status],
        margin_ratio=format_e8(view.margin_ratio),
        index_price=format_e8(view.index_price),
        liquidate_price=format_e8(view.liquidation_price),
        liquidate_rate=format_e8(view.liquidation_rate),
        trade_enabled=view.switches.may_trade,
    )


def _half(balance: BalanceView, net_in_display: int, switches: SwitchesView) -> IsolatedAsset:
    return IsolatedAsset(
        asset=balance.asset,
        borrow_enabled=switches.may_borrow,
        borrowed=format_e8(balance.borrowed),
        free=format_e8(balance.free),
        interest=format_e8(balance.interest),
        locked=format_e8(balance.locked),
        net_asset=format_e8(balance.net),
        net_asset_of_btc=format_e8(net_in_display),
        repay_enabled=switches.may_trade,
        total_asset=format_e8(balance.free + balance.locked),
    )


class AccountLimit(Reply):
    enabled_account: int
    max_account: int


@endpoint("GET", "/sapi/v1/margin/isolated/accountLimit", Security.USER_DATA, Weight(1))
async def account_limit(call: Call, _asked: NoParams) -> AccountLimit:
    """Query how many isolated accounts are enabled and may be"""
    views = await call.exchange.read(lambda live: live.isolated(call.sender.account_id))
    return AccountLimit(
        sum(view.is_open for view in views), call.catalogue.venue.margin.isolated_accounts_max
    )


# --- the pairs -------------------------------------------------------------------------------------------------


class IsolatedPairsParams(Params, frozen=True, kw_only=True):
    symbol: Annotated[str | None, params.symbol()] = None


class IsolatedPair(Reply):
    base: str
    is_buy_allowed: bool
    is_margin_trade: bool
    is_sell_allowed: bool
    quote: str
    symbol: str


@endpoint(
    "GET",
    "/sapi/v1/margin/isolated/allPairs",
    Security.MARKET_DATA,
    Weight(10),
    params=IsolatedPairsParams,
    refuses=(errors.INVALID_SYMBOL,),
)
async def isolated_pairs(call: Call, asked: IsolatedPairsParams) -> list[IsolatedPair]:
    """Get all isolated margin pairs"""
    if asked.symbol is not None:
        call.catalogue.symbol(asked.symbol)
    now_ms = call.exchange.clock.now_ms()
    return [
        IsolatedPair(pair.base, trades, True, trades, pair.quote, pair.name)
        for pair in call.catalogue.venue.symbols
        if call.catalogue.is_isolated(pair, now_ms) and asked.symbol in (None, pair.name)
        for trades in (pair.status is SymbolStatus.TRADING,)
    ]


class TierParams(IsolatedPairParams, frozen=True, kw_only=True):
    tier: Annotated[int | None, params.number("tier", "From 1; all where not sent.")] = None


class TierReply(Reply):
    symbol: str
    tier: int
    effective_multiple: str
    initial_risk_ratio: str
    liquidation_risk_ratio: str
    base_asset_max_borrowable: str
    quote_asset_max_borrowable: str


def _tier(symbol: str, number: int, tier: IsolatedTier) -> TierReply:
    return TierReply(
        symbol,
        number,
        format_short(tier.effective_multiple),
        format_short(tier.initial),
        format_short(tier.liquidation),
        format_short(tier.base_limit),
        format_short(tier.quote_limit),
    )


@endpoint(
    "GET",
    "/sapi/v1/margin/isolatedMarginTier",
    Security.USER_DATA,
    Weight(1),
    params=TierParams,
    refuses=_OF_PAIR,
)
async def isolated_tiers(call: Call, asked: TierParams) -> list[TierReply]:
    """Query the tiers of an isolated pair"""
    pair = _isolated_pair(call.catalogue, asked.symbol)
    return [
        _tier(pair.name, number, tier)
        for number, tier in enumerate(pair.isolated_tiers, start=1)
        if asked.tier in (None, number)
    ]


def _isolated_pair(catalogue: Catalogue, name: str) -> Symbol:
    pair = catalogue.symbol(name)
    if not pair.isolated_margin:
        raise ApiError(errors.NOT_A_MARGIN_PAIR)
    return pair


def _largest_multiple(pair: Symbol) -> int:
    return pair.isolated_tiers[0].effective_multiple if pair.isolated_tiers else 0


class FeeDataParams(Params, frozen=True, kw_only=True):
    vip_level: Annotated[int | None, params.number("vipLevel", "The account's own where not sent.")] = None
    symbol: Annotated[str | None, params.symbol(about="All pairs where not sent.")] = None


class CoinFee(Reply):
    coin: str
    daily_interest: str
    borrow_limit: str


class FeeData(Reply):
    vip_level: int
    symbol: str
    leverage: str
    data: list[CoinFee]


@endpoint(
    "GET",
    "/sapi/v1/margin/isolatedMarginData",
    Security.USER_DATA,
    Weight(1, heavier=Heavier(10, "symbol", (None,))),
    params=FeeDataParams,
    refuses=_OF_PAIR,
)
async def isolated_fees(call: Call, asked: FeeDataParams) -> list[FeeData]:
    """Query interest and borrow limits of isolated pairs"""
    catalogue = call.catalogue
    if asked.symbol is not None:
        pairs = [_isolated_pair(catalogue, asked.symbol)]
    else:
        now_ms = call.exchange.clock.now_ms()
        pairs = [pair for pair in catalogue.venue.symbols if catalogue.is_isolated(pair, now_ms)]
    return await call.exchange.read(lambda live: _fees(live, call.sender.account_id, pairs, asked.vip_level))


def _fees(live: Live, account_id: int, pairs: list[Symbol], vip: int | None) -> list[FeeData]:
    level = vip_of(live, account_id, vip)
    return [
        FeeData(
            level,
            pair.name,
            format_short(_largest_multiple(pair)),
            [_coin(live, pair, pair.base, level), _coin(live, pair, pair.quote, level)],
        )
        for pair in pairs
    ]


def _coin(live: Live, pair: Symbol, asset: str, vip: int) -> CoinFee:
    """Interest goes by the VIP level, its last row serving all above; what may be owed, by the highest tier."""
    rates = live.rates(asset)
    rate = of_level(rates.daily, vip) if rates is not None else 0
    limit = 0
    if pair.isolated_tiers:
        highest = pair.isolated_tiers[-1]
        limit = highest.base_limit if asset == pair.base else highest.quote_limit
    return CoinFee(asset, format_short(rate), format_short(limit))
