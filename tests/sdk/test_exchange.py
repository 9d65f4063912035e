"""The Python API drives the engine that is served: same records, same answers, same refusals."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from openmargin import Exchange, Leg, Reason, Refused
from openmargin.domain.commands import SetBnbBurn
from openmargin.domain.enums import LiquidationEnd, MarginStatus, OrderStatus
from openmargin.runtime.errors import StartRefused, Unavailable
from openmargin.runtime.exchange import ExchangeOptions, open_exchange
from openmargin.runtime.verify import verify
from openmargin.sdk import Account


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with Exchange(check_everything=True) as opened:
        yield opened


@pytest.fixture
def ann(exchange: Exchange) -> Account:
    found = exchange.account("ann")
    found.deposit("USDT", 10_000)
    return found


def play(exchange: Exchange) -> None:
    """A little of everything."""
    ann = exchange.account("ann")
    ann.spot.deposit("USDT", 5_000)
    ann.spot.transfer("USDT", 1_000, to=ann)
    ann.borrow("USDT", "1900")
    ann.buy("BTCUSDT", "0.048")
    ann.sell("BTCUSDT", "0.001", "70000")
    exchange.advance(hours=25)
    exchange.price("BTCUSDT", "40000")
    exchange.advance(minutes=1)


def test_a_loan_costs_interest_by_the_hour(exchange: Exchange, ann: Account) -> None:
    ann.borrow("USDT", 1000)
    first = ann.balance("USDT").interest
    exchange.advance(hours=2)
    assert ann.balance("USDT").interest == 3 * first > 0
    assert exchange.now == datetime(2026, 1, 1, 2, tzinfo=UTC)
    ann.repay("USDT")
    assert ann.balance("USDT").owed == 0


def test_an_order_rests_fills_and_is_cancelled(ann: Account) -> None:
    resting = ann.buy("BTCUSDT", "0.01", "50000")
    assert (resting.status, resting.price) == (OrderStatus.NEW, Decimal(50000))
    assert ann.open_orders() == ann.open_orders("BTCUSDT") == [resting]
    bought = ann.place("BTCUSDT", "BUY", quote_quantity=600, client_id="mine")
    assert bought.status is OrderStatus.FILLED
    assert list(bought.fills) == ann.trades("BTCUSDT")
    assert bought.average_price == sum(fill.quote_quantity for fill in bought.fills) / bought.executed
    assert ann.order("BTCUSDT", client_id="mine") == bought
    assert ann.cancel(resting).status is OrderStatus.CANCELED
    assert [order.status for order in ann.orders("BTCUSDT")] == [OrderStatus.CANCELED, OrderStatus.FILLED]
    with pytest.raises(KeyError):
        ann.order("BTCUSDT", 999)


def test_the_index_follows_a_script(exchange: Exchange) -> None:
    exchange.price("BTCUSDT", 50_000)
    crash = {"do": "crash", "percent": 40, "seconds": 600}
    ends = exchange.script([{"do": "set", "price": "60000"}, crash], symbol="BTCUSDT")
    assert exchange.price("BTCUSDT") == 60_000
    exchange.advance(minutes=5)
    assert 36_000 < exchange.price("BTCUSDT") < 48_000
    assert exchange.advance_to(ends) == ends
    assert exchange.price("BTCUSDT") == 36_000
    with pytest.raises(ValueError, match=r"stages: Invalid value 'fly'"):
        exchange.script([{"do": "fly"}], symbol="BTCUSDT")
    with pytest.raises(ValueError, match="a ramp goes to a price"):
        exchange.script([{"do": "ramp", "seconds": 5}], symbol="BTCUSDT")
    with pytest.raises(Refused):
        exchange.script([crash], symbol="XXX")


def test_what_makes_no_sense_is_said_before_anything_happens(exchange: Exchange, ann: Account) -> None:
    mark = exchange.mark()
    for wrong in ("x" * 37, "with space", "é"):
        leg = Leg(side="SELL", type="LIMIT_MAKER", quantity="0.01", price="70000", client_id=wrong)
        for place in (
            lambda wrong=wrong: ann.place("BTCUSDT", "BUY", "0.01", "59000", client_id=wrong),
            lambda leg=leg: ann.place_list("OTO", "BTCUSDT", (leg, leg)),
            lambda wrong=wrong, leg=leg: ann.place_list("OTO", "BTCUSDT", (leg, leg), client_id=wrong),
        ):
            with pytest.raises(Refused) as refused:
                place()
            assert refused.value.code == -1100
    for ask in (lambda: ann.spot.borrow("USDT", 1), lambda: ann.spot.repay("USDT", 1), ann.spot.liquidate):
        with pytest.raises(ValueError, match="no margin account"):
            ask()
    for name in ("", "x" * 65):
        with pytest.raises(ValueError, match="no name of 1 to 64"):
            exchange.account(name)
    with pytest.raises(ValueError, match=r"may stand in BTCUSDT: write at least 0.01 and at most 1000000"):
        exchange.price("BTCUSDT", 2_000_000)
    assert exchange.mark() == mark
    with pytest.raises(ValueError, match="before 1970"):
        Exchange(start=datetime(1969, 12, 31, tzinfo=UTC))


def test_an_order_is_lowered_in_its_place(ann: Account) -> None:
    ann.spot.deposit("USDT", 1_000)
    order = ann.spot.buy("BTCUSDT", "0.01", "50000")
    lowered = ann.spot.amend(order, "0.004", client_id="less")
    assert (lowered.id, lowered.client_id, lowered.quantity) == (order.id, "less", Decimal("0.004"))
    assert ann.spot.balance("USDT").locked == 200
    with pytest.raises(Refused) as refused:
        ann.spot.amend(order, "0.02")
    assert (refused.value.code, refused.value.reason) == (-2038, Reason.QUANTITY_RAISED)
    assert ann.spot.open_orders() == [lowered]


def test_an_order_is_replaced_half_by_half(ann: Account) -> None:
    ann.spot.deposit("USDT", 1_000)
    order = ann.spot.buy("BTCUSDT", "0.01", "50000")
    done = ann.spot.replace(order, "0.01", "51000", client_id="next")
    assert done.canceled is not None
    assert done.placed is not None
    assert (done.canceled.id, done.canceled.status) == (order.id, OrderStatus.CANCELED)
    assert (done.placed.side, done.placed.price, done.placed.client_id) == (order.side, 51_000, "next")
    assert (done.not_canceled, done.not_placed) == (None, None)
    gone = ann.spot.replace(order, "0.01", "52000")
    assert gone.not_canceled is not None
    assert (gone.not_canceled.code, gone.canceled, gone.placed, gone.not_placed) == (-2011, None, None, None)
    assert ann.spot.open_orders() == [done.placed]
    both = ann.spot.replace(order, "0.001", mode="ALLOW_FAILURE")
    assert (both.canceled, both.placed and both.placed.status) == (None, OrderStatus.FILLED)
    poor = ann.spot.replace(done.placed, "1", "52000")
    assert poor.not_placed is not None
    assert (poor.canceled and poor.canceled.id, poor.placed) == (done.placed.id, None)
    assert poor.not_placed.reason is Reason.INSUFFICIENT_BALANCE
    mark = ann.exchange.mark()
    with pytest.raises(Refused) as refused:
        ann.spot.replace(poor.canceled or order, "0.01", "1")
    assert refused.value.code == -1013
    assert [event.kind for event in ann.exchange.events(since=mark)] == ["Rejected"]


def test_a_margin_order_is_replaced_by_a_special_key_and_not_by_an_ordinary_one(ann: Account) -> None:
    order = ann.buy("BTCUSDT", "0.01", "50000")
    plain = ann.with_key(ann.create_key())
    for change in (lambda: plain.amend(order, "0.005"), lambda: plain.replace(order, "0.005", "51000")):
        with pytest.raises(ValueError, match="the spot wallet alone"):
            change()
    ann.change(vip=9, terms_signed=True)
    ann.cancel(order)
    bot = ann.with_key(ann.create_special_key("bot"))
    order = bot.buy("BTCUSDT", "0.01", "50000")
    assert bot.amend(order, "0.005").quantity == Decimal("0.005")
    assert bot.replace(order, "0.005", "51000").placed == ann.open_orders()[0]


def test_two_accounts_trade_with_each_other_where_the_house_is_away() -> None:
    with Exchange(house=False) as exchange:
        ann, bob = exchange.account("ann"), exchange.account("bob")
        ann.spot.deposit("BTC", 1)
        bob.spot.deposit("USDT", 60_000)
        ann.spot.sell("BTCUSDT", "0.5", "59000")
        assert exchange.depth("BTCUSDT").asks == ((Decimal(59000), Decimal("0.5")),)
        assert bob.spot.buy("BTCUSDT", "0.2", "60000").average_price == 59000
        assert exchange.last_price("BTCUSDT") == 59000
        ann.spot.cancel_all("BTCUSDT")
        assert exchange.depth("BTCUSDT").asks == ()


def test_lists(exchange: Exchange, ann: Account) -> None:
    def leg(side: str, kind: str, **rest: str) -> Leg:
        return Leg(side=side, type=kind, quantity="0.01", **rest)

    above, below = leg("SELL", "LIMIT_MAKER", price="70000"), leg("SELL", "STOP_LOSS", stop_price="50000")
    ann.deposit("BTC", "0.02")  # Pending orders are funded from the start.
    placed = ann.place_list("OTOCO", "BTCUSDT", (leg("BUY", "LIMIT", price="59000"), above, below))
    assert [order.status.name for order in placed.orders] == ["NEW", "PENDING_NEW", "PENDING_NEW"]
    assert ann.open_lists() == [placed]
    exchange.price("BTCUSDT", "58000")
    assert len(ann.open_orders()) == 2
    exchange.price("BTCUSDT", "49000")
    assert ann.open_orders() == ann.open_lists() == []
    other = ann.place_list("OTO", "BTCUSDT", (leg("BUY", "LIMIT", price="40000"), above))
    assert ann.cancel(other).is_done
    assert not ann.place_list("OCO", "BTCUSDT", (above, leg("SELL", "STOP_LOSS", stop_price="45000"))).is_done
    with pytest.raises(Refused) as refused:
        ann.place_list("OCO", "BTCUSDT", (below, above))
    assert refused.value.code == -1166
    with pytest.raises(ValueError, match="OTO has 2 legs: working, pending"):
        ann.place_list("OTO", "BTCUSDT", (above,))


def test_an_isolated_account(exchange: Exchange, ann: Account) -> None:
    pair = ann.isolated("BTCUSDT")
    assert not pair.is_open
    with pytest.raises(Refused) as refused:
        pair.margin()
    assert refused.value.reason is Reason.UNKNOWN_SCOPE
    pair.open()
    ann.spot.deposit("USDT", 1000)
    ann.spot.transfer("USDT", 1000, to=pair)
    pair.borrow("USDT", 2000)
    pair.buy("BTCUSDT", "0.049")
    assert pair.is_open
    price = pair.liquidation_price
    assert price is not None
    exchange.price("BTCUSDT", price.quantize(Decimal("0.01")) - 1)
    exchange.advance(minutes=1)
    [liquidation] = pair.liquidations()
    assert liquidation.end is LiquidationEnd.RECOVERED
    assert ann.liquidations() == []


def test_special_keys(ann: Account) -> None:
    ann.change(vip=9, terms_signed=True)
    key = ann.create_special_key("bot")
    assert ann.is_in_special_mode
    assert ann.special_keys() == [key]
    bot = ann.with_key(key)
    assert bot.buy("BTCUSDT", "0.01").status is OrderStatus.FILLED
    with pytest.raises(Refused) as refused:
        bot.place("BTCUSDT", "BUY", "1", side_effect="MARGIN_BUY")
    assert refused.value.reason is Reason.SPECIAL_KEY_MAY_NOT_BORROW
    ann.delete_special_key(key)
    with pytest.raises(Refused) as refused:
        bot.buy("BTCUSDT", "0.01")
    assert (refused.value.reason, refused.value.code) == (Reason.UNKNOWN_KEY, -2015)
    ann.exit_special_mode()
    assert not ann.is_in_special_mode


def test_an_ordinary_key_may_only_what_it_was_given(ann: Account) -> None:
    reader = ann.with_key(ann.create_key("READ"))
    with pytest.raises(Refused) as refused:
        reader.borrow("USDT", 1)
    assert refused.value.reason is Reason.KEY_NOT_PERMITTED


def test_a_fall_liquidates(exchange: Exchange) -> None:
    mark = exchange.mark()
    play(exchange)
    ann = exchange.account("ann")
    [liquidation] = ann.liquidations()
    assert liquidation.end is LiquidationEnd.RECOVERED
    assert liquidation.fee is not None
    assert exchange.insurance_fund()["USDT"] == liquidation.fee
    statuses = [event.status for event in exchange.events("MarginStatusChanged", since=mark)]
    assert MarginStatus.FORCE_LIQUIDATION in statuses
    assert ann.margin_level == 999
    assert [order.is_forced for order in ann.orders("BTCUSDT")][-1]


def test_a_refusal_says_rule_code_and_text(exchange: Exchange, ann: Account) -> None:
    mark, before = exchange.mark(), exchange.state_hash()
    with pytest.raises(Refused) as refused:
        ann.borrow("USDT", 10_000_000)
    error = refused.value
    assert (error.reason, error.code) == (Reason.ABOVE_MAX_BORROWABLE, -3006)
    assert error.text == "Your borrow amount has exceed maximum borrow amount."
    assert str(error) == f"-3006 {error.text} (ABOVE_MAX_BORROWABLE)"
    assert [event.reason for event in exchange.events("Rejected", since=mark)] == [
        Reason.ABOVE_MAX_BORROWABLE
    ]
    with pytest.raises(Refused, match="-1102 Mandatory parameter 'price'") as refused:
        ann.place("BTCUSDT", "BUY", 1, type="LIMIT")
    assert refused.value.reason is None
    with pytest.raises(Refused, match="-1121"):
        ann.buy("NOPE", 1)
    with pytest.raises(Refused) as refused:
        ann.spot.buy("BTCUSDT", "0.01")
    assert refused.value.code == -2010
    assert exchange.state_hash() != before, "refusals are records, too"


def test_limits_are_what_is_then_allowed(ann: Account) -> None:
    ann.borrow("USDT", 1000)
    out = ann.max_transferable("USDT")
    ann.transfer("USDT", out, to="spot")
    assert (ann.max_transferable("USDT"), ann.spot.balance("USDT").free) == (0, out)
    most = ann.max_borrowable("USDT")
    ann.borrow("USDT", most)
    with pytest.raises(Refused):
        ann.borrow("USDT", 1)
    with pytest.raises(ValueError, match="the spot wallet is no margin account"):
        ann.spot.margin()


def test_rates_leverage_and_everything_else_there_is_a_command_for(exchange: Exchange, ann: Account) -> None:
    exchange.rates("USDT", "0.0024")
    exchange.advance(hours=1)
    ann.borrow("USDT", 1000)
    assert ann.balance("USDT").interest == Decimal("0.1")
    ann.set_leverage(3)
    exchange.do(SetBnbBurn(ann.id, "", 0, True, None))
    [*_, changed] = exchange.events("AccountChanged")
    assert (changed.cross_leverage, changed.burns_bnb_for_commission) == (3, True)


def test_accounts_are_known_by_name_and_id(exchange: Exchange, ann: Account) -> None:
    again = exchange.account("ann", vip=2)
    assert (again.id, again.name, again.vip, ann.vip) == (ann.id, "ann", 2, 2)
    assert exchange.account(ann.id).id == ann.id
    assert [account.name for account in exchange.accounts] == ["ann"]
    with pytest.raises(KeyError):
        exchange.account(99)
    with pytest.raises(ValueError, match="withdraw here and deposit there"):
        ann.transfer("USDT", 1, to=exchange.account("bob"))


def test_time_only_goes_on(exchange: Exchange) -> None:
    with pytest.raises(ValueError, match="is past"):
        exchange.advance_to(exchange.now - timedelta(seconds=1))
    with pytest.raises(ValueError, match="no time zone"):
        exchange.advance_to(datetime(2027, 1, 1))
    assert exchange.advance_to(datetime(2026, 2, 1, tzinfo=UTC)) == exchange.now


def test_an_event_of_no_kind_is_told(exchange: Exchange) -> None:
    with pytest.raises(ValueError, match="'Trade' is none of AccountChanged"):
        exchange.events("Trade")


def test_what_is_expected_is_found_or_what_there_was_is_shown(exchange: Exchange, ann: Account) -> None:
    mark = exchange.mark()
    ann.buy("BTCUSDT", "0.01", "50000")
    ann.buy("BTCUSDT", "0.01", "51000")
    assert exchange.expect("WalletChanged", since=mark, locked=500).asset == "USDT"
    exchange.price("BTCUSDT", "50500")
    assert exchange.expect("OrderFilled").order.status is OrderStatus.FILLED
    assert exchange.expect("AccountChanged", account_type="CROSS_CLASSIC").name == "ann"
    with pytest.raises(
        AssertionError, match="expected one OrderOpened, and there was 2 times\n  OrderOpened order="
    ):
        exchange.expect("OrderOpened")
    with pytest.raises(
        AssertionError, match="expected one Deposited asset=BTC, and there was\n  Deposited account_id=1"
    ):
        exchange.expect("Deposited", asset="BTC")
    with pytest.raises(AttributeError, match="there is no color, only account_id, scope"):
        exchange.expect("Deposited", color="red")


def test_runs_agree_and_what_differs_shows() -> None:
    with Exchange() as one, Exchange() as two, Exchange(seed=2) as other:
        for exchange in (one, two, other):
            play(exchange)
        assert (one.hash(), one.state_hash()) == (two.hash(), two.state_hash())
        assert one.state_hash() != other.state_hash()
        two.price("BTCUSDT", "40001")
        assert one.hash() != two.hash()


def test_a_directory_is_gone_on_with_verified_and_served(tmp_path: Path) -> None:
    with Exchange(tmp_path / "x") as kept, Exchange() as passing:
        play(kept)
        play(passing)
        assert kept.hash() == passing.hash()
        assert str(kept.journal(1)[0]).startswith(f"#{kept.mark()} 2026-01-02T01:01:00Z Tick")
    report = verify(tmp_path / "x")
    assert report.is_sound, report.problems
    assert (report.event_chain, report.state_hash) == (passing.hash(), passing.state_hash())

    async def served() -> tuple[int, str, int]:
        options = ExchangeOptions(directory=tmp_path / "x", venue=passing.venue, seed=1, virtual_start_ms=0)
        opened = await open_exchange(options)
        state = opened.state_hash()
        await opened.close()
        return state

    assert asyncio.run(served())[1] == passing.hash()
    with Exchange(tmp_path / "x") as again:
        assert again.hash() == passing.hash()
        assert again.events() == [], "what happened before it was opened is in the journal alone"
        assert [entry.kind for entry in again.journal(1_000)][:2] == ["Open", "CreateAccount"]
        assert len(again.account("ann").liquidations()) == 1
        with pytest.raises(StartRefused, match="is in use"):
            Exchange(tmp_path / "x")
    with pytest.raises(StartRefused, match="began with another seed and start"):
        Exchange(tmp_path / "x", seed=7, start=datetime(2020, 1, 1, tzinfo=UTC))
    Exchange(tmp_path / "x", seed=1).close()


def test_a_passing_exchange_can_be_saved(tmp_path: Path) -> None:
    with Exchange() as passing:
        play(passing)
        passing.save(tmp_path / "saved")
        assert verify(tmp_path / "saved").event_chain == passing.hash()
        with pytest.raises(StartRefused, match="holds an exchange already"):
            passing.save(tmp_path / "saved")
    with pytest.raises(Unavailable):
        passing.advance(hours=1)


def test_a_bug_closes_the_exchange_and_leaves_its_journal_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = Exchange(tmp_path / "x")
    ann = exchange.account("ann")

    def broken(*_: object) -> object:
        raise AssertionError("a wallet fell below zero")

    monkeypatch.setattr(type(exchange._engine.engine), "apply", broken)
    with pytest.raises(AssertionError, match="a wallet fell"):
        ann.deposit("USDT", 1)
    monkeypatch.undo()
    with pytest.raises(Unavailable):
        ann.deposit("USDT", 1)
    exchange.close()
    assert verify(tmp_path / "x").is_sound


def test_a_venue_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "venue.toml"
    path.write_text('extends = "default"\n[margin.liquidation]\nfee = "0"\n')
    with Exchange(venue=path) as exchange:
        play(exchange)
        [liquidation] = exchange.account("ann").liquidations()
        assert liquidation.fee == 0


def test_the_name_costs_nothing_until_it_is_used() -> None:
    program = (
        "import sys, openmargin; assert not {'msgspec', 'openmargin.sdk'} & set(sys.modules); "
        "openmargin.Exchange; assert 'openmargin.sdk' in sys.modules; "
        "assert not {'uvicorn', 'starlette', 'typer'} & set(sys.modules); openmargin.Nothing"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.strip().endswith("AttributeError: module 'openmargin' has no attribute 'Nothing'")
