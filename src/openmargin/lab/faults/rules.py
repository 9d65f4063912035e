"""Rules of what is to go wrong on the wire, and a record of what did.

Owns: which rule a request or a message meets, the chance in it, and `lab.log`. Wire faults change no state: they are no
records of the journal, and stand outside its hash.
"""

from __future__ import annotations

import logging
import random
from collections import deque
from collections.abc import Callable, Collection
from enum import Enum
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

_log = logging.getLogger(__name__)

LOG_NAME: Final = "lab.log"
_REMEMBERED: Final = 1_000
"""Occurrences that are shown; the log has them all."""


class Fault(Enum):
    """In the words of a request."""

    LATENCY = "latency"
    ERROR = "error"
    """5xx: nobody knows whether it was executed."""
    TIMEOUT = "timeout"
    """-1007, which says the same."""
    PENDING = "pending"
    """-3007: another transaction is on its way."""
    BUSY = "busy"
    """-3044: the margin system takes nothing just now."""
    NO_INVENTORY = "no-inventory"
    """-3045: nothing left to lend."""
    TOO_MANY_REQUESTS = "too-many-requests"
    BAN = "ban"
    DROP = "drop"
    """The socket is gone, without a word."""
    HALF_CLOSE = "half-close"
    """The server says that nothing more will come, and nothing comes."""
    RESTART = "restart"
    """The server dies, and starts again at once."""
    DELAY_EVENTS = "delay-events"
    DUPLICATE_EVENTS = "duplicate-events"
    PENDING_REPAYMENT = "pending-repayment"
    """A repayment of a liquidation loan takes its time: the exchange's own doing, and in its journal."""
    LISTEN_KEY_EXPIRY = "listen-key-expiry"
    """Listen keys end as if nobody had kept them; in the journal too."""


OF_MESSAGES: Final = (Fault.DELAY_EVENTS, Fault.DUPLICATE_EVENTS)
"""Those that only streams know."""
CUTS: Final = (Fault.DROP, Fault.HALF_CLOSE)
"""Those that end a socket: a request's, or a stream's where they name its path."""
OF_THE_EXCHANGE: Final = (Fault.PENDING_REPAYMENT, Fault.LISTEN_KEY_EXPIRY)
"""Those that change its state: commands, and no rules of the wire."""
MAY_EXECUTE: Final = (Fault.ERROR, Fault.TIMEOUT, Fault.DROP, Fault.HALF_CLOSE, Fault.RESTART)
"""Those that can come after the request was carried out as well as before."""
TAKES_SECONDS: Final = (
    Fault.LATENCY,
    Fault.TOO_MANY_REQUESTS,
    Fault.BAN,
    Fault.DELAY_EVENTS,
    Fault.PENDING_REPAYMENT,
)


def is_of_streams(fault: Fault, path: str) -> bool:
    """Is it the messages of streams that it strikes, and not requests?"""
    if fault in CUTS:
        return path.startswith(("/ws", "/stream")) and not path.startswith("/ws-api")
    return fault in OF_MESSAGES


class Rule(Struct, frozen=True):
    """What is to go wrong, where, and how often."""

    fault: Fault
    method: str = ""
    """Empty for any."""
    path: str = ""
    """Empty for any; one that ends with * is a beginning."""
    account_id: int = 0
    """0 for any."""
    probability: float = 1.0
    most: int = 0
    """After how many times it is over; 0 for never."""
    executed: bool = False
    seconds: float = 0.0
    seed: int = 0

    @property
    def is_of_streams(self) -> bool:
        return is_of_streams(self.fault, self.path)

    def meets(self, method: str, paths: Collection[str], account_id: int) -> bool:
        """Is it about such a request? One that came by another door than HTTP has a second path, which names the door."""
        if self.method not in ("", method) or self.account_id not in (0, account_id):
            return False
        if self.path.endswith("*"):
            return any(path.startswith(self.path[:-1]) for path in paths)
        return not self.path or self.path in paths


class Standing(Struct):
    """A rule, and how far it has come."""

    fault_id: int
    rule: Rule
    chance: random.Random
    times: int = 0
    """How often it happened."""
    met: int = 0
    """How often it could have."""

    @property
    def is_over(self) -> bool:
        return self.rule.most > 0 and self.times >= self.rule.most


class Occurrence(Struct, frozen=True, rename="camel"):
    """One time that something went wrong."""

    fault_id: int
    fault: str
    time: int
    """On the exchange's clock."""
    method: str
    path: str
    account_id: int
    executed: bool
    seed: int
    """Of the rule's chance."""
    met: int
    """The how-manieth request or message that the rule was held against; with the seed, what the chance was."""


class Faults:
    """All rules of one exchange; none at first."""

    def __init__(self, now_ms: Callable[[], int], directory: Path | None) -> None:
        """`directory` is where the log is kept; nowhere for an exchange in memory."""
        self.restart: Callable[[], None] | None = None
        """Ends this process and starts it again; None where that would lose the exchange."""
        self.on_change: Callable[[], None] = _nobody_minds
        """Called when it may have changed what is broken: requests, streams, both or nothing."""
        self.occurrences: deque[Occurrence] = deque(maxlen=_REMEMBERED)
        self._standing: dict[int, Standing] = {}
        self._last_id = 0
        self._now_ms = now_ms
        self._log = directory / LOG_NAME if directory is not None else None

    @property
    def standing(self) -> tuple[Standing, ...]:
        """Every rule that was not removed, the oldest first."""
        return tuple(self._standing.values())

    @property
    def break_requests(self) -> bool:
        return any(not one.rule.is_of_streams and not one.is_over for one in self.standing)

    @property
    def break_streams(self) -> bool:
        return any(one.rule.is_of_streams and not one.is_over for one in self.standing)

    def add(self, rule: Rule) -> Standing:
        """Have a rule hold from now on."""
        self._last_id += 1
        standing = Standing(self._last_id, rule, random.Random(rule.seed))
        self._standing[self._last_id] = standing
        self.on_change()
        return standing

    def remove(self, fault_id: int) -> bool:
        """Take a rule back; was there one?"""
        was_there = self._standing.pop(fault_id, None) is not None
        self.on_change()
        return was_there

    def clear(self) -> list[int]:
        """Take all rules back."""
        ids = list(self._standing)
        self._standing.clear()
        self.on_change()
        return ids

    def strike(self, *, streams: bool, method: str, path: str, account_id: int, also: str = "") -> list[Rule]:
        """What happens to this request or message, each time drawn anew and written down by its `path`.

        `also` is another path that rules may know it by.
        """
        paths = (path, also) if also else (path,)
        struck: list[Rule] = []
        for one in self.standing:
            rule = one.rule
            if rule.is_of_streams is not streams or one.is_over:
                continue
            if not rule.meets(method, paths, account_id):
                continue
            one.met += 1
            if one.chance.random() >= rule.probability:
                continue
            one.times += 1
            struck.append(rule)
            self._note(
                Occurrence(
                    one.fault_id,
                    rule.fault.value,
                    self._now_ms(),
                    method,
                    path,
                    account_id,
                    rule.executed,
                    rule.seed,
                    one.met,
                )
            )
            if one.is_over:
                self.on_change()
        return struck

    def note_command(self, rule: Rule) -> None:
        """Write down what the exchange itself was told to do."""
        self._note(
            Occurrence(
                0, rule.fault.value, self._now_ms(), "", "", rule.account_id, executed=True, seed=0, met=1
            )
        )

    def _note(self, occurrence: Occurrence) -> None:
        self.occurrences.append(occurrence)
        if self._log is None:
            return
        try:
            with self._log.open("ab") as file:
                file.write(msgspec.json.encode(occurrence) + b"\n")
        except OSError as problem:
            # Whoever asked is to meet the fault that was ordered, and no other one.
            _log.warning("%s cannot be written, and lacks an occurrence: %s", self._log, problem)


def _nobody_minds() -> None:
    """Before anybody is wired to it."""
