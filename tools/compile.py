"""The compiled package, built beside the source and never inside it.

Owns: build/compiled, a full copy of the package with machine code next to the plain modules.
Never: writes under src/, where a forgotten `.so` would win over the file being edited.

Run it through `make compile`. A copy that is up to date is left alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
COMPILED = BUILD / "compiled"


def fingerprint() -> str:
    """One name for these sources on this interpreter with these tools."""
    sha = hashlib.sha256(sys.version.encode())
    own = [ROOT / name for name in ("setup.py", "pyproject.toml", "requirements-dev.lock")]
    for path in [*own, *sorted((ROOT / "src").rglob("*"))]:
        if path.is_file() and "__pycache__" not in path.parts and ".egg-info" not in str(path):
            sha.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return sha.hexdigest()[:16]


def build() -> None:
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / "compiled.lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        stamp = COMPILED / f".stamp-{fingerprint()}"
        if stamp.exists():
            return
        fresh = BUILD / "compiled.new"
        shutil.rmtree(fresh, ignore_errors=True)
        command = (
            *(sys.executable, "setup.py", "--quiet", "egg_info", "--egg-base", "build"),
            *("build", "--build-base", "build/setuptools", "--build-lib", str(fresh.relative_to(ROOT))),
        )
        subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "OPENMARGIN_COMPILE": "1"})
        if not any((fresh / "openmargin").rglob(f"*{sysconfig.get_config_var('EXT_SUFFIX')}")):
            raise SystemExit("the build made no machine code: see what it printed above")
        (fresh / stamp.name).touch()
        shutil.rmtree(COMPILED, ignore_errors=True)
        fresh.rename(COMPILED)


if __name__ == "__main__":
    build()
    found = sorted(path.relative_to(COMPILED) for path in (COMPILED / "openmargin").rglob("*.so"))
    print(f"build/compiled holds {len(found)} compiled modules; `make test-compiled` runs the tests on it")
