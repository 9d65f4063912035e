"""The page of refusals, written from `openmargin.api.errors`: `python -m tests.docs.error_table > docs/errors.md`.

Owns: what stands on the page beyond code, status and text. A refusal that is new there is on the page after a run.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import FunctionType

from openmargin.api import endpoints, errors
from openmargin.api.errors import WIRE_ERRORS, WireError
from openmargin.domain.reasons import Reason, Rejected

_INTRODUCTION = """# Errors

Written from the program by `python -m tests.docs.error_table`; do not edit.

Every refusal under `/api` and `/sapi` is one JSON object, with Binance's own code and text wherever it documents one:
`{"code":-1121,"msg":"Invalid symbol."}`. What stands in `<angle brackets>` is filled in. HTTP 429 comes with a
`Retry-After` header in seconds. After HTTP 5xx with -1007, and after a connection that broke, the request may have been
carried out all the same: look before asking again.

Refusals of `/lab` have another shape; see [the lab](lab.md).
"""

_HELP = {
    -1000: "A path or method that is not served, or a bug: then the server's standard error has the log id.",
    -1001: "The exchange has stopped, most often because of its disk: see [Operating](operating.md#when-the-disk-refuses).",
    -1003: "Wait for `Retry-After`: who goes on is banned. [Endpoints](endpoints.md) has the weights, [the venue](venue.md#requests) the bans.",
    -1007: "The disk is slow. Query before you repeat.",
    -1013: "[Rules](rules.md#orders) has the order of the filters, `GET /api/v3/exchangeInfo` their values.",
    -1015: "Wait for `Retry-After`; `GET /sapi/v1/margin/rateLimit/order` has the counts.",
    -1016: "The server is being stopped, or [another timeline](lab.md#snapshots) came in its place: then ask again.",
    -1020: "Known, and [not supported yet](rules.md#not-supported-yet).",
    -1021: "Compare the machine's clock with `GET /api/v3/time`, or send a larger `recvWindow`.",
    -1022: "Sign exactly what is sent, without `signature`. A changed server key changes every HMAC secret.",
    -1100: "The text has the pattern that the parameter must fit. Amounts are plain decimals, without sign or exponent.",
    -1101: "A parameter was sent twice, has too many values, or the request is too long.",
    -1102: "[Endpoints](endpoints.md) has the mandatory parameters. Which ones an order needs depends on its type.",
    -1104: "`/api` refuses parameters that it does not know. `/sapi` tolerates them.",
    -1106: "Leave the parameter out; it may be one that is [not supported yet](rules.md#not-supported-yet).",
    -1108: "Amounts and prices reach up to 46116860184.27387904, the most that the exchange holds of an asset; ids have 63 bits.",
    -1111: "Amounts and prices have at most eight decimals.",
    -1120: "[Endpoints](endpoints.md) has the intervals; `1m` is a minute and `1M` a month.",
    -1121: "`GET /api/v3/exchangeInfo` has the symbols. They are written in capitals.",
    -1014: "The orders of a list do not fit each other.",
    -1128: "Send `quantity` or `quoteOrderQty`, not both; `fromId` or times; one form of a query.",
    -1135: "Of the WebSocket API: one JSON object in one text message, with `id`, `method` and, where there are some, `params`.",
    -1134: "Smaller numbers are Binance's own.",
    -1145: "Leave it out to cancel the order in whatever status it is.",
    -1158: "A pair is a stop loss and a LIMIT_MAKER; on the spot API a take-profit may stand for the latter.",
    -1160: "An iceberg stays in the book until it is filled or cancelled.",
    -1130: "The word is none of those in [Endpoints](endpoints.md). Words are written in capitals.",
    -1131: "60000 itself is taken.",
    -1220: "Leave `symbolStatus` out, or ask for several symbols: those of another status are then left out.",
    -2010: "A rule of the order book or of the account; the text says which.",
    -2011: "There is no such open order in this account.",
    -2021: "`data` has what became of the cancel and of the new order.",
    -2038: "`newQty` is all of the order, what has traded included, and less than before.",
    -2039: "`orderId` alone is enough.",
    -2022: "`data` has why each half failed.",
    -1193: "`session.logon` first, or `userDataStream.subscribe.signature`.",
    -1209: "Make a new one: `POST /sapi/v1/userListenToken`.",
    -2035: "One connection listens to an account once; `session.subscriptions` has what there is.",
    -2042: "Open another connection.",
    -1155: "Answers are JSON: leave `responseFormat` out.",
    -2028: "Log on with an Ed25519 key, or sign each message.",
    -2013: "There is no such order in this account and symbol, open or not.",
    -2026: "`allOrders` still has it.",
    -2016: "The symbol was never traded.",
    -2014: "A key has 64 letters and digits, in the header `X-MBX-APIKEY`.",
    -2015: "Unknown key, missing permission, or foreign address; Binance does not say which, and neither do we.",
    -3006: "Ask `GET /sapi/v1/margin/maxBorrowable` first.",
    -3011: "endTime is before startTime, or they reach further than the request allows.",
    -3015: "Repay at most what is owed: `borrowed` and `interest` of `GET /sapi/v1/margin/account`.",
    -3020: "Ask `GET /sapi/v1/margin/maxTransferable` first.",
    -3023: "The collateral margin level is at or below `margin.transfer_out_level`. Repay first.",
    -3027: "`GET /sapi/v1/margin/allAssets` has the assets.",
    -3028: "`GET /sapi/v1/margin/isolated/allPairs` has the pairs.",
    -3064: "`GET /sapi/v1/margin/priceIndex` has the index; [rules](rules.md#orders) how far the price may lie.",
    -4047: "A call reaches seven days; ask for older ones with other times.",
    -3041: "Only free balance repays: an open order may hold the rest.",
    -3045: "The pool is empty: see `pool_capital` in [the venue](venue.md#assets).",
    -11001: "`POST /sapi/v1/margin/isolated/account` opens it.",
}


def page() -> str:
    """The whole page, in markdown."""
    by_code: dict[int, dict[tuple[str, str], None]] = {}
    for error in _every_error():
        by_code.setdefault(error.code, {})[str(error.status), error.message] = None
    lines = [_INTRODUCTION, "| code | HTTP | text | what helps |", "|---|---|---|---|"]
    for code in sorted(by_code, reverse=True):
        for number, (status, message) in enumerate(by_code[code]):
            help_text = _HELP.get(code, "") if number == 0 else ""
            lines.append(f"| {code} | {status} | {_as_cell(message)} | {help_text} |")
    return "\n".join(lines) + "\n"


def unused_help() -> set[int]:
    """Codes that are explained and never sent."""
    return set(_HELP) - {error.code for error in _every_error()}


def _every_error() -> Iterator[WireError]:
    for name, value in vars(errors).items():
        if name.startswith("_"):
            continue  # A building block of what is public.
        if isinstance(value, WireError):
            yield value
        elif isinstance(value, dict):
            yield from (one for one in value.values() if isinstance(one, WireError))
        elif isinstance(value, FunctionType) and value.__annotations__.get("return") == "WireError":
            names = inspect.signature(value).parameters
            yield value(**{name: _PLACEHOLDERS.get(name, f"<{name}>") for name in names})
    for reason, dialect in WIRE_ERRORS:
        yield errors.refusal(Rejected(reason, _DETAILS.get(reason, "")), dialect).error
    for found in pkgutil.iter_modules(endpoints.__path__, f"{endpoints.__name__}."):
        module = importlib.import_module(found.name)
        names = vars(errors)
        yield from (
            value
            for name, value in vars(module).items()
            if isinstance(value, WireError) and names.get(name) is not value
        )


_DETAILS = {Reason.TOO_MANY_ORDERS: "<limit>/10000"}
_PLACEHOLDERS = {
    "status": "413, 414 or 431",
    "log_id": "<log id>",
    "first": "<name>",
    "second": "<other name>",
}


def _as_cell(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


if __name__ == "__main__":
    print(page(), end="")
