"""Worlds: independent exchanges behind one address."""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openmargin.runtime.exchange import Exchange
from tests.lab.bench import Served, served

FIFTY = 50


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    with served(monkeypatch, tmp_path, clock="virtual", worlds_max=FIFTY) as running:
        yield running


def done(lab: Served, method: str, path: str, body: Any = None) -> Any:
    answer = lab.ask(method, path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def live_in(lab: Served, number: int) -> tuple[int, Any, Any, Any]:
    """What somebody does in a world of his own, and sees of it; every world gets other numbers."""

    async def ask(method: str, path: str, body: Any = None) -> Any:
        answer = await lab.client.request(method, f"/w/test-{number}{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    made = await ask("POST", "/lab/accounts", {"name": f"of {number}"})
    money = {"wallet": "CROSS", "asset": "USDT", "amount": str(number + 1)}
    wallet = await ask("POST", f"/lab/accounts/{made['accountId']}/deposit", money)
    await ask("POST", "/lab/prices/BTCUSDT", {"price": str(50_000 + number)})
    await ask("POST", "/lab/clock/advance", {"seconds": number + 1})
    ticker = await ask("GET", "/api/v3/ticker/price?symbol=BTCUSDT")
    return made["accountId"], wallet["free"], ticker["price"], await ask("GET", "/lab/state")


def test_fifty_worlds_at_once_do_not_see_each_other(lab: Served) -> None:
    """Show 5 of the lab."""
    outside = done(lab, "GET", "/lab/state")

    async def all_at_once() -> list[tuple[int, Any, Any, Any]]:
        return await asyncio.gather(*(live_in(lab, number) for number in range(FIFTY)))

    lives = lab.run(all_at_once())
    begin = lives[0][3]["time"] - 1000
    for number, (account_id, free, price, state) in enumerate(lives):
        assert account_id == 4, "each is the first account after the development accounts"
        assert free == f"{number + 1}.00000000"
        assert abs(float(price) - 50_000 - number) < 50
        assert abs(state["time"] - begin - 1000 * (number + 1)) < 60_000, (
            "each clock begins at the host's time"
        )
        assert state["seq"] == lives[0][3]["seq"]
    assert len({state["stateHash"] for *_, state in lives}) == FIFTY
    assert done(lab, "GET", "/lab/state") == outside
    shown = done(lab, "GET", "/lab/worlds")
    assert (shown["most"], len(shown["worlds"])) == (FIFTY, FIFTY)
    by_name = {row["world"]: row["stateHash"] for row in shown["worlds"]}
    assert by_name == {f"test-{n}": state["stateHash"] for n, (*_, state) in enumerate(lives)}
    _there_is_no_room_for_one_more(lab)


def _there_is_no_room_for_one_more(lab: Served) -> None:
    full = lab.get("/w/one-more/api/v3/ping")
    assert (full.status_code, full.json()["code"]) == (503, -1008)
    assert "as many worlds as may be (50): DELETE /lab/worlds/NAME" in full.json()["msg"]
    assert lab.get("/w/one-more/lab/state").json()["error"] == "there are as many worlds as may be (50)"
    assert done(lab, "DELETE", "/lab/worlds/test-7")["world"] == "test-7"
    assert lab.get("/w/one-more/api/v3/ping").json() == {}
    assert lab.ask("DELETE", "/lab/worlds/test-7").status_code == 404


def test_a_world_is_made_once_however_many_ask_first(lab: Served) -> None:
    async def together() -> list[int]:
        asked = (lab.client.post("/w/one/lab/accounts", json={"name": "x"}) for _ in range(5))
        return sorted([answer.json()["accountId"] for answer in await asyncio.gather(*asked)])

    assert lab.run(together()) == [4, 5, 6, 7, 8]


def test_a_world_has_snapshots_of_its_own_and_none_of_its_name_outlives_it(lab: Served) -> None:
    done(lab, "POST", "/w/a/lab/snapshots", {"name": "calm"})
    done(lab, "POST", "/w/a/lab/accounts", {"name": "x"})
    assert done(lab, "POST", "/w/a/lab/snapshots/calm/restore", {})["timeline"] == "calm-1"
    assert lab.get("/w/a/lab/accounts/4").status_code == 404
    assert done(lab, "GET", "/lab/snapshots") == {"snapshots": []}
    done(lab, "DELETE", "/lab/worlds/a")
    assert done(lab, "GET", "/lab/worlds")["worlds"] == []
    assert done(lab, "GET", "/w/a/lab/state")["timeline"] == "main"


@pytest.mark.parametrize("data", ["disk", ":memory:"])
def test_a_snapshot_forks_into_worlds_that_diverge(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: str
) -> None:
    """Show 5 of the lab: two exchanges of one snapshot."""
    where = str(tmp_path / "exchange") if data == "disk" else data
    with served(monkeypatch, tmp_path, clock="virtual", data=where) as lab:
        done(lab, "POST", "/lab/accounts", {"name": "shared"})
        kept = done(lab, "POST", "/lab/snapshots", {"name": "calm"})
        for world in ("left", "right"):
            done(lab, "POST", "/lab/snapshots/calm/fork", {"world": world})
            state = done(lab, "GET", f"/w/{world}/lab/state")
            assert (state["seq"], state["stateHash"]) == (kept["seq"], kept["stateHash"])
        done(lab, "POST", "/w/left/lab/prices/BTCUSDT", {"price": "40000"})
        assert done(lab, "GET", "/w/right/lab/accounts/4")["name"] == "shared"
        hashes = {done(lab, "GET", f"{path}/lab/state")["stateHash"] for path in ("", "/w/left", "/w/right")}
        assert len(hashes) == 2
        again = lab.post("/lab/snapshots/calm/fork", {"world": "left"})
        assert (again.status_code, again.json()["error"]) == (409, 'there is a world "left" already')
        assert lab.post("/lab/snapshots/calm/fork", {"world": "x", "timeline": "y"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [("/w/", 404), ("/w//api/v3/ping", 404), ("/w/a b/lab/state", 404), ("/w/x/w/y/lab/state", 404)],
)
def test_what_is_no_world_is_refused(lab: Served, path: str, status: int) -> None:
    assert lab.get(path).status_code == status


def test_an_ended_world_leaves_nothing_behind(lab: Served) -> None:
    done(lab, "GET", "/w/a/lab/state")

    def exchanges() -> int:
        gc.unfreeze()
        gc.collect()
        return sum(isinstance(found, Exchange) for found in gc.get_objects())

    before = exchanges()
    done(lab, "DELETE", "/lab/worlds/a")
    assert exchanges() == before - 1
