"""The lab of a served exchange, over HTTP: what bends time, prices and accounts in a test of a client."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

_TIMEOUT_SECONDS: Final = 60


class LabRefused(Exception):
    """The lab said no: what was wrong, and how to mend it."""

    def __init__(self, status: int, error: str, hint: str) -> None:
        super().__init__(f"{status} {error}: {hint}")
        self.status: Final = status
        self.error: Final = error
        self.hint: Final = hint


@dataclass(frozen=True)
class LabAccount:
    """An account, and a key that may do everything for it."""

    id: int
    api_key: str
    secret_key: str


class Lab:
    """Requests under /lab; `request` sends any of them, the methods the frequent ones."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None, f"{url} is no address"
        self._address: Final = (parts.hostname, parts.port or 80)
        self._prefix: Final = parts.path.rstrip("/")
        """Of a world; empty for the exchange without a name."""

    def request(self, method: str, path: str, body: object = None) -> Any:
        """The answer to one request, as JSON; raises LabRefused."""
        # Another connection each time: a test has few requests, and may stop its server in between.
        connection = HTTPConnection(*self._address, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(
                method, self._prefix + path, None if body is None else msgspec.json.encode(body)
            )
            response = connection.getresponse()
            answer = msgspec.json.decode(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise LabRefused(response.status, answer["error"], answer["hint"])
        return answer

    def account(self, name: str, *, vip: int = 0) -> LabAccount:
        """Make an account."""
        made = self.request("POST", "/lab/accounts", {"name": name, "vip": vip})
        return LabAccount(made["accountId"], made["apiKey"], made["secretKey"])

    def fund(
        self,
        account: LabAccount | int,
        asset: str,
        amount: str | int | Decimal,
        wallet: str = "CROSS",
        symbol: str = "",
    ) -> None:
        """Bring value into a wallet: SPOT, CROSS, or ISOLATED of a symbol."""
        account_id = account if isinstance(account, int) else account.id
        body = {"wallet": wallet, "asset": asset, "amount": str(amount)} | (
            {"symbol": symbol} if symbol else {}
        )
        self.request("POST", f"/lab/accounts/{account_id}/deposit", body)

    def price(self, symbol: str, price: str | int | Decimal) -> None:
        """Set an index price; all that it brings at that moment has happened when this returns."""
        self.request("POST", f"/lab/prices/{symbol}", {"price": str(price)})

    def advance(self, *, days: int = 0, hours: int = 0, minutes: int = 0, seconds: float = 0) -> None:
        """Let virtual time pass, with everything that falls due in it."""
        whole = ((days * 24 + hours) * 60 + minutes) * 60
        self.request("POST", "/lab/clock/advance", {"seconds": whole + seconds})

    def state(self) -> Any:
        """`seq`, `stateHash` and `time`, as they stand on disk."""
        return self.request("GET", "/lab/state")
