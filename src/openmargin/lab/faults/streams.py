"""Stream events that come late, or twice, or never, on connections that are opened while there are rules."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from openmargin.lab.faults.rules import CUTS, Fault, Faults


class Wire(Protocol):
    """The socket of a WebSocket connection, as whoever writes to it sees it."""

    @property
    def is_writable(self) -> bool: ...
    def write(self, messages: Sequence[bytes]) -> None: ...
    def ping(self, payload: bytes) -> None: ...
    def close(self, code: int, reason: str) -> None: ...
    def cut_off(self, is_half: bool) -> None: ...


class FaultyWire:
    """A wire that hands messages on late, or more than once, in their order all the same; or ends in place of one."""

    def __init__(self, wire: Wire, faults: Faults, path: str) -> None:
        self._wire = wire
        self._faults = faults
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._late: deque[tuple[float, list[bytes]]] = deque()
        """What waits, and until when."""
        self._is_cut = False

    @property
    def is_writable(self) -> bool:
        return self._wire.is_writable

    def write(self, messages: Sequence[bytes]) -> None:
        if self._is_cut:
            return
        told: list[bytes] = []
        seconds = 0.0
        for message in messages:
            rules = self._faults.strike(streams=True, method="", path=self._path, account_id=0)
            cut = next((rule.fault for rule in rules if rule.fault in CUTS), None)
            if cut is not None:
                if not seconds and not self._late:
                    self._wire.write(told)
                self.cut_off(cut is Fault.HALF_CLOSE)
                return
            told += [message, *(message for rule in rules if rule.fault is Fault.DUPLICATE_EVENTS)]
            seconds += sum(rule.seconds for rule in rules)
        # What comes later stays behind what is late.
        ready = max(self._loop.time() + seconds, self._late[-1][0] if self._late else 0.0)
        if seconds or self._late:
            self._late.append((ready, told))
            self._loop.call_at(ready, self._hand_on)
        else:
            self._wire.write(told)

    def ping(self, payload: bytes) -> None:
        self._wire.ping(payload)

    def close(self, code: int, reason: str) -> None:
        self._late.clear()
        self._wire.close(code, reason)

    def cut_off(self, is_half: bool) -> None:
        self._is_cut = True
        self._late.clear()
        self._wire.cut_off(is_half)

    def _hand_on(self) -> None:
        if self._late:
            _, told = self._late.popleft()
            self._wire.write(told)
