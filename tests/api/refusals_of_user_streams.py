"""What the endpoints of user data streams refuse with, and a good request of each."""

from __future__ import annotations

from typing import Final

from openmargin.domain.reasons import Reason
from tests.api.refusals import Asked, Case
from tests.api.world import World

SPOT_STREAM: Final = "/api/v3/userDataStream"
CROSS_STREAM: Final = "/sapi/v1/userDataStream"
ISOLATED_STREAM: Final = "/sapi/v1/userDataStream/isolated"
RISK_STREAM: Final = "/sapi/v1/margin/listen-key"
COMBINED_STREAM: Final = "/sapi/v2/margin/listen-key"
TOKEN: Final = "/sapi/v1/userListenToken"

PAIR: Asked = {"symbol": "BTCUSDT"}
NOBODYS: Asked = {"listenKey": "x" * 60}
STREAMS: Final[dict[str, Asked]] = {
    CROSS_STREAM: {},
    ISOLATED_STREAM: PAIR,
    RISK_STREAM: {},
    COMBINED_STREAM: {},
}


def _unknown(path: str, asked: Asked) -> list[Case]:
    return [
        Case(f"{method} {path}", Reason.UNKNOWN_LISTEN_KEY, {**asked, **NOBODYS})
        for method in ("PUT", "DELETE")
    ]


def _good(path: str, asked: Asked) -> dict[str, Asked]:
    return {
        f"POST {path}": asked,
        f"PUT {path}": {**asked, **NOBODYS},
        f"DELETE {path}": {**asked, **NOBODYS},
    }


CASES: Final = [
    *(case for path, asked in STREAMS.items() for case in _unknown(path, asked)),
    Case(f"POST {ISOLATED_STREAM}", Reason.UNKNOWN_SCOPE, PAIR),
    Case(f"POST {TOKEN}", Reason.UNKNOWN_SCOPE, {**PAIR, "isIsolated": "true"}),
]
SPOT_CASES: Final = [
    *_unknown(SPOT_STREAM, {}),
    Case(f"POST {SPOT_STREAM}", Reason.UNKNOWN_SCOPE, {}, key=World.orphaned_key),
]

GOOD: Final[dict[str, Asked]] = {
    f"POST {TOKEN}": {**PAIR, "isIsolated": "false", "validity": "60000"},
    **{name: asked for path, pair in STREAMS.items() for name, asked in _good(path, pair).items()},
}
SPOT_GOOD: Final = _good(SPOT_STREAM, {})
