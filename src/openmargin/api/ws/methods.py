"""The methods of the WebSocket API: names for endpoints that HTTP serves too, and those about the session itself.

Owns: which name means which endpoint. What an endpoint takes, costs, refuses and does stands in its own row.
"""

from __future__ import annotations

from typing import Final

from openmargin.api.endpoint import Endpoint
from openmargin.api.endpoints import ENDPOINTS
from openmargin.api.errors import WireError
from openmargin.api.unserved import UNSERVED
from openmargin.api.ws import session_methods, user_data_methods
from openmargin.domain.reasons import Reason

OF_ENDPOINTS: Final = {
    "ping": "GET /api/v3/ping",
    "time": "GET /api/v3/time",
    "exchangeInfo": "GET /api/v3/exchangeInfo",
    "depth": "GET /api/v3/depth",
    "trades.recent": "GET /api/v3/trades",
    "trades.historical": "GET /api/v3/historicalTrades",
    "trades.aggregate": "GET /api/v3/aggTrades",
    "klines": "GET /api/v3/klines",
    "uiKlines": "GET /api/v3/uiKlines",
    "avgPrice": "GET /api/v3/avgPrice",
    "ticker": "GET /api/v3/ticker",
    "ticker.24hr": "GET /api/v3/ticker/24hr",
    "ticker.tradingDay": "GET /api/v3/ticker/tradingDay",
    "ticker.price": "GET /api/v3/ticker/price",
    "ticker.book": "GET /api/v3/ticker/bookTicker",
    "order.place": "POST /api/v3/order",
    "order.test": "POST /api/v3/order/test",
    "order.cancel": "DELETE /api/v3/order",
    "order.cancelReplace": "POST /api/v3/order/cancelReplace",
    "order.amend.keepPriority": "PUT /api/v3/order/amend/keepPriority",
    "openOrders.cancelAll": "DELETE /api/v3/openOrders",
    "orderList.place": "POST /api/v3/order/oco",
    "orderList.place.oco": "POST /api/v3/orderList/oco",
    "orderList.place.oto": "POST /api/v3/orderList/oto",
    "orderList.place.otoco": "POST /api/v3/orderList/otoco",
    "orderList.cancel": "DELETE /api/v3/orderList",
    "account.status": "GET /api/v3/account",
    "account.commission": "GET /api/v3/account/commission",
    "account.rateLimits.orders": "GET /api/v3/rateLimit/order",
    "order.status": "GET /api/v3/order",
    "order.amendments": "GET /api/v3/order/amendments",
    "openOrders.status": "GET /api/v3/openOrders",
    "allOrders": "GET /api/v3/allOrders",
    "orderList.status": "GET /api/v3/orderList",
    "openOrderLists.status": "GET /api/v3/openOrderList",
    "allOrderLists": "GET /api/v3/allOrderList",
    "myTrades": "GET /api/v3/myTrades",
    "myPreventedMatches": "GET /api/v3/myPreventedMatches",
    # Binance has taken these three back, and clients still call them.
    "userDataStream.start": "POST /api/v3/userDataStream",
    "userDataStream.ping": "PUT /api/v3/userDataStream",
    "userDataStream.stop": "DELETE /api/v3/userDataStream",
}

UNSUPPORTED: Final[dict[str, WireError]] = {row.websocket: row.error for row in UNSERVED}
"""Methods that Binance documents and this exchange does not serve."""


def _methods() -> dict[str, Endpoint]:
    rows = {row.name: row for row in ENDPOINTS}
    methods = {name: rows[endpoint] for name, endpoint in OF_ENDPOINTS.items()}
    own = (
        row
        for module in (session_methods, user_data_methods)
        for row in vars(module).values()
        if isinstance(row, Endpoint)
    )
    return methods | {row.path: row for row in own}


METHODS: Final[dict[str, Endpoint]] = _methods()


def tells_order_counts(row: Endpoint) -> bool:
    """Do its answers say how many unfilled orders the account has? Those of placements do, refused ones too."""
    return Reason.TOO_MANY_ORDERS in row.refuses
