"""What a message may look like, and what is said to one that does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from msgspec import Raw

from openmargin.api.signatures import hmac_verifier
from openmargin.api.ws.messages import KeyProof, parameters_of
from openmargin.api.ws.sessions import NO_KEY
from tests.api.world import SPOT, World
from tests.api.ws_client import ORDER, Client, payload_of, with_secret

BAD_ID = (
    "Invalid 'id' in JSON request; expected an integer, a string matching '^[a-zA-Z0-9-_]{1,36}$', or null."
)
NO_JSON = "Invalid JSON Request"
BAD_METHOD = "Invalid 'method' in JSON request; expected a string."
BAD_PARAMS = "Invalid 'params' in JSON request; expected an object."
WIDE = "\uff11\uff12\uff13\uff14\uff15\uff16"
"""A symbol in other characters than ASCII, as the reference's example has one."""
NESTED = "[" * 5_000 + "]" * 5_000


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One for all of these, which leave it much as it was."""
    world = World()
    world.deposit("USDT", "100000", scope=SPOT)
    yield world
    world.close()


@pytest.fixture
def client(world: World) -> Client:
    return Client(world)


@pytest.mark.parametrize(
    ("text", "id_", "code", "message"),
    [
        ("", None, -1135, NO_JSON),
        ("ping", None, -1135, NO_JSON),
        ('{"id":1,"method":"ping"', None, -1135, NO_JSON),
        ('{"id":1,"method":"ping"} {}', None, -1135, NO_JSON),
        ("[]", None, -1135, NO_JSON),
        ('["ping"]', None, -1135, NO_JSON),
        ("null", None, -1135, NO_JSON),
        ("1", None, -1135, NO_JSON),
        (b"\xff\xfe", None, -1135, NO_JSON),
        (b'{"id":1,"method":"\xff"}', 1, -1135, BAD_METHOD),
        ('{"id":' + NESTED + ',"method":"ping"}', None, -1135, NO_JSON),
        ('{"method":"ping"}', None, -1135, BAD_ID),
        ('{"id":1.5,"method":"ping"}', None, -1135, BAD_ID),
        ('{"id":1e3,"method":"ping"}', None, -1135, BAD_ID),
        ('{"id":true,"method":"ping"}', None, -1135, BAD_ID),
        ('{"id":[1],"method":"ping"}', None, -1135, BAD_ID),
        ('{"id":{},"method":"ping"}', None, -1135, BAD_ID),
        ('{"id":"","method":"ping"}', None, -1135, BAD_ID),
        ('{"id":"a b","method":"ping"}', None, -1135, BAD_ID),
        ('{"id":"' + "x" * 37 + '","method":"ping"}', None, -1135, BAD_ID),
        ('{"id":9223372036854775808,"method":"ping"}', None, -1135, BAD_ID),
        ('{"id":-9223372036854775809,"method":"ping"}', None, -1135, BAD_ID),
        ('{"id":7}', 7, -1135, BAD_METHOD),
        ('{"id":7,"method":null}', 7, -1135, BAD_METHOD),
        ('{"id":7,"method":["ping"]}', 7, -1135, BAD_METHOD),
        ('{"id":7,"method":"ping","params":[]}', 7, -1135, BAD_PARAMS),
        ('{"id":7,"method":"ping","params":null}', 7, -1135, BAD_PARAMS),
        ('{"id":7,"method":"ping","params":"symbol=BTCUSDT"}', 7, -1135, BAD_PARAMS),
        ('{"id":7,"method":"depth","params":{"symbol":"\\ud800"}}', None, -1135, NO_JSON),
        (
            '{"id":7,"method":"order.dance"}',
            7,
            -1020,
            "This operation is not supported: there is no method 'order.dance'.",
        ),
        (
            '{"id":7,"method":"v1/ping"}',
            7,
            -1020,
            "This operation is not supported: there is no method 'v1/ping'.",
        ),
        (
            '{"id":7,"method":"sor.order.place","params":{"symbol":"BTCUSDT"}}',
            7,
            -1020,
            "This operation is not supported: orders are not routed to other books here.",
        ),
        (
            '{"id":7,"method":"ping","params":{"symbol":"BTCUSDT"}}',
            7,
            -1104,
            "Not all sent parameters were read; read '0' parameter(s) but was sent '1'.",
        ),
        (
            '{"id":7,"method":"ping","params":{"returnRateLimits":"perhaps"}}',
            7,
            -1130,
            "Data sent for parameter 'returnRateLimits' is not valid.",
        ),
        (
            '{"id":7,"method":"depth"}',
            7,
            -1102,
            "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.",
        ),
        (
            '{"id":7,"method":"depth","params":{"symbol":null}}',
            7,
            -1102,
            "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.",
        ),
        (
            '{"id":7,"method":"depth","params":{"symbol":"BTCUSDT","limit":null}}',
            7,
            -1105,
            "Parameter 'limit' was empty.",
        ),
        (
            '{"id":7,"method":"depth","params":{"symbol":"BTCUSDT","limit":1e1}}',
            7,
            -1100,
            "Illegal characters found in parameter 'limit'; legal range is '^[0-9]{1,20}$'.",
        ),
        (
            '{"id":7,"method":"ticker.price","params":{"symbols":["BTCUSDT",1]}}',
            7,
            -1135,
            "JSON sent for parameter 'symbols' is not valid",
        ),
        (
            json.dumps({"id": 7, "method": "ping", "params": {f"p{n}": 1 for n in range(101)}}),
            7,
            -1101,
            "Too many parameters sent for this endpoint.",
        ),
    ],
)
def test_a_message_that_is_none(
    client: Client, text: str | bytes, id_: object, code: int, message: str
) -> None:
    answer = client.raw(text)
    limits = answer.pop("rateLimits")
    assert answer == {"id": id_, "status": 400, "error": {"code": code, "msg": message}}
    assert [row["rateLimitType"] for row in limits] == ["REQUEST_WEIGHT"]


@pytest.mark.parametrize(
    "sent", ["1", "0", "-9223372036854775808", "9223372036854775807", '"a-b_C9"', f'"{"x" * 36}"', "null"]
)
def test_an_id_comes_back_as_it_was_sent(client: Client, sent: str) -> None:
    answer = client.raw(f'{{"id":{sent},"method":"ping"}}')
    assert (answer["id"], answer["status"], answer["result"]) == (json.loads(sent), 200, {})


def test_every_malformed_message_is_charged(client: Client) -> None:
    before, after = [client.raw("nonsense")["rateLimits"][0]["count"] for _ in range(2)]
    assert after - before == 1 or after == 1, "or a minute has just begun"


def test_a_method_may_name_its_version(client: Client) -> None:
    assert client.raw('{"id":1,"method":"v3/ping"}')["status"] == 200


def test_unknown_fields_beside_the_three_are_not_looked_at(client: Client) -> None:
    assert client.raw('{"id":1,"method":"ping","jsonrpc":"2.0"}')["status"] == 200


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 5, "symbol": "BTCUSDT"},
        {"limit": "5", "symbol": "BTCUSDT"},
    ],
)
def test_numbers_may_be_numbers_or_strings(client: Client, params: dict[str, Any]) -> None:
    assert len(client.ask("depth", params)["result"]["bids"]) == 5


@pytest.mark.parametrize("symbols", [["BTCUSDT", "ETHUSDT"], '["BTCUSDT","ETHUSDT"]'])
def test_arrays_may_be_arrays_or_json_in_strings(client: Client, symbols: object) -> None:
    answer = client.ask("ticker.price", {"symbols": symbols})
    assert [row["symbol"] for row in answer["result"]] == ["BTCUSDT", "ETHUSDT"]


def test_permissions_may_be_a_word_or_an_array(client: Client) -> None:
    by_word = client.ask("exchangeInfo", {"permissions": "SPOT"})
    by_array = client.ask("exchangeInfo", {"permissions": ["SPOT", "MARGIN"]})
    assert by_word["result"]["symbols"] == by_array["result"]["symbols"]


@pytest.mark.parametrize("omits", [True, "true"])
def test_booleans_may_be_booleans_or_strings(client: Client, omits: object) -> None:
    answer = client.signed("account.status", {"omitZeroBalances": omits})
    assert {row["asset"] for row in answer["result"]["balances"]} == {"USDT"}


def test_prices_may_be_numbers_as_long_as_they_are_plain(client: Client) -> None:
    placed = client.signed("order.place", {**ORDER, "price": 20000.5, "quantity": 0.01})
    assert placed["result"]["price"] == "20000.50000000"
    tiny = client.signed("order.place", {**ORDER, "quantity": 1e-05})
    assert tiny["error"]["code"] == -1100


def test_a_signature_covers_everything_in_the_order_of_names(client: Client, world: World) -> None:
    params = {"timestamp": world.now_ms, "recvWindow": 5000.5, "apiKey": world.key.api_key}
    assert payload_of(params) == (f"apiKey={world.key.api_key}&recvWindow=5000.5&timestamp={world.now_ms}")
    signed = {**params, "signature": with_secret(world.key).sign(payload_of(params))}
    assert client.ask("account.status", signed)["status"] == 200
    backwards = dict(reversed(signed.items()))
    assert client.ask("account.status", backwards)["status"] == 200
    assert client.ask("account.status", {**signed, "recvWindow": 5000})["error"]["code"] == -1022
    assert client.ask("account.status", {**signed, "returnRateLimits": False})["error"]["code"] == -1022


def test_clients_that_sign_the_encoded_text_are_understood(client: Client, world: World) -> None:
    params = {"timestamp": world.now_ms, "apiKey": world.key.api_key, "symbol": WIDE}
    encoded = f"apiKey={world.key.api_key}&symbol={quote(WIDE)}&timestamp={world.now_ms}"
    for payload in (payload_of(params), encoded):
        signature = with_secret(world.key).sign(payload)
        answer = client.ask("openOrders.status", {**params, "signature": signature})
        assert answer["error"]["code"] == -1100, "the signature is right, the symbol is not"


@pytest.mark.parametrize(
    ("changes", "signature"),
    [
        (
            {
                "side": "SELL",
                "symbol": "BTCUSDT",
                "quantity": "0.01000000",
                "price": "52000.00",
                "recvWindow": 100,
            },
            "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24",
        ),
        (
            {
                "side": "BUY",
                "symbol": WIDE,
                "quantity": "1.00000000",
                "price": "0.10000000",
                "recvWindow": 5000,
            },
            "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd",
        ),
    ],
)
def test_the_references_own_signatures_are_right(changes: dict[str, Any], signature: str) -> None:
    """The vectors of the WebSocket API reference, SIGNED request example (HMAC)."""
    key = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
    common = {"type": "LIMIT", "timeInForce": "GTC", "timestamp": 1645423376532, "apiKey": key}
    params = parameters_of(
        {"params": Raw(json.dumps({**changes, **common, "signature": signature}).encode())}
    )
    payload, rest, sent = KeyProof("", key, False, params, NO_KEY).signed_texts()
    verify = hmac_verifier("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j")
    assert sent == signature
    assert verify(payload + rest, signature)
