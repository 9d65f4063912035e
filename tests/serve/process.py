"""`openmargin serve` as a process of its own, as an operator runs it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

import openmargin

PACKAGE_HOME = Path(openmargin.__file__).resolve().parents[1]
MODULE = ("-m", "openmargin")


class Server:
    """A server that said that it is ready."""

    def __init__(self, process: subprocess.Popen[str], words: list[str]) -> None:
        self.process = process
        self.words = "".join(words)
        self.address = words[0].rsplit(" ", 1)[1].strip()
        self.client = httpx.Client(base_url=self.address, trust_env=False)

    def state(self) -> dict[str, object]:
        return self.client.get("/lab/state").json()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal, and give the exit code."""
        self.process.send_signal(number)
        return self.process.wait()

    def said(self) -> str:
        """What a server that has ended said on standard error."""
        assert self.process.stderr is not None
        return self.process.stderr.read()


def environment(home: Path) -> dict[str, str]:
    """Nothing of the run lies outside `home`."""
    return {
        **os.environ,
        "PYTHONPATH": str(PACKAGE_HOME),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "PYTHONWARNINGS": "error",
    }


@contextmanager
def serving(home: Path, *options: str, program: Sequence[str] = MODULE) -> Iterator[Server]:
    """A server on a free port, ready to be asked; killed at the end of the block if it still runs."""
    command = [sys.executable, *program, "serve", "--port", "0", *options]
    process = subprocess.Popen(
        command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        words: list[str] = []
        for line in process.stdout:
            words.append(line)
            if line.startswith("Ready"):
                break
        else:
            raise AssertionError(f"it never got ready: {process.stderr.read()}")
        server = Server(process, words)
        with server.client:
            yield server
    finally:
        process.kill()
        process.communicate()


def run(home: Path, *arguments: str, program: Sequence[str] = MODULE) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        [sys.executable, *program, *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def proxying(home: Path, exchange: str) -> Iterator[tuple[int, Path]]:
    """A proxy before an exchange: its port, and the certificate that its clients trust."""
    command = [sys.executable, *MODULE, "proxy", "--port", "0", "--exchange", exchange]
    process = subprocess.Popen(
        command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        words = process.stdout.readline()
        assert words.startswith("OpenMargin proxy at http://127.0.0.1:"), words + process.stderr.read()
        port = int(words.split(": ")[0].rpartition(":")[2])
        while not process.stdout.readline().startswith("Ready"):
            assert process.poll() is None
        yield port, home / "config" / "openmargin" / "authority.pem"
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0, process.stderr.read()
    finally:
        process.kill()
        process.communicate()
