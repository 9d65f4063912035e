"""What the lab says of faults. Part of its contract, as `shapes` is."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from openmargin.lab.shapes import ID_MAX, Answer, Body


def _means(description: str) -> Meta:
    return Meta(description=description)


FaultName: TypeAlias = Literal[
    "latency",
    "error",
    "timeout",
    "pending",
    "busy",
    "no-inventory",
    "too-many-requests",
    "ban",
    "drop",
    "half-close",
    "restart",
    "delay-events",
    "duplicate-events",
    "pending-repayment",
    "listen-key-expiry",
]


class NewFault(Body, frozen=True):
    fault: Annotated[FaultName, _means("What goes wrong.")]
    method: Annotated[
        Literal["", "GET", "POST", "PUT", "DELETE"], _means("Of the requests it is about; empty for any.")
    ] = ""
    path: Annotated[
        str,
        _means(
            "Of the requests it is about, as /sapi/v1/margin/order, or /ws-api/v3/order.place over the WebSocket API"
            " alone; with * at its end, a beginning; empty for any. Of streams, that of the connection, as /ws/*."
        ),
    ] = ""
    account_id: Annotated[
        int, Meta(ge=0, le=ID_MAX, description="Whose requests it is about; 0 for anybody's.")
    ] = 0
    probability: Annotated[float, Meta(gt=0, le=1, description="Of its happening to such a request.")] = 1.0
    count: Annotated[
        int, Meta(ge=0, le=ID_MAX, description="How often it happens before it is over; 0 for always.")
    ] = 0
    executed: Annotated[
        bool,
        _means("Is the request carried out all the same? For error, timeout, drop, half-close, restart."),
    ] = False
    seconds: (
        Annotated[
            float,
            Meta(
                ge=0,
                le=3600,
                description="How late (latency, delay-events), or when to ask again, in host time; of pending-repayment, exchange time.",
            ),
        ]
        | None
    ) = None
    seed: Annotated[int, Meta(ge=0, le=ID_MAX, description="Of its chance.")] = 1


class FaultShown(Answer, frozen=True):
    fault_id: Annotated[int, _means("0 for what the exchange does itself, and keeps in its journal.")]
    fault: FaultName
    method: str
    path: str
    account_id: int
    probability: float
    count: int
    executed: bool
    seconds: float
    seed: int
    times: Annotated[int, _means("How often it has happened.")]
    is_over: bool


class FaultOccurrence(Answer, frozen=True):
    fault_id: int
    fault: FaultName
    time: Annotated[int, _means("On the exchange's clock.")]
    method: str
    path: str
    account_id: int
    executed: bool


class FaultsShown(Answer, frozen=True):
    faults: tuple[FaultShown, ...]
    occurrences: Annotated[tuple[FaultOccurrence, ...], _means("The last thousand, the oldest first.")]


class FaultsRemoved(Answer, frozen=True):
    fault_ids: tuple[int, ...]
