"""Bookmarks and timelines, over the wire."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path as FilePath
from shutil import rmtree
from tempfile import mkdtemp

from openmargin.lab import shapes
from openmargin.lab.bench import Bench, Path
from openmargin.lab.errors import Refused
from openmargin.lab.world_requests import asking_for_a_world
from openmargin.runtime.errors import AdvanceRuns, StartRefused
from openmargin.runtime.exchange import Exchange
from openmargin.runtime.shelf import BadName, Bookmark, InUse, ShelfRefused, Taken, Unknown
from openmargin.runtime.snapshot_archive import ArchiveRefused


async def keep_snapshot(bench: Bench, _path: Path, body: shapes.NewSnapshot) -> shapes.SnapshotShown:
    """Give the present a name to come back to."""
    with _asking():
        return _shown(await bench.stage.keep(body.name))


async def show_snapshots(bench: Bench, _path: Path, _body: None) -> shapes.Snapshots:
    """Every snapshot there is, by its place."""
    return shapes.Snapshots(snapshots=tuple(_shown(bookmark) for bookmark in bench.stage.shelf.bookmarks()))


async def remove_snapshot(bench: Bench, path: Path, _body: None) -> shapes.SnapshotShown:
    """Forget a snapshot. Timelines that began at it stay."""
    with _asking():
        return _shown(await bench.stage.remove(path.snapshot))


async def export_snapshot(bench: Bench, path: Path, _body: None) -> shapes.Download:
    """A snapshot as one file, to be carried elsewhere."""
    directory = FilePath(mkdtemp(prefix="openmargin-"))
    name = f"{path.snapshot}.tar.gz"
    try:
        with _asking():
            await bench.stage.pack(path.snapshot, directory / "file")
    except BaseException:
        rmtree(directory)
        raise
    return shapes.Download(path=str(directory / "file"), name=name)


async def import_snapshot(bench: Bench, path: Path, body: shapes.Upload) -> shapes.SnapshotShown:
    """Take in a file that was exported, after every check."""
    with _asking():
        return _shown(await bench.stage.unpack(path.snapshot, FilePath(body.path)))


async def restore_snapshot(bench: Bench, path: Path, body: shapes.NewTimeline) -> shapes.State:
    """Begin a timeline at a snapshot, and serve it from now on."""
    with _asking():
        return _state(bench, await bench.stage.restore(path.snapshot, body.timeline))


async def fork_snapshot(bench: Bench, path: Path, body: shapes.NewFork) -> shapes.ForkShown:
    """Begin a timeline at a snapshot, for another server to serve, or a world."""
    if body.world:
        if body.timeline:
            raise Refused(400, "a fork has one place", 'write either "timeline" or "world"')
        with _asking(), asking_for_a_world():
            stage = await bench.worlds.fork(body.world, await bench.stage.load(path.snapshot))
        return shapes.ForkShown(timeline=stage.timeline, directory=None, world=body.world)
    if bench.stage.exchange.directory is None:
        raise Refused(
            409,
            "an exchange in memory has no directory to fork into",
            "fork into a world, or serve with --data",
        )
    with _asking():
        start = await bench.stage.fork(path.snapshot, body.timeline)
    return shapes.ForkShown(timeline=start.timeline, directory=str(start.directory), world=None)


async def show_timelines(bench: Bench, _path: Path, _body: None) -> shapes.Timelines:
    """Every timeline that can be gone on with."""
    return shapes.Timelines(timelines=tuple(_timelines(bench)))


async def switch_timeline(bench: Bench, path: Path, _body: None) -> shapes.State:
    """Serve another timeline from now on, from where it ended."""
    with _asking():
        return _state(bench, await bench.stage.switch(path.timeline))


async def end_timeline(bench: Bench, path: Path, _body: None) -> shapes.Timelines:
    """Take away a timeline that nobody serves, and say which are left. Snapshots that were made on it stay."""
    with _asking():
        await bench.stage.end(path.timeline)
    return shapes.Timelines(timelines=tuple(_timelines(bench)))


def _timelines(bench: Bench) -> Generator[shapes.TimelineShown]:
    stage = bench.stage
    for name in stage.shelf.timelines():
        is_served = name == stage.timeline
        directory = stage.exchange.directory if is_served else stage.shelf.find(name).directory
        yield shapes.TimelineShown(
            timeline=name, is_served=is_served, directory=None if directory is None else str(directory)
        )


def _shown(bookmark: Bookmark) -> shapes.SnapshotShown:
    return shapes.SnapshotShown(
        name=bookmark.name,
        timeline=bookmark.timeline,
        seq=bookmark.seq,
        state_hash=bookmark.event_chain,
        time=bookmark.at_ms,
    )


def _state(bench: Bench, exchange: Exchange) -> shapes.State:
    seq, state_hash, time = exchange.state_hash()
    return shapes.State(timeline=bench.stage.timeline, seq=seq, state_hash=state_hash, time=time)


@contextmanager
def _asking() -> Generator[None]:
    """What cannot be done, in the lab's words."""
    try:
        yield
    except Unknown as refusal:
        raise Refused(404, str(refusal), "GET /lab/snapshots and /lab/timelines list what there is") from None
    except ArchiveRefused as refusal:
        raise Refused(422, str(refusal), "export the snapshot again") from None
    except Taken as refusal:
        raise Refused(409, str(refusal), "write another name") from None
    except InUse as refusal:
        raise Refused(
            409, str(refusal), "switch to another first, or stop the server that serves it"
        ) from None
    except (BadName, ShelfRefused) as refusal:
        raise Refused(400, str(refusal), 'write such as "before-the-crash"') from None
    except AdvanceRuns:
        raise Refused(409, "the clock is being moved", "wait for the other request's answer") from None
    except StartRefused as refusal:
        raise Refused(409, str(refusal), "mend that, or name another timeline") from None
