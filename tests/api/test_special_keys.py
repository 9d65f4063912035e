"""Special keys over the wire: made, shown, edited, deleted, and what they open."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openmargin.domain.commands import ChangeAccount, OpenIsolated
from tests.api.world import Answer, Key, World

KEYS = "/sapi/v1/margin/apiKey"
IPS = f"{KEYS}/ip"
LIST = "/sapi/v1/margin/api-key-list"
EXIT = "/sapi/v1/margin/exit-special-key-mode"
ACCOUNT = "/api/v3/account"
DAY_MS = 86_400_000


def pem(private_key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> str:
    public = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public.decode()


ED25519 = pem(ed25519.Ed25519PrivateKey.generate())
RSA = pem(rsa.generate_private_key(65537, 2048))
SHORT_RSA = pem(rsa.generate_private_key(65537, 1024))
CURVE = pem(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def vip(world: World) -> World:
    world.submit(ChangeAccount(world.account_id, vip=7, terms_signed=True))
    return world


def make(world: World, **parameters: object) -> dict[str, str]:
    answer = world.post(KEYS, **{"apiName": "bot", **parameters})
    assert answer.status == 200, answer.json
    return answer.json


def put(world: World, **parameters: object) -> Answer:
    return world.signed("PUT", IPS, parameters)


def names(world: World, **parameters: object) -> list[str]:
    return [key["apiName"] for key in world.get(LIST, **parameters).json]


def test_an_hmac_key_has_a_secret_that_is_shown_once(vip: World) -> None:
    made = make(vip)
    assert set(made) == {"apiKey", "secretKey", "type"}
    assert made["type"] == "HMAC_SHA256"
    assert len(made["secretKey"]) == len(made["apiKey"]) == 64
    later = [
        vip.get(KEYS, apiKey=made["apiKey"]),
        vip.get(LIST),
        put(vip, apiKey=made["apiKey"], ip="127.0.0.1"),
        vip.post(KEYS, apiName="bot"),
        vip.delete(KEYS, apiKey=made["apiKey"]),
    ]
    for answer in later:
        assert answer.status == 200
        assert made["secretKey"] not in str(answer.json)


@pytest.mark.parametrize(("public_key", "word"), [(RSA, "RSA"), (ED25519, "Ed25519")])
def test_a_key_of_ones_own_has_no_secret(vip: World, public_key: str, word: str) -> None:
    made = make(vip, publicKey=public_key)
    assert (made["secretKey"], made["type"]) == (None, word)
    view = vip.exchange.live.key(made["apiKey"])
    assert view is not None
    assert view.public_key == public_key


@pytest.mark.parametrize("public_key", ["x", "-----BEGIN PUBLIC KEY-----", SHORT_RSA, CURVE])
def test_a_public_key_that_cannot_be_used_is_refused(vip: World, public_key: str) -> None:
    answer = vip.post(KEYS, apiName="bot", publicKey=public_key)
    assert answer.json == {"code": -1130, "msg": "Data sent for parameter 'publicKey' is not valid."}
    assert vip.get(LIST).json == []


def test_a_query_shows_a_key_as_it_was_made(vip: World) -> None:
    made = make(vip, publicKey=ED25519, permissionMode="READ", ip="10.0.0.7, 10.0.0.8,10.0.0.7")
    shown = {
        "apiKey": made["apiKey"],
        "apiName": "bot",
        "ip": "10.0.0.7,10.0.0.8",
        "type": "Ed25519",
        "permissionMode": "READ",
    }
    assert vip.get(KEYS, apiKey=made["apiKey"]).json == shown
    assert vip.get(LIST).json == [shown]


def test_a_key_without_a_list_may_be_used_from_anywhere(vip: World) -> None:
    made = make(vip)
    assert vip.get(KEYS, apiKey=made["apiKey"]).json["ip"] == "0.0.0.0"
    key = Key(made["apiKey"], made["secretKey"])
    assert vip.signed("GET", ACCOUNT, key=key, ip="10.9.8.7").status == 200


def test_a_list_of_addresses_is_enforced_and_edited(vip: World) -> None:
    made = make(vip, ip="0.0.0.0,10.0.0.7")
    key = Key(made["apiKey"], made["secretKey"])
    assert vip.signed("GET", ACCOUNT, key=key, ip="10.0.0.7").status == 200
    assert vip.signed("GET", ACCOUNT, key=key, ip="10.0.0.8").code == -2015
    assert put(vip, apiKey=made["apiKey"], ip="10.0.0.8,2001:DB8:0::1").json == {}
    assert vip.signed("GET", ACCOUNT, key=key, ip="10.0.0.7").code == -2015
    assert vip.signed("GET", ACCOUNT, key=key, ip="10.0.0.8").status == 200
    assert vip.signed("GET", ACCOUNT, key=key, ip="2001:db8::1").status == 200
    assert put(vip, apiKey=made["apiKey"], ip="0.0.0.0").json == {}
    assert vip.signed("GET", ACCOUNT, key=key, ip="10.0.0.7").status == 200


@pytest.mark.parametrize("ip", ["10.0.0", "10.0.0.1,", "10.0.0.0/8", "localhost", "10.0.0.1;10.0.0.2"])
def test_an_address_that_is_none_is_refused(vip: World, ip: str) -> None:
    made = make(vip)
    for answer in (vip.post(KEYS, apiName="bot", ip=ip), put(vip, apiKey=made["apiKey"], ip=ip)):
        assert answer.json == {"code": -1130, "msg": "Data sent for parameter 'ip' is not valid."}


def test_thirty_addresses_fit_and_the_initial_one_besides(vip: World) -> None:
    thirty = ",".join(f"10.0.0.{number}" for number in range(30))
    made = make(vip, ip=f"0.0.0.0,{thirty}")
    assert vip.post(KEYS, apiName="bot", ip=f"{thirty},10.0.1.1").code == -1020
    assert put(vip, apiKey=made["apiKey"], ip=f"{thirty},10.0.1.1").code == -1020
    assert put(vip, apiKey=made["apiKey"], ip=thirty).status == 200


def test_thirty_keys_fit_and_the_ordinary_one_is_of_them(vip: World) -> None:
    for number in range(29):
        make(vip, apiName=f"bot {number}")
    assert vip.post(KEYS, apiName="one more").code == -1020
    assert len(names(vip)) == 29


def test_permission_mode_is_for_ed25519_keys_alone(vip: World) -> None:
    for public_key in (None, RSA):
        extra = {} if public_key is None else {"publicKey": public_key}
        made = make(vip, permissionMode="READ", **extra)
        assert vip.get(KEYS, apiKey=made["apiKey"]).json["permissionMode"] == "TRADE"


def test_keys_of_the_cross_account_and_of_a_pair_are_told_apart(vip: World) -> None:
    vip.submit(OpenIsolated(vip.account_id, "", 0, "BTCUSDT"))
    cross, pair = make(vip, apiName="cross"), make(vip, apiName="pair", symbol="BTCUSDT")
    assert (names(vip), names(vip, symbol="BTCUSDT")) == (["cross"], ["pair"])
    assert vip.get(KEYS, apiKey=pair["apiKey"]).code == -1020
    assert vip.get(KEYS, apiKey=pair["apiKey"], symbol="BTCUSDT").json["apiName"] == "pair"
    assert vip.get(KEYS, apiKey=cross["apiKey"], symbol="BTCUSDT").code == -1020
    assert put(vip, apiKey=pair["apiKey"], ip="10.0.0.7").code == -1020
    assert vip.delete(KEYS, apiKey=pair["apiKey"]).code == -1020
    assert vip.delete(KEYS, apiName="cross", symbol="BTCUSDT").code == -1020
    assert vip.delete(KEYS, apiKey=pair["apiKey"], symbol="BTCUSDT").json == {}
    assert (names(vip), names(vip, symbol="BTCUSDT")) == (["cross"], [])
    assert vip.get(LIST, symbol="ETHUSDT").code == -11001


def test_a_name_deletes_all_that_have_it_and_a_key_wins_over_it(vip: World) -> None:
    first, *_ = [make(vip, apiName=name) for name in ("a", "a", "b", "a")]
    assert vip.delete(KEYS, apiKey=first["apiKey"], apiName="b").json == {}
    assert names(vip) == ["a", "b", "a"]
    assert vip.delete(KEYS, apiName="a").json == {}
    assert names(vip) == ["b"]
    assert vip.delete(KEYS, apiName="a").code == -1020


@pytest.mark.parametrize(
    ("method", "path", "parameters", "message"),
    [
        ("GET", KEYS, {}, "Mandatory parameter 'apiKey' was not sent, was empty/null, or malformed."),
        (
            "PUT",
            IPS,
            {"ip": "10.0.0.7"},
            "Mandatory parameter 'apiKey' was not sent, was empty/null, or malformed.",
        ),
        ("DELETE", KEYS, {}, "Param 'apiKey' or 'apiName' must be sent, but both were empty/null!"),
    ],
)
def test_who_names_no_key_is_told_so(
    vip: World, method: str, path: str, parameters: dict[str, str], message: str
) -> None:
    make(vip)
    answer = vip.signed(method, path, parameters)
    assert answer.json == {"code": -1102, "msg": message}
    assert names(vip) == ["bot"]


def test_a_deleted_key_opens_nothing(vip: World) -> None:
    made = make(vip)
    key = Key(made["apiKey"], made["secretKey"])
    assert vip.signed("GET", ACCOUNT, key=key).status == 200
    assert vip.delete(KEYS, apiKey=made["apiKey"]).json == {}
    assert vip.signed("GET", ACCOUNT, key=key).code == -2015
    assert vip.get(KEYS, apiKey=made["apiKey"]).code == -1020


@pytest.mark.parametrize(
    ("method", "path", "parameters"),
    [
        ("GET", "/sapi/v1/margin/account", {}),
        ("GET", "/sapi/v1/margin/allPairs", {}),
        ("GET", LIST, {}),
        ("POST", KEYS, {"apiName": "more"}),
        ("POST", EXIT, {}),
        ("POST", "/sapi/v1/margin/order", {"symbol": "BTCUSDT"}),
        ("POST", "/sapi/v1/margin/borrow-repay", {"asset": "USDT", "amount": "1", "type": "BORROW"}),
    ],
)
def test_a_special_key_is_good_for_nothing_on_sapi(
    vip: World, method: str, path: str, parameters: dict[str, str]
) -> None:
    made = make(vip)
    answer = vip.signed(method, path, parameters, key=Key(made["apiKey"], made["secretKey"]))
    assert (answer.status, answer.code) == (401, -2015)
    assert names(vip) == ["bot"]


def test_leaving_the_mode_deletes_the_cross_keys_and_keeps_new_ones_away_for_a_day(vip: World) -> None:
    vip.submit(OpenIsolated(vip.account_id, "", 0, "BTCUSDT"))
    assert vip.post(EXIT).json == {}, "not in the mode, and nothing happens"
    make(vip)
    make(vip, symbol="BTCUSDT", apiName="pair")
    assert vip.post(EXIT).json == {}
    assert (names(vip), names(vip, symbol="BTCUSDT")) == ([], ["pair"])
    vip.advance(DAY_MS - 1)
    answer = vip.post(KEYS, apiName="bot")
    assert answer.code == -1020
    assert "cooldown" in answer.json["msg"]
    assert vip.post(EXIT).json == {}
    vip.advance(1)
    make(vip)


def test_terms_and_level_are_asked_for(world: World) -> None:
    for change in ({}, {"vip": 7}, {"vip": 6, "terms_signed": True}):
        world.submit(ChangeAccount(world.account_id, **change))
        assert world.post(KEYS, apiName="bot").json == {
            "code": -3999,
            "msg": "This function is only available for invited users.",
        }
    world.submit(ChangeAccount(world.account_id, vip=7))
    make(world)
