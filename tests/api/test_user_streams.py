"""Listen keys and tokens: one for each stream of each account, kept alive by the exchange's clock."""

from __future__ import annotations

import pytest

from openmargin.domain.commands import OpenIsolated
from openmargin.domain.enums import Permission, UserStream
from openmargin.runtime.listen_names import ListenToken, listen_key, new_nonce, nonce_of, read_token
from openmargin.runtime.secrets import SecretKeeper
from tests.api.refusals_of_user_streams import (
    COMBINED_STREAM,
    CROSS_STREAM,
    ISOLATED_STREAM,
    PAIR,
    RISK_STREAM,
    SPOT_STREAM,
    TOKEN,
)
from tests.api.world import Key, World

HOUR_MS = 3_600_000
ALL = (SPOT_STREAM, CROSS_STREAM, ISOLATED_STREAM, RISK_STREAM, COMBINED_STREAM)


def start(world: World, path: str, key: Key | None = None) -> str:
    answer = world.keyed("POST", path, PAIR if path == ISOLATED_STREAM else {}, key=key)
    assert answer.status == 200, answer.json
    return answer.json["listenKey"]


def keep(world: World, path: str, name: str, key: Key | None = None) -> int | None:
    pair = PAIR if path == ISOLATED_STREAM else {}
    return world.keyed("PUT", path, {**pair, "listenKey": name}, key=key).code


def close(world: World, path: str, name: str, key: Key | None = None) -> int | None:
    pair = PAIR if path == ISOLATED_STREAM else {}
    return world.keyed("DELETE", path, {**pair, **({"listenKey": name} if name else {})}, key=key).code


@pytest.fixture
def isolated(world: World) -> World:
    world.submit(OpenIsolated(world.account_id, "", 0, "BTCUSDT"))
    return world


def test_each_stream_of_each_account_has_a_key_of_its_own(isolated: World) -> None:
    world = isolated
    bob = world.new_key(world.new_account())
    names = [start(world, path) for path in ALL]
    names += [start(world, path, bob) for path in ALL if path != ISOLATED_STREAM]
    assert len(set(names)) == len(names)
    assert all(len(name) == 60 and name.isalnum() for name in names)


@pytest.mark.parametrize("path", ALL)
def test_who_asks_again_gets_the_same_key_and_another_hour(isolated: World, path: str) -> None:
    world = isolated
    name = start(world, path)
    world.advance(HOUR_MS - 1)
    assert start(world, path) == name
    world.advance(HOUR_MS - 1)
    assert keep(world, path, name) is None
    world.advance(HOUR_MS)
    assert keep(world, path, name) == -1125
    assert start(world, path) != name


@pytest.mark.parametrize("path", ALL)
def test_a_closed_key_is_gone_and_the_next_is_another(isolated: World, path: str) -> None:
    world = isolated
    name = start(world, path)
    assert close(world, path, name) is None
    assert close(world, path, name) == keep(world, path, name) == close(world, path, "") == -1125
    other = start(world, path)
    assert other != name
    assert close(world, path, "") is None
    assert keep(world, path, other) == -1125


def test_keys_end_in_the_order_in_which_they_were_kept(world: World) -> None:
    bob = world.new_key(world.new_account())
    first, second = start(world, CROSS_STREAM), start(world, CROSS_STREAM, bob)
    world.advance(HOUR_MS // 2)
    assert keep(world, CROSS_STREAM, first) is None
    world.advance(HOUR_MS // 2)
    assert keep(world, CROSS_STREAM, second, bob) == -1125
    assert keep(world, CROSS_STREAM, first) is None


def test_nobody_keeps_or_closes_the_key_of_another_or_of_another_stream(world: World) -> None:
    name = start(world, CROSS_STREAM)
    bob = world.new_key(world.new_account())
    assert keep(world, CROSS_STREAM, name, bob) == close(world, CROSS_STREAM, name, bob) == -1125
    for path in (SPOT_STREAM, RISK_STREAM, COMBINED_STREAM):
        start(world, path)
        assert keep(world, path, name) == close(world, path, name) == -1125
    assert keep(world, CROSS_STREAM, name) is None


def test_a_special_key_listens_to_its_margin_account_alone(world: World) -> None:
    special = world.special_key()
    assert start(world, SPOT_STREAM, special) == start(world, CROSS_STREAM)
    assert start(world, SPOT_STREAM) != start(world, CROSS_STREAM)
    assert world.keyed("POST", CROSS_STREAM, key=special).code == -2015
    assert world.keyed("POST", SPOT_STREAM, key=world.orphaned_key()).code == -2015


def test_a_key_without_permission_to_read_hears_nothing(world: World) -> None:
    key = world.new_key(permissions=(Permission.TRADE,))
    assert world.keyed("POST", CROSS_STREAM, key=key).code == -2015


def test_the_risk_stream_is_known_by_what_it_is(world: World) -> None:
    nonce = nonce_of(world.keeper, start(world, RISK_STREAM))
    assert nonce is not None
    found = world.exchange.live.listen_key(nonce)
    assert found is not None
    assert (found.account_id, found.scope, found.stream) == (world.account_id, "cross", UserStream.RISK)
    assert found.expires_at_ms == world.now_ms + HOUR_MS


def test_a_key_says_nothing_to_who_has_the_journal_alone() -> None:
    nonce = new_nonce()
    ours, theirs = SecretKeeper(bytes(32)), SecretKeeper(b"x" * 32)
    name = listen_key(ours, nonce)
    assert nonce_of(ours, name) == nonce
    assert nonce_of(theirs, name) is None
    assert nonce_of(ours, listen_key(theirs, nonce)) is None
    for wrong in ("", name[:-1], name + "0", name[:-1] + "!", "!" + name[1:], name[1:] + name[:1], "z" * 60):
        assert nonce_of(ours, wrong) is None


# --- tokens ----------------------------------------------------------------------------------------------------


def token(world: World, **parameters: object) -> tuple[str, int]:
    answer = world.keyed("POST", TOKEN, parameters)
    assert answer.status == 200, answer.json
    return answer.json["token"], answer.json["expirationTime"]


def read(world: World, text: str, opened_ms: int | None = None) -> ListenToken | None:
    return read_token(world.keeper, opened_ms or world.exchange.opened_ms(), text)


def test_a_token_says_whose_stream_it_opens_and_until_when(isolated: World) -> None:
    world = isolated
    text, expires = token(world)
    assert expires == world.now_ms + 24 * HOUR_MS
    assert read(world, text) == ListenToken(world.account_id, "cross", expires)
    text, expires = token(world, symbol="BTCUSDT", isIsolated="true", validity=60_000)
    assert expires == world.now_ms + 60_000
    assert read(world, text) == ListenToken(world.account_id, "BTCUSDT", expires)


def test_a_token_is_good_signed_too(world: World) -> None:
    assert world.post(TOKEN, validity=1).status == 200


@pytest.mark.parametrize(
    ("parameters", "code"),
    [({"isIsolated": "true"}, -1102), ({"validity": "86400001"}, -1102), ({"validity": "0"}, -1130)],
)
def test_a_token_is_refused_what_it_cannot_be(world: World, parameters: dict[str, object], code: int) -> None:
    assert world.keyed("POST", TOKEN, parameters).code == code


def test_a_token_of_others_or_a_spoiled_one_opens_nothing(world: World) -> None:
    text, _ = token(world)
    assert read_token(SecretKeeper(b"x" * 32), world.exchange.opened_ms(), text) is None
    assert read(world, text, opened_ms=1) is None
    for wrong in ("", "é", text[:-4], "A" + text[1:], text * 8, text[:-1] + "!"):
        assert read(world, wrong) is None
