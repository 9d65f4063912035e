"""What happened, told to whoever listens.

Owns: the bounded queue of each subscriber. One that falls behind is dropped; the writer never waits for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from msgspec import Struct

from openmargin.domain.events import AnyEvent
from openmargin.domain.views import BookChanged

QUEUE_RECORDS_MAX: Final = 16_384


class Happened(Struct, frozen=True):
    """The place and time of a record, and all events that it caused, due work included."""

    seq: int
    at_ms: int
    events: list[AnyEvent]
    books: list[BookChanged] = []
    """What it changed in the books that are watched."""


class Subscription:
    """An endless iterator over what happens; it ends when closed, or when its reader fell behind."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._queue: deque[Happened] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._closed = False
        self.dropped = False
        """Did the iteration end because the reader was too slow?"""

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Happened:
        while not self._queue:
            if self._closed:
                raise StopAsyncIteration
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        return self._queue.popleft()

    def close(self) -> None:
        """Listen no more. What was queued can still be read, unless the reader was dropped."""
        self._closed = True
        self._feed.remove(self)
        self._wake()

    def put(self, happened: Happened) -> None:
        """Hand over one record's events, or drop the reader where its queue is full."""
        if len(self._queue) >= QUEUE_RECORDS_MAX:
            self.dropped = True
            self._queue.clear()
            self.close()
            return
        self._queue.append(happened)
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class Feed:
    """Fans durable events out, in the order of their records."""

    def __init__(self) -> None:
        self._subscriptions: dict[Subscription, None] = {}

    @property
    def has_subscribers(self) -> bool:
        return bool(self._subscriptions)

    def subscribe(self) -> Subscription:
        subscription = Subscription(self)
        self._subscriptions[subscription] = None
        return subscription

    def remove(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription, None)

    def publish(self, happened: Happened) -> None:
        for subscription in tuple(self._subscriptions):
            subscription.put(happened)

    def close(self) -> None:
        """End every subscription."""
        for subscription in tuple(self._subscriptions):
            subscription.close()
