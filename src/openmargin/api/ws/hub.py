"""What happens, handed from the exchange to whoever subscribed to a stream of it.

Owns: the one subscription to the exchange's feed, which is there only while somebody listens, and the topics that
anybody listens to. Each message is rendered once for all who get it in the same form.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

import msgspec

from openmargin.runtime.exchange import Exchange
from openmargin.runtime.feed import Happened, Subscription

_log = logging.getLogger(__name__)


class Message:
    """One event of a stream. It is rendered when the first subscriber asks, and not again for the others."""

    def __init__(self, stream: str, render: Callable[[int], bytes]) -> None:
        """`render` gives the event as JSON, with so many units of time in a millisecond: 1, or 1000."""
        self._stream = stream
        self._render = render
        self._plain: dict[int, bytes] = {}
        self._combined: dict[int, bytes] = {}

    def plain(self, per_ms: int) -> bytes:
        """The event by itself, as raw streams have it."""
        found = self._plain.get(per_ms)
        if found is None:
            found = self._plain[per_ms] = self._render(per_ms)
        return found

    def combined(self, per_ms: int) -> bytes:
        """The event with the name of its stream."""
        found = self._combined.get(per_ms)
        if found is None:
            name = msgspec.json.encode(self._stream)
            found = b'{"stream":%b,"data":%b}' % (name, self.plain(per_ms))
            self._combined[per_ms] = found
        return found


class Subscriber(Protocol):
    """Whoever listens to topics: one per connection, for instance."""

    def deliver(self, message: Message) -> None:
        """Take a message; never waits and never raises."""
        ...

    def cut_off(self) -> None:
        """Messages were lost, for everybody: go, and tell the client to come again."""
        ...


class Topic:
    """One stream with those who listen to it."""

    def __init__(self, name: str, source: Source) -> None:
        self.name = name
        self.source = source
        self.subscribers: dict[Subscriber, None] = {}

    def publish(self, render: Callable[[int], bytes]) -> None:
        """Hand an event to every subscriber, in the order in which they came."""
        message = Message(self.name, render)
        for subscriber in tuple(self.subscribers):
            subscriber.deliver(message)


class Source(Protocol):
    """One kind of stream: it makes messages of what happens, for the topics that are open."""

    def accepts(self, name: str) -> bool:
        """Is this the name of one of its streams, as a client may write it?"""
        ...

    def opened(self, topic: Topic) -> None:
        """Somebody listens to a topic that nobody listened to."""
        ...

    def closed(self, topic: Topic) -> None:
        """Nobody listens to it any more."""
        ...

    def happened(self, happened: Happened) -> None:
        """One record's events, durable by now; told while any topic of any source is open."""
        ...


class Hub:
    """All sources, and all topics that are open."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._sources: list[Source] = []
        self._topics: dict[tuple[Source, str], Topic] = {}
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None

    def add(self, source: Source) -> None:
        """Offer another kind of stream. Names are tried in the order in which sources were added."""
        self._sources.append(source)

    def find(self, name: str) -> Topic | None:
        """The topic that a client means; None where no source has such a name."""
        for source in self._sources:
            if source.accepts(name):
                return self.topic(source, name)
        return None

    def topic(self, source: Source, name: str) -> Topic:
        """A topic of one source, also one that no client can name."""
        return self._topics.get((source, name)) or Topic(name, source)

    def join(self, topic: Topic, subscriber: Subscriber) -> Topic:
        """Listen from the next record on; gives the topic as it is open now."""
        key = (topic.source, topic.name)
        open_topic = self._topics.setdefault(key, topic)
        is_first = not open_topic.subscribers
        open_topic.subscribers[subscriber] = None
        if self._subscription is None:
            self._listen()
        if is_first:
            open_topic.source.opened(open_topic)
        return open_topic

    def leave(self, topic: Topic, subscriber: Subscriber) -> None:
        """Listen no more; nothing happens to whoever did not."""
        if topic.subscribers.pop(subscriber, self) is self or topic.subscribers:
            return
        del self._topics[topic.source, topic.name]
        topic.source.closed(topic)
        if not self._topics and self._subscription is not None:
            self._subscription.close()
            self._subscription = None

    def _listen(self) -> None:
        self._subscription = self._exchange.subscribe()
        self._task = asyncio.get_running_loop().create_task(self._tell(self._subscription))

    async def _tell(self, subscription: Subscription) -> None:
        async for happened in subscription:
            for source in self._sources:
                try:
                    source.happened(happened)
                except Exception:
                    _log.exception("record %d could not be told of", happened.seq)
                    self._cut_off_all()
                    return
            if subscription is not self._subscription:
                return  # Nobody listens any more, or somebody does again, elsewhere.
        if subscription.dropped:
            _log.error("streams fell behind the exchange: every subscriber is sent away")
            self._cut_off_all()

    def _cut_off_all(self) -> None:
        everybody = dict.fromkeys(one for topic in self._topics.values() for one in topic.subscribers)
        for subscriber in everybody:
            subscriber.cut_off()
