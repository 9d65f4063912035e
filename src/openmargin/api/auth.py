"""Who sent a request, and whether they may: key, IP list, permission, recvWindow, signature, in this order.

The order is that of the reference: what costs least is asked first, and a wrong signature is only called so for a
request that was otherwise in time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Final, Protocol

from openmargin.api.client_clocks import ClientClocks
from openmargin.api.endpoint import Endpoint, Security, Sender
from openmargin.api.errors import (
    AHEAD_OF_SERVER,
    BAD_API_KEY_FORMAT,
    BAD_SIGNATURE,
    OUTSIDE_RECV_WINDOW,
    RECV_WINDOW_TOO_LONG,
    REJECTED_KEY,
    ApiError,
    Dialect,
    WireError,
    above_maximum,
    illegal_characters,
    missing,
)
from openmargin.api.params import Param
from openmargin.api.signatures import (
    Verifier,
    component_encoded,
    hmac_verifier,
    public_key_verifier,
)
from openmargin.domain.enums import KeyKind
from openmargin.domain.ids import ANY_ADDRESS, SPOT
from openmargin.domain.views import KeyView
from openmargin.runtime.clock import Clock
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.secrets import SecretKeeper

_API_KEY: Final = re.compile(r"[A-Za-z0-9]{64}")
_AHEAD_MAX_US: Final = 1_000_000
RECV_WINDOW_MAX_MS: Final = 60_000
_RECV_WINDOW_DEFAULT_US: Final = 5_000_000
_VERIFIERS_MAX: Final = 4_096


class TimestampPolicy(Enum):
    """Which clock a timestamp has to fit while the exchange runs on a virtual one."""

    EITHER = "either"
    """The exchange's, the host's, or that of a client who asked for the time: whether a client signs with its own time
    or with a difference that it measured once, it goes on working however the exchange's time passes."""
    EXCHANGE = "exchange"


def _timestamp_us(sent: str) -> int:
    if not (sent.isdecimal() and sent.isascii() and len(sent) <= 20):
        raise ApiError(illegal_characters("timestamp", "^[0-9]{1,20}$"))
    return int(sent) if len(sent) >= 16 else int(sent) * 1000


def _recv_window_us(sent: str) -> int:
    if len(sent) <= 20 and sent.isascii() and sent.isdecimal():
        window = int(sent) * 1000
    elif _WINDOW(sent) is None:
        raise ApiError(illegal_characters("recvWindow", r"^[0-9]{1,20}(\.[0-9]{1,3})?$"))
    else:
        whole, _, fraction = sent.partition(".")
        window = int(whole + fraction.ljust(3, "0"))
    return window


_WINDOW: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{1,3})?").fullmatch

TIMESTAMP: Final = Param(
    "timestamp",
    "LONG",
    _timestamp_us,
    about="When the request was made: milliseconds, or microseconds with 16 digits.",
    schema={"type": "integer", "minimum": 0, "maximum": 10**20 - 1},
)
RECV_WINDOW: Final = Param(
    "recvWindow",
    "DECIMAL",
    _recv_window_us,
    maximum=RECV_WINDOW_MAX_MS,
    about="How many milliseconds the request stays good; up to three decimals. Default 5000.",
    schema={"type": "number", "minimum": 0, "maximum": RECV_WINDOW_MAX_MS, "multipleOf": 0.001},
)
SIGNATURE: Final = Param("signature", "STRING", str, about="Of query and body as sent, without itself.")
SIGNING_PARAMS: Final = (TIMESTAMP, RECV_WINDOW, SIGNATURE)
"""What every signed endpoint takes besides its own parameters."""
KEY_REFUSALS: Final = (BAD_API_KEY_FORMAT, REJECTED_KEY)
SIGNATURE_REFUSALS: Final = (
    missing(TIMESTAMP.name),
    illegal_characters(TIMESTAMP.name, "^[0-9]{1,20}$"),
    OUTSIDE_RECV_WINDOW,
    BAD_SIGNATURE,
)
TOO_LONG: Final = {
    Dialect.SAPI: RECV_WINDOW_TOO_LONG,
    Dialect.SPOT: above_maximum(RECV_WINDOW.name, RECV_WINDOW_MAX_MS),
}
"""What a recvWindow above the most is refused with (semantics 1)."""


class Proof(Protocol):
    """What a request has to show for itself."""

    ip: str
    api_key: str | None

    @property
    def without_key(self) -> WireError:
        """What it is refused with where it needs a key and names none."""
        ...

    @property
    def is_of_session(self) -> bool:
        """Does the connection know the key already, so that the request need not be signed with it?"""
        ...

    def signed_texts(self) -> tuple[bytes, bytes, str | None]:
        """Two texts that were signed as one, and the signature, if there is any."""
        ...


class Authenticator:
    """Knows the keys through the exchange, and keeps what is costly to build for each.

    Special keys trade through the spot API: nothing on /sapi takes one, market data included (mechanics 8).
    """

    def __init__(
        self, exchange: Exchange, keeper: SecretKeeper, policy: TimestampPolicy = TimestampPolicy.EITHER
    ) -> None:
        self._exchange = exchange
        self.secrets = keeper
        self._policy = policy
        self.clocks = ClientClocks()
        """What clients were told of the time."""
        self._verifiers: dict[str, tuple[int, Verifier]] = {}

    def authenticate(self, endpoint: Endpoint, request: Proof, parameters: Mapping[str, str]) -> Sender:
        """Who asks, or the first refusal."""
        if endpoint.security is Security.NONE:
            return Sender()
        if request.api_key is None:
            raise ApiError(request.without_key)
        key = self.key(request.api_key, request.ip)
        if key.special_scope and endpoint.dialect is Dialect.SAPI:
            raise ApiError(REJECTED_KEY)
        if endpoint.permission is not None and endpoint.permission not in key.permissions:
            raise ApiError(REJECTED_KEY)
        if not endpoint.signed and "signature" not in parameters:
            return Sender(key.account_id, key.api_key, scope=key.special_scope or SPOT)

        expires_at_ms = self._expires_at_ms(endpoint, parameters)
        if not request.is_of_session:
            self._verify(key, request)
        return Sender(key.account_id, key.api_key, expires_at_ms, key.special_scope or SPOT)

    def _verify(self, key: KeyView, request: Proof) -> None:
        first, second, signature = request.signed_texts()
        if not signature:
            raise ApiError(missing(SIGNATURE.name))
        verify = self._verifier(key)
        if not verify(first + second, signature):
            lenient = component_encoded(first) + component_encoded(second)
            if lenient == first + second or not verify(lenient, signature):
                raise ApiError(BAD_SIGNATURE)

    def key(self, api_key: str, ip: str) -> KeyView:
        """The key of that name, which may be used from that address; refused where there is none."""
        key = self._exchange.live.key(api_key)
        if key is None:
            raise ApiError(BAD_API_KEY_FORMAT if _API_KEY.fullmatch(api_key) is None else REJECTED_KEY)
        if key.ips and not _is_allowed(ip, key.ips):
            raise ApiError(REJECTED_KEY)
        return key

    def _expires_at_ms(self, endpoint: Endpoint, parameters: Mapping[str, str]) -> int:
        """When the request's window closes on the exchange's clock; refuses a request that is not in its window."""
        sent = parameters.get(TIMESTAMP.name)
        if not sent:
            raise ApiError(missing(TIMESTAMP.name))
        timestamp_us = _timestamp_us(sent)
        sent = parameters.get(RECV_WINDOW.name)
        window_us = _recv_window_us(sent) if sent else _RECV_WINDOW_DEFAULT_US
        if window_us > RECV_WINDOW_MAX_MS * 1000:
            raise ApiError(TOO_LONG[endpoint.dialect])
        clock = self._exchange.clock
        now_ms = clock.now_ms()
        if clock.is_virtual and self._policy is TimestampPolicy.EITHER:
            left_us = self._left_us(timestamp_us, window_us, clock)
            if left_us is not None:
                # A window is time that people and networks need, so it does not shrink where the exchange's runs fast.
                return now_ms + int(left_us * max(clock.speed, 1.0)) // 1000
        elif _is_in_window(timestamp_us, window_us, now_ms):
            return (timestamp_us + window_us) // 1000
        raise ApiError(
            AHEAD_OF_SERVER if timestamp_us >= now_ms * 1000 + _AHEAD_MAX_US else OUTSIDE_RECV_WINDOW
        )

    def _left_us(self, timestamp_us: int, window_us: int, clock: Clock) -> int | None:
        """What is left of the window on the host's clock, by the first clock that the timestamp fits; None for none."""
        now_us, host_us = clock.now_ms() * 1000, clock.host_ms() * 1000
        age_us = now_us - timestamp_us
        if -_AHEAD_MAX_US < age_us <= window_us * max(clock.speed, 1.0):
            return window_us - (int(age_us / clock.speed) if clock.speed > 1.0 else age_us)
        age_us = host_us - timestamp_us
        if -_AHEAD_MAX_US < age_us <= window_us:
            return window_us - age_us
        told_ms = self.clocks.latest_before((timestamp_us - host_us - _AHEAD_MAX_US) // 1000)
        if told_ms is None:
            return None
        age_us += told_ms * 1000
        return window_us - age_us if age_us <= window_us else None

    def _verifier(self, key: KeyView) -> Verifier:
        cached = self._verifiers.get(key.api_key)
        if cached is not None and cached[0] == key.serial:
            return cached[1]
        if key.kind in (KeyKind.RSA, KeyKind.ED25519):
            verifier = public_key_verifier(key.public_key)
        else:
            verifier = hmac_verifier(self.secrets.secret_for(key))
        if len(self._verifiers) >= _VERIFIERS_MAX:
            # The oldest goes: dictionaries keep the order in which keys came.
            del self._verifiers[next(iter(self._verifiers))]
        self._verifiers[key.api_key] = (key.serial, verifier)
        return verifier


def _is_allowed(ip: str, listed: tuple[str, ...]) -> bool:
    """An IP list is enforced over its entries other than the initial one, which alone lets everybody in."""
    allowed = [entry for entry in listed if entry != ANY_ADDRESS]
    return not allowed or ip in allowed


def _is_in_window(timestamp_us: int, window_us: int, now_ms: int) -> bool:
    now_us = now_ms * 1000
    return timestamp_us < now_us + _AHEAD_MAX_US and now_us - timestamp_us <= window_us
