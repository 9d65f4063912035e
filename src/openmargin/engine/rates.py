"""Interest rates over time: those of the present hour, and those that follow it (mechanics 4.3).

A change holds from the next full hour on, so that the charge at that hour is the first to know it. Nothing happens
at the hour itself: whoever asks for a rate says of which hour.
"""

from __future__ import annotations

from openmargin.domain.commands import SetRates
from openmargin.domain.events import RatesChanged
from openmargin.domain.money import E8
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.venue import Asset
from openmargin.engine.agenda import HOUR_MS, full_hour
from openmargin.engine.lending_state import Rates
from openmargin.engine.state import State


def set_rates(state: State, command: SetRates) -> Rejected | None:
    """Have other rates hold from the next full hour on."""
    for asset, daily in command.rates:
        if asset not in state.assets:
            return Rejected(Reason.UNKNOWN_ASSET, asset)
        if asset not in state.rates or not daily or not all(0 <= rate <= E8 for rate in daily):
            return Rejected(Reason.RATES_WRONG, asset)

    # From here on nothing may be refused.
    for asset, daily in command.rates:
        _plan(state, state.rates[asset], daily)
    return None


def follow_venue(state: State, before: dict[str, Asset]) -> None:
    """Take over the rates of a venue: at once for what is new, from the next hour on where the venue changed them.

    Where it says what it said before, rates that were set since go on.
    """
    for asset in state.assets.values():
        daily = _of(asset)
        if not daily:
            continue
        rates = state.rates.get(asset.name)
        if rates is None:
            state.rates[asset.name] = Rates(asset.name, daily)
            state.events.append(RatesChanged(asset.name, daily, full_hour(state.at_ms)))
        elif asset.name not in before or _of(before[asset.name]) != daily:
            _plan(state, rates, daily)


def _of(asset: Asset) -> tuple[int, ...]:
    return tuple([terms.daily_rate for terms in asset.loan_terms])


def _plan(state: State, rates: Rates, daily: tuple[int, ...]) -> None:
    this_hour_ms = full_hour(state.at_ms)
    rates.daily = in_hour(rates, this_hour_ms)
    rates.next = daily
    rates.next_from_ms = this_hour_ms + HOUR_MS
    state.events.append(RatesChanged(rates.asset, daily, rates.next_from_ms))


def in_hour(rates: Rates, hour_ms: int) -> tuple[int, ...]:
    """The rates of a full hour, one per VIP level; of the present one, or of a later."""
    return rates.next if hour_ms >= rates.next_from_ms else rates.daily


def daily_rate(state: State, vip: int, asset: str, hour_ms: int) -> int:
    """The daily rate of `asset` in a full hour for a VIP level; the last row serves all levels above."""
    daily = in_hour(state.rates[asset], hour_ms)
    return daily[min(vip, len(daily) - 1)]
