"""Scripts of the index: when it moves, whereto, and what a stopped feed forbids."""

import pytest

from openmargin.config import load_venue
from openmargin.domain.commands import (
    AnyCommand,
    Borrow,
    CreateAccount,
    Deposit,
    EndIndexScript,
    Open,
    ScriptIndex,
    SetIndex,
    Tick,
)
from openmargin.domain.enums import Pace, StageKind
from openmargin.domain.events import IndexMoved
from openmargin.domain.ids import CROSS
from openmargin.domain.index_scripts import IndexStage
from openmargin.domain.money import E8
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine.engine import EPOCH, Engine
from openmargin.runtime.bare import BareExchange

BEGIN = 1_767_225_600_000
WAIT, MOVE, STOP = StageKind.WAIT, StageKind.MOVE, StageKind.STOP
VENUE = load_venue()


class Market:
    """An engine with every check on, moved along its agenda."""

    def __init__(self) -> None:
        self.exchange = BareExchange()
        self.now = BEGIN
        self.do(Open(VENUE, 1, EPOCH))

    def do(self, command: AnyCommand) -> Reason | None:
        steps = self.exchange.submit(self.now, command)
        own = next(step for step in steps if step.record.command is command)
        return next((event.reason for event in own.events if isinstance(event, Rejected)), None)

    def script(
        self, *stages: IndexStage, symbol: str = "BTCUSDT", assets: tuple[str, ...] = ()
    ) -> Reason | None:
        return self.do(ScriptIndex("" if assets else symbol, assets, stages))

    def go_to(self, seconds: float) -> None:
        self.now = BEGIN + round(seconds * 1000)
        self.do(Tick())

    def price(self, symbol: str = "BTCUSDT") -> int:
        return self.exchange.engine.state.books[symbol].index_price

    def moves(self, symbol: str = "BTCUSDT") -> list[tuple[int, int]]:
        """When and where to this index moved, in seconds from the beginning and in whole units."""
        return [
            ((step.record.at_ms - BEGIN) // 1000, price // E8)
            for step in self.exchange.log
            for event in step.events
            if isinstance(event, IndexMoved)
            for name, price in event.prices
            if name == symbol
        ]


@pytest.fixture
def market() -> Market:
    made = Market()
    made.do(SetIndex((("BTCUSDT", 50_000 * E8), ("BTCUSDC", 50_000 * E8), ("ETHBTC", E8 // 20))))
    made.exchange.log.clear()
    return made


def test_a_ramp_goes_evenly_and_each_move_is_a_record_of_its_own_time(market: Market) -> None:
    assert market.script(IndexStage(MOVE, 4000, 4, 60_000 * E8)) is None
    market.go_to(60)
    assert market.moves() == [(1, 52_500), (2, 55_000), (3, 57_500), (4, 60_000)]


def test_stages_follow_each_other(market: Market) -> None:
    market.script(
        IndexStage(MOVE, 0, 1, 40_000 * E8),
        IndexStage(WAIT, 10_000),
        IndexStage(MOVE, 0, 1, 0, E8 // 2),
        IndexStage(MOVE, 2000, 2, 0, 2 * E8),
    )
    assert market.price() == 40_000 * E8, "what is due at once is part of the command"
    market.go_to(60)
    assert market.moves() == [(0, 40_000), (10, 20_000), (11, 30_000), (12, 40_000)]


@pytest.mark.parametrize(("pace", "half"), [(Pace.FAST_FIRST, 31_250), (Pace.FAST_LAST, 43_750)])
def test_a_crash_is_steep_at_first_and_a_pump_at_the_end(market: Market, pace: Pace, half: int) -> None:
    market.script(IndexStage(MOVE, 2000, 2, 0, E8 // 2, pace))
    market.go_to(60)
    assert market.moves() == [(1, half), (2, 25_000)]


def test_an_asset_moves_in_all_its_pairs_so_that_they_agree(market: Market) -> None:
    assert market.script(IndexStage(MOVE, 2000, 2, 0, E8 // 2), assets=("BTC",)) is None
    market.go_to(60)
    assert market.price("BTCUSDT") == market.price("BTCUSDC") == 25_000 * E8
    assert market.price("ETHBTC") == E8 // 10
    assert market.moves("ETHUSDT") == []


def test_assets_that_move_together_keep_their_rate(market: Market) -> None:
    before = market.price("ETHUSDT")
    market.script(IndexStage(MOVE, 0, 1, 0, E8 // 2), assets=("BTC", "ETH"))
    assert (market.price("ETHBTC"), market.price("ETHUSDT")) == (E8 // 20, before // 2)


def test_a_price_stays_where_orders_may_stand(market: Market) -> None:
    market.script(IndexStage(MOVE, 0, 1, 0, 900 * E8))
    assert market.price() == 1_000_000 * E8


def test_a_host_that_slept_catches_up_move_by_move(market: Market) -> None:
    market.script(IndexStage(MOVE, 3000, 3, 53_000 * E8), IndexStage(MOVE, 3000, 3, 50_000 * E8))
    market.go_to(3600)
    assert market.moves() == [(1, 51_000), (2, 52_000), (3, 53_000), (4, 52_000), (5, 51_000), (6, 50_000)]


def test_a_stopped_feed_lends_nothing_until_it_goes_on(market: Market) -> None:
    market.do(CreateAccount("ann"))
    market.do(Deposit(1, CROSS, "BTC", E8))
    borrow = Borrow(1, "", 0, CROSS, "USDT", 100 * E8)
    assert market.script(IndexStage(STOP, 60_000)) is None
    assert market.do(borrow) is Reason.NO_INDEX_PRICE
    market.do(SetIndex((("BTCUSDT", 40_000 * E8),), walk_steps=1))
    assert (market.price(), market.do(borrow)) == (50_000 * E8, Reason.NO_INDEX_PRICE), (
        "the walk is not heard"
    )
    market.go_to(60)
    assert (market.price(), market.do(borrow)) == (50_000 * E8, None)
    market.do(SetIndex((("BTCUSDT", 40_000 * E8),), walk_steps=1))
    assert market.price() == 40_000 * E8


def test_whoever_sets_a_price_sets_the_feed_going_again(market: Market) -> None:
    market.do(CreateAccount("ann"))
    market.do(Deposit(1, CROSS, "BTC", E8))
    market.script(IndexStage(STOP, 60_000))
    market.do(SetIndex((("BTCUSDT", 45_000 * E8),)))
    assert market.do(Borrow(1, "", 0, CROSS, "USDT", 100 * E8)) is None
    market.go_to(60)
    assert market.price() == 45_000 * E8


def test_an_ended_script_moves_nothing_and_its_feed_goes_on(market: Market) -> None:
    market.script(IndexStage(STOP, 60_000))
    market.script(IndexStage(MOVE, 60_000, 60, E8), symbol="ETHUSDT")
    assert market.do(EndIndexScript(1)) is None
    assert market.exchange.engine.state.feeds.stopped == []
    assert market.do(EndIndexScript(1)) is Reason.UNKNOWN_SCRIPT
    assert market.do(EndIndexScript(0)) is None
    assert market.exchange.engine.next_due_ms() is None


def test_the_walk_leaves_a_scripted_index_alone(market: Market) -> None:
    market.script(IndexStage(WAIT, 60_000))
    market.do(SetIndex((("BTCUSDT", E8), ("ETHUSDT", E8)), walk_steps=1))
    assert (market.price(), market.price("ETHUSDT")) == (50_000 * E8, E8)
    market.do(SetIndex((("BTCUSDT", E8),)))
    assert market.price() == E8, "whoever sets it on purpose is obeyed"


def test_a_script_goes_on_after_a_restart_in_the_middle(market: Market) -> None:
    twin = Market()
    twin.do(SetIndex((("BTCUSDT", 50_000 * E8), ("BTCUSDC", 50_000 * E8), ("ETHBTC", E8 // 20))))
    for one in (market, twin):
        one.script(
            IndexStage(STOP, 5000), IndexStage(MOVE, 9000, 9, 0, E8 // 3, Pace.FAST_FIRST), assets=("BTC",)
        )
        for second in (3, 6, 8, 60):
            one.go_to(second)
            if one is twin:
                assert Engine.load(one.exchange.engine.dump()).dump() == one.exchange.engine.dump()
                one.exchange.reload()
    assert market.exchange.engine.dump() == twin.exchange.engine.dump()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (ScriptIndex("XYZUSDT", (), (IndexStage(WAIT, 1),)), Reason.UNKNOWN_SYMBOL),
        (ScriptIndex("", ("NONE",), (IndexStage(WAIT, 1),)), Reason.UNKNOWN_ASSET),
        (ScriptIndex("", (), (IndexStage(WAIT, 1),)), Reason.SCRIPT_WRONG),
        (ScriptIndex("BTCUSDT", ("BTC",), (IndexStage(WAIT, 1),)), Reason.SCRIPT_WRONG),
        (ScriptIndex("BTCUSDT", (), ()), Reason.SCRIPT_WRONG),
        (ScriptIndex("BTCUSDT", (), (IndexStage(WAIT, 0),)), Reason.SCRIPT_WRONG),
        (ScriptIndex("BTCUSDT", (), (IndexStage(MOVE, -1, 1, E8),)), Reason.SCRIPT_WRONG),
        (ScriptIndex("BTCUSDT", (), (IndexStage(MOVE, 0, 2, E8),)), Reason.SCRIPT_WRONG),
        (ScriptIndex("BTCUSDT", (), (IndexStage(MOVE, 9, 3),)), Reason.SCRIPT_WRONG),
        (ScriptIndex("BTCUSDT", (), (IndexStage(MOVE, 9, 3, E8, E8),)), Reason.SCRIPT_WRONG),
        (ScriptIndex("BTCUSDT", (), (IndexStage(MOVE, 200_000, 100_001, E8),)), Reason.SCRIPT_WRONG),
        (ScriptIndex("", ("BTC",), (IndexStage(MOVE, 9, 3, E8),)), Reason.SCRIPT_WRONG),
        (ScriptIndex("BTCUSDC", (), (IndexStage(WAIT, 1),)), Reason.SCRIPT_TAKEN),
    ],
)
def test_what_cannot_be_followed_is_refused(market: Market, command: AnyCommand, reason: Reason) -> None:
    market.script(IndexStage(WAIT, 60_000), symbol="BTCUSDC")
    assert market.do(command) is reason
