"""Scripts of the index, as the operator writes them: steps, ramps, crashes, pumps, gaps, and feeds that stop."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from openmargin.domain.commands import EndIndexScript, ScriptIndex
from openmargin.domain.enums import Pace, StageKind
from openmargin.domain.events import AnyEvent, IndexScriptBegan, IndexScriptEnded
from openmargin.domain.index_scripts import IndexStage
from openmargin.domain.money import E8
from openmargin.lab import script_shapes as shapes
from openmargin.lab.amounts import positive_e8
from openmargin.lab.bench import Bench, Path
from openmargin.lab.errors import Refused
from openmargin.lab.market import require_in_filter


async def begin_script(bench: Bench, _path: Path, body: shapes.NewIndexScript) -> shapes.IndexScriptMade:
    """Have a pair's index, or those of some assets, follow a script on the exchange's clock."""
    if bool(body.symbol) == bool(body.assets):
        raise Refused(
            400,
            "a script moves a symbol, or assets",
            'write either "symbol": "BTCUSDT" or "assets": ["BTC"]',
        )
    stages = tuple(stage for asked in body.stages for stage in index_stages(asked))
    for stage in stages:
        if stage.price:
            require_in_filter(bench.exchange.venue, body.symbol, stage.price)
    outcome = await bench.obey(ScriptIndex(body.symbol, body.assets, stages))
    began = next(event for event in outcome.events if isinstance(event, IndexScriptBegan))
    return shapes.IndexScriptMade(
        script_id=began.script_id,
        symbols=began.symbols,
        ends_at=outcome.at_ms + sum(stage.lasts_ms for stage in stages),
    )


async def show_scripts(bench: Bench, _path: Path, _body: None) -> shapes.IndexScripts:
    """The scripts that go on, the oldest first."""
    views = await bench.exchange.read(lambda live: live.index_scripts())
    return shapes.IndexScripts(
        scripts=tuple(
            shapes.IndexScriptShown(
                script_id=view.script_id,
                symbol=view.symbol,
                assets=view.assets,
                symbols=view.symbols,
                stage=view.stage + 1,
                stages=len(view.stages),
                doing=view.stages[view.stage].kind.name,
                next_time=view.next_ms,
            )
            for view in views
        )
    )


async def end_script(bench: Bench, path: Path, _body: None) -> shapes.IndexScriptsEnded:
    """End one script; the index stays where it is."""
    return await _end(bench, path.script_id)


async def end_scripts(bench: Bench, _path: Path, _body: None) -> shapes.IndexScriptsEnded:
    """End all scripts; every index stays where it is."""
    return await _end(bench, 0)


async def _end(bench: Bench, script_id: int) -> shapes.IndexScriptsEnded:
    outcome = await bench.obey(EndIndexScript(script_id))
    return shapes.IndexScriptsEnded(script_ids=tuple(_ended(outcome.events)))


def _ended(events: tuple[AnyEvent, ...]) -> Iterator[int]:
    for event in events:
        if isinstance(event, IndexScriptEnded):
            yield event.script_id


def index_stages(asked: shapes.AnyStage) -> Iterator[IndexStage]:
    """The stages that the exchange knows, of one that somebody wrote. Raises Refused."""
    match asked:
        case shapes.Wait():
            yield IndexStage(StageKind.WAIT, _ms(asked.seconds))
        case shapes.Stop():
            yield IndexStage(StageKind.STOP, _ms(asked.seconds))
        case shapes.Set():
            yield IndexStage(StageKind.MOVE, 0, 1, positive_e8("price", asked.price))
        case shapes.Gap():
            yield IndexStage(StageKind.MOVE, 0, 1, 0, _ratio(asked.percent))
        case shapes.Steps():
            for place, price in enumerate(asked.prices):
                if place:
                    yield IndexStage(StageKind.WAIT, _ms(asked.every))
                yield IndexStage(StageKind.MOVE, 0, 1, positive_e8("prices", price))
        case shapes.Ramp():
            if (asked.price is None) == (asked.percent is None):
                raise Refused(400, "a ramp goes to a price or by a percentage", "write one of the two")
            price = 0 if asked.price is None else positive_e8("price", asked.price)
            ratio = 0 if asked.percent is None else _ratio(asked.percent)
            yield _move(asked.seconds, asked.every, price, ratio, Pace.EVEN)
        case shapes.Crash():
            yield _move(asked.seconds, asked.every, 0, _ratio(-asked.percent), Pace.FAST_FIRST)
        case shapes.Pump():
            yield _move(asked.seconds, asked.every, 0, _ratio(asked.percent), Pace.FAST_LAST)


def _move(seconds: float, every: float, price: int, ratio: int, pace: Pace) -> IndexStage:
    lasts_ms = _ms(seconds)
    return IndexStage(StageKind.MOVE, lasts_ms, max(lasts_ms // _ms(every), 1), price, ratio, pace)


def _ms(seconds: float) -> int:
    milliseconds = round(seconds * 1000)
    if milliseconds == 0:
        raise Refused(400, "that is less than a millisecond", "write 0.001 or more")
    return milliseconds


def _ratio(percent: float) -> int:
    """As a share of 1e-8: exact, for a number as people write it."""
    return E8 + int(Decimal(repr(percent)) * (E8 // 100))
