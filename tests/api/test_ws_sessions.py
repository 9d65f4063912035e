"""Logging on, what a logged-on session may leave out, and what happens to it when its key is gone."""

from __future__ import annotations

from typing import Any

import pytest

from openmargin.domain.commands import CreateKey, DeleteSpecialKeys, EditSpecialKeyIps
from openmargin.domain.enums import KeyKind, Permission
from tests.api.world import CROSS, SPOT, START_MS, World
from tests.api.ws_client import ORDER, Client, Signer, ed25519_signer, new_pair, signing, with_secret

REJECTED = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
NO_KEY = {
    "code": -1102,
    "msg": "Mandatory parameter 'apiKey' was not sent, was empty/null, or malformed.",
}
NO_SIGNATURE = {
    "code": -1102,
    "msg": "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.",
}
NO_TIMESTAMP = {
    "code": -1102,
    "msg": "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.",
}


@pytest.fixture
def client(world: World) -> Client:
    world.deposit("USDT", "100000", SPOT)
    return Client(world)


def special_signer(world: World) -> Signer:
    """A new special key of the cross account, of the only kind of keys that can be deleted."""
    private, pem = new_pair()
    return Signer(world.special_key(kind=KeyKind.ED25519, public_key=pem).api_key, signing(private))


def delete_key(world: World, signer: Signer) -> None:
    world.submit(DeleteSpecialKeys(world.account_id, "", 0, CROSS, signer.api_key, ""))


def logged_on_with(client: Client, signer: Signer) -> Signer:
    assert client.signed("session.logon", by=signer)["status"] == 200
    return signer


def logged_on(client: Client, **options: Any) -> Signer:
    return logged_on_with(client, ed25519_signer(client.world, **options))


def test_a_session_begins_with_no_key(client: Client) -> None:
    expected = {
        "apiKey": None,
        "authorizedSince": None,
        "connectedSince": START_MS,
        "returnRateLimits": True,
        "serverTime": START_MS,
        "userDataStream": None,
    }
    assert client.ask("session.status")["result"] == expected
    assert client.ask("session.logout")["result"] == expected, "and logging out does nothing"


def test_an_ed25519_key_logs_on_and_out(client: Client) -> None:
    world = client.world
    signer = ed25519_signer(world)
    world.advance(1_000)
    logged = client.signed("session.logon", by=signer)
    assert logged["result"] == {
        "apiKey": signer.api_key,
        "authorizedSince": START_MS + 1_000,
        "connectedSince": START_MS,
        "returnRateLimits": True,
        "serverTime": START_MS + 1_000,
        "userDataStream": None,
    }
    assert client.ask("session.status")["result"] == logged["result"]
    assert client.ask("session.logout")["result"]["apiKey"] is None
    assert client.timed("account.status")["error"] == NO_KEY


def test_then_key_and_signature_may_be_left_out_but_not_the_time(client: Client) -> None:
    logged_on(client)
    assert client.timed("account.status")["status"] == 200
    assert client.timed("order.place", ORDER)["result"]["status"] == "NEW"
    assert client.ask("account.status")["error"] == NO_TIMESTAMP
    late = client.timed("account.status", {"timestamp": START_MS - 60_000})
    assert late["error"]["code"] == -1021


def test_clients_that_go_on_naming_their_key_are_understood(client: Client) -> None:
    signer = logged_on(client)
    assert client.timed("account.status", {"apiKey": signer.api_key})["status"] == 200
    assert client.signed("account.status", by=signer)["status"] == 200


def test_a_signature_that_is_sent_must_be_right(client: Client) -> None:
    logged_on(client)
    assert client.timed("account.status", {"signature": "AAAA"})["error"]["code"] == -1022


def test_another_key_may_sign_single_requests(client: Client) -> None:
    world = client.world
    logged_on(client, permissions=(Permission.READ,))
    assert client.timed("order.place", ORDER)["error"] == REJECTED
    assert client.signed("order.place", ORDER, by=with_secret(world.key))["status"] == 200
    other = world.new_key(world.new_account())
    mine = client.timed("account.status")["result"]["uid"]
    assert client.signed("account.status", by=with_secret(other))["result"]["uid"] != mine
    assert client.timed("account.status", {"apiKey": other.api_key})["error"] == NO_SIGNATURE


def test_logging_on_again_changes_the_key(client: Client) -> None:
    logged_on(client)
    second = logged_on(client)
    assert client.ask("session.status")["result"]["apiKey"] == second.api_key


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"apiKey": None}, None),
        ({"signature": "AAAA"}, {"code": -1022, "msg": "Signature for this request is not valid."}),
        ({"timestamp": START_MS + 1}, {"code": -1022, "msg": "Signature for this request is not valid."}),
        ({"symbol": "BTCUSDT"}, None),
    ],
)
def test_a_wrong_logon_leaves_the_session_as_it_was(
    client: Client, changes: dict[str, Any], error: object
) -> None:
    before = logged_on(client)
    other = ed25519_signer(client.world)
    answer = client.ask("session.logon", {**client.signed_params(by=other), **changes})
    assert answer["status"] in (400, 401)
    assert error in (None, answer["error"])
    assert client.ask("session.status")["result"]["apiKey"] == before.api_key


def test_a_logon_is_signed_even_in_a_session(client: Client) -> None:
    signer = logged_on(client)
    assert client.timed("session.logon", {"apiKey": signer.api_key})["error"] == NO_SIGNATURE
    assert client.timed("session.logon")["error"] == NO_SIGNATURE


def test_a_logon_without_anything_misses_the_key(client: Client) -> None:
    assert client.ask("session.logon", {})["error"] == NO_KEY


def test_only_ed25519_keys_log_on(client: Client) -> None:
    answer = client.signed("session.logon")
    assert (answer["status"], answer["error"]) == (
        400,
        {"code": -2028, "msg": "HMAC-SHA-256 API key is not supported."},
    )
    assert client.ask("session.status")["result"]["apiKey"] is None


def test_a_key_for_reading_logs_on_and_reads(client: Client) -> None:
    logged_on(client, permissions=(Permission.READ,))
    assert client.timed("openOrders.status")["result"] == []


def test_a_deleted_key_ends_the_session_with_the_next_request(client: Client) -> None:
    signer = logged_on_with(client, special_signer(client.world))
    delete_key(client.world, signer)
    answer, notice = client.messages(
        f'{{"id":9,"method":"account.status","params":{{"timestamp":{START_MS}}}}}'
    )
    limits = answer.pop("rateLimits")
    assert answer == {"id": 9, "status": 401, "error": REJECTED}
    assert limits
    assert notice == {"id": None, "status": 401, "error": REJECTED}
    assert client.timed("account.status")["error"] == NO_KEY
    assert client.ask("session.status")["result"]["apiKey"] is None


def test_also_where_the_request_needs_no_key_or_names_another(client: Client) -> None:
    signer = logged_on_with(client, special_signer(client.world))
    delete_key(client.world, signer)
    answer, notice = client.messages('{"id":9,"method":"ping"}')
    assert (answer["status"], notice["error"]) == (200, REJECTED)
    assert len(client.messages('{"id":10,"method":"ping"}')) == 1


def test_a_key_that_was_made_anew_under_the_same_name_is_another(client: Client) -> None:
    world = client.world
    signer = logged_on_with(client, special_signer(client.world))
    delete_key(world, signer)
    _, pem = new_pair()
    world.submit(CreateKey(world.account_id, signer.api_key, KeyKind.ED25519, pem, tuple(Permission), ()))
    answer, _ = client.messages(f'{{"id":9,"method":"account.status","params":{{"timestamp":{START_MS}}}}}')
    assert answer["error"] == REJECTED


def test_addresses_of_keys_hold_for_sessions(world: World) -> None:
    signer = ed25519_signer(world, ips=("10.0.0.7",))
    assert Client(world).signed("session.logon", by=signer)["error"] == REJECTED
    assert Client(world, ip="10.0.0.7").signed("session.logon", by=signer)["status"] == 200


def test_an_address_that_the_key_does_not_name_any_more_ends_the_session(client: Client) -> None:
    world = client.world
    signer = logged_on_with(client, special_signer(world))
    edit = EditSpecialKeyIps(world.account_id, "", 0, CROSS, signer.api_key, ("10.0.0.7",))
    world.submit(edit)
    answer, notice = client.messages(
        f'{{"id":9,"method":"account.status","params":{{"timestamp":{START_MS}}}}}'
    )
    assert (answer["error"], notice["error"]) == (REJECTED, REJECTED)


def test_special_keys_trade_their_margin_account(client: Client) -> None:
    world = client.world
    logged_on_with(client, special_signer(world))
    account = client.timed("account.status")["result"]
    assert (account["accountType"], account["permissions"]) == ("MARGIN", ["MARGIN"])
    placed = client.timed("order.place", ORDER)["result"]
    listed = world.get("/sapi/v1/margin/openOrders", symbol="BTCUSDT").json
    assert [row["orderId"] for row in listed] == [placed["orderId"]]
    borrowing = client.timed("order.place", {**ORDER, "sideEffectType": "MARGIN_BUY"})
    assert borrowing["error"]["code"] == -1104


def test_a_special_key_whose_account_was_closed_is_nobody(client: Client) -> None:
    key = client.world.orphaned_key()
    answer = client.signed("order.place", ORDER, by=with_secret(key))
    assert (answer["status"], answer["error"]) == (401, REJECTED)


def test_keys_of_streams_need_no_signature(client: Client) -> None:
    key = client.world.key.api_key
    assert client.ask("userDataStream.start")["error"] == NO_KEY
    listen_key = client.ask("userDataStream.start", {"apiKey": key})["result"]["listenKey"]
    asked = {"apiKey": key, "listenKey": listen_key}
    assert client.ask("userDataStream.ping", asked)["result"] == {}
    assert client.ask("userDataStream.stop", asked)["result"] == {}
    assert client.ask("userDataStream.ping", asked)["error"]["code"] == -1125
