"""The second process of a snapshot, killed in the middle of it together with its exchange."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from openmargin.runtime.directory import DataDirectory
from openmargin.runtime.phases import Phase
from openmargin.runtime.snapshot import take_snapshot


def kill_both(phase: Phase) -> None:
    os.write(1, f"killed {phase.value}\n".encode())
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    take_snapshot(DataDirectory(Path(sys.argv[1])), kill_both)
