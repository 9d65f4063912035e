"""Venues that differ from the default one in what a test is about."""

from __future__ import annotations

from typing import Any

import msgspec

from openmargin.config.venue_file import load_venue
from openmargin.domain.venue import Venue


def with_symbol(name: str, **changes: Any) -> Venue:
    venue = load_venue()
    symbols = tuple(
        msgspec.structs.replace(symbol, **changes) if symbol.name == name else symbol
        for symbol in venue.symbols
    )
    return msgspec.structs.replace(venue, symbols=symbols)


def with_asset(name: str, **changes: Any) -> Venue:
    venue = load_venue()
    assets = tuple(
        msgspec.structs.replace(asset, **changes) if asset.name == name else asset for asset in venue.assets
    )
    return msgspec.structs.replace(venue, assets=assets)


def with_margin(**changes: Any) -> Venue:
    venue = load_venue()
    return msgspec.structs.replace(venue, margin=msgspec.structs.replace(venue.margin, **changes))


def with_orders(**changes: Any) -> Venue:
    venue = load_venue()
    return msgspec.structs.replace(venue, orders=msgspec.structs.replace(venue.orders, **changes))


def with_special_keys(**changes: Any) -> Venue:
    venue = load_venue()
    return msgspec.structs.replace(venue, special_keys=msgspec.structs.replace(venue.special_keys, **changes))


def with_requests(**changes: Any) -> Venue:
    venue = load_venue()
    return msgspec.structs.replace(venue, requests=msgspec.structs.replace(venue.requests, **changes))


def bound_by_margin_checks(venue: Venue) -> Venue:
    """The same, where Special Key Mode knows the limits on prices and on buying restricted assets too."""
    rules = msgspec.structs.replace(venue.special_keys, limits_price_to_index=True)
    return msgspec.structs.replace(venue, special_keys=rules)


def with_liquidation(**changes: Any) -> Venue:
    rules = load_venue().margin.liquidation
    return with_margin(liquidation=msgspec.structs.replace(rules, **changes))
