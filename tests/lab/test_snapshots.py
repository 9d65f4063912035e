"""Bookmarks and timelines over the wire, on disk and in memory."""

import asyncio
import hashlib
import hmac
import io
import json
import shutil
import tarfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from openmargin import Exchange as InProcess
from openmargin.cli import app
from openmargin.domain.enums import Side
from openmargin.runtime.secrets import DEVELOPMENT_API_KEYS, DEVELOPMENT_MASTER_KEY, SecretKeeper
from openmargin.runtime.shelf import DiskShelf
from openmargin.runtime.snapshot_archive import ArchiveRefused, pack, unpack
from openmargin.runtime.verify import verify
from tests.lab.bench import Served, served
from tests.runtime.desk import limit


@pytest.fixture(params=["disk", "memory"])
def lab(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    where = {"data": str(tmp_path / "exchange")} if request.param == "disk" else {}
    with served(monkeypatch, tmp_path, clock="virtual", **where) as running:
        yield running


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    with served(monkeypatch, tmp_path, clock="virtual", data=str(tmp_path / "exchange")) as running:
        yield running


def done(lab: Served, method: str, path: str, body: Any = None) -> Any:
    answer = lab.ask(method, path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def keep(lab: Served, name: str) -> Any:
    return done(lab, "POST", "/lab/snapshots", {"name": name})


def restore(lab: Served, name: str, timeline: str = "") -> Any:
    return done(lab, "POST", f"/lab/snapshots/{name}/restore", {"timeline": timeline})


def bids(lab: Served) -> list[int]:
    return [view.spec.price for view in lab.exchange.live.open_orders(1, "spot", "BTCUSDT")]


def place(lab: Served, level: int) -> None:
    outcome = lab.run(lab.exchange.submit(replace(limit(Side.BUY, level), account_id=1)))
    assert outcome.rejection is None, outcome.rejection


def test_a_snapshot_is_a_place_to_come_back_to(lab: Served) -> None:
    place(lab, 1)
    before = lab.get("/lab/state").json()
    kept = keep(lab, "calm")
    assert (kept["name"], kept["timeline"], kept["seq"]) == ("calm", "main", before["seq"])
    assert (kept["stateHash"], kept["time"]) == (before["stateHash"], before["time"])
    place(lab, 2)
    done(lab, "POST", "/lab/clock/advance", {"seconds": 7200})
    state = restore(lab, "calm")
    assert state == {**before, "timeline": "calm-1"}
    assert lab.get("/lab/state").json() == state
    assert len(bids(lab)) == 1
    assert lab.exchange.clock.now_ms() == before["time"]
    place(lab, 3)
    assert lab.get("/lab/state").json()["seq"] == before["seq"] + 1


def test_history_is_that_of_the_snapshot_too(lab: Served) -> None:
    place(lab, 1)
    keep(lab, "calm")
    [order] = lab.exchange.live.open_orders(1, "spot", "BTCUSDT")
    until = {"what": "ORDER", "accountId": 1, "symbol": "BTCUSDT", "orderId": order.spec.order_id}
    done(lab, "POST", "/lab/prices/BTCUSDT", {"price": "40000"})
    assert done(lab, "POST", "/lab/clock/run-to", {"until": until})["found"] == "FILLED"
    restore(lab, "calm")
    until["status"] = "NEW"
    assert done(lab, "POST", "/lab/clock/run-to", {"until": until})["found"] == "NEW"


def test_two_timelines_of_one_snapshot_go_their_own_ways(on_disk: Served, tmp_path: Path) -> None:
    place(on_disk, 1)
    keep(on_disk, "fork")
    place(on_disk, 2)
    left = restore(on_disk, "fork", "left")
    place(on_disk, 3)
    left_end = on_disk.get("/lab/state").json()
    right = restore(on_disk, "fork", "right")
    assert {**left, "timeline": "right"} == right
    place(on_disk, 4)
    place(on_disk, 5)
    right_end = on_disk.get("/lab/state").json()
    assert left_end["stateHash"] != right_end["stateHash"]
    assert done(on_disk, "POST", "/lab/timelines/left/switch") == left_end
    assert len(bids(on_disk)) == 2
    root = tmp_path / "exchange"
    shown = {row["timeline"]: row for row in done(on_disk, "GET", "/lab/timelines")["timelines"]}
    assert [name for name, row in shown.items() if row["isServed"]] == ["left"]
    places = {"main": root, "left": root / "timelines" / "left", "right": root / "timelines" / "right"}
    assert {name: row["directory"] for name, row in shown.items()} == {n: str(p) for n, p in places.items()}
    reports = {
        name: verify(path) for name, path in {**places, "bookmark": root / "bookmarks" / "fork"}.items()
    }
    assert [(name, report.problems) for name, report in reports.items() if report.problems] == []
    assert reports["right"].event_chain == right_end["stateHash"]
    assert reports["left"].event_chain == left_end["stateHash"]
    assert reports["main"].seq == left["seq"] + 1


def test_a_restart_goes_on_with_the_timeline_that_was_served(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    where = {"clock": "virtual", "data": str(tmp_path / "exchange")}
    with served(monkeypatch, tmp_path, **where) as lab:
        keep(lab, "calm")
        restore(lab, "calm", "second")
        place(lab, 1)
        state = lab.get("/lab/state").json()
    with served(monkeypatch, tmp_path, **where) as lab:
        assert lab.get("/lab/state").json() == state
        assert [row["name"] for row in done(lab, "GET", "/lab/snapshots")["snapshots"]] == ["calm"]


def test_a_fork_is_a_data_directory_for_another_server(
    on_disk: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keep(on_disk, "calm")
    place(on_disk, 1)
    before = on_disk.get("/lab/state").json()
    fork = done(on_disk, "POST", "/lab/snapshots/calm/fork", {"timeline": "other"})
    assert (fork["timeline"], fork["world"]) == ("other", None)
    with served(monkeypatch, tmp_path, clock="virtual", data=fork["directory"]) as other:
        assert other.get("/lab/state").json()["seq"] == before["seq"] - 1
        place(other, 5)
        taken = on_disk.ask("POST", "/lab/timelines/other/switch")
        assert (taken.status_code, "in use by process" in taken.json()["error"]) == (409, True)
    assert on_disk.get("/lab/state").json() == before


def test_a_timeline_that_nobody_serves_can_be_taken_away(
    on_disk: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keep(on_disk, "calm")
    restore(on_disk, "calm", "left")
    keep(on_disk, "later")
    restore(on_disk, "calm", "right")
    fork = done(on_disk, "POST", "/lab/snapshots/calm/fork", {"timeline": "other"})
    with served(monkeypatch, tmp_path, clock="virtual", data=fork["directory"]):
        before = done(on_disk, "GET", "/lab/timelines")
        refused = {
            name: on_disk.ask("DELETE", f"/lab/timelines/{name}")
            for name in ("main", "right", "other", "none", "..")
        }
        assert {name: answer.status_code for name, answer in refused.items()} == {
            "main": 409,
            "right": 409,
            "other": 409,
            "none": 404,
            "..": 404,
        }
        assert "in use by process" in refused["other"].json()["error"]
        assert done(on_disk, "GET", "/lab/timelines") == before
    left = tmp_path / "exchange" / "timelines" / "left"
    answer = done(on_disk, "DELETE", "/lab/timelines/left")
    assert [row["timeline"] for row in answer["timelines"]] == ["main", "other", "right"]
    assert not left.exists()
    assert on_disk.ask("POST", "/lab/timelines/left/switch").status_code == 404
    assert restore(on_disk, "later")["timeline"] == "later-1", "what was made on it stays"
    done(on_disk, "DELETE", "/lab/timelines/right")
    assert sorted(path.name for path in left.parent.iterdir()) == ["later-1", "other"]


def test_a_new_timeline_is_not_called_as_one_that_a_snapshot_was_made_on(on_disk: Served) -> None:
    keep(on_disk, "calm")
    restore(on_disk, "calm")
    keep(on_disk, "later")
    done(on_disk, "POST", "/lab/timelines/main/switch")
    done(on_disk, "DELETE", "/lab/timelines/calm-1")
    assert restore(on_disk, "calm")["timeline"] == "calm-2"


def test_commands_go_by_the_timeline_that_is_served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = tmp_path / "exchange"
    with served(monkeypatch, tmp_path, clock="virtual", data=str(root)) as lab:
        keep(lab, "calm")
        place(lab, 1)
        main = lab.get("/lab/state").json()
        restore(lab, "calm", "second")
        place(lab, 2)
        place(lab, 3)
        second = lab.get("/lab/state").json()
    run = CliRunner().invoke
    every = run(app, ["verify", str(root)]).stdout.splitlines()
    assert [line for line in every if line.startswith("timeline")] == [
        "timeline main",
        "timeline second, which is served",
    ]
    assert [line.split()[1] for line in every if line.startswith("stateHash")] == [
        main["stateHash"],
        second["stateHash"],
    ]
    one = run(app, ["verify", str(root), "--timeline", "second"]).stdout.splitlines()
    assert one[0] == f"sound: {second['seq'] + 1} records"
    none = run(app, ["verify", str(root), "--timeline", "third"])
    assert (none.exit_code, "has no timeline third: there is main, second" in none.stderr) == (1, True)
    assert run(app, ["journal", str(root), "--last", "1"]).stdout.startswith(f"#{second['seq']} ")
    first = run(app, ["journal", str(root), "--last", "1", "--timeline", "main"]).stdout
    assert first.startswith(f"#{main['seq']} ")
    with InProcess(root) as exchange:
        assert exchange.hash() == second["stateHash"]
    (root / "timelines" / "second" / "openmargin.db").unlink()
    broken = run(app, ["verify", str(root)])
    assert (broken.exit_code, "holds no exchange" in broken.stderr) == (1, True)
    assert f"stateHash   {main['stateHash']}" in broken.stdout, "the others are looked at all the same"


def test_a_file_that_is_not_there_leaves_nothing_behind(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["snapshot", "import", str(tmp_path / "new"), str(tmp_path / "nothing")])
    assert (said.exit_code, (tmp_path / "new").exists()) == (1, False)


def test_in_memory_only_bookmarks_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with served(monkeypatch, tmp_path, clock="virtual") as lab:
        keep(lab, "calm")
        restore(lab, "calm")
        restore(lab, "calm")
        assert done(lab, "GET", "/lab/timelines")["timelines"] == [
            {"timeline": "calm-2", "isServed": True, "directory": None}
        ]
        statuses = [lab.ask("DELETE", f"/lab/timelines/{name}").status_code for name in ("calm-2", "calm-1")]
        assert statuses == [409, 404]
        for path in ("/lab/timelines/main/switch", "/lab/snapshots/calm/fork"):
            assert lab.post(path, {}).status_code in (404, 409)


def test_a_snapshot_that_is_forgotten_leaves_its_timelines(lab: Served) -> None:
    kept = keep(lab, "calm")
    restore(lab, "calm")
    assert done(lab, "DELETE", "/lab/snapshots/calm") == kept
    assert done(lab, "GET", "/lab/snapshots") == {"snapshots": []}
    place(lab, 1)
    assert lab.ask("POST", "/lab/snapshots/calm/restore", {}).status_code == 404


def test_a_snapshot_is_carried_elsewhere_as_one_file(
    lab: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place(lab, 1)
    kept = keep(lab, "calm")
    file = lab.get("/lab/snapshots/calm/file").content
    with served(monkeypatch, tmp_path, clock="virtual", seed=7) as other:

        def take(name: str, content: bytes) -> Any:
            return other.ask("POST", f"/lab/snapshots/{name}/file", content=content)

        assert take("other", file).json() == {**kept, "name": "other"}
        state = restore(other, "other")
        assert (state["seq"], state["stateHash"]) == (kept["seq"], kept["stateHash"])
        assert bids(other) == bids(lab)
        again = other.get("/lab/snapshots/other/file").content
        assert take("again", again).status_code == 200
        assert take("other", file).status_code == 409
        damaged = bytearray(file)
        damaged[len(file) // 2] ^= 1
        for content in (bytes(damaged), file[: len(file) // 2], b"no file at all", b""):
            refused = take("third", content)
            assert refused.status_code == 422, refused.text
        assert [row["name"] for row in done(other, "GET", "/lab/snapshots")["snapshots"]] == [
            "other",
            "again",
        ]
    assert lab.get("/lab/snapshots/none/file").status_code == 404


def test_a_file_that_tells_a_lie_is_refused(on_disk: Served, tmp_path: Path) -> None:
    """Its bytes are what was written, but its journal is another one's."""
    keep(on_disk, "one")
    place(on_disk, 1)
    keep(on_disk, "two")
    bookmarks = tmp_path / "exchange" / "bookmarks"
    shutil.copyfile(bookmarks / "two" / "openmargin.db", bookmarks / "one" / "openmargin.db")
    file = tmp_path / "one.tar.gz"
    pack(bookmarks / "one", file)
    for number, breaking in enumerate((None, "../outside")):
        if breaking is not None:
            rewrite(file, breaking)
        with pytest.raises(ArchiveRefused, match=r"journal does not lead|would lie elsewhere"):
            DiskShelf(tmp_path / f"new{number}").add("one", partial(_unpack, file))
    assert not (tmp_path / "new1" / "outside").exists()


def _unpack(file: Path, directory: Path) -> None:
    unpack(file, directory, "one")


def rewrite(file: Path, name: str) -> None:
    """The same archive with a file of another name in its list."""
    with tarfile.open(file) as archive:
        listed = archive.extractfile("contents.json")
        assert listed is not None
        contents = json.loads(listed.read())
    contents["files"] = {name: ""}
    body = json.dumps(contents).encode()
    with tarfile.open(file, "w:gz") as archive:
        for path, content in (("contents.json", body), (name, b"")):
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


REFUSED: list[tuple[str, str, Any, int]] = [
    ("POST", "/lab/snapshots", {"name": "kept"}, 409),
    ("POST", "/lab/snapshots", {"name": "../x"}, 400),
    ("POST", "/lab/snapshots", {"name": ""}, 400),
    ("DELETE", "/lab/snapshots/none", None, 404),
    ("DELETE", "/lab/snapshots/..", None, 404),
    ("POST", "/lab/snapshots/none/restore", {}, 404),
    ("POST", "/lab/snapshots/kept/restore", {"timeline": "main"}, 409),
    ("POST", "/lab/snapshots/kept/restore", {"timeline": ".x"}, 400),
    ("POST", "/lab/timelines/none/switch", None, 404),
]


def test_what_is_not_there_or_taken_is_refused(lab: Served) -> None:
    keep(lab, "kept")
    before = lab.get("/lab/state").json()
    for method, path, body, status in REFUSED:
        answer = lab.ask(method, path, body)
        assert answer.status_code == status, (path, answer.text)
    assert lab.get("/lab/state").json() == before


def test_requests_in_flight_at_a_swap_are_answered_by_one_timeline_or_refused(on_disk: Served) -> None:
    """Whatever was answered with 200 is on the timeline that answered it, and nothing else is."""
    keep(on_disk, "calm")
    secret = SecretKeeper(DEVELOPMENT_MASTER_KEY).secret_for(_key(on_disk))

    async def trade(name: str) -> int:
        query = (
            "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=50000"
            f"&newClientOrderId={name}&timestamp={time.time_ns() // 10**6}"
        )
        signature = hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        answer = await on_disk.client.post(
            f"/api/v3/order?{query}&signature={signature}", headers={"X-MBX-APIKEY": DEVELOPMENT_API_KEYS[0]}
        )
        if answer.status_code != 200:
            assert (answer.status_code, answer.json()["code"]) == (503, -1016)
            return 0
        return 1

    async def story() -> tuple[int, int]:
        swap = asyncio.ensure_future(on_disk.client.post("/lab/snapshots/calm/restore", json={}))
        placed, number = 0, 0
        while not swap.done():
            placed += sum(await asyncio.gather(*(trade(f"n{number}-{n}") for n in range(3))))
            number += 1
        assert (await swap).status_code == 200
        return placed, await trade("after")

    placed, after = on_disk.run(story())
    new = len(bids(on_disk))
    done(on_disk, "POST", "/lab/timelines/main/switch")
    assert after == 1
    assert placed > 0
    assert len(bids(on_disk)) + new == placed + after


def _key(lab: Served) -> Any:
    key = lab.exchange.live.key(DEVELOPMENT_API_KEYS[0])
    assert key is not None
    return key
