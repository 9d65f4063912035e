"""The official SDK at a served exchange: what it was told, what it warned of, and the table of it all.

The SDK relaxes a model after its first warning, so a process that has warned once proves nothing any more: each call
has a process of its own. Its models make every field optional, so an answer that lacks half of them would pass:
each answer is also held against its documented example.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from tests.clients.environments import start_client
from tests.conformance.test_goldens import GOLDENS, differences
from tests.serve.process import Server

CALLS = (Path(__file__).parent / "sessions" / "official_sdk_calls.py").read_text()

OWN_WARNINGS = {
    "margin_account_new_order": (
        "marginBuyBorrowAmount",
        "its model wants a whole number of `marginBuyBorrowAmount`, and the documented JSON number has decimals",
    ),
    "exit_special_key_mode": ("", "it declares no model of this answer, and warns of any"),
}
"""What the SDK warns of by its own making: the method, a word of the warning, and why. docs/clients.md has the same."""


class Heard(Struct):
    """One call: the request that it became, the answer, and what the SDK warned of."""

    endpoint: str
    answer: Any
    warnings: list[str]


class Row(Struct):
    """What the calls of one endpoint have shown so far."""

    calls: int = 0
    remarks: dict[str, None] = {}
    """What a reader of the table should know besides, in the order in which it was seen."""
    faults: dict[str, None] = {}


AS_DOCUMENTED = "every field as documented"
REFUSED = "refused with -1020: Cross Margin Pro ended in April 2026"
CANNOT_NAME = "the SDK cannot send apiKey, so the request was signed by hand"

TABLE: dict[str, Row] = {}
"""By method and path, in the order of the first call; tests/clients/conftest.py prints it."""


class CallFailed(AssertionError):
    """The SDK raised; the message is what it said."""


class Caller:
    """The one process with the SDK in it that all calls are forked from; started when first asked."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ask(self, call: list[Any]) -> Any:
        process = self._process or start_client("binance-sdk-margin", CALLS)
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(call) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, "the SDK's process has ended"
        return json.loads(line)

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None


caller = Caller()


class Sdk:
    """The SDK with one key, on one margin account."""

    def __init__(
        self, server: Server, key: tuple[str, str] | None = None, *, is_isolated: bool = False
    ) -> None:
        """`key` is an api key and its secret; the development key where there is none."""
        self.server = server
        self._key = key or development_key(server)
        self.account: dict[str, Any] = {"is_isolated": "TRUE"} if is_isolated else {}

    def call(self, method: str, **parameters: Any) -> Heard:
        """One call, whatever comes of it; raises CallFailed where the SDK does."""
        heard = caller.ask([self.server.address, *self._key, method, parameters])
        if "raised" in heard:
            raise CallFailed(f"{method}: {heard['raised']}")
        return Heard(heard["endpoint"], heard["answer"], heard["warnings"])

    def ask(self, golden: str, method: str, *, without: tuple[str, ...] = (), **parameters: Any) -> Any:
        """The answer to one call, which the SDK must parse as declared and which has every documented field."""
        heard = self.call(method, **parameters)
        kept = GOLDENS[golden]
        missing = kept.missing | dict.fromkeys(without, "nothing was borrowed")
        faults = list(differences(kept.example, heard.answer, missing))
        own, why = OWN_WARNINGS.get(method, (None, ""))
        foreign = [warning for warning in heard.warnings if own is None or own not in warning]
        note(heard.endpoint, faults + foreign, f"the SDK warns: {why}" if heard.warnings else "")
        assert foreign == [], f"{method}: the SDK could not parse an answer as it is declared"
        assert faults == [], method
        return heard.answer

    def signed(self, method: str, path: str, **parameters: str) -> Any:
        """What the SDK has no call for, signed by hand; refusals raise."""
        return signed_by_hand(self.server, self._key, method, path, **parameters)

    def ours(self, golden: str, method: str, **more: Any) -> Any:
        """A call on the margin account that this is about."""
        return self.ask(golden, method, **self.account, **more)


def signed_by_hand(server: Server, pair: tuple[str, str], method: str, path: str, **parameters: str) -> Any:
    """Ask with a key and its secret, and no client at all; refusals raise."""
    key, secret = pair
    now = server.client.get("/api/v3/time").raise_for_status().json()["serverTime"]
    query = urlencode({**parameters, "timestamp": now})
    signature = hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()
    answer = server.client.request(
        method, f"{path}?{query}&signature={signature}", headers={"X-MBX-APIKEY": key}
    )
    return answer.raise_for_status().json()


def note(endpoint: str, faults: list[str], remark: str = "") -> None:
    """Add one call to the table."""
    row = TABLE.setdefault(endpoint, Row())
    row.calls += 1
    row.faults |= dict.fromkeys(faults)
    if remark:
        row.remarks[remark] = None


def verdict(row: Row) -> str:
    """One line about an endpoint."""
    if row.faults:
        return "DIFFERS: " + "; ".join(row.faults)
    if REFUSED in row.remarks:
        return REFUSED
    return "; ".join([AS_DOCUMENTED, *row.remarks])


def development_key(server: Server) -> tuple[str, str]:
    words = server.words.split()
    return words[words.index("key") + 1], words[words.index("secret") + 1]
