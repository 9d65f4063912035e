"""What the exchange keeps of lending: a pool's books and the rates of each asset.

Never: decides anything.
"""

from __future__ import annotations

from openmargin.domain.money import Atoms


class Pool:
    """The lending pool's books for one asset; what it holds is the wallet of the POOL account."""

    def __init__(self, asset: str, capital: Atoms) -> None:
        self.asset: str = asset
        self.capital: Atoms = capital
        self.interest_received: Atoms = 0


class Rates:
    """Daily interest rates of one asset, one per VIP level from 0 up."""

    def __init__(self, asset: str, daily: tuple[int, ...]) -> None:
        self.asset: str = asset
        self.daily: tuple[int, ...] = daily
        """Until `next_from_ms`."""
        self.next: tuple[int, ...] = daily
        self.next_from_ms: int = 0
        """A full hour, which may have passed."""
