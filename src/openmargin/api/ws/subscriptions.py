"""The user data that one connection of the WebSocket API listens to, by number.

Numbers count up over the life of a connection, and one trading account is listened to once. Whoever opens the connection
makes these; `UserData` is what sends the events.
"""

from __future__ import annotations

from typing import Final

from openmargin.api import errors
from openmargin.api.errors import ApiError
from openmargin.api.ws.connection import Connection
from openmargin.api.ws.user_data import UserData, UserSubscription
from openmargin.domain.ids import Scope

ACTIVE_MAX: Final = 1_000
EVER_MAX: Final = 65_535


class Subscriptions:
    """What one connection listens to."""

    def __init__(self, users: UserData, connection: Connection, per_ms: int) -> None:
        self._users = users
        self._connection = connection
        self._per_ms = per_ms
        self._active: dict[int, UserSubscription] = {}
        self._next_id = 0
        self._of_session: UserSubscription | None = None

    @property
    def ids(self) -> list[int]:
        """Those that are active, the oldest first."""
        return list(self._active)

    def subscribe(self, account_id: int, scope: Scope, *, is_of_session: bool = False) -> int:
        """Listen to a trading account; one of the session ends with its logon."""
        if self._find(account_id, scope) is not None:
            raise ApiError(errors.ALREADY_SUBSCRIBED)
        subscription = self._add(account_id, scope, None)
        if is_of_session:
            self._of_session = subscription
        return subscription.subscription_id

    def subscribe_by_token(self, text: str) -> tuple[int, int]:
        """Listen to the account of a listen token, or go on for longer; the number, and when it ends."""
        token = self._users.read_token(text)
        if token is None:
            raise ApiError(errors.BAD_LISTEN_TOKEN)
        known = self._find(token.account_id, token.scope)
        if known is None:
            known = self._add(token.account_id, token.scope, token.expires_at_ms)
        elif known.expires_at_ms is None:
            raise ApiError(errors.ALREADY_SUBSCRIBED)
        else:
            known.extend(token.expires_at_ms)
        return known.subscription_id, token.expires_at_ms

    def unsubscribe(self, subscription_id: int | None, now_ms: int) -> None:
        """End one, or all where none is named; each says so with its last event."""
        if subscription_id is None:
            for subscription in tuple(self._active.values()):
                subscription.terminate(now_ms)
            return
        named = self._active.get(subscription_id)
        if named is None:
            raise ApiError(errors.NOT_SUBSCRIBED)
        named.terminate(now_ms)

    def log_out(self, now_ms: int) -> None:
        """The session's key is forgotten: its subscription ends, those that were signed for stay."""
        if self._of_session is not None:
            self._of_session.terminate(now_ms)

    def close(self) -> None:
        """The connection is over."""
        for subscription in self._active.values():
            subscription.close()
        self._active.clear()

    def _find(self, account_id: int, scope: Scope) -> UserSubscription | None:
        for subscription in self._active.values():
            if (subscription.account_id, subscription.scope) == (account_id, scope):
                return subscription
        return None

    def _add(self, account_id: int, scope: Scope, expires_at_ms: int | None) -> UserSubscription:
        if len(self._active) >= ACTIVE_MAX:
            raise ApiError(errors.too_many_subscriptions(ACTIVE_MAX))
        if self._next_id >= EVER_MAX:
            raise ApiError(errors.NO_MORE_SUBSCRIPTIONS)
        subscription = self._users.subscribe(
            account_id,
            scope,
            self._connection,
            self._next_id,
            per_ms=self._per_ms,
            expires_at_ms=expires_at_ms,
            on_end=self._ended,
        )
        self._next_id += 1
        self._active[subscription.subscription_id] = subscription
        return subscription

    def _ended(self, subscription: UserSubscription) -> None:
        self._active.pop(subscription.subscription_id, None)
        if subscription is self._of_session:
            self._of_session = None
