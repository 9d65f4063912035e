"""Which handler serves which address. Shapes and summaries are read off the handlers, so nothing is said twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias, get_type_hints

from msgspec import Struct

from openmargin.lab import (
    accounts,
    clock,
    crowds,
    explain,
    fault_rules,
    index_scripts,
    liquidations,
    market,
    replays,
    snapshots,
    terms,
    world_requests,
)
from openmargin.lab.shapes import Answer, Body

Handler: TypeAlias = Callable[..., Awaitable[Answer]]
"""Called with the Bench, the Path, and the Body or None."""


class Route(Struct, frozen=True):
    """One word of the lab."""

    method: str
    path: str
    handle: Handler
    body: type[Body] | None
    answer: type[Answer]
    summary: str


def _route(method: str, path: str, handle: Handler) -> Route:
    hints = get_type_hints(handle)
    body = next((kind for kind in hints.values() if isinstance(kind, type) and issubclass(kind, Body)), None)
    summary = (handle.__doc__ or "").partition("\n")[0]
    return Route(method, path, handle, body, hints["return"], summary)


ROUTES: Final = (
    _route("GET", "/lab/health", market.health),
    _route("GET", "/lab/state", market.state),
    _route("POST", "/lab/accounts", accounts.create_account),
    _route("PATCH", "/lab/accounts/{accountId}", accounts.change_account),
    _route("GET", "/lab/accounts/{accountId}", accounts.show_account),
    _route("POST", "/lab/accounts/{accountId}/keys", accounts.create_key),
    _route("POST", "/lab/accounts/{accountId}/deposit", accounts.deposit),
    _route("POST", "/lab/accounts/{accountId}/withdraw", accounts.withdraw),
    _route("GET", "/lab/accounts/{accountId}/explain", explain.explain_account),
    _route("GET", "/lab/accounts/{accountId}/liquidations", liquidations.show_liquidations),
    _route("GET", "/lab/insurance", liquidations.show_insurance),
    _route("POST", "/lab/prices/{symbol}", market.set_price),
    _route("POST", "/lab/index/scripts", index_scripts.begin_script),
    _route("GET", "/lab/index/scripts", index_scripts.show_scripts),
    _route("DELETE", "/lab/index/scripts", index_scripts.end_scripts),
    _route("DELETE", "/lab/index/scripts/{scriptId}", index_scripts.end_script),
    _route("POST", "/lab/replay", replays.begin_replay),
    _route("GET", "/lab/replay", replays.show_replay),
    _route("DELETE", "/lab/replay", replays.stop_replay),
    _route("POST", "/lab/rates/{asset}", terms.set_rates),
    _route("POST", "/lab/bots", crowds.begin_bots),
    _route("GET", "/lab/bots", crowds.show_bots),
    _route("DELETE", "/lab/bots", crowds.stop_bots),
    _route("PATCH", "/lab/house", terms.change_house),
    _route("PATCH", "/lab/assets/{asset}", terms.change_asset),
    _route("PATCH", "/lab/symbols/{symbol}", terms.change_symbol),
    _route("POST", "/lab/snapshots", snapshots.keep_snapshot),
    _route("GET", "/lab/snapshots", snapshots.show_snapshots),
    _route("DELETE", "/lab/snapshots/{snapshot}", snapshots.remove_snapshot),
    _route("GET", "/lab/snapshots/{snapshot}/file", snapshots.export_snapshot),
    _route("POST", "/lab/snapshots/{snapshot}/file", snapshots.import_snapshot),
    _route("POST", "/lab/snapshots/{snapshot}/restore", snapshots.restore_snapshot),
    _route("POST", "/lab/snapshots/{snapshot}/fork", snapshots.fork_snapshot),
    _route("GET", "/lab/timelines", snapshots.show_timelines),
    _route("POST", "/lab/timelines/{timeline}/switch", snapshots.switch_timeline),
    _route("DELETE", "/lab/timelines/{timeline}", snapshots.end_timeline),
    _route("GET", "/lab/worlds", world_requests.show_worlds),
    _route("DELETE", "/lab/worlds/{world}", world_requests.end_world),
    _route("GET", "/lab/clock", clock.show_clock),
    _route("POST", "/lab/clock/advance", clock.advance_clock),
    _route("POST", "/lab/clock/run-to", clock.run_clock_to),
    _route("POST", "/lab/clock/speed", clock.set_clock_speed),
    _route("POST", "/lab/faults", fault_rules.add_fault),
    _route("GET", "/lab/faults", fault_rules.show_faults),
    _route("DELETE", "/lab/faults", fault_rules.remove_faults),
    _route("DELETE", "/lab/faults/{faultId}", fault_rules.remove_fault),
)
