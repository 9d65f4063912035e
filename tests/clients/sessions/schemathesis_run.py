"""Every endpoint of the published document, asked whatever schemathesis can think of.

Arguments: the address, a key, its secret, how many examples each endpoint gets, and the seed. Prints JSON: how many requests were
sent, how many of them were served, and what was answered that the document does not allow.
"""

import contextlib
import hashlib
import hmac
import json
import sys
import time
from collections import Counter

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

address, key, secret, examples, first = sys.argv[1:]
CHECKS = (
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
)
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


class Signed(requests.auth.AuthBase):
    """Signs what is really sent: the raw query, with the time of sending."""

    def __init__(self, is_signed: bool) -> None:
        self.is_signed = is_signed

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-MBX-APIKEY"] = key
        if self.is_signed:
            path, _, query = request.url.partition("?")
            kept = [pair for pair in query.split("&") if pair and pair.partition("=")[0] not in TIMING]
            query = "&".join([*kept, f"timestamp={time.time_ns() // 1_000_000}"])
            signature = hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()
            request.url = f"{path}?{query}&signature={signature}"
        return request


KNOWN = {
    "symbol": "BTCUSDT",
    "isolatedSymbol": "BTCUSDT",
    "asset": "USDT",
    "coin": "USDT",
    "amount": "1",
    "price": "60000",
    "quantity": "0.01",
    "limit": 10,
    "current": 1,
}
"""What gets a request past the first refusal, put in the place of what was made up in half of them."""
TIMING = ("timestamp", "recvWindow", "signature")
schema = schemathesis.openapi.from_url(f"{address}/lab/openapi-binance.json")
session = requests.Session()
statuses: Counter[int] = Counter()
wrong: dict[str, str] = {}


def ask(operation, mode) -> None:
    security = operation.definition.raw["security"]
    auth = Signed(bool(security) and "Signature" in security[0])

    @seed(int(first))
    @settings(
        max_examples=int(examples),
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_likely=st.booleans())
    def run(case, is_likely: bool) -> None:
        if is_likely and case.query:
            case.query = {name: KNOWN.get(name, value) for name, value in case.query.items()}
        response = case.call(session=session, auth=auth)
        statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as failure:
            wrong.setdefault(operation.label, f"{response.request.url} {failure.exceptions[0]}"[:2000])

    with contextlib.suppress(Unsatisfiable):  # What takes nothing cannot be asked wrongly.
        run()


for result in schema.get_all_operations():
    for mode in MODES:
        ask(result.ok(), mode)
print(json.dumps({"statuses": statuses, "wrong": wrong}))
