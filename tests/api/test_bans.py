"""Who goes on asking after 429 is shut out with 418, longer each time, and comes back when the ban is over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openmargin.api.bans import Bans
from openmargin.api.limits import WeightLimits
from openmargin.domain.venue import RequestRules
from tests.api.test_limits import HostClock
from tests.api.world import World
from tests.api.worlds import with_requests

PING = "/api/v3/ping"
RULES = RequestRules()
MINUTE = 60_000


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch) -> HostClock:
    clock = HostClock()
    monkeypatch.setattr("openmargin.runtime.clock._host_ms", lambda: clock.now_ms)
    return clock


@pytest.fixture
def tight() -> Iterator[World]:
    """Two requests a minute; the third refusal brings a ban."""
    world = World(with_requests(ban_after=3), weights=WeightLimits(api_ip=2))
    yield world
    world.close()


def test_the_refusals_of_one_minute_bring_a_ban(tight: World, host: HostClock) -> None:
    statuses = [tight.send("GET", PING).status for _ in range(6)]
    assert statuses == [200, 200, 429, 429, 418, 418]
    host.now_ms += 1_000
    banned = tight.send("GET", PING)
    until = host.now_ms - 1_000 + RULES.ban_ms
    assert banned.json == {
        "code": -1003,
        "msg": f"Way too much request weight used; IP banned until {until}."
        " Please use WebSocket Streams for live updates to avoid bans.",
    }
    assert banned.headers["retry-after"] == "119"
    assert banned.headers["x-mbx-used-weight-1m"] == "5"


def test_another_address_is_served_and_so_is_sapi(tight: World) -> None:
    for _ in range(5):
        tight.send("GET", PING)
    assert tight.send("GET", PING, ip="10.0.0.9").status == 200
    assert tight.public("/sapi/v1/margin/allPairs").status == 200


def test_who_backs_off_is_not_banned(tight: World, host: HostClock) -> None:
    for _ in range(5):
        assert [tight.send("GET", PING).status for _ in range(4)] == [200, 200, 429, 429]
        host.now_ms += MINUTE


def test_a_ban_ends(tight: World, host: HostClock) -> None:
    for _ in range(5):
        tight.send("GET", PING)
    host.now_ms += RULES.ban_ms - 1
    assert tight.send("GET", PING).status == 418
    host.now_ms += 1
    assert tight.send("GET", PING).status == 200


def test_nobody_is_banned_where_the_venue_has_no_bans() -> None:
    world = World(with_requests(ban_after=0), weights=WeightLimits(api_ip=2))
    assert {world.send("GET", PING).status for _ in range(200)} == {200, 429}
    world.close()


def test_bans_grow_from_two_minutes_to_three_days() -> None:
    bans = Bans()
    now_ms, lasted = 0, []
    for _ in range(14):
        until_ms = bans.begin("a", RULES, now_ms)
        lasted.append(until_ms - now_ms)
        now_ms = until_ms + MINUTE
    assert lasted[:3] == [120_000, 240_000, 480_000]
    assert lasted[-2:] == [259_200_000, 259_200_000]


def test_a_ban_of_long_ago_is_forgotten() -> None:
    bans = Bans()
    until_ms = bans.begin("a", RULES, 0)
    again_ms = until_ms + RULES.ban_forgotten_ms
    assert bans.begin("a", RULES, again_ms) == again_ms + RULES.ban_ms


def test_the_oldest_ban_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openmargin.api.bans._ADDRESSES_MAX", 2)
    bans = Bans()
    for address in ("a", "b", "c"):
        bans.begin(address, RULES, 0)
    assert [bans.until(address, 1) for address in ("a", "b", "c")] == [None, RULES.ban_ms, RULES.ban_ms]
