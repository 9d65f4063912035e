"""The compiled form of the package: only where OPENMARGIN_COMPILE=1, everything else is in pyproject.toml.

Owns: the choice of modules that mypyc turns into machine code.

mypyc drops class keywords without a word: a `Struct, frozen=True, tag=True` would come out neither frozen nor
tagged, and the annotations that msgspec reads would lose their parameters. Modules that define such classes
therefore stay plain Python, and compiled code uses them from there; keep them apart from hot loops.
"""

import ast
import os
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
ROOMS = ("domain", "engine")


def bases(definition: ast.ClassDef) -> set[str]:
    return {
        node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in definition.bases
    }


def compilable() -> list[str]:
    """Modules of the rooms that hold no class whose meaning lies in keywords or in a foreign metaclass."""
    modules = {
        path: ast.parse(path.read_text())
        for room in ROOMS
        for path in sorted((ROOT / "src" / "openmargin" / room).rglob("*.py"))
    }
    classes = [
        (path, node)
        for path, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    ]
    kept = {"Struct"}
    while True:
        more = {node.name for _, node in classes if node.keywords or bases(node) & kept} - kept
        if not more:
            break
        kept |= more
    plain = {path for path, node in classes if node.name in kept}
    for path in sorted(plain):
        print(f"stays plain Python, it defines structs: {path.relative_to(ROOT)}")
    return [str(path.relative_to(ROOT)) for path in modules if path not in plain]


def extensions() -> list[object]:
    if os.environ.get("OPENMARGIN_COMPILE") != "1":
        return []
    from mypyc.build import mypycify

    # Assertions stay in: they are what stops the writer when something is wrong.
    return mypycify(compilable(), opt_level="3", strip_asserts=False, target_dir="build/mypyc")


setup(ext_modules=extensions())
