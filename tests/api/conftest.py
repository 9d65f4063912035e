"""A funded user before a gateway."""

from collections.abc import Iterator

import pytest

from tests.api.world import World


@pytest.fixture
def empty() -> Iterator[World]:
    """A world whose account has nothing yet."""
    world = World()
    yield world
    world.close()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    world.deposit("USDT", "100000")
    world.deposit("BTC", "1")
    yield world
    world.close()
