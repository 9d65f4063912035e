"""A client of the WebSocket API without a socket: what it says is what people's programs put on the wire."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openmargin.api.ws.api import WebSocketApi
from openmargin.api.ws.methods import METHODS
from openmargin.domain.enums import KeyKind
from tests.api.world import DOCUMENTED, Key, World, sign

Sign = Callable[[str], str]

ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "20000",
}
"""A bid that rests."""


class Signer:
    """A key, and what signs with it."""

    def __init__(self, api_key: str, sign: Sign) -> None:
        self.api_key = api_key
        self.sign = sign


def with_secret(key: Key) -> Signer:
    return Signer(key.api_key, lambda payload: sign(key.secret, payload))


def ed25519_signer(world: World, **options: Any) -> Signer:
    """A new Ed25519 key of the world's account."""
    private, pem = new_pair()
    key = world.new_key(kind=KeyKind.ED25519, public_key=pem, **options)
    return Signer(key.api_key, signing(private))


def new_pair() -> tuple[Ed25519PrivateKey, str]:
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private, pem.decode()


def signing(private: Ed25519PrivateKey) -> Sign:
    return lambda payload: b64encode(private.sign(payload.encode())).decode()


class Client:
    """One connection of a world."""

    def __init__(self, world: World, query: bytes = b"", ip: str = "127.0.0.1") -> None:
        self.world = world
        self._api = WebSocketApi(world.gateway.pipeline)
        self.session = self._api.connect(ip, query)
        self._sent = 0

    def messages(self, text: str | bytes) -> list[Any]:
        """Everything that comes back for a message exactly as given."""
        return [json.loads(answer) for answer in self.world.run(self._api.answer(self.session, text))]

    def together(self, texts: Sequence[str]) -> list[Any]:
        """The answers to messages that arrive at once, in the order in which they leave."""
        answers: list[Any] = []

        async def serve(text: str) -> None:
            for answer in await self._api.answer(self.session, text):
                answers.append(json.loads(answer))

        async def serve_all() -> None:
            await asyncio.gather(*map(serve, texts))

        self.world.run(serve_all())
        return answers

    def raw(self, text: str | bytes) -> Any:
        """The one answer to a message exactly as given."""
        (answer,) = self.messages(text)
        return answer

    def ask(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The answer to a request that nobody signs; a code that its endpoint does not list fails the test."""
        self._sent += 1
        request: dict[str, Any] = {"id": self._sent, "method": method}
        if params is not None:
            request["params"] = params
        answer = self.raw(json.dumps(request))
        assert answer["id"] == self._sent
        row = METHODS[method]
        if "error" in answer and (row.method, row.path) in DOCUMENTED:
            code = answer["error"]["code"]
            assert code in DOCUMENTED[row.method, row.path], f"{method}: {row.name} lists no {code}"
        return answer

    def timed(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The answer to a request that has a timestamp and no signature."""
        return self.ask(method, {"timestamp": self.world.now_ms, **(params or {})})

    def signed(self, method: str, params: Mapping[str, Any] | None = None, by: Signer | None = None) -> Any:
        """The answer to a signed request."""
        return self.ask(method, self.signed_params(params, by))

    def signed_params(
        self, params: Mapping[str, Any] | None = None, by: Signer | None = None
    ) -> dict[str, Any]:
        return signed_params(self.world, params, by)


def signed_params(
    world: World, params: Mapping[str, Any] | None = None, by: Signer | None = None
) -> dict[str, Any]:
    """The parameters of a signed request, in time unless they say otherwise."""
    signer = by or with_secret(world.key)
    asked = {"timestamp": world.now_ms, "apiKey": signer.api_key, **(params or {})}
    return {**asked, "signature": signer.sign(payload_of(asked))}


def payload_of(params: Mapping[str, Any]) -> str:
    """What is signed: the parameters in the order of their names, values as they stand in the message."""
    return "&".join(f"{name}={_written(params[name])}" for name in sorted(params))


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
