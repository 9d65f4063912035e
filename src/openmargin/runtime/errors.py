"""What callers of the exchange may meet besides an outcome. The rims give each its wire code."""

from __future__ import annotations


class Unavailable(Exception):
    """The writer has stopped: nothing more is accepted, and nothing that is not durable is shown."""


class TimedOut(Exception):
    """Durability took too long. The command may still become part of the journal."""


class Draining(Exception):
    """The exchange is stopping: what was accepted is finished, nothing new is."""


class WallClockRuns(Exception):
    """Time cannot be moved: this exchange lives by the host's clock."""


class AdvanceRuns(Exception):
    """Time is being moved already."""


class PastMoment(Exception):
    """Time is to go to a moment that has passed already."""


class StartRefused(Exception):
    """The exchange cannot start here; the text is meant for the operator."""
