"""The tests run on the build that they say they run on, with assertions on."""

import importlib
import os
import sys
from pathlib import Path

import pytest

from tests.guards.repository import ROOT, SOURCE, texts

COMPILED = os.environ.get("OPENMARGIN_BUILD") == "compiled"
ROOMS = ("domain", "engine")


def loaded_files() -> dict[str, str]:
    """Module name to the file that Python really loads for it."""
    found: dict[str, str] = {}
    for room in ROOMS:
        for path in sorted((SOURCE / room).rglob("*.py")):
            name = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")
            found[name] = importlib.import_module(name).__file__ or ""
    return found


@pytest.mark.skipif(COMPILED, reason="this run is on the compiled build")
def test_plain_run_is_plain() -> None:
    strays = {name: file for name, file in loaded_files().items() if not file.endswith(".py")}
    assert strays == {}, (
        f"`find src -name '*.so' -delete`: machine code wins over the source being edited: {strays}"
    )


@pytest.mark.skipif(not COMPILED, reason="`make test-compiled` asks this")
def test_compiled_run_is_compiled() -> None:
    files = loaded_files()
    home = str(ROOT / "build" / "compiled")
    assert all(file.startswith(home) for file in files.values()), (
        f"run `make compile`; loaded from elsewhere: {files}"
    )
    plain = {name for name, file in files.items() if not file.endswith(".so")}
    # Modules with structs stay plain on purpose, and setup.py knows which: it must be right about all the others.
    structs = {
        name
        for name in plain
        if any(
            hasattr(value, "__struct_config__") and value.__module__ == name
            for value in vars(sys.modules[name]).values()
            if isinstance(value, type)
        )
    }
    assert plain == structs, (
        f"run `make compile` and read its output; not compiled: {sorted(plain - structs)}"
    )
    assert len(plain) < len(files), "nothing is compiled: run `make compile` and read its output"


def test_source_tree_holds_no_machine_code() -> None:
    strays = [str(path.relative_to(ROOT)) for path in (ROOT / "src").rglob("*.so")]
    assert strays == [], (
        f"`find src -name '*.so' -delete`; the compiled package lives in build/compiled: {strays}"
    )


def test_assertions_are_on() -> None:
    assert __debug__, "run without -O and PYTHONOPTIMIZE: assertions are what stops a wrong writer"


def test_nothing_runs_python_without_assertions() -> None:
    words = ("python -" + "O", "python3 -" + "O", "PYTHON" + "OPTIMIZE=")
    runners = [
        (name, text)
        for name, text in texts()
        if Path(name).name in {"Makefile", "Dockerfile"} or name.startswith(".ci/") or name.endswith(".sh")
    ]
    found = [name for name, text in runners if any(word in text for word in words)]
    assert found == [], f"assertions stay on: take the option out of {found}"
