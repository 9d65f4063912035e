"""Request weights: who has used how much of which budget in the current minute.

Windows are whole minutes of the host clock, because limits protect the machine and must not stand still, or jump,
with a virtual clock. On /sapi each endpoint has a budget of its own for each IP address or account; on /api all
endpoints draw on one budget of the IP address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from openmargin.api.bans import Bans
from openmargin.api.endpoint import Endpoint, Payer
from openmargin.api.errors import (
    ApiError,
    Dialect,
    Retry,
    banned,
    requests_exceeded,
    weight_exceeded,
)
from openmargin.api.wire import Headers
from openmargin.domain.venue import RequestRules

_API: Final = "/api"
_USED: Final = (b"x-mbx-used-weight", b"x-mbx-used-weight-1m")
"""The headers that tell what an address has used of /api."""
_MINUTE_MS: Final = 60_000
RAW_WINDOW_MS: Final = 5 * _MINUTE_MS
ATTEMPTS_WINDOW_MS: Final = 5 * _MINUTE_MS
ATTEMPTS: Final = 300
"""WebSockets that one address may try to open in such a window."""
_WINDOWS_MAX: Final = 65_536
"""How many budgets one window may open. Later comers of that window share one, so memory stays bounded."""


class WeightLimits(Struct, frozen=True):
    """Budgets of one minute, and of raw requests in five."""

    sapi_ip: int = 12_000
    sapi_uid: int = 180_000
    api_ip: int = 6_000
    api_raw: int = 300_000
    """Requests of any weight on /api, those that are refused included: since 2026-04-02 by Binance's changelog, whose page
    of enumerations still shows the 61,000 of before."""


class WindowCounter:
    """Sums by budget and payer, forgotten when the window ends: a minute, unless said otherwise."""

    def __init__(self, length_ms: int = _MINUTE_MS) -> None:
        self._length_ms = length_ms
        self._window = -1
        self._sums: dict[tuple[str, str | int], int] = {}

    def add(self, budget: str, payer: str | int, amount: int, now_ms: int) -> int:
        """The sum after adding."""
        begun = now_ms // self._length_ms
        if begun != self._window:
            self._window = begun
            self._sums.clear()
        window = (budget, payer)
        used = self._sums.get(window)
        if used is None and len(self._sums) >= _WINDOWS_MAX:
            window = (budget, "")
            used = self._sums.get(window)
        total = (used or 0) + amount
        self._sums[window] = total
        return total

    def give_back(self, budget: str, payer: str | int, amount: int, at_ms: int) -> int | None:
        """The sum after taking out what was added at that time; None where its window has ended."""
        if at_ms // self._length_ms != self._window:
            return None
        window = (budget, payer) if (budget, payer) in self._sums else (budget, "")
        total = self._sums[window] - amount
        self._sums[window] = total
        return total


class Limits:
    """Charges requests, and says what they have used in the headers that clients watch."""

    def __init__(
        self, weights: WeightLimits | None = None, rules: Callable[[], RequestRules] = RequestRules
    ) -> None:
        """`rules` are asked for when somebody passes a limit: they may change."""
        self.weights = weights or WeightLimits()
        self._rules = rules
        self._weight = WindowCounter()
        self._requests = WindowCounter()
        self._raw = WindowCounter(RAW_WINDOW_MS)
        self._refusals = WindowCounter()
        self._bans = Bans()

    def charge(
        self, endpoint: Endpoint, payer: str | int, weight: int, now_ms: int, headers: Headers
    ) -> None:
        """Take the weight from the payer's budget, or refuse. The headers are added in both cases."""
        if endpoint.dialect is Dialect.SPOT:
            assert isinstance(payer, str), f"{endpoint.name} is charged to its address"
            used, refusal = self._take(payer, weight, now_ms)
            if self._raw.add(_API, payer, 1, now_ms) > self.weights.api_raw and refusal is None:
                error = requests_exceeded(self.weights.api_raw, "5 MINUTE")
                refusal = ApiError(error, _end_of(RAW_WINDOW_MS, now_ms))
            text = b"%d" % used
            headers += [(name, text) for name in _USED]
            if refusal is not None:
                raise refusal
            return
        by_account = endpoint.weight.payer is Payer.UID
        limit = self.weights.sapi_uid if by_account else self.weights.sapi_ip
        used = self._weight.add(endpoint.name, payer, weight, now_ms)
        name = b"x-sapi-used-uid-weight-1m" if by_account else b"x-sapi-used-ip-weight-1m"
        headers.append((name, b"%d" % used))
        if used > limit:
            raise ApiError(weight_exceeded(limit), end_of_minute(now_ms))

    def give_back(self, address: str, weight: int, charged_ms: int, headers: Headers) -> None:
        """Forget a weight of /api that was charged at that time, also in the headers that tell of it."""
        used = self._weight.give_back(_API, address, weight, charged_ms)
        if used is not None:
            text = b"%d" % used
            headers[:] = [(name, text if name in _USED else value) for name, value in headers]

    def spend(self, address: str, weight: int, now_ms: int) -> None:
        """Take the weight from what all of /api shares for one address, or refuse."""
        _, refusal = self._take(address, weight, now_ms)
        if refusal is not None:
            raise refusal

    def _take(self, address: str, weight: int, now_ms: int) -> tuple[int, ApiError | None]:
        """What the address has used with it, and the refusal if that is too much. A banned one is charged nothing."""
        until_ms = self._bans.until(address, now_ms)
        if until_ms is not None:
            return self.used(address, now_ms), ApiError(banned(until_ms), Retry(now_ms, until_ms))
        limit = self.weights.api_ip
        used = self._weight.add(_API, address, weight, now_ms)
        if used <= limit:
            return used, None
        rules = self._rules()
        if rules.ban_after and self._refusals.add(_API, address, 1, now_ms) >= rules.ban_after:
            until_ms = self._bans.begin(address, rules, now_ms)
            return used, ApiError(banned(until_ms), Retry(now_ms, until_ms))
        return used, ApiError(weight_exceeded(limit), end_of_minute(now_ms))

    def used(self, address: str, now_ms: int) -> int:
        """What one address has used of what all of /api shares."""
        return self._weight.add(_API, address, 0, now_ms)

    def count(self, endpoint: Endpoint, ip: str, now_ms: int) -> None:
        """Count the call where the endpoint also bounds the number of calls."""
        limit = endpoint.requests_per_minute
        if limit is None:
            return
        if self._requests.add(endpoint.name, ip, 1, now_ms) > limit:
            raise ApiError(requests_exceeded(limit), end_of_minute(now_ms))


def end_of_minute(now_ms: int) -> Retry:
    """A client that waits so long finds a new window."""
    return _end_of(_MINUTE_MS, now_ms)


def _end_of(length_ms: int, now_ms: int) -> Retry:
    return Retry(now_ms, (now_ms // length_ms + 1) * length_ms)
