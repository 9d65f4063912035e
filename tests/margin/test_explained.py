"""What is explained recombines to what is answered, on accounts that chance makes up."""

from __future__ import annotations

import random

import msgspec
import pytest

from openmargin.domain.commands import ChangeVenue
from openmargin.domain.explained import MarginExplained
from openmargin.domain.ids import CROSS
from openmargin.domain.money import E8
from openmargin.domain.reasons import Rejected
from openmargin.engine import explain, views
from tests.margin.exchange import Exchange
from tests.margin.made_up import draw_cross, draw_isolated, draw_rules

ACCOUNTS = 150


@pytest.mark.parametrize("by_ratio", [False, True])
def test_an_explanation_recombines_to_the_answer(by_ratio: bool) -> None:
    chance = random.Random(f"explained {by_ratio}")
    exchange = Exchange(draw_rules(chance))
    if by_ratio:
        venue = exchange.state.venue
        liquidation = msgspec.structs.replace(venue.margin.liquidation, uses_collateral_ratio=True)
        margin = msgspec.structs.replace(venue.margin, liquidation=liquidation, borrowed_counts_in_full=False)
        assert exchange.do(ChangeVenue(msgspec.structs.replace(venue, margin=margin))).rejection is None
    for number in range(ACCOUNTS):
        if number % 2:
            scope = draw_isolated(chance, exchange).symbol
        else:
            scope = CROSS
            draw_cross(chance, exchange)
        told = explain.margin(exchange.state, 1, scope)
        check_levels(exchange, told)
        check_loans(exchange, told)
        check_transfers(exchange, told)


def check_levels(exchange: Exchange, told: MarginExplained) -> None:
    view = views.margin(exchange.state, 1, told.scope)
    for held in told.holdings:
        assert (held.value, held.liability) == (held.amount * held.price, held.owed * held.price)
        assert held.collateral == sum(part * ratio for part, ratio in held.brackets)
        assert sum(part for part, _ in held.brackets) <= held.value
        assert held.counted == held.value or told.counts_net
        owned = next(balance for balance in view.balances if balance.asset == held.asset)
        assert (held.amount, held.owed) == (owned.free + owned.locked, owned.borrowed + owned.interest)
    assert told.assets == sum(held.counted for held in told.holdings)
    assert told.liabilities == sum(held.liability for held in told.holdings)
    assert told.collateral == sum(held.collateral for held in told.holdings)
    level = collateral_level = told.level_cap
    if told.liabilities:
        level = min(level, told.assets * E8 // told.liabilities)
        collateral_level = min(collateral_level, told.collateral // told.liabilities)
    assert (level, collateral_level) == (told.level, told.collateral_level)
    assert (level, collateral_level, told.status) == (view.margin_level, view.collateral_level, view.status)
    found = told.liquidation_price
    if found is not None:
        above = (found.bar * found.quote_owed - found.quote_held * E8) * E8
        below = found.base_held * E8 - found.bar * found.base_owed
        owes = found.base_owed or found.quote_owed
        assert found.price == (max(0, above // below) if below and owes else 0)
        isolated = next(view for view in views.isolated(exchange.state, 1) if view.symbol == told.scope)
        assert found.price == isolated.liquidation_price


def check_loans(exchange: Exchange, told: MarginExplained) -> None:
    for loan in told.loans:
        answer = views.max_borrowable(exchange.state, 1, told.scope, loan.asset)
        if isinstance(answer, Rejected):
            assert loan.refused is answer.reason
            continue
        assert loan.refused is None
        assert loan.collateral == told.collateral
        assert loan.liabilities == told.liabilities
        if loan.counts_in_full:
            room = loan.collateral - loan.initial * loan.liabilities
            by_level = max(0, room // ((loan.initial - E8) * loan.price)) if loan.initial > E8 else 0
            if loan.in_tier >= 0 or told.scope != CROSS:
                by_level = max(0, min(by_level, loan.in_tier))
            assert loan.by_level == by_level
        assert loan.amount == min(loan.by_level, max(0, loan.limit - loan.owed), loan.inventory)
        assert (loan.amount, loan.limit) == (answer.amount, answer.limit)


def check_transfers(exchange: Exchange, told: MarginExplained) -> None:
    for transfer in told.transfers:
        assert transfer.refused is None
        assert transfer.room == transfer.collateral - transfer.bar * transfer.liabilities
        assert transfer.amount == views.max_transferable(exchange.state, 1, told.scope, transfer.asset)
        assert transfer.amount <= transfer.free
        if not transfer.liabilities:
            assert transfer.amount == transfer.free
        elif transfer.room <= 0:
            assert transfer.amount == 0
        elif told.scope != CROSS:
            assert transfer.amount == min(transfer.free, transfer.room // (E8 * transfer.price))
