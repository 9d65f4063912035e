"""Listeners hear everything in order, or are told that they fell behind; the writer waits for none."""

from __future__ import annotations

import asyncio

from openmargin.domain.enums import Side
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.feed import QUEUE_RECORDS_MAX, Feed, Happened
from tests.runtime.desk import limit, run, turns


def test_every_listener_hears_every_record_once_and_in_order() -> None:
    async def story(exchange: Exchange) -> None:
        first, second = exchange.subscribe(), exchange.subscribe()
        assert exchange.has_subscribers
        outcomes = await asyncio.gather(*(exchange.submit(limit(Side.BUY, level)) for level in range(50)))
        for subscription in (first, second):
            assert [(await anext(subscription)).seq for _ in outcomes] == [
                outcome.seq for outcome in outcomes
            ]
        first.close()
        second.close()
        assert not exchange.has_subscribers

    run(story)


def test_a_slow_listener_is_dropped_and_told_so() -> None:
    async def story() -> None:
        feed = Feed()
        slow, quick = feed.subscribe(), feed.subscribe()
        for seq in range(QUEUE_RECORDS_MAX + 1):
            feed.publish(Happened(seq, 0, []))
            assert (await anext(quick)).seq == seq
        assert [happened async for happened in slow] == []
        assert slow.dropped
        assert not quick.dropped
        assert feed.has_subscribers

    asyncio.run(story())


def test_who_waits_is_woken_and_who_closes_reads_what_was_queued() -> None:
    async def story() -> None:
        feed = Feed()
        subscription = feed.subscribe()
        waiting = asyncio.ensure_future(anext(subscription))
        await turns()
        feed.publish(Happened(1, 0, []))
        assert (await waiting).seq == 1
        feed.publish(Happened(2, 0, []))
        feed.close()
        assert [happened.seq async for happened in subscription] == [2]
        assert not subscription.dropped

    asyncio.run(story())
