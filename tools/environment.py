"""Virtual environments from lock files.

Owns: how an environment is made, and how one knows that it is the right one.
Never: decides what is in it (lock files do), needs anything but a bare Python 3.11.

    python tools/environment.py DIRECTORY LOCK [LOCK ...] [-- PIP-OPTION ...]

An environment is right when it holds a stamp named after its locks and its interpreter. It is made at its
final path under a file lock, so two callers at once make it once, and an install that failed leaves no stamp.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

OLDEST = (3, 11)


def fingerprint(locks: Sequence[Path], pip_options: Sequence[str] = ()) -> str:
    """One short name for these pins on this interpreter."""
    sha = hashlib.sha256()
    for lock in locks:
        sha.update(lock.read_bytes())
    sha.update("\0".join([sys.version, sys.base_prefix, *pip_options]).encode())
    return sha.hexdigest()[:16]


def ensure(directory: Path, locks: Sequence[Path], pip_options: Sequence[str] = ()) -> Path:
    """The environment's python; the environment is made first when it is absent or stale."""
    directory = directory.absolute()
    python = directory / "bin" / "python"
    stamp = directory / f".stamp-{fingerprint(locks, pip_options)}"
    if stamp.exists():
        return python
    directory.parent.mkdir(parents=True, exist_ok=True)
    with open(directory.parent / f"{directory.name}.lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if stamp.exists():  # Somebody else made it while we waited.
            return python
        print(f"making {directory.name} from {', '.join(lock.name for lock in locks)}", file=sys.stderr)
        shutil.rmtree(directory, ignore_errors=True)
        _install(directory, python, locks, pip_options)
        stamp.touch()
    return python


def _install(directory: Path, python: Path, locks: Sequence[Path], pip_options: Sequence[str]) -> None:
    # The base interpreter makes the environment: one made from inside another would break when that one goes.
    base = os.path.realpath(sys.executable) if sys.prefix == sys.base_prefix else _base_python()
    # The caller's paths must not leak in; pip would take packages found there for installed.
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    run(base, "-I", "-m", "venv", str(directory), environment=environment)
    requirements = [word for lock in locks for word in ("-r", str(lock))]
    run(
        *(
            str(python),
            "-I",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--no-compile",
        ),
        *("--require-hashes", *pip_options, *requirements),
        environment=environment,
    )


def _base_python() -> str:
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")


def run(*command: str, environment: dict[str, str]) -> None:
    """Run or stop here; what the command prints goes to stderr, for stdout is the caller's answer."""
    subprocess.run(command, check=True, env=environment, stdout=sys.stderr)


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST:
        wanted, found = ".".join(map(str, OLDEST)), sys.version.split()[0]
        print(
            f"OpenMargin needs Python {wanted} or newer, this is {found}: `make PYTHON=python3.11 ...`",
            file=sys.stderr,
        )
        return 2
    words, options = _split(arguments)
    if len(words) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        ensure(Path(words[0]), [Path(word) for word in words[1:]], options)
    except subprocess.CalledProcessError as failure:
        return failure.returncode or 1
    return 0


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
