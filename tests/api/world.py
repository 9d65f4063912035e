"""One exchange in memory with a gateway before it, and a client that signs as people do."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from openmargin.api.app import Gateway
from openmargin.api.auth import Authenticator, TimestampPolicy
from openmargin.api.endpoints import ENDPOINTS
from openmargin.api.limits import Limits, WeightLimits
from openmargin.api.refusals import EVERYWHERE, request_refusals, rule_refusals
from openmargin.api.wire import Request
from openmargin.config.venue_file import load_venue
from openmargin.domain.commands import (
    AnyCommand,
    ChangeAccount,
    CloseIsolated,
    CreateAccount,
    CreateKey,
    CreateSpecialKey,
    Deposit,
    OpenIsolated,
    SetIndex,
)
from openmargin.domain.enums import KeyKind, Permission
from openmargin.domain.events import KeyCreated
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import parse_e8
from openmargin.domain.venue import Venue
from openmargin.runtime.commit import Outcome
from openmargin.runtime.exchange import Exchange, ExchangeOptions, open_exchange
from openmargin.runtime.secrets import SecretKeeper

T = TypeVar("T")

START_MS = 1_700_000_000_000
EVERYTHING = tuple(Permission)
DOCUMENTED = {
    (row.method, row.path): {
        error.code for errors in (EVERYWHERE, request_refusals(row), rule_refusals(row)) for error in errors
    }
    for row in ENDPOINTS
}
"""The codes that the documentation lists for each endpoint."""


class Answer(msgspec.Struct):
    status: int
    headers: dict[str, str]
    json: Any

    @property
    def code(self) -> int | None:
        """The error code; None where the request was served."""
        return self.json.get("code") if self.status != 200 else None


class Key(msgspec.Struct):
    api_key: str
    secret: str = ""


class World:
    """An exchange, its gateway and its users, driven from ordinary synchronous tests."""

    def __init__(
        self,
        venue: Venue | None = None,
        policy: TimestampPolicy = TimestampPolicy.EITHER,
        weights: WeightLimits | None = None,
    ) -> None:
        self._runner = asyncio.Runner()
        options = ExchangeOptions(
            directory=None,
            venue=venue or load_venue(),
            seed=1,
            virtual_start_ms=START_MS,
            tunes_collector=False,
        )
        self.exchange: Exchange = self.run(open_exchange(options))
        self.keeper = SecretKeeper(bytes(32))
        limits = Limits(weights, lambda: self.exchange.venue.requests)
        self.gateway = Gateway(self.exchange, Authenticator(self.exchange, self.keeper, policy), limits)
        self._keys = 0
        self.submit(CreateAccount("ann"))
        self.account_id = self.exchange.live.account_ids()[0]
        self.key = self.new_key()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def close(self) -> None:
        self.run(self.exchange.close())
        self._runner.close()

    def submit(self, command: AnyCommand) -> Outcome:
        outcome = self.run(self.exchange.submit(command))
        assert outcome.rejection is None, outcome.rejection
        return outcome

    def advance(self, milliseconds: int) -> None:
        self.run(self.exchange.advance(milliseconds))

    @property
    def now_ms(self) -> int:
        return self.exchange.clock.now_ms()

    def new_account(self, name: str = "bob") -> int:
        self.submit(CreateAccount(name))
        return self.exchange.live.account_ids()[-1]

    def new_key(
        self,
        account_id: int | None = None,
        kind: KeyKind = KeyKind.HMAC,
        public_key: str = "",
        permissions: tuple[Permission, ...] = EVERYTHING,
        ips: tuple[str, ...] = (),
    ) -> Key:
        self._keys += 1
        api_key = f"TestKey{self._keys}".ljust(64, "x")
        outcome = self.submit(
            CreateKey(account_id or self.account_id, api_key, kind, public_key, permissions, ips)
        )
        assert any(isinstance(event, KeyCreated) for event in outcome.events)
        view = self.exchange.live.key(api_key)
        assert view is not None
        return Key(api_key, self.keeper.secret_for(view) if not public_key else "")

    def special_key(
        self,
        scope: str = CROSS,
        kind: KeyKind = KeyKind.HMAC,
        public_key: str = "",
        *,
        may_trade: bool = True,
    ) -> Key:
        """A key that trades for a margin account on /api; an isolated account is opened for it."""
        self._keys += 1
        api_key = f"TestKey{self._keys}".ljust(64, "x")
        signed = (self.account_id, "", 0)
        self.submit(ChangeAccount(self.account_id, vip=9, terms_signed=True))
        if scope != CROSS and not self.exchange.live.has_wallets(self.account_id, scope):
            self.submit(OpenIsolated(*signed, scope))
        self.submit(CreateSpecialKey(*signed, scope, api_key, "special", kind, public_key, (), may_trade))
        view = self.exchange.live.key(api_key)
        assert view is not None
        return Key(api_key, self.keeper.secret_for(view) if not public_key else "")

    def orphaned_key(self) -> Key:
        """A special key whose isolated account was closed."""
        key = self.special_key("BTCUSDT")
        self.submit(CloseIsolated(self.account_id, "", 0, "BTCUSDT"))
        return key

    def deposit(self, asset: str, amount: str, scope: str = CROSS, account_id: int | None = None) -> None:
        atoms = parse_e8(amount)
        assert atoms is not None
        self.submit(Deposit(account_id or self.account_id, scope, asset, atoms))

    def set_index(self, symbol: str, price: str) -> None:
        value = parse_e8(price)
        assert value is not None
        self.submit(SetIndex(((symbol, value),)))

    # --- requests ----------------------------------------------------------------------------------------------

    def send(
        self,
        method: str,
        path: str,
        query: str | bytes = b"",
        body: str | bytes = b"",
        api_key: str | None = None,
        ip: str = "127.0.0.1",
        time_unit: str | None = None,
    ) -> Answer:
        """A request exactly as given; a code that the endpoint does not list fails the test."""
        request = Request(
            method, path, _bytes(query), _bytes(body), ip=ip, api_key=api_key, time_unit=time_unit
        )
        response = self.run(self.gateway.handle(request))
        headers = {name.decode(): value.decode() for name, value in response.headers}
        assert headers["content-length"] == str(len(response.body))
        answer = Answer(response.status, headers, msgspec.json.decode(response.body))
        if answer.code is not None and (method, path) in DOCUMENTED:
            assert answer.code in DOCUMENTED[method, path], f"{method} {path} lists no {answer.code}"
        return answer

    def public(self, path: str, **parameters: str) -> Answer:
        """A request that nobody signs, with the key in the header."""
        return self.send("GET", path, urlencode(parameters), api_key=self.key.api_key)

    def signed(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, object] | None = None,
        *,
        key: Key | None = None,
        in_body: bool = False,
        ip: str = "127.0.0.1",
    ) -> Answer:
        """A signed request, in time unless `parameters` say otherwise."""
        key = key or self.key
        payload = urlencode({"timestamp": self.now_ms, **(parameters or {})})
        payload += "&signature=" + sign(key.secret, payload)
        query, body = ("", payload) if in_body else (payload, "")
        return self.send(method, path, query, body, key.api_key, ip)

    def keyed(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, object] | None = None,
        *,
        key: Key | None = None,
        ip: str = "127.0.0.1",
    ) -> Answer:
        """A request that names a key and signs nothing."""
        return self.send(method, path, urlencode(parameters or {}), b"", (key or self.key).api_key, ip)

    def get(self, path: str, **parameters: object) -> Answer:
        return self.signed("GET", path, parameters)

    def post(self, path: str, **parameters: object) -> Answer:
        return self.signed("POST", path, parameters)

    def delete(self, path: str, **parameters: object) -> Answer:
        return self.signed("DELETE", path, parameters)

    def order(self, **parameters: object) -> Answer:
        """A limit buy far from the market, as far as `parameters` do not say otherwise."""
        return self.post(
            "/sapi/v1/margin/order",
            **{
                "symbol": "BTCUSDT",
                "side": "BUY",
                "type": "LIMIT",
                "timeInForce": "GTC",
                "quantity": "0.01",
                "price": resting_price(self.exchange),
                **parameters,
            },
        )


def sign(secret: str, payload: str) -> str:
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def resting_price(exchange: Exchange) -> str:
    """A bid a tenth below the index of BTCUSDT, on its ticks."""
    index = exchange.live.index("BTCUSDT")
    assert index is not None
    return str(index.price * 9 // 10 // 10**8)


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


__all__ = ["CROSS", "SPOT", "START_MS", "Answer", "Key", "World", "resting_price", "sign"]
