"""An exchange served for one test: a process of its own, on a free port, gone with the test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from openmargin.testing.lab import Lab

_START: Final = "2026-01-01T00:00:00Z"
_STOP_SECONDS: Final = 20


class Server:
    """A served exchange: where it is, who may use it, and the lab to bend it with."""

    def __init__(self, process: subprocess.Popen[str], words: str, directory: Path) -> None:
        self.directory: Final = directory
        """Its data directory."""
        self.url: Final = _found(r"at (http\S+)", words)
        """The base address for clients: "http://127.0.0.1:PORT"."""
        self.api_key: Final = _found(r"api key +(\S+)", words)
        """The development key of account 1, which begins with money in its spot and cross wallets."""
        self.secret_key: Final = _found(r"secret +(\S+)", words)
        self.lab: Final = Lab(self.url)
        self.process: Final = process

    @contextmanager
    def world(self, name: str) -> Generator[World]:
        """A fresh exchange of this server that nobody else uses, in memory; gone at the end of the block."""
        try:
            yield World(self, name)
        finally:
            self.lab.request("DELETE", f"/lab/worlds/{name}")


class World:
    """One of the many exchanges that a server can have at once, with an address of its own."""

    def __init__(self, server: Server, name: str) -> None:
        self.name: Final = name
        self.url: Final = f"{server.url}/w/{name}"
        """The base address for clients."""
        self.api_key: Final = server.api_key
        """The development key of account 1, which begins with the same money in each world."""
        self.secret_key: Final = server.secret_key
        self.lab: Final = Lab(self.url)
        self.lab.state()  # A world is made by its first request.


@contextmanager
def serving(
    home: Path,
    *,
    clock: str = "virtual",
    venue: Path | None = None,
    seed: int | None = None,
    start: datetime | None = None,
    house: bool | None = None,
) -> Generator[Server]:
    """A server that is ready, with everything that it keeps under `home`; stopped at the end of the block."""
    directory = home / "data"
    command = [sys.executable, "-m", "openmargin", "serve", "--port", "0", "--data", str(directory)]
    command += ["--clock", clock]
    if clock == "virtual":
        command += ["--start", _START if start is None else start.isoformat()]
    if venue is not None:
        command += ["--config", str(Path(venue).absolute())]
    if seed is not None:
        command += ["--seed", str(seed)]
    if house is not None:
        command += ["--market", "house" if house else "none"]
    package_home = str(Path(__file__).resolve().parents[2])
    environment = {
        **os.environ,
        # The same package that the test imports, wherever it was found.
        "PYTHONPATH": os.pathsep.join(filter(None, [package_home, os.environ.get("PYTHONPATH")])),
        "XDG_CONFIG_HOME": str(home / "config"),
    }
    said = home / "stderr.txt"
    with (
        said.open("w") as stderr,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as process,
    ):
        try:
            yield Server(process, _first_words(process, said), directory)
        finally:
            _stop(process)


def _first_words(process: subprocess.Popen[str], said: Path) -> str:
    assert process.stdout is not None
    words = ""
    for line in process.stdout:
        words += line
        if line.startswith("Ready"):
            return words
    raise RuntimeError(f"the exchange did not start: {said.read_text().strip() or words}")


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _found(pattern: str, words: str) -> str:
    found = re.search(pattern, words)
    assert found is not None, f"the exchange announced itself without {pattern}: {words}"
    return found[1]
