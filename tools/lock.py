"""Lock files from what the `.in` files ask for.

Owns: the pairs of input and lock, and the options that keep addresses out of the locks.
Never: installs anything. Run it through `make lock`, which brings the resolver.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The order matters: the development lock is held to the versions of the runtime lock.
LOCKS = {
    "tools/lock.in": "tools/lock.lock",
    "requirements.in": "requirements.lock",
    "requirements-dev.in": "requirements-dev.lock",
    "bench/requirements.in": "bench/requirements.lock",
}
CLIENTS = ROOT / "tests" / "clients" / "requirements"

OPTIONS = (
    *("--universal", "--python-version", "3.11"),  # One lock for every platform, from the oldest Python up.
    "--generate-hashes",
    *("--no-emit-index-url", "--no-emit-find-links", "--no-header"),
    "--quiet",
)


def main(extra: list[str]) -> int:
    pairs = [*LOCKS.items()]
    for source in sorted(CLIENTS.glob("*.in")):
        relative = source.relative_to(ROOT)
        pairs.append((str(relative), str(relative.with_suffix(".lock"))))
    for source_name, lock_name in pairs:
        override = (ROOT / source_name).with_suffix(".override")
        options = [
            *OPTIONS,
            *(["--override", str(override.relative_to(ROOT))] if override.exists() else []),
            *extra,
        ]
        print(f"{source_name} -> {lock_name}")
        command = [sys.executable, "-m", "uv", "pip", "compile", *options, "-o", lock_name, source_name]
        subprocess.run(command, check=True, cwd=ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
