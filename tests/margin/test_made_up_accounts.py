"""The engine against the calculator, on accounts that chance makes up: no figure may differ by an atom.

As many accounts as the hypothesis profile asks for: 5,000, and 100,000 at night.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.margin.agreement import check_cross, check_isolated
from tests.margin.exchange import Exchange
from tests.margin.made_up import draw_cross, draw_isolated, draw_rules

ACCOUNTS = 100 * settings().max_examples
PARTS = 20
ACCOUNTS_OF_A_VENUE = 50


def exchanges(seed: str, accounts: int) -> Iterator[tuple[random.Random, Exchange]]:
    """An exchange for each account, another one every so many accounts."""
    chance = random.Random(seed)
    for _ in range(accounts // ACCOUNTS_OF_A_VENUE):
        exchange = Exchange(draw_rules(chance))
        for _ in range(ACCOUNTS_OF_A_VENUE):
            yield chance, exchange


@pytest.mark.parametrize("part", range(PARTS))
def test_engine_and_calculator_agree(part: int, pytestconfig: pytest.Config) -> None:
    seed = f"{pytestconfig.getoption('hypothesis_seed')}/{part}"
    for number, (chance, exchange) in enumerate(exchanges(seed, ACCOUNTS // PARTS)):
        where = f"seed {seed}, account {number}"
        if number % 2:
            isolated = draw_isolated(chance, exchange)
            agree(check_isolated(isolated, exchange), f"{where}: {isolated}")
        else:
            cross = draw_cross(chance, exchange)
            agree(check_cross(cross, exchange), f"{where}: {cross}")


def agree(checks: Iterator[str], where: str) -> list[str]:
    """Run the checks; what fails tells of the account."""
    try:
        return list(checks)
    except AssertionError as differs:
        raise AssertionError(f"{where}\n{differs}") from differs


def test_every_kind_of_account_is_made_up() -> None:
    kinds: Counter[str] = Counter()
    for number, (chance, exchange) in enumerate(exchanges("kinds", 2_000)):
        if number % 2:
            kinds.update(
                f"isolated: {kind}" for kind in check_isolated(draw_isolated(chance, exchange), exchange)
            )
        else:
            kinds.update(f"cross: {kind}" for kind in check_cross(draw_cross(chance, exchange), exchange))
    rare = {kind: kinds[kind] for kind in sorted(EXPECTED) if kinds[kind] < 5}
    assert not rare, f"hardly made up: {rare}"


STATUSES = ("EXCESSIVE", "NORMAL", "MARGIN_CALL", "PRE_LIQUIDATION", "FORCE_LIQUIDATION")
EXPECTED = {
    f"{shape}: {kind}"
    for shape in ("cross", "isolated")
    for kind in (
        *STATUSES,
        "no debt",
        "above the cap",
        "exactly at the liquidation bar",
        "exactly at the margin call bar",
        "exactly at the transfer bar",
        "borrowable by level",
        "borrowable by limit",
        "borrowable by inventory",
        "nothing by level",
        "nothing by limit or inventory",
        "all may leave",
        "some may leave",
        "none may leave",
        "collateral exactly at the transfer bar",
    )
} | {
    "cross: no index",
    "cross: what counts for nothing may leave",
    "isolated: zero denominator",
    "isolated: liquidation price",
    "isolated: no liquidation price",
    "isolated: debts in both legs",
    "isolated: debt at a tier's limit -1",
    "isolated: debt at a tier's limit +0",
    "isolated: debt at a tier's limit +1",
    *(f"isolated: tier {number} of {count}" for count in (5, 10) for number in range(1, count + 1)),
}
