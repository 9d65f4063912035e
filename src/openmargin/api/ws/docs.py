"""The page about the WebSocket API, written from its tables. `python -m openmargin.api.ws.docs` prints it."""

from __future__ import annotations

from typing import Final

from openmargin.api.docs import weight_words
from openmargin.api.endpoint import Endpoint, Security
from openmargin.api.params import fields_of
from openmargin.api.ws.api import CONNECTION_WEIGHT, MALFORMED_WEIGHT, PATH
from openmargin.api.ws.methods import METHODS, UNSUPPORTED, tells_order_counts

_INTRODUCTION: Final = f"""# The WebSocket API

Written from the registry by `python -m openmargin.api.ws.docs`; do not edit.

`ws://127.0.0.1:8787{PATH}` is another door to what HTTP serves under `/api/v3`: a method stands for an endpoint, with
the same parameters, permissions, weights, refusals and results, which [Endpoints](endpoints.md) and
[Errors](errors.md) have. A special key trades its margin account here as it does there.

```json
{{"id": "a-1", "method": "order.place", "params": {{"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET",
 "quantity": "0.01", "apiKey": "…", "timestamp": 1700000000000, "signature": "…"}}}}
```

- `id` is an integer of 64 bits, a word of up to 36 letters, digits, `-` and `_`, or `null`, and comes back as it was sent. What
  is no JSON, or has no such `id`, is answered with the `id` `null`, status 400 and -1135.
- `method` may be preceded by `v3/`. `params` is an object, and may be left out.
- Numbers may be numbers or strings, truth values too; lists are arrays, or JSON in a string.
- The answer is `{{"id","status","result","rateLimits"}}`, or has `error` with `code`, `msg` and sometimes `data` in the
  place of `result`. Answers leave in the order in which they are ready, messages begin in the order in which they come.

## Who asks

A signed message has `apiKey`, `timestamp` and `signature`: of all other parameters as `name=value` in the order of their
names between `&`, not percent-encoded, with HMAC, RSA or Ed25519.

`session.logon` with an Ed25519 key has the connection know the key: after it, `apiKey` and `signature` may be left out,
`timestamp` may not. A message with a signature of its own goes by that. When the session's key is deleted, or is not for
its address any more, the next message is the session's last: what it asked with that key is refused with -2015, and a notice
with the `id` `null` and status 401 follows.

## The address

| parameter | meaning |
|---|---|
| `returnRateLimits=false` | answers have no `rateLimits`, unless a message asks for them with `"returnRateLimits": true` |
| `timeUnit=MICROSECOND` | times in answers are microseconds |
| `responseFormat=sbe` | refused with -1155: answers are JSON |

## User data

`userDataStream.subscribe` listens to the account of the session's key, `userDataStream.subscribe.signature` to that of the key
which signs the message, `userDataStream.subscribe.listenToken` to the margin account of a token that
`POST /sapi/v1/userListenToken` made. Events come as `{{"subscriptionId":0,"event":{{…}}}}`, from the next change on and none
before it is on disk; [streams](streams.md) has them. One connection listens to an account once (-2035), to 1,000 accounts at
a time and 65,535 in all. `eventStreamTerminated` is the last event of a subscription that ended before its connection: by
`userDataStream.unsubscribe`, with its token, or, where the session began it, with the logout, a logon with another key, or the
loss of the key. Without a `subscriptionId`, unsubscribing ends whatever there is; with one that is not active it is
refused with -2036.

## Limits

A connection weighs {CONNECTION_WEIGHT}, a message that names no method {MALFORMED_WEIGHT}, others what the table says; it is one budget with
that of `/api` over HTTP. `rateLimits` has what is used of it, and in answers to placements the counts of unfilled orders.
A status of 429 or 418 has `serverTime` and `retryAfter` in `error.data`, by the clock that counts the limit: the machine's for
weights, the exchange's for orders. A ban (418) ends the connection. Otherwise connections live as [streams](streams.md) do; here
weights alone bound what is sent, and 4 MiB what may wait while 512 messages are dealt with.

What a connection began is finished when it ends, without anybody to tell: look for the order before sending it again.
`order.cancel` of an order in a list answers with the list, where HTTP answers with the order.
[Faults](faults.md#over-the-websocket-api) strike requests here as they do over HTTP.

## Methods
"""


def method_page() -> str:
    """The whole page, in markdown."""
    lines = [
        _INTRODUCTION,
        "| method | endpoint over HTTP | what it does | security | weight |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(name, row) for name, row in METHODS.items()]
    counted = ", ".join(f"`{name}`" for name, row in METHODS.items() if tells_order_counts(row))
    lines += ["", f"Answers tell the counts of unfilled orders: {counted}.", ""]
    lines += ["## Not served", "", "| method | answered with -1020 |", "|---|---|"]
    lines += [f"| `{name}` | {error.message} |" for name, error in UNSUPPORTED.items()]
    return "\n".join(lines) + "\n"


def _row(name: str, row: Endpoint) -> str:
    http = f"`{row.name}`" if row.path.startswith("/api/") else _parameters(row)
    security = row.security.value
    if row.signed and row.security is not Security.SIGNED:
        security += ", signed"
    return f"| `{name}` | {http} | {row.title} | {security} | {weight_words(row)} |"


def _parameters(row: Endpoint) -> str:
    names = ", ".join(f"`{field.param.name}`" for field in fields_of(row.params))
    return f"none; takes {names}" if names else "none"


if __name__ == "__main__":
    print(method_page(), end="")
