"""What Binance documents of the spot API and this exchange does not serve, by its names at both doors.

It is refused with a reason, so that nobody looks for a slip in the address.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from openmargin.api.errors import WireError, unsupported

_NO_SOR: Final = unsupported("orders are not routed to other books here.")
_NO_OPO: Final = unsupported("order lists whose pending orders take what the working one brought.")
_NO_REFERENCE: Final = unsupported("symbols have no reference price and no execution rules here.")


class Unserved(Struct, frozen=True):
    """One request that is always refused."""

    http: str
    """Method and path."""
    websocket: str
    """The method of the WebSocket API."""
    error: WireError


UNSERVED: Final = (
    Unserved("POST /api/v3/sor/order", "sor.order.place", _NO_SOR),
    Unserved("POST /api/v3/sor/order/test", "sor.order.test", _NO_SOR),
    Unserved("GET /api/v3/myAllocations", "myAllocations", _NO_SOR),
    Unserved("POST /api/v3/orderList/opo", "orderList.place.opo", _NO_OPO),
    Unserved("POST /api/v3/orderList/opoco", "orderList.place.opoco", _NO_OPO),
    Unserved("GET /api/v3/executionRules", "executionRules", _NO_REFERENCE),
    Unserved("GET /api/v3/referencePrice", "referencePrice", _NO_REFERENCE),
    Unserved("GET /api/v3/referencePrice/calculation", "referencePrice.calculation", _NO_REFERENCE),
    Unserved(
        "GET /api/v3/historicalBlockTrades",
        "blockTrades.historical",
        unsupported("there are no block trades here."),
    ),
    Unserved("GET /api/v3/myFilters", "myFilters", unsupported("`exchangeInfo` has all filters that bind.")),
)
