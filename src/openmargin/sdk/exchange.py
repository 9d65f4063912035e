"""One exchange in this process: its time, its prices, its accounts, and what happened in it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Final, TypeVar

import msgspec
from msgspec import structs

from openmargin.api.catalogue import Catalogue
from openmargin.config import load_venue
from openmargin.domain.commands import (
    AnyCommand,
    ChangeAccount,
    CreateAccount,
    ScriptIndex,
    SetIndex,
    SetRates,
)
from openmargin.domain.events import AccountChanged
from openmargin.domain.ids import CROSS, Scope, generated_client_id
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.venue import Venue
from openmargin.history.queries import Query
from openmargin.lab.errors import Refused as LabRefused
from openmargin.lab.index_scripts import index_stages
from openmargin.lab.market import require_in_filter
from openmargin.lab.replay.play import Played, play
from openmargin.lab.replay.sequence import MarketData
from openmargin.lab.script_shapes import AnyStage
from openmargin.runtime.commit import Outcome
from openmargin.runtime.errors import StartRefused
from openmargin.runtime.in_process import Beginning, InProcessExchange
from openmargin.runtime.live import Live
from openmargin.runtime.secrets import KEY_LENGTH
from openmargin.sdk.account import Account
from openmargin.sdk.amounts import Amount, atoms, decimal, moment
from openmargin.sdk.answers import Depth, depth_of
from openmargin.sdk.facts import EVENTS, Entry, Event, entry_of, event_of
from openmargin.sdk.refused import Refused

Answer = TypeVar("Answer")

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""When a new exchange begins, unless it is told otherwise: the same each time, so that runs agree."""

NAME_MAX: Final = 64

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Exchange:
    """The engine and its journal, in memory or in a directory, on a clock that only its owner moves.

    Every call returns when all that follows from it has happened. Not for several threads at once.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | None = None,
        *,
        venue: Venue | str | os.PathLike[str] | None = None,
        seed: int | None = None,
        start: datetime | None = None,
        house: bool | None = None,
        check_everything: bool = False,
    ) -> None:
        """A new exchange, or the one in `directory`.

        `venue` is a configuration file, the default one where none is named; `house=False` leaves the books empty.
        `check_everything` runs every invariant after every record. Venue, seed (1) and start (2026-01-01, UTC) belong
        to a new exchange; StartRefused where the directory holds another, where a second process has it, or where its
        journal is of another version.
        """
        chosen = venue if isinstance(venue, Venue) else load_venue(Path(venue) if venue else None)
        if house is not None:
            chosen = structs.replace(chosen, house=structs.replace(chosen.house, enabled=house))
        if start is not None and _milliseconds(start) < 0:
            raise ValueError(f"start={start.isoformat()} lies before 1970")
        beginning = Beginning(chosen, 1 if seed is None else seed, _milliseconds(start or START))
        path = None if directory is None else Path(directory)
        self._engine: Final = InProcessExchange(path, beginning, check_everything=check_everything)
        self.live: Final[Live] = self._engine.live
        """The engine's own questions, in its own integers: for what has no method here."""
        self._catalogue = Catalogue(self.live.venue)
        if not self._engine.is_new:
            named = {"seed": seed, "venue": venue, "start": start, "house": house}
            self._refuse_contradictions(
                {name for name, value in named.items() if value is not None}, beginning
            )

    def __enter__(self) -> Exchange:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it. In a directory it can be opened again, served, and verified."""
        self._engine.close()

    # --- time

    @property
    def now(self) -> datetime:
        """The exchange's time, in UTC."""
        return moment(self.now_ms)

    @property
    def now_ms(self) -> int:
        """The same in milliseconds since 1970."""
        return self._engine.engine.at_ms

    def advance(
        self, *, days: int = 0, hours: int = 0, minutes: int = 0, seconds: int = 0, milliseconds: int = 0
    ) -> datetime:
        """Let time pass, with everything that falls due in it: interest, liquidation steps, quotes that move."""
        span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)
        return self.advance_to(self.now + span)

    def advance_to(self, at: datetime) -> datetime:
        """Let time pass up to a moment; ValueError for one that is past."""
        at_ms = _milliseconds(at)
        if at_ms < self.now_ms:
            raise ValueError(f"{at.isoformat()} is past: it is {self.now.isoformat()}")
        self._engine.advance_to(at_ms)
        return self.now

    # --- the market

    def price(self, symbol: str, price: Amount | None = None) -> Decimal:
        """The index price of a symbol, after it was set if one is given; the house quotes around it at once."""
        if price is not None:
            self.prices({symbol: price})
        found = self.live.index(symbol)
        if found is None:
            raise self._refused(Rejected(Reason.UNKNOWN_SYMBOL))
        return decimal(found.price)

    def prices(self, prices: Mapping[str, Amount]) -> None:
        """Set several index prices in one step; ValueError for one at which no order may stand."""
        asked = tuple((symbol, atoms("price", price)) for symbol, price in prices.items())
        for symbol, price in asked:
            if price:
                self._require_in_filter(symbol, price)
        self.do(SetIndex(asked))

    def script(
        self,
        stages: Sequence[Mapping[str, object]],
        *,
        symbol: str = "",
        assets: Sequence[str] = (),
    ) -> datetime:
        """Have the index of a symbol, or of all pairs of some assets, follow stages as time passes; until when.

        Stages are as docs/prices.md has them, such as `{"do": "crash", "percent": 40, "seconds": 600}`; ValueError for
        what is none.
        """
        try:
            asked = msgspec.convert(stages, tuple[AnyStage, ...])
            cut = tuple(stage for one in asked for stage in index_stages(one))
        except (msgspec.ValidationError, LabRefused) as wrong:
            raise ValueError(f"stages: {wrong}") from None
        self.do(ScriptIndex(symbol, tuple(assets), cut))
        return moment(self.now_ms + sum(stage.lasts_ms for stage in cut))

    def replay(
        self,
        *files: str | os.PathLike[str],
        symbol: str = "",
        skip_damaged: bool = False,
        speed: float = 0.0,
    ) -> Played:
        """Play data files as Binance publishes them, oldest row first, with whatever falls due on the way.

        Everything happens later than it did where the exchange's time is ahead of the files. `speed` is how many times
        as fast as it happened; 0 for as fast as it goes. BadData where a file or a line is damaged; what came before
        that line has happened.
        """
        paths = [Path(file) for file in files]
        data = MarketData(paths, self.venue, symbol=symbol, skips_damaged=skip_damaged)
        return play(self._engine, data, speed=speed)

    def last_price(self, symbol: str) -> Decimal:
        """The last traded price; 0 before the first trade."""
        self.price(symbol)
        return decimal(self.live.last_price(symbol))

    def depth(self, symbol: str, limit: int = 20) -> Depth:
        """The best price levels of each side."""
        self.price(symbol)
        return depth_of(self.live.depth(symbol, limit))

    def rates(self, asset: str, *daily: Amount) -> None:
        """Set the daily interest of an asset from the next full hour on, one rate per VIP level from 0 up."""
        self.do(SetRates(((asset, tuple(atoms("daily", rate) for rate in daily)),)))

    # --- accounts

    def account(
        self, name: str | int, *, vip: int | None = None, terms_signed: bool | None = None
    ) -> Account:
        """The account of a name, made if it is new, or the one with an id (KeyError where there is none).

        What is named besides holds from now on. A name has 1 to 64 characters.
        """
        if isinstance(name, str) and not 1 <= len(name) <= NAME_MAX:
            raise ValueError(f"{name!r} is no name of 1 to {NAME_MAX} characters")
        account_id = name if isinstance(name, int) else self._id_of(name)
        if account_id is None:
            account_id = self._create(str(name), vip or 0)
            vip = None
        elif self.live.account(account_id) is None:
            raise KeyError(name)
        if vip is not None or terms_signed is not None:
            self.do(ChangeAccount(account_id, vip, None, terms_signed, None))
        return Account(self, account_id)

    @property
    def accounts(self) -> list[Account]:
        """Every account, in the order in which they were made."""
        return [Account(self, account_id) for account_id in self.live.account_ids()]

    def insurance_fund(self) -> dict[str, Decimal]:
        """What the insurance fund holds of each asset, or owes."""
        return {fund.asset: decimal(fund.balance) for fund in self.live.insurance_fund()}

    # --- what happened

    def mark(self) -> int:
        """This place in the journal, to ask for what happened after it."""
        return self._engine.engine.seq

    def events(self, kind: str | None = None, *, since: int = -1) -> list[Event]:
        """What happened after a mark, of one kind if one is named; of a directory, what happened since it was opened."""
        if kind is not None and kind not in EVENTS:
            raise ValueError(f"{kind!r} is none of {', '.join(sorted(EVENTS))}")
        wanted = None if kind is None else EVENTS[kind]
        return [
            event_of(step.record.seq, step.record.at_ms, event)
            for step in self._engine.steps_after(since)
            for event in step.events
            if wanted is None or type(event) is wanted
        ]

    def expect(self, kind: str, *, since: int = -1, **fields: object) -> Event:
        """The one event of a kind whose fields are these; an AssertionError shows what there was instead.

        A word may stand for a member: `status="MARGIN_CALL"`.
        """
        __tracebackhide__ = True  # pytest then points at the line that expected it.
        there_was = self.events(kind, since=since)
        found = [
            event for event in there_was if all(_is(event, name, value) for name, value in fields.items())
        ]
        wanted = " ".join([kind, *(f"{name}={value}" for name, value in fields.items())])
        if len(found) == 1:
            return found[0]
        shown = "\n  ".join(map(str, found or there_was)) or "nothing of that kind"
        raise AssertionError(
            f"expected one {wanted}, and there was{f' {len(found)} times' * bool(found)}\n  {shown}"
        )

    def journal(self, last: int = 20) -> list[Entry]:
        """The last records of the journal, with what came of each where it happened since the exchange was opened."""
        first = max(0, self._engine.engine.seq + 1 - last)
        known = {step.record.seq: step.events for step in self._engine.steps_after(first - 1)}
        return [
            entry_of(entry.record, known.get(entry.record.seq, ())) for entry in self._engine.entries(first)
        ]

    def hash(self) -> str:
        """The running hash of all events: two exchanges with one hash have decided alike, record by record."""
        return self._engine.event_chain.hex()

    def state_hash(self) -> str:
        """The hash of balances, books and all else as it is now; slower."""
        return self._engine.engine.state_hash()

    def save(self, directory: str | os.PathLike[str]) -> None:
        """Write the journal into a new data directory, which can be verified, served, and opened here again."""
        self._engine.save(Path(directory))

    # --- for what has no method

    @property
    def venue(self) -> Venue:
        """The rules that hold now."""
        return self.live.venue

    @property
    def catalogue(self) -> Catalogue:
        """The venue by name."""
        if self._catalogue.venue is not self.live.venue:
            self._catalogue = Catalogue(self.live.venue)
        return self._catalogue

    def do(self, command: AnyCommand, scope: Scope = CROSS) -> Outcome:
        """Have any command of `openmargin.domain.commands` obeyed; raises Refused, in the words of the scope's API."""
        outcome = self._engine.do(command)
        if outcome.rejection is not None:
            raise Refused.of(outcome.rejection, scope, outcome.at_ms)
        return outcome

    def fetch(self, query: Query[Answer]) -> Answer:
        """Put any question of `openmargin.history.queries`."""
        return self._engine.fetch(query)

    def new_key(self) -> str:
        """An api key that nobody has, and that every run like this one gets."""
        seq = self._engine.engine.seq + 1
        return "".join(generated_client_id(seq, ordinal) for ordinal in range(3))[:KEY_LENGTH]

    # --- inside

    def _require_in_filter(self, symbol: str, price: int) -> None:
        try:
            require_in_filter(self.venue, symbol, price)
        except LabRefused as wrong:
            raise ValueError(f"{wrong}: {wrong.hint}") from None

    def _id_of(self, name: str) -> int | None:
        for account_id in self.live.account_ids():
            view = self.live.account(account_id)
            if view is not None and view.name == name:
                return account_id
        return None

    def _create(self, name: str, vip: int) -> int:
        events = self.do(CreateAccount(name, vip)).events
        return next(event.account_id for event in events if isinstance(event, AccountChanged))

    def _refused(self, rejected: Rejected) -> Refused:
        return Refused.of(rejected, CROSS, self.now_ms)

    def _refuse_contradictions(self, named: set[str], beginning: Beginning) -> None:
        opened = next(self._engine.entries(0)).record
        kept = {
            "seed": self.live.seed == beginning.seed,
            "start": opened.at_ms == beginning.start_ms,
            "venue": self.live.venue == beginning.venue,
            "house": self.live.venue.house.enabled == beginning.venue.house.enabled,
        }
        wrong = sorted(name for name in named if not kept[name])
        if wrong:
            self.close()
            raise StartRefused(
                f"the exchange in this directory began with another {' and '.join(wrong)}: leave it out"
            )


def _is(event: Event, name: str, value: object) -> bool:
    """Is a field what was asked for? AttributeError where the event has no such field."""
    found: object = getattr(event, name)
    return found.name == value if isinstance(found, IntEnum) and isinstance(value, str) else found == value


def _milliseconds(at: datetime) -> int:
    """A moment as the exchange counts it; ValueError where it does not say its zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone: write such as datetime(2026, 1, 1, tzinfo=UTC)")
    return (at - _EPOCH) // timedelta(milliseconds=1)
