"""Who is told of a margin level, and whose liquidation begins (docs/liquidation.md, Status)."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from openmargin.domain.enums import LiquidationKind, MarginStatus
from openmargin.domain.events import LiquidationBegan, MarginStatusChanged
from openmargin.domain.ids import SPOT, Scope
from openmargin.lab.twin.parts import ONE, TwinLiquidation
from openmargin.lab.twin.risk import Risk


class Watch(Risk):
    """The risk desk, looking at everybody after every record."""

    def status(self, account: int, scope: Scope) -> MarginStatus:
        owed = self.debts_value(account, scope)
        if not owed:
            return MarginStatus.EXCESSIVE
        level = self.assets_value(account, scope) / owed * ONE
        call, liquidation = self.call_and_liquidation(account, scope)
        rules = self.venue.margin.liquidation
        pre_liquidation = liquidation + Fraction((call - liquidation) * rules.pre_liquidation_share, ONE)
        for bar, status in (
            (rules.excessive_level, MarginStatus.EXCESSIVE),
            (call, MarginStatus.NORMAL),
            (pre_liquidation, MarginStatus.MARGIN_CALL),
            (liquidation, MarginStatus.PRE_LIQUIDATION),
        ):
            if level > bar:
                return status
        return MarginStatus.FORCE_LIQUIDATION

    def watch_levels(self) -> None:
        """Tell whose status is another than the one told last, and once more whom a call still holds; mark who has
        fallen too far."""
        # Who was told of a level hears of its end, though the account was closed in the same moment.
        for account, scope in sorted({*self.scopes(), *self.told}):
            if scope == SPOT or self.liquidation_of(account, scope) is not None:
                continue
            key = (account, scope)
            told, when = self.told.get(key, (MarginStatus.EXCESSIVE, 0))
            status = self.status(account, scope)
            repeat = self.venue.margin.liquidation.call_repeat_ms
            is_call = status is MarginStatus.MARGIN_CALL
            again = key in self.charged and is_call and repeat > 0 and self.now - when >= repeat
            if status is not told or again:
                self.told[key] = (status, self.now)
                level = self.margin_level(account, scope)
                self.events.append(MarginStatusChanged(account, scope, level, status))
            if status is MarginStatus.FORCE_LIQUIDATION and self.venue.margin.liquidation.enabled:
                self.begin_liquidation(account, scope, LiquidationKind.FORCED)
        self.charged = []

    def begin_liquidation(self, account: int, scope: Scope, kind: LiquidationKind) -> TwinLiquidation:
        """Lock an account, and remember what everything in it was worth."""
        self.liquidation_numbers += 1
        number = self.liquidation_numbers
        snapshot: dict[str, int] = {}
        for asset in self.assets_in(scope):
            if self.total(account, scope, asset) or self.owed(account, scope, asset):
                snapshot[asset] = self.mark(scope, asset)
        liquidation = TwinLiquidation(number, account, scope, kind, snapshot, self.now)
        self.liquidations.append(liquidation)
        has = floor(self.assets_value(account, scope))
        owes = floor(self.debts_value(account, scope))
        self.events.append(LiquidationBegan(number, account, scope, kind, has, owes))
        return liquidation
