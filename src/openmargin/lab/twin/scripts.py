"""Index scripts: who writes one, and where it takes the price (docs/prices.md, Script; ADR 23).

Where a move stands is worked out anew from the stage's first price: the share of the way is cut at eight digits, an
amount at whole atoms, and the price goes to the nearest tick.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

from openmargin.domain.commands import EndIndexScript, ScriptIndex
from openmargin.domain.enums import Pace, StageKind
from openmargin.domain.events import IndexFeedChanged, IndexScriptBegan, IndexScriptEnded
from openmargin.domain.index_scripts import IndexStage
from openmargin.domain.reasons import Reason
from openmargin.domain.views import IndexScriptView
from openmargin.lab.twin.listening import Listening
from openmargin.lab.twin.parts import ONE, TwinScript

MOVES_MAX = 100_000
RATIO_MAX = 1_000 * ONE


class Scripts(Listening):
    """Prices that somebody wrote down beforehand."""

    def script_index(self, command: ScriptIndex) -> Reason | None:
        bad = self._bad_names(command)
        if bad is not None:
            return bad
        moved = [symbol for symbol in self.symbols_seen if self._direction(command, symbol)]
        total = sum(stage.moves for stage in command.stages)
        if not moved or not command.stages or total > MOVES_MAX:
            return Reason.SCRIPT_WRONG
        if any(_is_bad(stage, bool(command.symbol)) for stage in command.stages):
            return Reason.SCRIPT_WRONG
        if any(symbol in script.starts for script in self.scripts for symbol in moved):
            return Reason.SCRIPT_TAKEN
        self.script_numbers += 1
        script = TwinScript(self.script_numbers, command, dict.fromkeys(moved, 0))
        self.scripts.append(script)
        self.events.append(IndexScriptBegan(script.number, tuple(moved)))
        self._begin_stage(script, self.now)
        if script.next_ms() <= self.now:
            self._go_on_with(script)
        return None

    def end_script(self, command: EndIndexScript) -> Reason | None:
        meant = [one for one in self.scripts if command.script_id in (0, one.number)]
        if command.script_id and not meant:
            return Reason.UNKNOWN_SCRIPT
        for script in meant:
            if script.present.kind is StageKind.STOP:
                self._feed_again(script)
            self._end_script(script)
        return None

    def script_next(self) -> bool:
        """What has been due longest of a script; False where nothing is."""
        due = [script for script in self.scripts if script.next_ms() <= self.now]
        if due:
            self._go_on_with(min(due, key=lambda script: (script.next_ms(), script.number)))
        return bool(due)

    def index_scripts(self) -> list[IndexScriptView]:
        """Those that go on, the oldest first."""
        return [
            IndexScriptView(
                one.number,
                one.command.symbol,
                one.command.assets,
                tuple(one.starts),
                one.command.stages,
                one.stage,
                one.next_ms(),
            )
            for one in self.scripts
        ]

    def _bad_names(self, command: ScriptIndex) -> Reason | None:
        if command.symbol and command.assets:
            return Reason.SCRIPT_WRONG
        if command.symbol:
            return None if command.symbol in self.index else Reason.UNKNOWN_SYMBOL
        known = all(self.asset(name) is not None for name in command.assets)
        return None if known else Reason.UNKNOWN_ASSET

    def _direction(self, command: ScriptIndex, symbol: str) -> int:
        """Does a price go with what the script names, against it, or neither?"""
        if command.symbol:
            return int(symbol == command.symbol)
        rules = self.rules(symbol)
        return (rules.base in command.assets) - (rules.quote in command.assets)

    def _begin_stage(self, script: TwinScript, at_ms: int) -> None:
        script.began = at_ms
        script.done = 0
        script.starts = {symbol: self.index[symbol] for symbol in script.starts}
        if script.present.kind is StageKind.STOP:
            self.stopped += [symbol for symbol in script.starts if symbol not in self.stopped]
            self.events.append(IndexFeedChanged(tuple(script.starts), True))

    def _go_on_with(self, script: TwinScript) -> None:
        """One move, or the end of a stage that had none; the next begins when this was due, however late that is."""
        stage, due = script.present, script.next_ms()
        if stage.kind is StageKind.MOVE:
            script.done += 1
            self.move_index(tuple((symbol, self._target(script, symbol)) for symbol in script.starts))
            if script.done < stage.moves:
                return
        if stage.kind is StageKind.STOP:
            self._feed_again(script)
        script.stage += 1
        if script.stage == len(script.command.stages):
            self._end_script(script)
        else:
            self._begin_stage(script, due)

    def _target(self, script: TwinScript, symbol: str) -> int:
        """Where this move takes a price."""
        stage, start = script.present, script.starts[symbol]
        share = _share(stage, script.done)
        if stage.price:
            price = floor(start + (stage.price - start) * share)
        else:
            factor = Fraction(floor(ONE + (stage.ratio - ONE) * share), ONE)
            rises = self._direction(script.command, symbol) > 0
            price = floor(start * factor if rises else start / factor)
        rules = self.rules(symbol)
        price = floor(Fraction(price, rules.tick_size) + Fraction(1, 2)) * rules.tick_size
        price = max(price, rules.min_price, rules.tick_size)
        return min(price, rules.max_price) if rules.max_price else price

    def _feed_again(self, script: TwinScript) -> None:
        """The feed says what it said last, or what was set meanwhile."""
        self.move_index(tuple((symbol, self.index[symbol]) for symbol in script.starts))

    def _end_script(self, script: TwinScript) -> None:
        self.scripts.remove(script)
        self.events.append(IndexScriptEnded(script.number))


def _is_bad(stage: IndexStage, has_symbol: bool) -> bool:
    """Could nobody follow this stage?"""
    aims = (stage.price, stage.ratio)
    if stage.kind is not StageKind.MOVE:
        return stage.lasts_ms <= 0 or stage.moves != 0 or aims != (0, 0)
    if stage.lasts_ms < 0 or not 1 <= stage.moves <= max(1, stage.lasts_ms):
        return True
    if min(aims) != 0 or max(aims) == 0 or stage.ratio > RATIO_MAX:
        return True
    return stage.price > 0 and not has_symbol


def _share(stage: IndexStage, done: int) -> Fraction:
    """How much of the way is behind: evenly; or of what is left, or what is behind, the square."""
    passed = Fraction(done, stage.moves)
    if stage.pace is Pace.FAST_FIRST:
        return 1 - _cut((1 - passed) ** 2)
    return _cut(passed**2 if stage.pace is Pace.FAST_LAST else passed)


def _cut(share: Fraction) -> Fraction:
    return Fraction(floor(share * ONE), ONE)
