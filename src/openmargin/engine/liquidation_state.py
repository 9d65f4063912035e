"""The shapes of liquidations: one that goes on, and what the insurance fund received and paid.

Owns: nothing but shapes, as `state` does.
"""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from openmargin.domain.enums import LiquidationKind
from openmargin.domain.ids import Scope
from openmargin.domain.money import Atoms


@mypyc_attr(acyclic=True)
class Liquidation:
    """A trading account that is locked until its debts are seen to."""

    def __init__(
        self, liquidation_id: int, kind: LiquidationKind, account_id: int, scope: Scope, due_ms: int
    ) -> None:
        self.liquidation_id: int = liquidation_id
        self.kind: LiquidationKind = kind
        self.is_forced: bool = kind is LiquidationKind.FORCED
        self.account_id: int = account_id
        self.scope: Scope = scope
        self.due_ms: int = due_ms
        """When its next step is due."""
        self.snapshot: dict[str, int] = {}
        """What a unit of each asset was worth when it began: the fee is a share of that."""
        self.aside: dict[str, Atoms] = {}
        """What of the account's free funds is set aside for the fee."""
        self.tries: int = 0
        """How many of its orders in a row did not fill whole."""
        self.order_symbol: str = ""
        self.order_id: int = 0
        """The order that it placed last and that has not filled whole; 0 for none."""


@mypyc_attr(acyclic=True)
class Fund:
    """The insurance fund's books for one asset; what it holds is the wallet of the INSURANCE account."""

    def __init__(self, asset: str) -> None:
        self.asset: str = asset
        self.received: Atoms = 0
        """Fees, and repayments of liquidation loans."""
        self.paid: Atoms = 0
        """Deficits."""


@mypyc_attr(acyclic=True)
class PendingRepayment:
    """A repayment of a liquidation loan that is on its way; what it pays is locked in the spot wallet."""

    def __init__(
        self, due_ms: int, repay_id: int, account_id: int, asset: str, amount: Atoms, began_ms: int
    ) -> None:
        self.due_ms: int = due_ms
        self.repay_id: int = repay_id
        self.account_id: int = account_id
        self.asset: str = asset
        self.amount: Atoms = amount
        self.began_ms: int = began_ms
