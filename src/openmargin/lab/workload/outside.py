"""What only the exchange and its operator do: index prices, rules, rates."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from openmargin.domain.commands import (
    AnyCommand,
    ChangeAccount,
    ChangeVenue,
    CreateAccount,
    CreateKey,
    ExpireListenKeys,
    SetIndex,
    SetRates,
    Tick,
)
from openmargin.domain.enums import AccountType, AutoRepay, KeyKind, OpenOrderLoss, Rounding, SymbolStatus
from openmargin.domain.money import E8
from openmargin.domain.venue import (
    Asset,
    CommissionRates,
    HouseRules,
    LiquidationRules,
    LoanTerms,
    MarginRules,
    OrderRules,
)
from openmargin.lab.workload.crowd import MOST, WORTH, Crowd


class Outside(Crowd):
    """The market from outside, and whoever runs the exchange."""

    def _index(self) -> AnyCommand:
        """Mostly a small move of some symbols; now and then a jump that reaches into the books."""
        luck = self.chance.random()
        if luck < 0.02:
            return SetIndex((("BTCUSDT", self.chance.choice((0, -1))),))
        if luck < 0.03:
            return SetIndex((("BTCUSDT", self.index["BTCUSDT"]), ("NOPE", 1)))
        moved = self.chance.sample(self.venue.symbols, self.chance.randint(1, len(self.venue.symbols)))
        prices: list[tuple[str, int]] = []
        for rules in moved:
            width = self.chance.choice((2, 10, 40, 40, 150, 500))
            prices.append(
                (rules.name, self._moved(rules, 10_000 + self.chance.randint(-width, width), 10_000))
            )
        return SetIndex(tuple(prices), self.chance.choice((0, 1)))

    def _administer(self) -> AnyCommand:
        """What only an operator does."""
        account = self.chance.choice((1, 2, 3, 4, 4, 0, 99))
        change: Sequence[AnyCommand] = (
            Tick(),
            ChangeAccount(account, vip=self.chance.choice((0, 1, 2, 7, -1))),
            ChangeAccount(account, terms_signed=True, trade_group_id=self.chance.choice((5, 5, 6, -1))),
            *[ChangeAccount(account, account_type=kind) for kind in AccountType],
            CreateKey(account, self.chance.choice(("reader", f"key {self.at_ms}")), KeyKind.HMAC, "", (), ()),
            CreateAccount("late", vip=self.chance.choice((0, -1)), master_id=self.chance.choice((0, 1, 77))),
            self._other_rules(),
            self._rates(),
            ExpireListenKeys(account),
        )
        return self.chance.choice(change)

    def _house(self) -> HouseRules:
        """Quotes near the index, or where only a patient order finds them; many of them, or few; at once, or late."""
        pick = self.chance.choice
        return msgspec.structs.replace(
            self.venue.house,
            spread=pick((E8 // 1_000, 25 * E8 // 1_000)),
            level_gap=pick((E8 // 2_000, E8 // 2_000, 9 * E8 // 1_000)),
            level_value=pick((9_000 * E8, 2_000 * E8, 90_000 * E8, 90_000 * E8)),
            latency_ms=self.lags.choice((0, 0, 0, 0, 7, 150, 2_000)),
        )

    def _margin(self) -> MarginRules:
        """The margin rules with some of the assumed ones altered."""
        pick = self.chance.choice
        return msgspec.structs.replace(
            self.venue.margin,
            interest_rounding=pick(list(Rounding)),
            auto_repay=pick(list(AutoRepay)),
            borrowed_counts_in_full=pick((True, False)),
            inventory_floor=pick((0, E8 // 10)),
            delisting_stops_loans=pick((True, False)),
            delisting_level=pick((0, 2 * E8, 5 * E8)),
            small_rest_is_over_repayment=pick((False, False, True)),
            index_max_age_ms=pick((0, 0, 60_000)),
            open_order_loss=pick(list(OpenOrderLoss)),
            burn_asset=pick(("BNB", "BNB", "BNB", "ETH", "ODD", "NOPE", "NOPE")),
            burn_interest_discount=pick((5 * E8 // 100, 0, E8 // 3)),
            burn_commission_discount=pick((25 * E8 // 100, 0, E8)),
            liquidation=self._liquidation(),
        )

    def _liquidation(self) -> LiquidationRules:
        pick = self.chance.choice
        return LiquidationRules(
            enabled=self.chance.random() < 0.97,
            excessive_level=pick((2 * E8, 2 * E8, 3 * E8)),
            pre_liquidation_share=pick((E8 // 2, E8 // 2, E8 // 3, 0)),
            call_repeat_ms=pick((86_400_000, 2 * 3_600_000, 0)),
            slip=pick((E8 // 100, E8 // 100, E8 // 50, E8 // 10)),
            slip_step=pick((E8 // 100, E8 // 100, 3 * E8 // 100)),
            band=pick((E8 // 20, E8 // 20, E8 // 40)),
            wait_ms=pick((2_000, 2_000, 500, 0)),
            fee=pick((E8 // 50, E8 // 50, 0, 6 * E8 // 100)),
            manual_fee=pick((0, 0, E8 // 100)),
            fee_within_equity=self.chance.random() < 0.7,
            takeover_asset=pick(("", "", "BTC", "BNB", "ODD", "NOPE")),
            uses_collateral_ratio=self.chance.random() < 0.04,
            loan_asset=self.loan_asset if self.chance.random() < 0.95 else "ETH",
            loan_blocks=self.chance.random() < 0.8,
        )

    def _orders(self) -> OrderRules:
        """The rules of orders with some of the assumed ones altered."""
        pick = self.chance.choice
        return msgspec.structs.replace(
            self.venue.orders,
            oto_borrow_and_repay=pick((True, False)),
            iceberg_keeps_place=pick((True, False)),
            prevention_by_account=pick((True, False)),
        )

    def _rates(self) -> AnyCommand:
        asset = self.chance.choice(("BTC", "ETH", "USDT", "USDT", "GIFT", "NOPE"))
        daily = [self.chance.randrange(50_000) for _ in range(self.chance.randint(1, 3))]
        if self.chance.random() < 0.1:
            daily = self.chance.choice(([], [-1], [E8 + 1]))
        return SetRates(((asset, tuple(daily)),))

    def _restrict(self) -> AnyCommand:
        """Fewer or more rights to an asset or a pair, now or soon, or another pool."""
        venue = self.venue
        if self.chance.random() < 0.3:
            chosen = self.chance.choice(venue.symbols)
            dated = msgspec.structs.replace(chosen, **self._dates())
            symbols = tuple(dated if rules is chosen else rules for rules in venue.symbols)
            self.venue = msgspec.structs.replace(venue, symbols=symbols)
            return ChangeVenue(self.venue)
        before = self.chance.choice(venue.assets)
        after = self._restricted(before)
        assets = tuple(after if asset is before else asset for asset in venue.assets)
        changed = msgspec.structs.replace(venue, assets=assets)
        if after.pool_capital >= before.pool_capital:  # Else it may be refused.
            self.venue = changed
        return ChangeVenue(changed)

    def _restricted(self, asset: Asset) -> Asset:
        """The asset with some restriction that it had not, or without one that it had."""
        luck = self.chance.random()
        if luck < 0.25:
            return msgspec.structs.replace(asset, open_long_restricted=not asset.open_long_restricted)
        if luck < 0.55 and asset.name in WORTH:
            cap = self.chance.choice(
                (0, 100_000 * E8 // WORTH[asset.name], 240_000 * E8 // WORTH[asset.name])
            )
            return msgspec.structs.replace(asset, max_collateral=cap)
        if luck < 0.8:
            return msgspec.structs.replace(asset, **self._dates())
        capital = asset.pool_capital * self.chance.choice((2, 3, 6, 8)) // 4
        return msgspec.structs.replace(asset, pool_capital=min(capital, MOST // 8))

    def _dates(self) -> dict[str, int]:
        """When something comes to margin and leaves it: mostly always and never."""
        luck = self.chance.random()
        soon_ms = self.at_ms + self.chance.choice((0, 1, 5_000, 3_600_000 - self.at_ms % 3_600_000))
        if luck < 0.3:
            return {"delist_at_ms": soon_ms, "list_at_ms": 0}
        if luck < 0.4:
            return {"delist_at_ms": 0, "list_at_ms": soon_ms}
        return {"delist_at_ms": 0, "list_at_ms": 0}

    def _other_rules(self) -> AnyCommand:
        venue = self.venue
        house = msgspec.structs.replace(
            self._house(), enabled=self.chance.random() < 0.6, levels=self.chance.randint(1, 6)
        )
        luck = self.chance.random()
        if luck < 0.2:
            return ChangeVenue(msgspec.structs.replace(venue, assets=venue.assets[1:]))
        if luck < 0.4:
            return ChangeVenue(msgspec.structs.replace(venue, symbols=venue.symbols[:-1]))
        rates = (CommissionRates(self.chance.randrange(200_000), self.chance.randrange(200_000)),)
        status = SymbolStatus.BREAK if self.chance.random() < 0.3 else SymbolStatus.TRADING
        last = msgspec.structs.replace(venue.symbols[-1], status=status)
        symbols = (*venue.symbols[:-1], last)
        assets = venue.assets
        if self.chance.random() < 0.3:
            terms = (LoanTerms(self.chance.randrange(50_000), 60 * E8),)
            assets = tuple(
                msgspec.structs.replace(asset, loan_terms=terms) if asset.name == "ETH" else asset
                for asset in assets
            )
        self.venue = msgspec.structs.replace(
            venue,
            orders=self._orders(),
            house=house,
            commissions=rates,
            symbols=symbols,
            assets=assets,
            margin=self._margin(),
        )
        return ChangeVenue(self.venue)
