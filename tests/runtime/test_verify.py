"""`verify` finds whatever is not what the journal leads to, and says what and where."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from openmargin.domain.commands import CancelOrderList, PlaceOrderList
from openmargin.domain.enums import Contingency, OrderType, SelfTradePrevention, Side, SideEffect, TimeInForce
from openmargin.domain.ids import SPOT
from openmargin.domain.money import E8
from openmargin.domain.orders import Leg
from openmargin.history import queries
from openmargin.runtime.errors import StartRefused
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.phases import no_hook
from openmargin.runtime.refold import rebuild_history
from openmargin.runtime.snapshot_files import read_snapshot, snapshot_paths, write_snapshot
from openmargin.runtime.verify import verify
from tests.runtime.desk import ACCOUNT, FLOOR, HOUR_MS, limit, run
from tests.runtime.test_recovery import change_journal, flip_a_byte, trade_a_little
from tests.runtime.test_time import owe


async def live_a_little(exchange: Exchange) -> tuple[int, str, int]:
    await owe(exchange)
    await exchange.advance(3 * HOUR_MS)
    return await trade_a_little(exchange)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    run(live_a_little, tmp_path)
    return tmp_path


def test_a_sound_directory_has_no_problems(directory: Path) -> None:
    seq, event_chain, _ = run(live_a_little, directory)
    told: list[tuple[int, int]] = []
    report = verify(directory, lambda done, total: told.append((done, total)))
    (snapshot, _) = (read_snapshot(path) for path in snapshot_paths(directory / "snapshots"))
    assert report.problems == ()
    assert report.is_sound
    assert (report.records, report.seq, report.event_chain) == (seq + 1, seq, event_chain)
    assert report.state_hash == snapshot.state_hash
    assert told[-1] == (seq + 1, seq + 1)


def test_it_works_beside_a_running_exchange(tmp_path: Path) -> None:
    async def story(exchange: Exchange) -> None:
        await live_a_little(exchange)
        report = verify(tmp_path)
        assert report.is_sound
        assert report.seq == exchange.state_hash()[0]

    run(story, tmp_path)


def test_a_flipped_byte_of_the_journal_is_named(directory: Path) -> None:
    flip_a_byte(directory, 6)
    report = verify(directory)
    assert report.problems == ("journal damaged at record 6: the body is not what was written (crc)",)
    assert report.seq == 5


def test_a_flipped_byte_of_the_file_is_found_wherever_it_is(directory: Path) -> None:
    """Behind SQLite's back, in the body of a record."""
    file = directory / "openmargin.db"
    content = bytearray(file.read_bytes())
    place = content.index(b"CancelOrder" if b"CancelOrder" in content else b"PlaceOrder")
    content[place + 40] ^= 1
    file.write_bytes(content)
    (problem,) = verify(directory).problems
    assert problem.startswith("journal damaged at record ")


def test_history_that_was_changed_is_named(directory: Path) -> None:
    change_journal(directory, "DELETE FROM trades")
    change_journal(directory, "UPDATE interest SET row = x'00'")
    problems = verify(directory).problems
    assert [problem.split(":")[0] for problem in problems] == ["trades", "interest"]


def test_history_can_be_rebuilt(directory: Path) -> None:
    change_journal(directory, "DELETE FROM trades")
    change_journal(directory, "UPDATE orders SET row = x'00', is_open = 7")
    seq = verify(directory).seq
    assert rebuild_history(directory) == seq + 1
    assert verify(directory).is_sound
    run(trade_a_little, directory)
    assert verify(directory).is_sound


async def use_lists(exchange: Exchange) -> None:
    """A trade with oneself that is prevented, and a list that ends."""
    for side in (Side.BUY, Side.SELL):
        mode = SelfTradePrevention.EXPIRE_MAKER
        await exchange.submit(msgspec.structs.replace(limit(side, 100), self_trade_prevention=mode))
    legs = tuple(
        Leg(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, E8 // 100, (FLOOR - level) * E8) for level in (1, 2)
    )
    placed = await exchange.submit(
        PlaceOrderList(
            ACCOUNT,
            "",
            0,
            SPOT,
            "BTCUSDT",
            Contingency.OTO,
            "mine",
            legs,
            SelfTradePrevention.NONE,
            SideEffect.NO_SIDE_EFFECT,
            False,
        )
    )
    assert placed.rejection is None
    await exchange.submit(CancelOrderList(ACCOUNT, "", 0, SPOT, "BTCUSDT", -1, "mine", ""))
    fetch = exchange.past.fetch
    [order_list] = await fetch(queries.OrderLists(account_id=ACCOUNT, scope=SPOT, limit=10))
    one = queries.OrderList(account_id=ACCOUNT, scope=SPOT, client_list_id="mine")
    assert order_list == await fetch(one)
    assert order_list.is_done
    by_id = queries.PreventedMatches(
        account_id=ACCOUNT, scope=SPOT, symbol="BTCUSDT", prevented_match_id=1, limit=10
    )
    [match] = await fetch(by_id)
    by_order = msgspec.structs.replace(by_id, prevented_match_id=None, order_id=match.maker_order_id)
    assert [match] == await fetch(by_order)


def test_lists_and_prevented_matches_are_history_like_all_else(tmp_path: Path) -> None:
    run(use_lists, tmp_path)
    change_journal(tmp_path, "UPDATE order_lists SET row = x'00'")
    change_journal(tmp_path, "DELETE FROM prevented_matches")
    problems = verify(tmp_path).problems
    assert [problem.split(":")[0] for problem in problems] == ["order_lists", "prevented_matches"]
    rebuild_history(tmp_path)
    assert verify(tmp_path).is_sound


def test_a_rebuild_that_fails_leaves_history_as_it_was(directory: Path) -> None:
    change_journal(directory, "UPDATE records SET crc = 0 WHERE seq = 9")
    before = verify(directory).problems
    with pytest.raises(Exception, match="record 9"):
        rebuild_history(directory)
    change_journal(directory, "UPDATE records SET crc = 1 WHERE seq = 9")
    assert verify(directory).problems == before


def test_a_snapshot_of_another_state_is_named(directory: Path) -> None:
    (path,) = snapshot_paths(directory / "snapshots")
    snapshot = read_snapshot(path)
    write_snapshot(path.parent, msgspec.structs.replace(snapshot, state_hash="0" * 32), no_hook)
    assert verify(directory).problems == (f"{path} is not the state that the journal leads to",)


def test_a_damaged_snapshot_is_named(directory: Path) -> None:
    (path,) = snapshot_paths(directory / "snapshots")
    path.write_bytes(path.read_bytes()[:-1])
    assert verify(directory).problems == (f"{path} is not what was written (checksum)",)


def test_a_journal_that_lost_its_tail_is_named(directory: Path) -> None:
    (path,) = snapshot_paths(directory / "snapshots")
    change_journal(directory, "DELETE FROM records WHERE seq > 10")
    problems = verify(directory).problems
    assert any(str(path) in problem and "is missing" in problem for problem in problems)


def test_events_that_happen_no_more_are_named(directory: Path) -> None:
    change_journal(directory, "UPDATE records SET event_chain = zeroblob(16) WHERE seq = 8")
    (problem,) = verify(directory).problems
    assert "decides record 8 differently" in problem


def test_a_breach_of_an_invariant_is_named(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openmargin.runtime.verify.breaches", lambda _state: ["wallets do not sum to zero"])
    problems = set(verify(directory).problems)
    assert any(problem.endswith("wallets do not sum to zero") for problem in problems)


def test_a_directory_without_an_exchange_is_refused_and_left_alone(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="holds no exchange"):
        verify(tmp_path)
    assert list(tmp_path.iterdir()) == []
