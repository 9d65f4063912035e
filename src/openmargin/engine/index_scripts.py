"""Scripts of the index: prices that move by themselves, as somebody wrote them down.

A script stands in the state and its next move on the agenda, so it goes on by either clock, through restarts and in
every copy of the exchange, and each of its moves is a record like any other. A move that comes late happens as if it
had come in time: the next one does not wait for it.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.commands import EndIndexScript, ScriptIndex
from openmargin.domain.enums import Pace, StageKind
from openmargin.domain.events import IndexFeedChanged, IndexScriptBegan, IndexScriptEnded
from openmargin.domain.index_scripts import IndexStage
from openmargin.domain.money import E8, round_to_step
from openmargin.domain.reasons import Reason, Rejected
from openmargin.engine import agenda, house, index
from openmargin.engine.feed_state import IndexScript
from openmargin.engine.state import State, TradingRules

MOVES_MAX: Final = 100_000
"""Of one script: what a host that slept has to catch up with stays bounded."""
_RATIO_MAX: Final = 1_000 * E8


def begin(state: State, command: ScriptIndex) -> Rejected | None:
    """Let a script begin; its first move, where it is due at once, is part of the command."""
    symbols = _symbols(state, command)
    if isinstance(symbols, Rejected):
        return symbols
    broken = _broken(command)
    if broken:
        return Rejected(Reason.SCRIPT_WRONG, broken)
    for symbol, _ in symbols:
        if symbol in state.feeds.scripted:
            return Rejected(Reason.SCRIPT_TAKEN, symbol)

    # From here on nothing may be refused.
    feeds = state.feeds
    script = IndexScript(feeds.next_script_id, command.symbol, command.assets, command.stages)
    script.starts = [(symbol, sign, 0) for symbol, sign in symbols]
    feeds.next_script_id += 1
    feeds.scripts[script.script_id] = script
    adopt(state, script)
    state.events.append(IndexScriptBegan(script.script_id, tuple(symbol for symbol, _ in symbols)))
    _begin_stage(state, script, state.at_ms)
    if next_ms(script) <= state.at_ms:
        _go_on(state, script)
    _plan(state)
    return None


def end(state: State, command: EndIndexScript) -> Rejected | None:
    """End one script, or all."""
    feeds = state.feeds
    if command.script_id and command.script_id not in feeds.scripts:
        return Rejected(Reason.UNKNOWN_SCRIPT)

    # From here on nothing may be refused.
    for script in list(feeds.scripts.values()):
        if command.script_id in (0, script.script_id):
            if script.stages[script.stage].kind is StageKind.STOP:
                _resume(state, script)
            _end(state, script)
    _plan(state)
    return None


def step(state: State) -> None:
    """The move that has been due longest, of the oldest script where two are."""
    first: IndexScript | None = None
    for script in state.feeds.scripts.values():
        if first is None or next_ms(script) < next_ms(first):
            first = script
    assert first is not None, "a script is planned that nobody knows"
    _go_on(state, first)
    _plan(state)


def adopt(state: State, script: IndexScript) -> None:
    """Remember which indexes a script moves."""
    for symbol, _, _ in script.starts:
        state.feeds.scripted[symbol] = script.script_id


def next_ms(script: IndexScript) -> int:
    """When a script goes on."""
    stage = script.stages[script.stage]
    if stage.kind is StageKind.MOVE:
        return script.stage_began_ms + stage.lasts_ms * (script.moves_done + 1) // stage.moves
    return script.stage_began_ms + stage.lasts_ms


def _symbols(state: State, command: ScriptIndex) -> list[tuple[str, int]] | Rejected:
    """What a script moves, as (symbol, sign)."""
    if command.symbol:
        if command.assets:
            return Rejected(Reason.SCRIPT_WRONG, "it names a symbol and assets")
        if command.symbol not in state.books:
            return Rejected(Reason.UNKNOWN_SYMBOL, command.symbol)
        return [(command.symbol, 1)]
    for asset in command.assets:
        if asset not in state.assets:
            return Rejected(Reason.UNKNOWN_ASSET, asset)
    found: list[tuple[str, int]] = []
    for symbol, book in state.books.items():
        base, quote = book.rules.base in command.assets, book.rules.quote in command.assets
        if base != quote:
            found.append((symbol, 1 if base else -1))
    return found or Rejected(Reason.SCRIPT_WRONG, "no pair moves with these assets")


def _broken(command: ScriptIndex) -> str:
    """What is wrong with the stages; empty for nothing."""
    if not command.stages:
        return "it has no stages"
    moves = 0
    for stage in command.stages:
        if stage.lasts_ms < 0 or stage.moves < 0:
            return "a stage lasts less than nothing"
        if stage.kind is not StageKind.MOVE:
            if stage.lasts_ms == 0 or stage.moves or stage.price or stage.ratio:
                return "a wait or a stop has a length and nothing else"
            continue
        if stage.moves == 0 or stage.moves > max(stage.lasts_ms, 1):
            return "a move is cut into at least one part, and none is shorter than a millisecond"
        if (stage.price == 0) == (stage.ratio == 0) or stage.price < 0 or not 0 <= stage.ratio <= _RATIO_MAX:
            return "a move goes to one price or by one ratio above zero"
        if stage.price and not command.symbol:
            return "a price is that of a symbol, and it names assets"
        moves += stage.moves
    return f"it moves more than {MOVES_MAX} times" if moves > MOVES_MAX else ""


def _go_on(state: State, script: IndexScript) -> None:
    """Do what is due of a script: one move, or the end of a wait or a stop."""
    stage = script.stages[script.stage]
    due_ms = next_ms(script)
    if stage.kind is StageKind.MOVE:
        script.moves_done += 1
        _move(state, script, stage)
        if script.moves_done < stage.moves:
            return
    elif stage.kind is StageKind.STOP:
        _resume(state, script)
    script.stage += 1
    if script.stage < len(script.stages):
        _begin_stage(state, script, due_ms)
    else:
        _end(state, script)


def _begin_stage(state: State, script: IndexScript, at_ms: int) -> None:
    script.stage_began_ms = at_ms
    script.moves_done = 0
    script.starts = [(symbol, sign, state.books[symbol].index_price) for symbol, sign, _ in script.starts]
    if script.stages[script.stage].kind is StageKind.STOP:
        symbols = [symbol for symbol, _, _ in script.starts]
        stopped = state.feeds.stopped
        stopped += [symbol for symbol in symbols if symbol not in stopped]
        index.mark_assets(state)
        state.events.append(IndexFeedChanged(tuple(symbols), True))


def _resume(state: State, script: IndexScript) -> None:
    """The feed goes on with the price at which it stopped, or that was set meanwhile."""
    house.move_index(
        state, tuple((symbol, state.books[symbol].index_price) for symbol, _, _ in script.starts)
    )


def _move(state: State, script: IndexScript, stage: IndexStage) -> None:
    way = _way(stage.pace, script.moves_done, stage.moves)
    prices: list[tuple[str, int]] = []
    for symbol, sign, start in script.starts:
        if stage.price:
            price = start + (stage.price - start) * way // E8
        else:
            factor = E8 + (stage.ratio - E8) * way // E8
            price = start * factor // E8 if sign > 0 else start * E8 // max(factor, 1)
        prices.append((symbol, _quotable(state.books[symbol].rules, price)))
    house.move_index(state, tuple(prices))


def _way(pace: Pace, done: int, of: int) -> int:
    """How much of a move's way lies behind it (1e-8)."""
    if pace is Pace.FAST_FIRST:
        return E8 - (of - done) * (of - done) * E8 // (of * of)
    if pace is Pace.FAST_LAST:
        return done * done * E8 // (of * of)
    return done * E8 // of


def _quotable(rules: TradingRules, price: int) -> int:
    """The nearest price at which an order may stand: beyond, the house would fall silent."""
    lowest = max(rules.min_price, rules.tick_size)
    price = max(round_to_step(price, rules.tick_size), lowest)
    return min(price, rules.max_price) if rules.max_price else price


def _end(state: State, script: IndexScript) -> None:
    for symbol, _, _ in script.starts:
        del state.feeds.scripted[symbol]
    del state.feeds.scripts[script.script_id]
    state.events.append(IndexScriptEnded(script.script_id))


def _plan(state: State) -> None:
    due_ms = -1
    for script in state.feeds.scripts.values():
        then = next_ms(script)
        due_ms = then if due_ms < 0 else min(due_ms, then)
    agenda.move(state, agenda.SCRIPT, due_ms)
