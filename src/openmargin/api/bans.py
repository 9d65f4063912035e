"""Addresses that went on asking after they were refused for their weight on /api, and are shut out for a while.

Binance says that a ban lasts from two minutes to three days and is longer for who repeats, not when it begins nor how
it grows: that stands under `requests` in the venue. Times are the host's, as those of the weights are; nothing is kept
over a restart.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from openmargin.domain.venue import RequestRules

_ADDRESSES_MAX: Final = 4_096
"""How many bans are remembered; of more the oldest is forgotten."""


class Ban(Struct, frozen=True):
    until_ms: int
    lasts_ms: int


class Bans:
    """Who is banned, or was."""

    def __init__(self) -> None:
        self._bans: dict[str, Ban] = {}

    def until(self, address: str, now_ms: int) -> int | None:
        """When the address's ban ends, if there is one."""
        if not self._bans:
            return None
        ban = self._bans.get(address)
        return ban.until_ms if ban is not None and ban.until_ms > now_ms else None

    def begin(self, address: str, rules: RequestRules, now_ms: int) -> int:
        """Ban an address, longer than the last time unless that is forgotten; when the ban ends."""
        last = self._bans.pop(address, None)
        lasts_ms = rules.ban_ms
        if last is not None and now_ms < last.until_ms + rules.ban_forgotten_ms:
            lasts_ms = last.lasts_ms * rules.ban_growth
        lasts_ms = min(lasts_ms, rules.ban_max_ms)
        if len(self._bans) >= _ADDRESSES_MAX:
            del self._bans[next(iter(self._bans))]
        self._bans[address] = Ban(now_ms + lasts_ms, lasts_ms)
        return now_ms + lasts_ms
