"""The pytest plugin: `openmargin`, a fresh exchange in process, and `openmargin_server`, a served one.

Owns: fixtures, options, and what a failing test says of the exchange that it used.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

if TYPE_CHECKING:
    from openmargin.sdk import Exchange
    from openmargin.testing.server import Server, World

_MARK: Final = "openmargin"
_TAIL: Final = 12
"""Records that a failing test shows."""

_OPTIONS: Final = {
    "venue": "the configuration file of exchanges in tests, beside the ini-file; the default venue where empty",
    "seed": "the seed of exchanges in tests; 1 where empty",
    "start": "where their virtual clock starts, such as 2026-01-01T00:00:00Z, which it is where empty",
    "clock": "virtual or wall; only openmargin_server knows a wall clock",
    "house": "false for empty books; as the venue says where empty",
}
"""In the ini-file with `openmargin_` before them, in the marker without."""

_used: Final = pytest.StashKey["list[Exchange | Server]"]()
_worlds: Final = pytest.StashKey[int]()
"""How many worlds there were."""


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, about in _OPTIONS.items():
        parser.addini(f"openmargin_{name}", about, default="")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "openmargin(venue=None, seed=None, start=None, clock=None, house=None, check_everything=False): what exchange"
        " the fixtures `openmargin` and `openmargin_server` make for a test",
    )


class Choice:
    """What exchange a test wants: its marker, and what that leaves open from the ini-file."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        config: pytest.Config = request.config
        said: dict[str, Any] = {}
        for name in _OPTIONS:
            written: str = config.getini(f"openmargin_{name}")
            if written:
                said[name] = _read(name, written, config)
        marker = cast(pytest.Mark | None, request.node.get_closest_marker(_MARK))
        if marker is not None:
            unknown = sorted(set(marker.kwargs) - {*_OPTIONS, "check_everything"})
            if marker.args or unknown:
                raise pytest.UsageError(
                    f"@pytest.mark.openmargin takes {', '.join(_OPTIONS)} and check_everything by name, not"
                    f" {', '.join([*map(repr, marker.args), *unknown])}"
                )
            said.update({name: value for name, value in marker.kwargs.items() if value is not None})
        self.venue: Path | None = said.get("venue")
        self.seed: int | None = said.get("seed")
        self.start: datetime | None = said.get("start")
        self.clock: str = said.get("clock", "virtual")
        self.house: bool | None = said.get("house")
        self.check_everything: bool = said.get("check_everything", False)
        if self.clock not in ("virtual", "wall"):
            raise pytest.UsageError(f"openmargin: clock={self.clock!r} is neither virtual nor wall")


def _read(name: str, written: str, config: pytest.Config) -> object:
    """A word of the ini-file as what it stands for."""
    try:
        match name:
            case "venue":
                return (config.inipath or config.rootpath / "-").parent / written
            case "seed":
                return int(written)
            case "start":
                return datetime.fromisoformat(written)
            case "house":
                return {"true": True, "false": False}[written.lower()]
            case _:
                return written
    except (ValueError, KeyError):
        raise pytest.UsageError(f"openmargin_{name} = {written} is not {_OPTIONS[name]}") from None


@pytest.fixture
def openmargin(request: pytest.FixtureRequest) -> Iterator[Exchange]:
    """A fresh exchange in this process, on a virtual clock that only the test moves."""
    from openmargin.sdk import Exchange

    choice = Choice(request)
    if choice.clock != "virtual":
        raise pytest.UsageError("the fixture openmargin has a virtual clock; openmargin_server knows others")
    with Exchange(
        venue=choice.venue,
        seed=choice.seed,
        start=choice.start,
        house=choice.house,
        check_everything=choice.check_everything,
    ) as exchange:
        _uses(request, exchange)
        yield exchange


@pytest.fixture
def openmargin_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A fresh exchange served on a free port of this machine, with its development keys and a lab."""
    from openmargin.testing.server import serving

    choice = Choice(request)
    if choice.check_everything:
        raise pytest.UsageError("only the fixture openmargin can check everything")
    with serving(
        tmp_path_factory.mktemp("openmargin-server"),
        clock=choice.clock,
        venue=choice.venue,
        seed=choice.seed,
        start=choice.start,
        house=choice.house,
    ) as server:
        _uses(request, server)
        yield server


@pytest.fixture(scope="session")
def openmargin_shared_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One served exchange for the whole run, as the ini-file says; `openmargin_world` is a world of it."""
    from openmargin.testing.server import serving

    choice = Choice(request)
    with serving(
        tmp_path_factory.mktemp("openmargin-shared"),
        clock=choice.clock,
        venue=choice.venue,
        seed=choice.seed,
        start=choice.start,
        house=choice.house,
    ) as server:
        yield server


@pytest.fixture
def openmargin_world(request: pytest.FixtureRequest, openmargin_shared_server: Server) -> Iterator[World]:
    """A fresh exchange behind an address of its own, on the server that all tests share: quick, but kept in memory."""
    if request.node.get_closest_marker(_MARK) is not None:
        raise pytest.UsageError(
            "openmargin_world is as the ini-file says; openmargin_server goes by the marker, too"
        )
    number = request.config.stash.get(_worlds, 0) + 1
    request.config.stash[_worlds] = number
    with openmargin_shared_server.world(f"test-{number}") as world:
        yield world


def _uses(request: pytest.FixtureRequest, exchange: Exchange | Server) -> None:
    stash: pytest.Stash = request.node.stash
    stash.setdefault(_used, []).append(exchange)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failing test tells what its exchange did last, and how to see it again."""
    report = yield
    if call.when != "teardown" and report.failed:  # A fixture of the test's own may be what fails.
        used = item.stash.get(_used, None) or ()
        for number, exchange in enumerate(used, 1):
            report.sections.append(("openmargin", _last_words(item, exchange, number)))
    return report


def _last_words(item: pytest.Item, exchange: Exchange | Server, number: int) -> str:
    from openmargin.sdk import Exchange
    from openmargin.sdk.replaying import last_entries

    try:
        if isinstance(exchange, Exchange):
            directory = _directory(item, number)
            exchange.save(directory)
            entries = exchange.journal(_TAIL)
        else:
            directory = exchange.directory
            entries = last_entries(directory, _TAIL)
    except Exception as error:  # A test that failed must be told of, whatever has become of its exchange.
        return f"the journal cannot be shown: {error!r}"
    return "\n".join(
        [
            "the last records of the journal:",
            *map(str, entries),
            "",
            f"look at all of it:  openmargin journal {directory}",
            f"replay and check:   openmargin verify {directory}",
            f'go on with it:      openmargin.Exchange("{directory}")',
        ]
    )


def _directory(item: pytest.Item, number: int) -> Path:
    """Where the journal of a failed test is kept: under the directory that pytest keeps for a few runs."""
    base = cast(pytest.TempPathFactory, item.config._tmp_path_factory).getbasetemp()  # type: ignore[attr-defined]  # pyright: ignore  # Public as a fixture alone, which no hook can ask for.
    name = re.sub(r"\W+", "_", item.nodeid)[-80:]
    return base / f"openmargin-{name}-{number}"
