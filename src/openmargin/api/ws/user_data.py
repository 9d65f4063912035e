"""User data streams: who listens to which account, by a listen key or over the WebSocket API.

Owns: the topics of listen keys and of accounts, and how they end: a key that nobody kept is told of, one that was closed
falls silent, and a token's subscription is terminated by the exchange's clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Final

from openmargin.api.ws import user_reports
from openmargin.api.ws.connection import CLOSE_FAILURE, Connection
from openmargin.api.ws.hub import Hub, Message, Topic
from openmargin.api.ws.user_events import Told, told
from openmargin.domain.enums import UserStream
from openmargin.domain.events import ListenKeyEnded
from openmargin.domain.ids import SPOT, Scope
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.feed import Happened
from openmargin.runtime.listen_names import ListenToken, listen_key, nonce_of, read_token
from openmargin.runtime.secrets import SecretKeeper
from openmargin.runtime.timers import DueTimer

_ACCOUNT: Final = "account:"
"""Begins the names of topics that no client can name."""


class _Ears:
    """The topics of one trading account, by what they tell."""

    def __init__(self) -> None:
        self.trade: dict[Topic, None] = {}
        self.risk: dict[Topic, None] = {}

    def of(self, stream: UserStream) -> tuple[dict[Topic, None], ...]:
        if stream is UserStream.COMBINED:
            return (self.trade, self.risk)
        return (self.trade,) if stream is UserStream.TRADE else (self.risk,)


class UserData:
    """The source of user data streams."""

    def __init__(self, exchange: Exchange, secrets: SecretKeeper, hub: Hub) -> None:
        self._exchange = exchange
        self._secrets = secrets
        self._hub = hub
        self._ears: dict[tuple[int, Scope], _Ears] = {}
        self._of_topic: dict[Topic, tuple[int, Scope, UserStream, int]] = {}
        """Account, scope, what it tells, and the nonce of its listen key; 0 for none."""
        self._of_nonce: dict[int, Topic] = {}
        """The topics of listen keys that are good."""
        self._ending: dict[UserSubscription, None] = {}
        """Subscriptions that a token lets last only so long."""
        self._timer: DueTimer | None = None
        self._opened_ms: int | None = None

    # --- Source ------------------------------------------------------------------------------------------------

    def accepts(self, name: str) -> bool:
        nonce = nonce_of(self._secrets, name)
        return nonce is not None and self._exchange.live.listen_key(nonce) is not None

    def opened(self, topic: Topic) -> None:
        if topic.name.startswith(_ACCOUNT):
            _, account_id, scope, stream = topic.name.split(":")
            self._hear(topic, int(account_id), scope, UserStream[stream], 0)
            return
        nonce = nonce_of(self._secrets, topic.name)
        key = self._exchange.live.listen_key(nonce) if nonce is not None else None
        if key is not None:  # It may have ended since it was asked for.
            self._hear(topic, key.account_id, key.scope, key.stream, key.nonce)

    def closed(self, topic: Topic) -> None:
        self._forget(topic)

    def happened(self, happened: Happened) -> None:
        if self._ending:
            self._end_due(happened.at_ms)
        for event in happened.events:
            if type(event) is ListenKeyEnded:
                self._end_key(event, happened.at_ms)
        if self._ears:
            for one in told(happened):
                ears = self._ears.get((one.account_id, one.scope))
                if ears is not None:
                    _publish(one, ears)

    # --- the WebSocket API -------------------------------------------------------------------------------------

    def read_token(self, text: str) -> ListenToken | None:
        """What a listen token says; None where it is none of this exchange, or has ended."""
        token = read_token(self._secrets, self._exchange_ms(), text)
        if token is None or token.expires_at_ms <= self._exchange.live.now_ms():
            return None
        return token

    def subscribe(
        self,
        account_id: int,
        scope: Scope,
        connection: Connection,
        subscription_id: int,
        *,
        per_ms: int = 1,
        expires_at_ms: int | None = None,
        on_end: Callable[[UserSubscription], None] | None = None,
    ) -> UserSubscription:
        """Tell a connection what happens to a trading account, from the next record on, in numbered envelopes.

        With `expires_at_ms` the subscription ends then, by the exchange's clock; `on_end` hears of that, once.
        """
        subscription = UserSubscription(
            self, account_id, scope, connection, subscription_id, per_ms, expires_at_ms, on_end
        )
        name = f"{_ACCOUNT}{account_id}:{scope}:{UserStream.TRADE.name}"
        subscription.topic = self._hub.join(self._hub.topic(self, name), subscription)
        if expires_at_ms is not None:
            self._ending[subscription] = None
            self._plan()
        return subscription

    def leave(self, subscription: UserSubscription) -> None:
        """Forget a subscription; `UserSubscription.close` is what calls this."""
        if subscription.topic is not None:
            self._hub.leave(subscription.topic, subscription)
        if self._ending.pop(subscription, self) is None:
            self._plan()

    def extended(self, subscription: UserSubscription) -> None:
        """A subscription lasts until another moment; `UserSubscription.extend` is what calls this."""
        self._ending[subscription] = None
        self._plan()

    # --- within ------------------------------------------------------------------------------------------------

    def _hear(self, topic: Topic, account_id: int, scope: Scope, stream: UserStream, nonce: int) -> None:
        self._of_topic[topic] = (account_id, scope, stream, nonce)
        if nonce:
            self._of_nonce[nonce] = topic
        ears = self._ears.setdefault((account_id, scope), _Ears())
        for topics in ears.of(stream):
            topics[topic] = None

    def _forget(self, topic: Topic) -> None:
        of = self._of_topic.pop(topic, None)
        if of is None:
            return
        account_id, scope, stream, nonce = of
        ears = self._ears[account_id, scope]
        for topics in ears.of(stream):
            del topics[topic]
        if not ears.trade and not ears.risk:
            del self._ears[account_id, scope]
        self._of_nonce.pop(nonce, None)

    def _end_key(self, event: ListenKeyEnded, at_ms: int) -> None:
        topic = self._of_nonce.get(event.nonce)
        if topic is None:
            return
        if event.is_expired:
            name = listen_key(self._secrets, event.nonce)
            is_margin = event.scope != SPOT
            topic.publish(lambda per_ms: user_reports.key_expired(name, at_ms, per_ms, is_margin=is_margin))
        self._forget(topic)

    def _end_due(self, now_ms: int) -> None:
        for subscription in tuple(self._ending):
            if subscription.is_due(now_ms):
                subscription.terminate(now_ms)

    def _plan(self) -> None:
        """Wake when the first token ends. A virtual clock wakes nobody: the records that move it do."""
        if self._timer is None:
            if not self._ending:
                return
            self._timer = DueTimer(asyncio.get_running_loop(), self._exchange.clock, self._woken)
        ends = [one.expires_at_ms for one in self._ending if one.expires_at_ms is not None]
        self._timer.set(min(ends, default=None))

    def _woken(self) -> None:
        self._end_due(self._exchange.live.now_ms())
        self._plan()

    def _exchange_ms(self) -> int:
        """What tells this exchange from others: it is read from the journal once."""
        if self._opened_ms is None:
            self._opened_ms = self._exchange.opened_ms()
        return self._opened_ms


def _publish(one: Told, ears: _Ears) -> None:
    """Hand one event to all topics that tell it, rendered once for each unit of time."""
    topics = ears.risk if one.stream is UserStream.RISK else ears.trade
    render = one.render if len(topics) == 1 else cache(one.render)
    for topic in tuple(topics):
        topic.publish(render)


class UserSubscription:
    """One numbered subscription of a connection to a trading account (WebSocket API)."""

    def __init__(
        self,
        source: UserData,
        account_id: int,
        scope: Scope,
        connection: Connection,
        subscription_id: int,
        per_ms: int,
        expires_at_ms: int | None,
        on_end: Callable[[UserSubscription], None] | None,
    ) -> None:
        self.account_id = account_id
        self.scope = scope
        self.subscription_id = subscription_id
        self.expires_at_ms = expires_at_ms
        self.is_active = True
        self.topic: Topic | None = None
        self._source = source
        self._connection = connection
        self._per_ms = per_ms
        self._on_end = on_end

    def deliver(self, message: Message) -> None:
        self._send(message.plain(self._per_ms))

    def cut_off(self) -> None:
        self._connection.close(CLOSE_FAILURE, "Messages were lost: connect again")

    def extend(self, expires_at_ms: int) -> None:
        """Let it last until another moment: the client came with a newer token."""
        self.expires_at_ms = expires_at_ms
        self._source.extended(self)

    def is_due(self, now_ms: int) -> bool:
        return self.expires_at_ms is not None and self.expires_at_ms <= now_ms

    def terminate(self, now_ms: int) -> None:
        """End it and tell the client so, by the exchange's time; whoever subscribed for it is told, too."""
        if not self.is_active:
            return
        self._send(user_reports.stream_terminated(now_ms, self._per_ms))
        self.close()
        if self._on_end is not None:
            self._on_end(self)

    def close(self) -> None:
        """End it without a word, as when the connection is gone."""
        if self.is_active:
            self.is_active = False
            self._source.leave(self)

    def _send(self, event: bytes) -> None:
        self._connection.send(b'{"subscriptionId":%d,"event":%b}' % (self.subscription_id, event))
