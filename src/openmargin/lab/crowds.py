"""Trader bots, as the operator switches them on and off."""

from __future__ import annotations

from openmargin.domain.commands import CreateAccount, Deposit
from openmargin.domain.events import AccountChanged
from openmargin.domain.ids import SPOT
from openmargin.domain.money import E8, SUPPLY_MAX
from openmargin.domain.reasons import Reason
from openmargin.lab import shapes
from openmargin.lab.bench import Bench, Path
from openmargin.lab.bots import Bots
from openmargin.lab.errors import Refused, refused

_MONEY_VALUE = 1_000_000
"""What each bot has of each asset that it trades, in the valuation asset."""


async def begin_bots(bench: Bench, _path: Path, body: shapes.NewBots) -> shapes.BotsShown:
    """Let some traders with accounts of their own trade at spot, drawn from a seed."""
    exchange = bench.exchange
    known = {symbol.name: symbol for symbol in exchange.venue.symbols}
    for name in body.symbols:
        if name not in known:
            raise Refused(404, f"there is no symbol {name}", "GET /api/v3/exchangeInfo lists them")
    async with bench.changing_rules:
        if bench.bots and bench.bots[-1].is_running:
            raise Refused(409, "bots are trading already", "DELETE /lab/bots stops them")
        symbols = [known[name] for name in body.symbols]
        most = SUPPLY_MAX // (2 * body.count)
        accounts = [
            await _account(bench, f"bot-{number + 1}", body.symbols, most) for number in range(body.count)
        ]
        bots = Bots(exchange, accounts, symbols, body.seed, body.every_ms)
        bench.bots[:] = [bots]
        bots.begin()
    return _shown(bots)


async def show_bots(bench: Bench, _path: Path, _body: None) -> shapes.BotsShown:
    """Who trades, and by which seed."""
    return _shown(_last(bench))


async def stop_bots(bench: Bench, _path: Path, _body: None) -> shapes.BotsShown:
    """Let them trade no more; their accounts stay."""
    bots = _last(bench)
    bots.stop()
    return _shown(bots)


async def _account(bench: Bench, name: str, symbols: tuple[str, ...], most: int) -> int:
    """Make a bot's account, with at most so much of each asset: of a cheap one there is not enough in the world."""
    outcome = await bench.obey(CreateAccount(name))
    account_id = next(event.account_id for event in outcome.events if isinstance(event, AccountChanged))
    venue = bench.exchange.venue
    pairs = [symbol for symbol in venue.symbols if symbol.name in symbols]
    for asset in dict.fromkeys(asset for pair in pairs for asset in (pair.base, pair.quote)):
        view = bench.exchange.live.index(asset + venue.margin.valuation_asset)
        price = E8 if view is None else view.price
        amount = min(_MONEY_VALUE * E8 * E8 // price, most)
        outcome = await bench.exchange.submit(Deposit(account_id, SPOT, asset, amount))
        if outcome.rejection and outcome.rejection.reason is not Reason.ABOVE_SUPPLY:
            raise refused(outcome.rejection)
    return account_id


def _last(bench: Bench) -> Bots:
    if not bench.bots:
        raise Refused(404, "no bots have traded here since this timeline is served", "POST /lab/bots begins")
    return bench.bots[-1]


def _shown(bots: Bots) -> shapes.BotsShown:
    return shapes.BotsShown(
        running=bots.is_running,
        seed=bots.seed,
        every_ms=bots.every_ms,
        account_ids=bots.accounts,
        symbols=tuple(symbol.name for symbol in bots.symbols),
        orders=bots.steps,
    )
