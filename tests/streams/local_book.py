"""A local order book, kept as the streams' documentation says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


class LocalBook:
    """A snapshot, and every event applied to it that came since."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.update_id: int = snapshot["lastUpdateId"]
        self.bids: dict[str, str] = dict(snapshot["bids"])
        self.asks: dict[str, str] = dict(snapshot["asks"])

    def apply(self, event: dict[str, Any]) -> None:
        """Steps 5 and 7; an event that came too late for the procedure is a failure."""
        if event["u"] <= self.update_id:
            return
        assert event["U"] <= self.update_id + 1, f"events were missed before {event['U']}"
        for side, changed in ((self.bids, event["b"]), (self.asks, event["a"])):
            for price, quantity in changed:
                if Decimal(quantity):
                    side[price] = quantity
                else:
                    side.pop(price, None)
        self.update_id = event["u"]

    def shown(self) -> dict[str, Any]:
        """As a request for the book answers."""
        return {
            "lastUpdateId": self.update_id,
            "bids": [[price, self.bids[price]] for price in sorted(self.bids, key=Decimal, reverse=True)],
            "asks": [[price, self.asks[price]] for price in sorted(self.asks, key=Decimal)],
        }
