"""Request weights: who has used how much of which budget in the current minute.

Windows are whole minutes of the host clock, because limits protect the machine and must not stand still, or jump,
with a virtual clock. On /sapi each endpoint has a budget of its own for each IP address or account; on /api all
endpoints draw on one budget of the IP address.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from openmargin.api.endpoint import Endpoint, Payer
from openmargin.api.errors import ApiError, Dialect, requests_exceeded, weight_exceeded
from openmargin.api.wire import Headers

_MINUTE_MS: Final = 60_000
_WINDOWS_MAX: Final = 65_536
"""How many budgets one window may open. Later comers of that window share one, so memory stays bounded."""


class WeightLimits(Struct, frozen=True):
    """Budgets of one minute."""

    sapi_ip: int = 12_000
    sapi_uid: int = 180_000
    api_ip: int = 6_000


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


class Limits:
    """Charges requests, and says what they have used in the headers that clients watch."""

    def __init__(self, weights: WeightLimits | None = None) -> None:
        self._weights = weights or WeightLimits()
        self._weight = WindowCounter()
        self._requests = WindowCounter()

    def charge(
        self, endpoint: Endpoint, payer: str | int, weight: int, now_ms: int, headers: Headers
    ) -> None:
        """Take the weight from the payer's budget, or refuse. The headers are added in both cases."""
        if endpoint.dialect is Dialect.SPOT:
            limit = self._weights.api_ip
            used = self._weight.add("/api", payer, weight, now_ms)
            text = b"%d" % used
            headers += [(b"x-mbx-used-weight", text), (b"x-mbx-used-weight-1m", text)]
        else:
            by_account = endpoint.weight.payer is Payer.UID
            limit = self._weights.sapi_uid if by_account else self._weights.sapi_ip
            used = self._weight.add(endpoint.name, payer, weight, now_ms)
            name = b"x-sapi-used-uid-weight-1m" if by_account else b"x-sapi-used-ip-weight-1m"
            headers.append((name, b"%d" % used))
        if used > limit:
            raise ApiError(weight_exceeded(limit), seconds_left(now_ms))

    def count(self, endpoint: Endpoint, ip: str, now_ms: int) -> None:
        """Count the call where the endpoint also bounds the number of calls."""
        limit = endpoint.requests_per_minute
        if limit is None:
            return
        if self._requests.add(endpoint.name, ip, 1, now_ms) > limit:
            raise ApiError(requests_exceeded(limit), seconds_left(now_ms))


def seconds_left(now_ms: int) -> int:
    """Whole seconds until the minute ends, rounded up: a client that waits so long finds a new window."""
    return -(-(_MINUTE_MS - now_ms % _MINUTE_MS) // 1000)
