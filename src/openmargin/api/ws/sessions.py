"""What one connection of the WebSocket API remembers between its messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from msgspec import Struct

from openmargin.api.errors import REJECTED_KEY, missing
from openmargin.api.ws.messages import KeyProof
from openmargin.domain.ids import Scope
from openmargin.domain.views import KeyView

NO_KEY: Final = missing("apiKey")


class Listening(Protocol):
    """The user data that one connection listens to, by number; see `subscriptions`."""

    @property
    def ids(self) -> list[int]: ...

    def subscribe(self, account_id: int, scope: Scope, *, is_of_session: bool = False) -> int: ...

    def subscribe_by_token(self, text: str) -> tuple[int, int]: ...

    def unsubscribe(self, subscription_id: int | None, now_ms: int) -> None: ...

    def log_out(self, now_ms: int) -> None: ...


class Session(Struct):
    """One connection. Times are the exchange's, in milliseconds."""

    ip: str
    connected_ms: int
    returns_rate_limits: bool = True
    """Do answers tell what is used of the limits, where a request does not say whether?"""
    per_ms: int = 1
    """How many of the unit of times in answers are in a millisecond."""
    api_key: str | None = None
    """The key that the session is logged on with."""
    key_serial: int = 0
    authorized_ms: int | None = None
    listening: Listening | None = None
    """The user data that goes to the connection; None where none can."""
    cut_off: Callable[[bool], None] | None = None
    """Ends the connection's socket without a word, or only the server's half of it; None where there is no socket."""
    is_banned: bool = False
    """Must whoever carries the connection close it?"""

    def log_on(self, key: KeyView, now_ms: int) -> None:
        """Let messages go without key and signature from now on; a session has one key, and another one ends the first."""
        if self.api_key not in (None, key.api_key):
            self.log_out(now_ms)
        self.api_key = key.api_key
        self.key_serial = key.serial
        self.authorized_ms = now_ms

    def log_out(self, now_ms: int) -> None:
        """Forget the key, and stop listening for it."""
        self.api_key = None
        self.authorized_ms = None
        if self.listening is not None:
            self.listening.log_out(now_ms)

    def proof(self, parameters: Mapping[str, str], *, must_be_signed: bool, lost_key: str | None) -> KeyProof:
        """How a message shows who sent it: with a key and a signature of its own, or by the session.

        `lost_key` is the one that the session had until this message.
        """
        own = parameters.get("apiKey")
        if must_be_signed or "signature" in parameters:
            return KeyProof(self.ip, own or self.api_key, False, parameters, NO_KEY)
        if lost_key is not None and own in (None, lost_key):
            return KeyProof(self.ip, None, False, parameters, REJECTED_KEY)
        is_of_session = self.api_key is not None and own in (None, self.api_key)
        return KeyProof(self.ip, own or self.api_key, is_of_session, parameters, NO_KEY)
