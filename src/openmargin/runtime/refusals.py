"""The last refusals of each account, explained as they happened: what the numbers were is not in the journal."""

from __future__ import annotations

import logging
from collections import deque
from typing import Final

from openmargin.domain.commands import Record
from openmargin.domain.explained import RefusalExplained
from openmargin.domain.reasons import Rejected
from openmargin.engine import refusals
from openmargin.engine.engine import Engine

_log = logging.getLogger(__name__)

KEPT: Final = 20
"""Of each account; they go when the process does, and come again with a replay."""


class RefusalLog:
    """Written by whoever drives the engine, right after each refusal."""

    def __init__(self) -> None:
        self._of: dict[int, deque[RefusalExplained]] = {}

    def add(self, engine: Engine, record: Record, rejected: Rejected) -> None:
        """Keep why the record that was applied last was refused."""
        try:
            told = refusals.explain(engine.state, record, rejected)
        except Exception:
            # The record stands and is on its way to the disk: an explanation must not keep it from there.
            _log.exception("the refusal of record %d cannot be explained", record.seq)
            return
        self._of.setdefault(told.account_id, deque(maxlen=KEPT)).append(told)

    def of(self, account_id: int) -> list[RefusalExplained]:
        """The last refusals of an account, the newest last."""
        return list(self._of.get(account_id, ()))
