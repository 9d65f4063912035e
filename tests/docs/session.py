"""A page, followed to the letter by somebody in an empty directory.

Owns: what each kind of snippet does. Everything runs in the page's order against the exchange that the page itself
starts; only the port differs, because another exchange may be running on the usual one.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from openmargin.config import load_settings, load_venue
from openmargin.scenarios.reading import load
from tests.clients.environments import run_client, run_node_client
from tests.docs.snippets import ROOT, Command, Snippet, answers, commands
from tests.serve.process import Server, environment, proxying, serving

PROGRAMS = Path(__file__).parent / "programs"
MAKEFILE = (ROOT / "Makefile").read_text()
MAKE_WORDS = frozenset(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
CLIENTS = {
    "ccxt": "ccxt",
    "binance_sdk_margin_trading": "binance-sdk-margin",
    "binance.client": "python-binance",
    "binance.spot": "binance-connector",
}
"""What a program imports, and whose environment it then runs in."""
NODE_CLIENTS = {"binance": "npm-binance", "ccxt": "npm-ccxt"}
"""The same for JavaScript."""

INSTALLS = {
    "pip": frozenset({"ccxt", "binance-sdk-margin-trading", "python-binance", "binance-connector", "."}),
    "npm": frozenset(NODE_CLIENTS),
}
SHELL_WORDS = frozenset({"openmargin", "curl", "pytest", "kill", "ls", "cat", "cp", "mkdir", "rm", "chmod"})
_PYTEST = "-m pytest -p openmargin.testing.plugin"
"""As where the package is installed, and pytest finds the plugin by itself."""
_PLAIN = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""Nothing else that happens to be installed here takes part."""
_REFUSAL = re.compile(r'^\{"(error|code)":')


def kind_of(command: str) -> str:
    """serve, proxy, make, install or shell; None of these is an AssertionError that says what to do."""
    words = shlex.split(command, comments=True)
    if words == ["openmargin", "proxy"]:
        return "proxy"
    if words[:2] in (["make", "serve"], ["openmargin", "serve"]):
        return "serve"
    if words[0] == "make":
        assert words[1] in MAKE_WORDS, f"`{command}`: the Makefile has no such word"
        return "make"
    if words[0] in INSTALLS and words[1] == "install":
        assert set(words[2:]) <= INSTALLS[words[0]], f"`{command}`: no client is tested by that name"
        return "install"
    assert words[0] in SHELL_WORDS, f"`{command}`: name {words[0]} in SHELL_WORDS if it can run anywhere"
    return "shell"


class Session:
    """One run of a page."""

    def __init__(self, home: Path, page_options: tuple[str, ...]) -> None:
        self._home = home
        self._page_options = page_options
        self._stack = ExitStack()
        self._server: Server | None = None
        self._proxy_port = 0
        self._printed: str | None = None
        self._environment = environment(home) | {"HOME": str(home), "PATH": self._path()} | _PLAIN

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def follow(self, snippet: Snippet) -> None:
        """Do what one snippet says, and hold what happens against it."""
        if snippet.kind == "console":
            for command in commands(snippet):
                self._command(command)
        elif snippet.kind == "sh":
            self._printed = self._shell(snippet.place, self._at_our_port(snippet.body))
        elif snippet.kind == "ini" or (snippet.kind == "python" and snippet.title):
            assert snippet.title, f"{snippet.place}: say the name of the file as title="
            (self._home / snippet.title).write_text(self._at_our_port(snippet.body))
        elif snippet.kind == "python":
            self._printed = self._python(snippet)
        elif snippet.kind == "javascript":
            self._printed = self._javascript(snippet)
        elif snippet.kind == "json":
            json.loads(snippet.body)
        elif snippet.kind == "toml":
            self._configuration(snippet)
        else:
            assert self._printed is not None, f"{snippet.place}: no program above it prints this"
            self._compare(snippet.place, snippet.body, self._printed)

    def _command(self, command: Command) -> None:
        kind = kind_of(command.text)
        if kind == "serve" and not command.answer.startswith("openmargin: "):
            self._serve(command)
        elif kind == "proxy":
            assert self._server is not None, "the page starts a proxy before an exchange"
            self._proxy_port, _ = self._stack.enter_context(proxying(self._home, self._server.address))
            (self._home / ".config").symlink_to(self._home / "config")
        elif kind in ("serve", "shell"):
            self._run(command)

    def _serve(self, command: Command) -> None:
        """Start what the page starts, in place of what it started before."""
        if self._server is not None and self._server.process.poll() is None:
            assert self._server.stop() == 0, f"{command.place}: the exchange before this one did not end well"
        options = [*self._page_options, *_serve_options(command.text)]
        self._server = self._stack.enter_context(serving(self._home, *options))
        if command.answer:
            self._compare(command.place, command.answer, self._server.words)

    def _run(self, command: Command) -> None:
        text = self._at_our_port(command.text)
        refused = command.answer.startswith("openmargin: ")
        printed = self._shell(command.place, text, 1 if refused else 0)
        if command.text.startswith("kill "):
            assert self._server is not None
            self._server.process.wait()
        if command.answer:
            self._compare(command.place, command.answer, printed)
        else:
            assert not _REFUSAL.match(printed), f"{command.place}: `{command.text}` is refused: {printed}"

    def _shell(self, place: str, script: str, code: int = 0) -> str:
        done = subprocess.run(
            ["sh", "-euc", script],
            cwd=self._home,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == code, f"{place}: exit code {done.returncode}\n{script}\n{done.stdout}"
        return done.stdout

    def _python(self, snippet: Snippet) -> str:
        """A program of a client, in that client's environment; or one of the Python API, in this one."""
        program = self._at_our_port(snippet.body)
        if re.search(r"^(from|import) openmargin\b", program, re.M):
            return self._own(snippet, program)
        [client] = {
            name
            for module, name in CLIENTS.items()
            if re.search(rf"^(from|import) {module}\b", program, re.M)
        }
        done = run_client(client, program, extra={"HOME": str(self._home)})
        assert (done.returncode, done.stderr) == (0, ""), f"{snippet.place}:\n{done.stderr}{done.stdout}"
        return done.stdout

    def _own(self, snippet: Snippet, program: str) -> str:
        printed = io.StringIO()
        with contextlib.chdir(self._home), contextlib.redirect_stdout(printed):
            exec(compile(program, snippet.place, "exec"), {"__name__": "__main__"})
        return printed.getvalue()

    def _javascript(self, snippet: Snippet) -> str:
        program = self._at_our_port(snippet.body)
        [client] = {name for module, name in NODE_CLIENTS.items() if f" from '{module}'" in program}
        done = run_node_client(client, program)
        assert (done.returncode, done.stderr) == (0, ""), f"{snippet.place}:\n{done.stderr}{done.stdout}"
        return done.stdout

    def _configuration(self, snippet: Snippet) -> None:
        assert snippet.title, f"{snippet.place}: say the name of the file as title="
        path = self._home / snippet.title
        path.write_text(snippet.body)
        if "[[steps]]" in snippet.body:
            load(str(path))
            return
        load_settings(path, {})
        load_venue(path)

    def _compare(self, place: str, expected: str, printed: str) -> None:
        expected = self._at_our_port(expected)
        assert answers(expected, printed), f"{place}: the page says\n{expected}\nbut it is\n{printed}"

    def _at_our_port(self, text: str) -> str:
        if self._proxy_port:
            text = re.sub(r"\b8788\b", str(self._proxy_port), text)
        if not re.search(r"\b8787\b", text):
            return text
        assert self._server is not None, "the page uses an exchange before it starts one"
        return re.sub(r"\b8787\b", self._server.address.rsplit(":", 1)[1], text)

    def _path(self) -> str:
        """The programs that the pages call, before those of the machine."""
        directory = self._home / "bin"
        directory.mkdir()
        programs = {"curl": f"{PROGRAMS / 'curl.py'}", "openmargin": "-m openmargin", "pytest": _PYTEST}
        if not _has_openssl_3():
            programs["openssl"] = f"{PROGRAMS / 'openssl.py'}"
        for name, arguments in programs.items():
            (directory / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
            (directory / name).chmod(0o755)
        return f"{directory}{os.pathsep}{os.environ['PATH']}"


def _has_openssl_3() -> bool:
    """The pages say that they need it; a machine with none, or another, gets our stand-in."""
    if shutil.which("openssl") is None:
        return False
    version = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"OpenSSL (\d+)\.", version)
    return found is not None and int(found[1]) >= 3


def _serve_options(command: str) -> list[str]:
    """What follows `openmargin serve`, or ARGS of `make serve`; the port is ours."""
    words = shlex.split(command, comments=True)[2:]
    if command.startswith("make "):
        words = [option for word in words for option in shlex.split(word.removeprefix("ARGS="))]
    if "--port" in words:
        at = words.index("--port")
        del words[at : at + 2]
    return words
