"""The index walk: the same path for the same seed, and pairs that agree."""

import msgspec
import pytest

from openmargin.config import load_venue
from openmargin.domain.money import E8
from openmargin.domain.venue import Venue
from openmargin.lab.walk import walk_step

VENUE = load_venue()
START = {symbol.name: symbol.start_price for symbol in VENUE.symbols}


def walked(steps: int, seed: int = 7, venue: Venue = VENUE) -> dict[str, int]:
    prices = START
    for step in range(1, steps + 1):
        prices = dict(walk_step(venue, seed, step, prices))
    return prices


def test_one_seed_is_one_path() -> None:
    assert walked(50) == walked(50)
    assert walked(50) != walked(50, seed=8)


def test_a_step_knows_nothing_but_its_number_and_the_prices_before_it() -> None:
    before = walked(20)
    assert dict(walk_step(VENUE, 7, 21, before)) == walked(21)


def test_every_symbol_is_priced_at_a_tick_and_above_zero() -> None:
    wild = msgspec.structs.replace(
        VENUE, house=msgspec.structs.replace(VENUE.house, walk_volatility=E8 // 11)
    )
    prices = walked(500, venue=wild)
    for symbol in VENUE.symbols:
        assert prices[symbol.name] >= symbol.tick_size
        assert prices[symbol.name] % symbol.tick_size == 0


def test_pairs_agree_with_the_prices_of_their_assets() -> None:
    prices = walked(200)
    for symbol in VENUE.symbols:
        if symbol.quote != "USDT":
            cross = prices[symbol.base + "USDT"] * E8 // prices[symbol.quote + "USDT"]
            # The assets' own prices are rounded to their ticks after the pair's was derived.
            slack = symbol.tick_size + sum(
                cross * other.tick_size // prices[other.name]
                for other in VENUE.symbols
                if other.quote == "USDT" and other.base in (symbol.base, symbol.quote)
            )
            assert abs(prices[symbol.name] - cross) <= slack, symbol.name


def test_prices_move_about_as_much_as_the_venue_says() -> None:
    steps = [dict(walk_step(VENUE, seed, 1, START))["BTCUSDT"] for seed in range(400)]
    squares = [(price / START["BTCUSDT"] - 1) ** 2 for price in steps]
    assert (sum(squares) / len(squares)) ** 0.5 == pytest.approx(VENUE.house.walk_volatility / E8, rel=0.15)


def test_a_stable_coin_stays() -> None:
    assert walked(100)["USDCUSDT"] == E8


def test_without_volatility_nothing_moves() -> None:
    still = msgspec.structs.replace(VENUE, house=msgspec.structs.replace(VENUE.house, walk_volatility=0))
    moved = {name for name, price in walked(1, venue=still).items() if price != START[name]}
    assert moved == set()


def with_jumps(**rules: int) -> Venue:
    return msgspec.structs.replace(VENUE, house=msgspec.structs.replace(VENUE.house, **rules))


def test_jumps_are_as_frequent_as_the_venue_says_and_leave_the_rest_of_the_path_alone() -> None:
    jumpy = with_jumps(walk_jump_chance=E8 // 5, walk_jump=E8 // 20)
    steps = [
        (dict(walk_step(VENUE, seed, 1, START))["BTCUSDT"], dict(walk_step(jumpy, seed, 1, START))["BTCUSDT"])
        for seed in range(300)
    ]
    jumped = [(calm, wild) for calm, wild in steps if calm != wild]
    assert 40 <= len(jumped) <= 80
    assert max(abs(wild / calm - 1) for calm, wild in jumped) > 0.05
    assert walked(20, venue=jumpy) == walked(20, venue=jumpy)
