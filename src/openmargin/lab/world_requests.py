"""Worlds over the wire: which there are, and the end of one. They are made by being spoken to."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from openmargin.lab import shapes
from openmargin.lab.bench import Bench, Path
from openmargin.lab.errors import Refused
from openmargin.lab.stage import Stage
from openmargin.lab.worlds import NoSuchWorld, TooManyWorlds, WorldExists


async def show_worlds(bench: Bench, _path: Path, _body: None) -> shapes.WorldsShown:
    """Every world there is, by its age."""
    worlds = bench.worlds
    found = [(name, worlds.present(name)) for name in worlds.names()]
    return shapes.WorldsShown(
        most=worlds.most, worlds=tuple(_shown(name, stage) for name, stage in found if stage is not None)
    )


async def end_world(bench: Bench, path: Path, _body: None) -> shapes.WorldShown:
    """Close a world and forget it."""
    with asking_for_a_world():
        return _shown(path.world, await bench.worlds.end(path.world))


def _shown(name: str, stage: Stage) -> shapes.WorldShown:
    seq, state_hash, time = stage.exchange.state_hash()
    return shapes.WorldShown(world=name, seq=seq, state_hash=state_hash, time=time)


@contextmanager
def asking_for_a_world() -> Generator[None]:
    """Why there is none, in the lab's words."""
    try:
        yield
    except NoSuchWorld as refusal:
        raise Refused(404, refusal.error, refusal.hint) from None
    except WorldExists as refusal:
        raise Refused(409, refusal.error, refusal.hint) from None
    except TooManyWorlds as refusal:
        raise Refused(503, refusal.error, refusal.hint) from None
