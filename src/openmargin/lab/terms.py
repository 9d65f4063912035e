"""What the operator changes of an asset's or a pair's terms while the exchange runs: rates, pools, restrictions, dates."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from openmargin.domain.commands import ChangeVenue, SetRates
from openmargin.domain.events import RatesChanged
from openmargin.domain.money import E8, format_e8
from openmargin.domain.venue import Asset, Symbol, Venue
from openmargin.lab import shapes
from openmargin.lab.amounts import e8
from openmargin.lab.bench import Bench, Path
from openmargin.lab.errors import Refused


async def set_rates(bench: Bench, path: Path, body: shapes.Rates) -> shapes.RatesShown:
    """Set the interest of an asset, from the next full hour on."""
    daily = tuple(e8("dailyRates", rate) for rate in body.daily_rates)
    if max(daily) > E8:
        raise Refused(400, "a day would cost more than the loan", 'write 1 % as "0.01"')
    outcome = await bench.obey(SetRates(((path.asset, daily),)))
    told = next(event for event in outcome.events if isinstance(event, RatesChanged))
    return shapes.RatesShown(
        asset=told.asset,
        daily_rates=tuple(format_e8(rate) for rate in told.daily_rates),
        from_time=told.effective_ms,
    )


async def change_asset(bench: Bench, path: Path, body: shapes.AssetChanges) -> shapes.AssetShown:
    """Alter what may be lent, bought and moved of an asset; what is absent stays."""
    capital = None if body.pool_capital is None else e8("poolCapital", body.pool_capital)
    cap = None if body.max_collateral is None else e8("maxCollateral", body.max_collateral)

    def changed(venue: Venue) -> Venue:
        assets = tuple(alter(asset) if asset.name == path.asset else asset for asset in venue.assets)
        return structs.replace(venue, assets=assets)

    def alter(asset: Asset) -> Asset:
        return structs.replace(
            asset,
            borrowable=asset.borrowable if body.borrowable is None else body.borrowable,
            pool_capital=asset.pool_capital if capital is None else capital,
            open_long_restricted=(
                asset.open_long_restricted if body.open_long_restricted is None else body.open_long_restricted
            ),
            max_collateral=asset.max_collateral if cap is None else cap,
            **_dates(asset, body),
        )

    if all(asset.name != path.asset for asset in bench.exchange.venue.assets):
        raise Refused(404, "there is no such asset", "the venue file lists them")
    venue = await _change(bench, changed)
    asset = next(asset for asset in venue.assets if asset.name == path.asset)
    return shapes.AssetShown(
        asset=asset.name,
        borrowable=asset.borrowable,
        pool_capital=format_e8(asset.pool_capital),
        open_long_restricted=asset.open_long_restricted,
        max_collateral=format_e8(asset.max_collateral),
        list_time=asset.list_at_ms,
        delist_time=asset.delist_at_ms,
    )


async def change_symbol(bench: Bench, path: Path, body: shapes.SymbolChanges) -> shapes.SymbolShown:
    """Plan when a pair comes to margin and when it leaves; what is absent stays."""

    def changed(venue: Venue) -> Venue:
        symbols = tuple(
            structs.replace(symbol, **_dates(symbol, body)) if symbol.name == path.symbol else symbol
            for symbol in venue.symbols
        )
        return structs.replace(venue, symbols=symbols)

    if all(symbol.name != path.symbol for symbol in bench.exchange.venue.symbols):
        raise Refused(404, "there is no such symbol", "GET /api/v3/exchangeInfo lists them")
    venue = await _change(bench, changed)
    symbol = next(symbol for symbol in venue.symbols if symbol.name == path.symbol)
    return shapes.SymbolShown(
        symbol=symbol.name, list_time=symbol.list_at_ms, delist_time=symbol.delist_at_ms
    )


async def change_house(bench: Bench, _path: Path, body: shapes.HouseChanges) -> shapes.HouseShown:
    """Alter how the house quotes and how the index walks; what is absent stays."""
    shares = {
        name: e8(name, value)
        for name in ("spread", "level_gap", "level_value", "walk_volatility", "walk_jump_chance", "walk_jump")
        if (value := getattr(body, name)) is not None
    }
    counts = {
        name: value
        for name in ("levels", "walk_step_ms", "latency_ms")
        if (value := getattr(body, name)) is not None
    }

    def changed(venue: Venue) -> Venue:
        house = structs.replace(venue.house, **shares, **counts)
        if house.spread // 2 + house.levels * house.level_gap >= E8:
            raise Refused(
                422, "the lowest quote would be at or below zero", "write a smaller levelGap, or fewer levels"
            )
        if house.walk_volatility >= E8 // 10 or house.walk_jump >= E8 // 5 or house.walk_jump_chance > E8:
            raise Refused(
                422,
                "one step of the walk may take a price to zero",
                "write a walkVolatility below 0.1, a walkJump below 0.2 and a walkJumpChance of 1 at most",
            )
        return structs.replace(venue, house=house)

    house = (await _change(bench, changed)).house
    return shapes.HouseShown(
        levels=house.levels,
        spread=format_e8(house.spread),
        level_gap=format_e8(house.level_gap),
        level_value=format_e8(house.level_value),
        latency_ms=house.latency_ms,
        walk_volatility=format_e8(house.walk_volatility),
        walk_step_ms=house.walk_step_ms,
        walk_jump_chance=format_e8(house.walk_jump_chance),
        walk_jump=format_e8(house.walk_jump),
    )


def _dates(entry: Asset | Symbol, body: shapes.AssetChanges | shapes.SymbolChanges) -> dict[str, int]:
    list_at_ms = entry.list_at_ms if body.list_time is None else body.list_time
    delist_at_ms = entry.delist_at_ms if body.delist_time is None else body.delist_time
    if 0 < delist_at_ms <= list_at_ms:
        raise Refused(
            400, "it would leave before it comes", "write a delistTime after listTime, or 0 for never"
        )
    return {"list_at_ms": list_at_ms, "delist_at_ms": delist_at_ms}


async def _change(bench: Bench, changed: Callable[[Venue], Venue]) -> Venue:
    """Have a changed venue hold, one change after the other, so that none undoes another."""
    async with bench.changing_rules:
        venue = changed(bench.exchange.venue)
        await bench.obey(ChangeVenue(venue))
    return venue
