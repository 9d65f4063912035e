"""Every event of a stream has the fields and JSON types of its documented example, in raw and in combined form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from tests.api.world import World
from tests.conformance.test_goldens import differences
from tests.streams.station import Station


class StreamGolden(Struct, forbid_unknown_fields=True):
    source: str
    stream: str
    """Empty for what comes at the end of any connection."""
    example: Any


GOLDENS = {
    path.stem: msgspec.json.decode(path.read_bytes(), type=StreamGolden)
    for path in sorted((Path(__file__).parent / "streams").glob("*.json"))
}


@pytest.fixture
def station() -> Iterator[Station]:
    world = World()
    world.deposit("USDT", "100000")
    station = Station(world=world)
    yield station
    station.close()


@pytest.mark.parametrize("name", GOLDENS)
def test_event_is_shaped_like_the_documented_example(station: Station, name: str) -> None:
    golden = GOLDENS[name]
    address = f"streams={golden.stream}"
    raw, combined = station.open(f"/ws/{golden.stream}")[0], station.open("/stream", address.encode())[0]
    station.settle()
    station.world.set_index("BTCUSDT", "60123")
    station.buy()
    station.advance(2000)
    station.within(lambda: station.gateway.hang_up(1001, "the end"))
    events = [msgspec.json.decode(message) for message in raw.messages]
    last = events.pop()
    (event, *_) = events or [last]
    assert list(differences(golden.example, event, {})) == []
    wrapped = [msgspec.json.decode(message) for message in combined.messages]
    assert wrapped.pop() == {"stream": "!serverShutdown", "data": last}
    assert wrapped == [{"stream": golden.stream, "data": event} for event in events]


def test_every_kind_of_stream_is_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "streams.md").read_text()
    kinds = {golden.stream.replace("btcusdt", "<symbol>") for golden in GOLDENS.values()}
    kinds = {kind.replace("_1m", "_<interval>").replace("_1h", "_<window>") for kind in kinds}
    missing = {kind for kind in kinds if kind.removesuffix("@100ms") not in page}
    assert missing == set(), "add a row to the table of docs/streams.md"
