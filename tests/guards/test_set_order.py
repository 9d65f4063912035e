"""Nothing in domain or engine depends on the order of a set: two runs of one journal would differ.

The order of a set of strings changes from process to process. Membership, length, `sorted`, `min`, `max` and
comparisons do not see it; walking does.
"""

import ast

import pytest

from tests.guards.repository import modules

ROOMS = ("domain", "engine")
SET_NAMES = {"set", "frozenset", "Set", "FrozenSet", "AbstractSet", "MutableSet"}
SET_METHODS = {"union", "intersection", "difference", "symmetric_difference"}
WALKERS = {
    "list",
    "tuple",
    "iter",
    "enumerate",
    "zip",
    "map",
    "filter",
    "reversed",
    "deque",
    "fromkeys",
    "join",
    "extend",
}


def is_set_annotation(node: ast.expr | None) -> bool:
    match node:
        case ast.Subscript(value=ast.Name(id="Final" | "ClassVar"), slice=inner):
            return is_set_annotation(inner)
        case ast.Subscript(value=inner):
            return is_set_annotation(inner)
        case ast.Constant(value=str() as text):
            return is_set_annotation(ast.parse(text, mode="eval").body)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in SET_NAMES
    return False


class Annotations:
    """Names that hold sets, and names that hold something else somewhere."""

    def __init__(self, trees: list[ast.Module]) -> None:
        self.sets: set[str] = set()
        others: set[str] = set()
        for tree in trees:
            for node in ast.walk(tree):
                name, is_set = self.declared(node)
                if name:
                    (self.sets if is_set else others).add(name)
        # A name with two meanings cannot be judged by its name.
        self.sets -= others

    @staticmethod
    def declared(node: ast.AST) -> tuple[str, bool]:
        match node:
            case ast.AnnAssign(
                target=ast.Name(id=name) | ast.Attribute(attr=name), annotation=annotation, value=value
            ):
                plain_final = isinstance(annotation, ast.Name) and annotation.id == "Final"
                return name, is_set_display(value) if plain_final else is_set_annotation(annotation)
            case ast.arg(arg=name, annotation=ast.expr() as annotation):
                return name, is_set_annotation(annotation)
            case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value) if (
                is_set_display(value)
            ):
                return name, True
        return "", False


def is_set_display(node: ast.expr | None) -> bool:
    match node:
        case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
    return False


def is_set(node: ast.expr, known: set[str]) -> bool:
    match node:
        case _ if is_set_display(node):
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in known
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), right=right):
            return is_set(left, known) or is_set(right, known)
        case ast.Call(func=ast.Attribute(value=value, attr=attribute)):
            return attribute in SET_METHODS or (attribute == "copy" and is_set(value, known))
        case ast.IfExp(body=body, orelse=orelse):
            return is_set(body, known) or is_set(orelse, known)
    return False


def walked(tree: ast.Module, known: set[str]) -> list[int]:
    """Lines on which a set is walked."""
    lines: list[int] = []
    for node in ast.walk(tree):
        match node:
            case ast.For(iter=source) | ast.comprehension(iter=source) | ast.YieldFrom(value=source):
                sources = [source]
            case ast.Starred(value=source):
                sources = [source]
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args) if name in WALKERS:
                sources = list(args)
            case ast.Call(func=ast.Attribute(value=source, attr="pop"), args=[]):
                sources = [source]
            case _:
                continue
        lines += [source.lineno for source in sources if is_set(source, known)]
    return sorted(lines)


def test_no_set_is_walked_in_domain_or_engine() -> None:
    trees = dict(modules(*ROOMS))
    known = Annotations(list(trees.values())).sets
    found = [f"{name}:{line}" for name, tree in trees.items() for line in walked(tree, known)]
    assert found == [], f"walk `sorted(...)` of it, or keep a dict, whose order is that of insertion: {found}"


@pytest.mark.parametrize(
    "source",
    [
        "for x in {1, 2}: pass",
        "for x in set(y): pass",
        "[x for x in frozenset(y)]",
        "dirty: set[str] = make()\nfor x in dirty: pass",
        "def f(dirty: 'frozenset[str]'): return list(dirty)",
        "class A:\n    dirty: set[str]\ndef f(a): return [x for x in a.dirty]",
        "OPEN: Final = frozenset({1})\nfor x in OPEN | other: pass",
        "dirty = set()\ndirty.pop()",
        "print(*{1, 2})",
    ],
)
def test_the_guard_sees_a_walked_set(source: str) -> None:
    tree = ast.parse(source)
    assert walked(tree, Annotations([tree]).sets)


@pytest.mark.parametrize(
    "source",
    [
        "for x in sorted({1, 2}): pass",
        "dirty: dict[str, None] = {}\nfor x in dirty: pass",
        "OPEN = frozenset({1})\nfound = 1 in OPEN and len(OPEN)",
        "for x in [1, 2]: pass",
    ],
)
def test_the_guard_leaves_ordered_walks_alone(source: str) -> None:
    tree = ast.parse(source)
    assert walked(tree, Annotations([tree]).sets) == []
