"""What a request says of an index script, stage by stage. Part of the lab's contract, as `shapes` is."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from openmargin.lab.shapes import Amount, Answer, Body


def _means(description: str) -> Meta:
    return Meta(description=description)


_Seconds: TypeAlias = Annotated[
    float, Meta(gt=0, le=366 * 86_400, description="Exchange time, to the millisecond.")
]
_Every: TypeAlias = Annotated[
    float, Meta(gt=0, le=86_400, description="Seconds from one move of the index to the next.")
]
_Change: TypeAlias = Annotated[
    float,
    Meta(gt=-100, le=99_900, description="By how much the price changes, -12.5 for a fall by an eighth."),
]


class _Stage(Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """What every stage is."""


class Wait(_Stage, frozen=True, tag="wait"):
    """Nothing happens."""

    seconds: _Seconds


class Set(_Stage, frozen=True, tag="set"):
    """The price is another at once. Of a symbol only."""

    price: Amount


class Gap(_Stage, frozen=True, tag="gap"):
    """The price leaps, with none in between."""

    percent: _Change


class Steps(_Stage, frozen=True, tag="steps"):
    """One price after the other, the first at once. Of a symbol only."""

    prices: Annotated[tuple[Amount, ...], Meta(min_length=1, max_length=1000)]
    every: _Every


class Ramp(_Stage, frozen=True, tag="ramp"):
    """The price goes evenly to another, or by a share."""

    seconds: _Seconds
    price: Amount | None = None
    percent: _Change | None = None
    every: _Every = 1.0


class Crash(_Stage, frozen=True, tag="crash"):
    """The price falls by a share, steeply at first."""

    percent: Annotated[float, Meta(gt=0, lt=100)]
    seconds: _Seconds
    every: _Every = 1.0


class Pump(_Stage, frozen=True, tag="pump"):
    """The price rises by a share, ever more steeply."""

    percent: Annotated[float, Meta(gt=0, le=99_900)]
    seconds: _Seconds
    every: _Every = 1.0


class Stop(_Stage, frozen=True, tag="stop"):
    """The feed stops: what needs a price answers -3042."""

    seconds: _Seconds


AnyStage: TypeAlias = Wait | Set | Gap | Steps | Ramp | Crash | Pump | Stop


class NewIndexScript(Body, frozen=True):
    stages: Annotated[
        tuple[AnyStage, ...], Meta(min_length=1, max_length=1000, description="One after the other.")
    ]
    symbol: Annotated[str, _means("The pair whose index moves; none where assets are named.")] = ""
    assets: Annotated[
        tuple[str, ...], _means("Assets that move against all others by the same share; none for a symbol.")
    ] = ()


class IndexScriptShown(Answer, frozen=True):
    script_id: int
    symbol: str
    assets: tuple[str, ...]
    symbols: Annotated[tuple[str, ...], _means("The pairs whose index it moves.")]
    stage: Annotated[int, _means("The present stage, counted from 1 as the exchange cuts them up.")]
    stages: int
    doing: Literal["WAIT", "MOVE", "STOP"]
    next_time: Annotated[int, _means("When it goes on, on the exchange's clock.")]


class IndexScripts(Answer, frozen=True):
    scripts: tuple[IndexScriptShown, ...]


class IndexScriptMade(Answer, frozen=True):
    script_id: int
    symbols: Annotated[tuple[str, ...], _means("The pairs whose index it moves.")]
    ends_at: Annotated[int, _means("When it will have ended, on the exchange's clock.")]


class IndexScriptsEnded(Answer, frozen=True):
    script_ids: tuple[int, ...]
