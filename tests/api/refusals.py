"""What every refusal is held to: its code and text, and that it changed nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any, Final

from msgspec import Struct

from openmargin.api.endpoint import Endpoint, Security
from openmargin.api.endpoints import ENDPOINTS
from openmargin.api.errors import WIRE_ERRORS, Dialect
from openmargin.api.params import fields_of
from openmargin.api.refusals import reasons_of
from openmargin.domain.reasons import Reason
from openmargin.domain.venue import Venue
from openmargin.runtime.live import Live
from tests.api.world import CROSS, SPOT, Answer, Key, World

Asked = Mapping[str, object]
Prepare = Callable[[World], Asked | None]
"""Brings about what the refusal needs, and may say what more to ask for."""


class Case(Struct, frozen=True):
    endpoint: str
    reason: Reason
    asked: Asked
    prepare: Prepare | None = None
    venue: Venue | None = None
    is_poor: bool = False
    """Asks another account, which has nothing."""
    key: Callable[[World], Key] | None = None
    """Who asks, where it is another key than the world's."""

    def __str__(self) -> str:
        return f"{self.endpoint} {self.reason.name}"


def post(path: str, form: Asked, **more: object) -> Prepare:
    def prepare(world: World) -> None:
        answer = world.post(path, **{**form, **more})
        assert answer.status == 200, answer.json

    return prepare


def served(name: str) -> Endpoint:
    """The endpoint of that method and path."""
    [found] = [endpoint for endpoint in ENDPOINTS if endpoint.name == name]
    return found


def check_coverage(cases: Iterable[Case], dialect: Dialect) -> None:
    """Every reason that the endpoints of a dialect declare has a case, and no other."""
    declared = {
        (endpoint.name, reason.name)
        for endpoint in ENDPOINTS
        for reason in reasons_of(endpoint)
        if endpoint.dialect is dialect
    }
    assert {(case.endpoint, case.reason.name) for case in cases} == declared


def check(case: Case) -> None:
    world = World(case.venue)
    for scope in (CROSS, SPOT):
        world.deposit("USDT", "100000", scope)
        world.deposit("BTC", "1", scope)
    more = case.prepare(world) if case.prepare is not None else None
    key = world.new_key(world.new_account()) if case.is_poor else world.key
    if case.key is not None:
        key = case.key(world)
    before = holdings(world)
    method, _, path = case.endpoint.partition(" ")
    asked = {name: value for name, value in {**case.asked, **(more or {})}.items() if value is not None}
    row = served(case.endpoint)
    answer = _asking(world, row)(method, path, asked, key=key)
    error = row.codes.get(case.reason, WIRE_ERRORS[case.reason, row.dialect])
    assert (answer.status, answer.code) == (error.status, error.code), answer.json
    assert answer.json["msg"].startswith(error.message.rstrip("."))
    assert holdings(world) == before
    assert world.signed("GET", "/sapi/v1/margin/allOrderList", key=world.key).status == 200
    world.close()


SPOILED: Final = {-1100: "!", -1108: "9" * 20, -1111: "0.000000001"}


def check_spoiled_coverage(good: Mapping[str, Asked], dialect: Dialect) -> None:
    changing = {row.name for row in ENDPOINTS if row.method != "GET" and row.dialect is dialect}
    assert set(good) == changing


def check_spoiled(world: World, name: str, good: Asked) -> None:
    """One parameter after the other is sent wrong in each way that it can be."""
    endpoint = served(name)
    before = holdings(world)
    address = ip_addresses()
    for field in fields_of(endpoint.params):
        param = field.param
        bad = {refused.code: SPOILED[refused.code] for refused in param.refusals if refused.code in SPOILED}
        if param.kind in ("ENUM", "BOOLEAN"):
            bad[param.refusals[0].code] = "!"
        bad[-1102 if field.required else -1105] = ""
        for code, value in bad.items():
            asked = {**good, param.name: value}
            answer = _asking(world, endpoint)(endpoint.method, endpoint.path, asked, ip=next(address))
            assert (answer.status, answer.code) == (400, code), (param.name, value, answer.json)
    for name, error in endpoint.unsupported.items():
        answer = world.signed(endpoint.method, endpoint.path, {**good, name: "1"}, ip=next(address))
        assert (answer.status, answer.code) == (error.status, error.code), (name, answer.json)
    assert holdings(world) == before


def _asking(world: World, row: Endpoint) -> Callable[..., Answer]:
    """The spot API takes no signature where it asks for none."""
    return world.keyed if row.security is Security.USER_STREAM else world.signed


def ip_addresses() -> Iterator[str]:
    """One for each call, for some endpoints bound the calls of one."""
    return (f"127.0.1.{number}" for number in count(1))


def holdings(world: World) -> list[Any]:
    """All that the accounts of this world have, owe, and have open, and their special keys."""

    def question(live: Live) -> list[Any]:
        found: list[Any] = []
        for account_id in live.account_ids():
            scopes = [view.symbol for view in live.isolated(account_id) if view.is_open]
            found.append(live.isolated(account_id))
            for scope in (SPOT, CROSS, *scopes):
                found += [
                    live.balances(account_id, scope),
                    live.open_orders(account_id, scope, None),
                    live.open_lists(account_id, scope),
                    live.order_counts(account_id, scope),
                    live.special_keys(account_id, scope),
                ]
        return found

    return world.run(world.exchange.read(question))
