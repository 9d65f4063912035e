"""A market in which nobody trades but the test."""

from __future__ import annotations

from typing import Any

import msgspec

from openmargin.config.venue_file import load_venue
from openmargin.domain.venue import Venue
from tests.api.world import World


def quiet(venue: Venue | None = None) -> Venue:
    """Without a house, only what a test trades is traded."""
    venue = venue or load_venue()
    return msgspec.structs.replace(venue, house=msgspec.structs.replace(venue.house, enabled=False))


class Pit(World):
    """A market in which nobody trades but two accounts, at the prices that a test says."""

    def __init__(self) -> None:
        super().__init__(quiet())
        self.other = self.new_key(self.new_account())
        for account_id in self.exchange.live.account_ids():
            self.deposit("USDT", "10000000", account_id=account_id)
            self.deposit("BTC", "100", account_id=account_id)

    def trade(self, price: str, quantity: str, taker: str = "BUY") -> None:
        maker = "SELL" if taker == "BUY" else "BUY"
        self.place(maker, price, quantity)
        self.take(taker, price, quantity)

    def place(self, side: str, price: str, quantity: str) -> None:
        assert self.order(side=side, price=price, quantity=quantity).status == 200

    def take(self, side: str, price: str, quantity: str) -> None:
        asked = {"symbol": "BTCUSDT", "side": side, "type": "LIMIT", "timeInForce": "IOC"}
        taken = self.signed(
            "POST",
            "/sapi/v1/margin/order",
            {**asked, "price": price, "quantity": quantity},
            key=self.other,
        )
        assert taken.json["status"] == "FILLED", taken.json

    def ask(self, path: str, **parameters: str) -> Any:
        answer = self.public(path, **{"symbol": "BTCUSDT", **parameters})
        assert answer.status == 200, answer.json
        return answer.json
