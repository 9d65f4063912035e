"""One virtual environment per client library, made when first asked for.

Owns: where the environments lie and how they are named.
Never: imports a client itself. Two of them share an import name, and none belongs in the project's environment:
a test writes a small program and runs it with the python that `client_python` returns.

    python = client_python("ccxt")
    subprocess.run([python, "-c", "import ccxt; print(ccxt.__version__)"], check=True)

To add a client, write `requirements/<client>.in`, run `make lock`, and ask for it by that name.

A client from npm is a folder `requirements/<client>/` with a `package.json` and the `package-lock.json` that
`npm install --package-lock-only --omit-lockfile-registry-resolved` makes of it. `run_node_client` runs it where node and
npm are installed, and skips the test elsewhere: the project itself needs neither.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tools import environment

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = Path(__file__).resolve().parent / "requirements"
# A path outside the checkout lets several checkouts share one set.
ENVIRONMENTS = Path(os.environ.get("OPENMARGIN_CLIENT_ENVS", ROOT / ".client-envs"))

# The locks are complete. Left to itself pip would refuse the official SDK, which asks for an unpublished certifi.
PIP_OPTIONS = ("--no-deps",)


def clients() -> list[str]:
    """The names that `client_python` knows."""
    return sorted(lock.stem for lock in REQUIREMENTS.glob("*.lock"))


def client_python(name: str) -> Path:
    """The python of that client's environment; the environment is made when it is not there yet."""
    lock = REQUIREMENTS / f"{name}.lock"
    assert lock.exists(), (
        f"no client {name!r}; there are {clients()}: write {name}.in beside them and run `make lock`"
    )
    directory = ENVIRONMENTS / f"{name}-{environment.fingerprint([lock], PIP_OPTIONS)}"
    return environment.ensure(directory, [lock], PIP_OPTIONS)


def run_client(
    name: str,
    program: str,
    *arguments: str,
    timeout: float = 100,
    extra: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program in that client's environment; what it printed is in the result, whatever its exit status.

    `extra` are environment variables that it is given besides.
    """
    return subprocess.run(
        [client_python(name), "-I", "-c", program, *arguments],
        env={**_variables(), **(extra or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def start_client(name: str, program: str) -> subprocess.Popen[str]:
    """A program in that client's environment that goes on talking, through pipes; what it says wrong, it says aloud."""
    return subprocess.Popen(
        [client_python(name), "-I", "-c", program],
        env=_variables(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _variables() -> dict[str, str]:
    """Our own paths stay out: the client must see its environment and nothing of this project."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}


def node_clients() -> list[str]:
    """The names that `run_node_client` knows."""
    return sorted(lock.parent.name for lock in REQUIREMENTS.glob("*/package-lock.json"))


def client_modules(name: str) -> Path:
    """The folder that holds that client's `node_modules`; they are installed when they are not there yet."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("there is no node, or no npm, on this machine")
    manifests = [REQUIREMENTS / name / file for file in ("package.json", "package-lock.json")]
    version = subprocess.run(["node", "--version"], capture_output=True, check=True).stdout
    pins = hashlib.sha256(b"".join([*(path.read_bytes() for path in manifests), version])).hexdigest()[:16]
    directory = ENVIRONMENTS / f"{name}-{pins}"
    stamp = directory / ".stamp"
    if stamp.exists():
        return directory
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    with open(ENVIRONMENTS / f"{directory.name}.lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not stamp.exists():  # Else somebody made it while we waited.
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            for path in manifests:
                shutil.copy(path, directory)
            # No package's own scripts run here, and nothing but the packages is asked for.
            options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
            done = subprocess.run(
                ["npm", "ci", *options], cwd=directory, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            stamp.touch()
    return directory


def run_node_client(
    name: str, program: str, *arguments: str, timeout: float = 100
) -> subprocess.CompletedProcess[str]:
    """Run a module in that client's folder; what it printed is in the result, whatever its exit status."""
    return subprocess.run(
        ["node", "--input-type=module", "-e", program, "--", *arguments],
        cwd=client_modules(name),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
