"""A market that only the test moves, and clients that listen to it."""

from collections.abc import Iterator

import pytest

from tests.api.pit import Pit
from tests.streams.station import Station


class PitStation(Station):
    """The streams of a pit."""

    def __init__(self) -> None:
        self.pit = Pit()
        super().__init__(world=self.pit)


@pytest.fixture
def station() -> Iterator[PitStation]:
    station = PitStation()
    yield station
    station.close()
