"""The page of life cycles and its diagrams, drawn from the tables in `openmargin.engine.transitions`.

`python -m tests.docs.life_cycles` writes them all. Owns: what the moves are called for people, and where a drawing has
its boxes. A move or a status that is new in a table is on the page after a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from openmargin.domain.enums import Contingency
from openmargin.engine.transitions import (
    FIRST_PHASE,
    LIST_MOVES,
    OPEN,
    ORDER_MOVES,
    ListMove,
    ListPhase,
    Move,
)
from tests.docs.snippets import ROOT

DOCS = ROOT / "docs"

_INTRODUCTION = """# Life cycles

Written from the program by `python -m tests.docs.life_cycles`; do not edit.

What can become of an order and of an order list. The exchange knows no other steps: one that is not here stops it, as a
bug. On the left stands what is open, on the right how it ends.
"""
_OF_LISTS = """## Order lists

On the wire a list is `EXEC_STARTED` and `EXECUTING` until it is `DONE`, and then `ALL_DONE`. What one order of it goes
through is the life cycle above.
"""
_MOVES = {
    Move.FILL_SOME: "a trade leaves something of it",
    Move.FILL_REST: "a trade takes the rest",
    Move.CANCEL: "its owner cancels it, or a liquidation does",
    Move.EXPIRE: "it may not rest, or its list ends",
    Move.ACTIVATE: "its working order is full",
    Move.PREVENT: "self-trade prevention takes the rest",
}
_LIST_MOVES = {
    ListMove.WORKING_FILLED: "the working order is full",
    ListMove.WORKING_ENDED: "the working order ends before it is full",
    ListMove.LEG_CHOSEN: "one of the pair trades or triggers",
    ListMove.LEG_ENDED: "an order that waits for none ends",
    ListMove.CANCELED: "its owner cancels the list, or an order of it",
}
_PHASES = {
    ListPhase.WORKING: "the working order is open, the others wait for it",
    ListPhase.PAIR: "two orders are open and share one set of funds",
    ListPhase.ALONE: "one order is left",
    ListPhase.DONE: "no order is left",
}


class Step(NamedTuple):
    """One row of a table: what it was, what happens, what it is then."""

    before: str
    move: str
    after: str


def order_steps() -> list[Step]:
    return [Step(before.name, move.name, after.name) for (before, move), after in ORDER_MOVES.items()]


def list_steps(kind: Contingency) -> list[Step]:
    return [
        Step(before.name, move.name, after.name)
        for (contingency, before, move), after in LIST_MOVES.items()
        if contingency is kind
    ]


# --- the drawing -----------------------------------------------------------------------------------------------

_BOX = (170, 36)
_ROW = 100
_LEFT, _RIGHT, _TOP = 90, 640, 24
_STYLE = (
    "<style>rect{fill:#eef2fb;stroke:#3f51b5}.end rect{fill:#f5f5f5;stroke:#777}"
    "text{font:13px sans-serif;text-anchor:middle;fill:#222}"
    ".move{font-size:11px;fill:#3f51b5;stroke:#fff;stroke-width:4px;paint-order:stroke}"
    "path{fill:none;stroke:#888}</style>"
)
_ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
    'orient="auto"><path d="M0 0L8 4L0 8z" style="fill:#888;stroke:none"/></marker></defs>'
)


def drawing(steps: Sequence[Step], is_open: Sequence[str]) -> str:
    """Boxes for what is open on the left and for ends on the right, and an arrow for every step."""
    ends = list(dict.fromkeys(step.after for step in steps if step.after not in is_open))
    rows = max(len(is_open), len(ends))
    places = {name: (_LEFT, _TOP + row * _ROW) for row, name in enumerate(is_open)}
    gap = rows / len(ends)
    places |= {name: (_RIGHT, _TOP + int((row + (gap - 1) / 2) * _ROW)) for row, name in enumerate(ends)}
    together: dict[tuple[str, str], list[str]] = {}
    for step in steps:
        together.setdefault((step.before, step.after), []).append(step.move)
    parts = [_STYLE, _ARROW, '<rect width="100%" height="100%" style="fill:#fff;stroke:none"/>']
    arrows = [_arrow(places, before, after, moves) for (before, after), moves in together.items()]
    parts += [line for line, _ in arrows]
    for name, (x, y) in places.items():
        kind = "open" if name in is_open else "end"
        box = f'<rect x="{x}" y="{y}" width="{_BOX[0]}" height="{_BOX[1]}" rx="6"/>'
        text = f'<text x="{x + _BOX[0] // 2}" y="{y + 23}">{escape(name)}</text>'
        parts.append(f'<g class="{kind}">{box}{text}</g>')
    parts += [label for _, label in arrows]
    size = f'viewBox="0 0 {_RIGHT + _BOX[0] + 20} {_TOP + (rows - 1) * _ROW + _BOX[1] + 24}"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', *parts, "</svg>"]) + "\n"


def _arrow(
    places: Mapping[str, tuple[int, int]], before: str, after: str, moves: Sequence[str]
) -> tuple[str, str]:
    """The line of a step, and its words; a label stands the further on its line the higher the box that it leaves."""
    (x, y), (to_x, to_y) = places[before], places[after]
    middle, to_middle = y + _BOX[1] // 2, to_y + _BOX[1] // 2
    if before == after:
        path = f"M{x} {middle - 8}C{x - 60} {middle - 20} {x - 60} {middle + 20} {x} {middle + 8}"
        label = (x - 40, y + _BOX[1] + 16)
    elif x == to_x:
        centre = x + _BOX[0] // 2
        begin, end = (y + _BOX[1], to_y) if to_y > y else (y, to_y + _BOX[1])
        path = f"M{centre} {begin}L{centre} {end}"
        label = (centre, (begin + end) // 2 + 4)
    else:
        x += _BOX[0]
        path = f"M{x} {middle}L{to_x} {to_middle}"
        share = 0.54 - 0.17 * sorted({top for left, top in places.values() if left == _LEFT}).index(y)
        label = (int(x + (to_x - x) * share), int(middle + (to_middle - middle) * share) - 3)
    words = escape(", ".join(moves))
    return (
        f'<path d="{path}" marker-end="url(#arrow)"/>',
        f'<text class="move" x="{label[0]}" y="{label[1]}">{words}</text>',
    )


# --- the page --------------------------------------------------------------------------------------------------


def drawings() -> dict[str, str]:
    """Every diagram by the name of its file."""
    found = {"life-cycle-order.svg": drawing(order_steps(), [status.name for status in OPEN])}
    for kind in Contingency:
        steps = list_steps(kind)
        phases = [phase.name for phase in ListPhase if phase.name in {step.before for step in steps}]
        found[f"life-cycle-{kind.name.lower()}.svg"] = drawing(steps, phases)
    return found


def page() -> str:
    """The whole page, in markdown."""
    lines = [_INTRODUCTION, "## Orders", "", "![The life cycle of an order](images/life-cycle-order.svg)", ""]
    lines += _table(order_steps(), {move.name: words for move, words in _MOVES.items()})
    lines += ["", _OF_LISTS, "| phase | |", "|---|---|"]
    lines += [f"| `{phase.name}` | {_PHASES[phase]} |" for phase in ListPhase]
    for kind in Contingency:
        name = f"images/life-cycle-{kind.name.lower()}.svg"
        first = FIRST_PHASE[kind].name
        lines += ["", f"### {kind.name}", "", f"It begins as `{first}`.", ""]
        lines += [f"![The life cycle of an {kind.name}]({name})", ""]
        lines += _table(list_steps(kind), {move.name: words for move, words in _LIST_MOVES.items()})
    return "\n".join(lines) + "\n"


def _table(steps: Sequence[Step], words: Mapping[str, str]) -> list[str]:
    lines = ["| it is | and | so it becomes |", "|---|---|---|"]
    return lines + [
        f"| `{step.before}` | {words[step.move]} (`{step.move}`) | `{step.after}` |" for step in steps
    ]


def files() -> dict[Path, str]:
    """Everything that is written, by its place."""
    images = {DOCS / "images" / name: svg for name, svg in drawings().items()}
    return {DOCS / "life-cycles.md": page(), **images}


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
