"""Subscriptions to user data over the WebSocket API: who may listen to whom, by which number, until when."""

from __future__ import annotations

import pytest

from openmargin.api.ws import subscriptions
from openmargin.domain.commands import DeleteSpecialKeys
from openmargin.domain.enums import KeyKind
from tests.api.world import CROSS, SPOT, START_MS, World
from tests.api.ws_client import ORDER, Client, Signer, ed25519_signer, new_pair, signing, with_secret
from tests.api.ws_line import Line

NOT_LOGGED_ON = {
    "code": -1193,
    "msg": "WebSocket session not authenticated. Recommendation: use `session.logon`.",
}
ACTIVE = {"code": -2035, "msg": "User Data Stream subscription already active."}
INACTIVE = {"code": -2036, "msg": "User Data Stream subscription not active."}
BY_SIGNATURE = "userDataStream.subscribe.signature"
BY_TOKEN = "userDataStream.subscribe.listenToken"
TERMINATED = {"e": "eventStreamTerminated", "E": START_MS}


@pytest.fixture
def line(world: World) -> Line:
    world.deposit("USDT", "100000", SPOT)
    return Line(world)


def log_on(line: Line, signer: Signer | None = None) -> Signer:
    signer = signer or ed25519_signer(line.world)
    assert line.signed("session.logon", signer)["status"] == 200
    return signer


def token(world: World, **parameters: object) -> str:
    made = world.keyed("POST", "/sapi/v1/userListenToken", {k: str(v) for k, v in parameters.items()})
    return made.json["token"]


def subscriptions_of(line: Line) -> list[int]:
    return [row["subscriptionId"] for row in line.ask("session.subscriptions")["result"]]


def test_a_session_listens_to_its_account(line: Line) -> None:
    log_on(line)
    assert line.ask("session.status")["result"]["userDataStream"] is False
    assert line.ask("userDataStream.subscribe")["result"] == {"subscriptionId": 0}
    assert line.ask("session.status")["result"]["userDataStream"] is True
    assert line.ask("userDataStream.subscribe")["error"] == ACTIVE
    placed = line.ask("order.place", **ORDER, timestamp=START_MS)["result"]
    events = line.happened()
    assert {event["subscriptionId"] for event in events} == {0}
    reports = [event["event"] for event in events if event["event"]["e"] == "executionReport"]
    assert [(report["i"], report["x"]) for report in reports] == [(placed["orderId"], "NEW")]


def test_listening_needs_a_logon(line: Line) -> None:
    assert line.ask("userDataStream.subscribe")["error"] == NOT_LOGGED_ON
    key = line.world.key.api_key
    assert line.ask("userDataStream.subscribe", apiKey=key)["error"] == NOT_LOGGED_ON, (
        "a key alone is no proof"
    )


def test_a_signature_listens_in_any_session_and_to_several_accounts(line: Line) -> None:
    world = line.world
    other = ed25519_signer(world, account_id=world.new_account())
    assert line.signed(BY_SIGNATURE)["result"] == {"subscriptionId": 0}
    assert line.signed(BY_SIGNATURE)["error"] == ACTIVE
    assert line.signed(BY_SIGNATURE, other)["result"] == {"subscriptionId": 1}
    assert subscriptions_of(line) == [0, 1]
    assert line.ask(BY_SIGNATURE, apiKey=other.api_key, timestamp=START_MS)["error"]["code"] == -1102


def test_a_special_key_listens_to_its_margin_account(line: Line) -> None:
    world = line.world
    private, pem = new_pair()
    key = world.special_key(kind=KeyKind.ED25519, public_key=pem)
    assert line.signed(BY_SIGNATURE, Signer(key.api_key, signing(private)))["status"] == 200
    world.deposit("USDT", "1", SPOT)
    assert line.happened() == []
    world.deposit("USDT", "1", CROSS)
    assert [event["event"]["e"] for event in line.happened()] == [
        "balanceUpdate",
        "outboundAccountPosition",
    ]


def test_a_special_key_whose_account_was_closed_listens_to_nobody(line: Line) -> None:
    answer = line.signed(BY_SIGNATURE, with_secret(line.world.orphaned_key()))
    assert (answer["status"], answer["error"]["code"]) == (401, -2015)


def test_a_token_listens_to_a_margin_account_until_it_ends(line: Line) -> None:
    world = line.world
    first = token(world, validity=60_000)
    until = START_MS + 60_000
    assert line.ask(BY_TOKEN, listenToken=first)["result"] == {"subscriptionId": 0, "expirationTime": until}
    world.advance(30_000)
    longer = line.ask(BY_TOKEN, listenToken=token(world, validity=60_000))["result"]
    assert longer == {"subscriptionId": 0, "expirationTime": until + 30_000}
    world.advance(30_000)
    assert (line.happened(), subscriptions_of(line)) == ([], [0])
    world.advance(30_000)
    ended = {"subscriptionId": 0, "event": {**TERMINATED, "E": until + 30_000}}
    assert (line.happened(), subscriptions_of(line)) == ([ended], [])
    assert line.ask(BY_TOKEN, listenToken=first)["error"]["code"] == -1209
    assert line.ask(BY_TOKEN, listenToken=token(world))["result"]["subscriptionId"] == 1


def test_a_token_does_not_prolong_what_was_signed_for(line: Line) -> None:
    world = line.world
    private, pem = new_pair()
    key = world.special_key(kind=KeyKind.ED25519, public_key=pem)
    line.signed(BY_SIGNATURE, Signer(key.api_key, signing(private)))
    assert line.ask(BY_TOKEN, listenToken=token(world))["error"] == ACTIVE


@pytest.mark.parametrize("text", ["", "x", "A" * 70])
def test_what_is_no_token_is_refused(line: Line, text: str) -> None:
    assert line.ask(BY_TOKEN, listenToken=text)["error"]["code"] == (-1209 if text else -1102)


def test_subscriptions_end_one_by_one_or_all_and_say_so(line: Line) -> None:
    world = line.world
    for signer in (None, *(ed25519_signer(world, account_id=world.new_account(name)) for name in "ab")):
        line.signed(BY_SIGNATURE, signer)
    assert line.ask("userDataStream.unsubscribe", subscriptionId=1)["result"] == {}
    assert line.happened() == [{"subscriptionId": 1, "event": TERMINATED}]
    assert line.ask("userDataStream.unsubscribe", subscriptionId=1)["error"] == INACTIVE
    assert line.ask("userDataStream.unsubscribe")["result"] == {}
    assert [event["subscriptionId"] for event in line.happened()] == [0, 2]
    assert line.ask("userDataStream.unsubscribe")["result"] == {}
    assert line.signed(BY_SIGNATURE)["result"] == {"subscriptionId": 3}, "numbers do not come again"


def test_logging_out_ends_what_the_session_began_and_nothing_else(line: Line) -> None:
    log_on(line)
    line.ask("userDataStream.subscribe")
    line.signed(BY_SIGNATURE, ed25519_signer(line.world, account_id=line.world.new_account()))
    assert line.ask("session.logout")["result"]["userDataStream"] is True
    assert line.happened() == [{"subscriptionId": 0, "event": TERMINATED}]
    assert subscriptions_of(line) == [1]


def test_losing_the_key_ends_it_too(line: Line) -> None:
    world = line.world
    private, pem = new_pair()
    key = world.special_key(kind=KeyKind.ED25519, public_key=pem)
    log_on(line, Signer(key.api_key, signing(private)))
    line.ask("userDataStream.subscribe")
    world.submit(DeleteSpecialKeys(world.account_id, "", 0, CROSS, key.api_key, ""))
    line.wire.messages.clear()
    ended, answer, notice = line.send(b'{"id":1,"method":"ping","params":{"returnRateLimits":false}}')
    assert ended["event"]["e"] == "eventStreamTerminated"
    assert (answer["status"], notice["status"]) == (200, 401)


def test_another_key_of_the_session_ends_what_the_first_one_listened_to(line: Line) -> None:
    world = line.world
    first = log_on(line)
    line.ask("userDataStream.subscribe")
    log_on(line, first)
    assert subscriptions_of(line) == [0], "the same key once more"
    log_on(line, ed25519_signer(world, account_id=world.new_account()))
    assert subscriptions_of(line) == []
    world.deposit("USDT", "1", SPOT)
    assert [event["event"]["e"] for event in line.happened()] == ["eventStreamTerminated"]
    assert line.ask("userDataStream.subscribe")["result"] == {"subscriptionId": 1}
    line.ask("session.logout")
    assert subscriptions_of(line) == []


def test_times_of_events_are_in_the_unit_of_the_connection(world: World) -> None:
    line = Line(world, query=b"timeUnit=MICROSECOND")
    line.signed(BY_SIGNATURE)
    world.deposit("USDT", "1", SPOT)
    assert {event["event"]["E"] for event in line.happened()} == {START_MS * 1000}


def test_who_hangs_up_is_told_nothing_more(line: Line) -> None:
    line.signed(BY_SIGNATURE)
    line.leave()
    line.world.deposit("USDT", "1", SPOT)
    assert line.happened() == []


def test_there_are_so_many_at_once_and_so_many_ever(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    world = line.world
    monkeypatch.setattr(subscriptions, "ACTIVE_MAX", 1)
    monkeypatch.setattr(subscriptions, "EVER_MAX", 2)
    other = ed25519_signer(world, account_id=world.new_account())
    line.signed(BY_SIGNATURE)
    assert line.signed(BY_SIGNATURE, other)["error"] == {
        "code": -1191,
        "msg": "Too many subscriptions. Connection may create up to '1' subscriptions at a time.",
    }
    line.ask("userDataStream.unsubscribe")
    line.signed(BY_SIGNATURE, other)
    line.ask("userDataStream.unsubscribe")
    assert line.signed(BY_SIGNATURE)["error"] == {
        "code": -2042,
        "msg": "Maximum subscription ID reached for this connection.",
    }


def test_a_door_without_user_data_says_so(world: World) -> None:
    client = Client(world)
    for method in (BY_SIGNATURE, "userDataStream.unsubscribe", "session.subscriptions"):
        answer = client.signed(method) if method == BY_SIGNATURE else client.ask(method)
        assert answer["error"]["code"] == -1020
