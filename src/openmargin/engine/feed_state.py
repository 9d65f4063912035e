"""Where index prices come from besides `SetIndex`: scripts that go on, and feeds that have stopped.

Owns: the shapes that `index_scripts` changes.
Never: decides anything.
"""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from openmargin.domain.index_scripts import IndexStage


@mypyc_attr(acyclic=True)
class IndexScript:
    """A script that goes on."""

    def __init__(
        self, script_id: int, symbol: str, assets: tuple[str, ...], stages: tuple[IndexStage, ...]
    ) -> None:
        self.script_id: int = script_id
        self.symbol: str = symbol
        self.assets: tuple[str, ...] = assets
        self.stages: tuple[IndexStage, ...] = stages
        self.stage: int = 0
        self.stage_began_ms: int = 0
        """When that was due, which may be before it was come to."""
        self.moves_done: int = 0
        """Of the present stage."""
        self.starts: list[tuple[str, int, int]] = []
        """What it moves, as (symbol, sign, price at the stage's beginning); 1 where the price rises with the factor, -1
        where it falls."""


@mypyc_attr(acyclic=True)
class Feeds:
    """All scripts that go on, and what they keep from being priced."""

    def __init__(self) -> None:
        self.scripts: dict[int, IndexScript] = {}
        self.next_script_id: int = 1
        self.stopped: list[str] = []
        """Symbols whose feed has stopped."""
        self.lagging: list[tuple[int, str]] = []
        """Symbols whose index moved and whose house has not seen it, as (when it will, symbol), the oldest first."""
        self.scripted: dict[str, int] = {}
        """Which script moves a symbol. Derived, as what follows is; never in a snapshot."""
        self.sources: list[tuple[str, str, str]] = []
        """Each asset, and the names of the pairs that price it: with the valuation asset, or with the display asset."""
