"""The difference of two venues, as an operator reads it."""

from msgspec import structs

from openmargin.config import load_venue
from openmargin.config.venue_changes import venue_changes
from openmargin.domain.money import E8

VENUE = load_venue()


def test_the_same_venue_differs_in_nothing() -> None:
    assert venue_changes(VENUE, load_venue()) == []


def test_a_changed_value_is_one_line_with_its_place() -> None:
    other = structs.replace(VENUE, house=structs.replace(VENUE.house, enabled=False))
    assert venue_changes(VENUE, other) == ["house.enabled: true -> false"]


def test_entries_go_by_their_names_wherever_they_stand() -> None:
    first, *rest = VENUE.symbols
    other = structs.replace(VENUE, symbols=(*rest, structs.replace(first, tick_size=E8)))
    assert venue_changes(VENUE, other) == ["symbols.BTCUSDT.tick_size: 0.01 -> 1"]


def test_what_is_new_or_gone_is_shown_as_absent_on_the_other_side() -> None:
    other = structs.replace(VENUE, commissions=VENUE.commissions[:9])
    assert venue_changes(VENUE, other) == [
        "commissions.9.maker: 0.00012 -> absent",
        "commissions.9.taker: 0.00024 -> absent",
    ]
