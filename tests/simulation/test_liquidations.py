"""Random markets that fall and leap until accounts break, judged by the invariants, by the twin, and by what the flows
explain.

The crowd borrows all that it may and the index moves by tens of per cent, so that every way to end a liquidation is met.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest

from openmargin.domain.commands import (
    AnyCommand,
    Borrow,
    CancelAllOrders,
    ChangeAccount,
    ChangeVenue,
    CreateAccount,
    CreateSpecialKey,
    Deposit,
    ManualLiquidate,
    Open,
    OpenIsolated,
    PlaceOrder,
    PlaceOrderList,
    RepayLiquidationLoan,
    SetBnbBurn,
    SetIndex,
    SetMaxLeverage,
)
from openmargin.domain.enums import (
    Contingency,
    KeyKind,
    LiquidationEnd,
    LiquidationKind,
    LoanSource,
    OrderType,
    SelfTradePrevention,
    Side,
    SideEffect,
    SymbolStatus,
    TimeInForce,
)
from openmargin.domain.events import (
    Borrowed,
    Deposited,
    Flowed,
    LiquidationBegan,
    LiquidationEnded,
    LiquidationLoanRepaid,
    MatchPrevented,
    OrderFilled,
    Repaid,
    Transferred,
)
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.money import E8, notional
from openmargin.domain.orders import Leg
from openmargin.domain.reasons import Rejected
from openmargin.domain.venue import CommissionRates, IsolatedTier, LiquidationRules, Symbol, Venue
from openmargin.lab.simulate import Judge
from openmargin.runtime.bare import BareExchange, Step
from tests.engine.story_venue import MIDNIGHT, plain_venue, with_rule

STEPS = 500
PEOPLE = range(1, 9)
PAIRS = ("BTCUSDT", "ETHUSDT", "BNBUSDT")
WORTH = {"BTC": 100, "ETH": 10, "BNB": 10, "USDT": 1, "USDC": 1}
START = {
    "BTCUSDT": 100 * E8,
    "ETHUSDT": 10 * E8,
    "BNBUSDT": 10 * E8,
    "ETHBTC": E8 // 10,
    "USDCUSDT": 99 * E8 // 100,
}


class Gamblers:
    """A crowd that borrows all that it may, bets it, and is not saved: seeded, on a small and thin market."""

    def __init__(self, seed: int, exchange: BareExchange) -> None:
        self.luck = random.Random(seed)
        self.live = exchange
        self.at_ms = MIDNIGHT + 3_590_000
        self.rules = LiquidationRules(
            slip=self.luck.choice((0, E8 // 100)),
            slip_step=self.luck.choice((E8 // 100, E8 // 50)),
            band=self.luck.choice((E8 // 100, E8 // 20, E8 // 5)),
            wait_ms=self.luck.choice((1, 150, 2_000)),
            fee=self.luck.choice((0, E8 // 50, E8 // 10)),
            manual_fee=self.luck.choice((0, 0, E8 // 100)),
            fee_within_equity=self.luck.random() < 0.8,
            takeover_asset=self.luck.choice(("", "BTC")),
            uses_collateral_ratio=self.luck.random() < 0.15,
            loan_blocks=self.luck.random() < 0.5,
            call_repeat_ms=self.luck.choice((0, 3_600_000)),
        )
        self.index = {symbol: price for symbol, price in START.items() if symbol != "USDCUSDT"}
        self.next: list[AnyCommand] = self._beginning()

    def venue(self) -> Venue:
        plain = with_rule(plain_venue(), ["adds", "USDC", "0.99"])
        house = msgspec.structs.replace(
            plain.house,
            enabled=self.luck.random() < 0.7,
            levels=4,
            spread=E8 // 500,
            level_gap=E8 // 200,
            level_value=self.luck.choice((20, 200, 5_000)) * E8,
        )
        symbols = tuple(
            msgspec.structs.replace(
                rules,
                min_notional=self.luck.choice((0, E8, 10 * E8)),
                step_size=self.luck.choice((100_000, 1_000_000)),
                isolated_tiers=rules.isolated_tiers
                or (IsolatedTier(5 * E8, 125 * E8 // 100, 115 * E8 // 100, 900 * E8, 900 * E8),),
                isolated_margin_call=119 * E8 // 100 if not rules.isolated_tiers else 118 * E8 // 100,
            )
            for rules in plain.symbols
            if rules.name != "ETHBTC" or self.luck.random() < 0.6
        )
        symbols = tuple(
            msgspec.structs.replace(rules, isolated_margin_call=110 * E8 // 100)
            if rules.name == "BTCUSDT"
            else rules
            for rules in symbols
        )
        fees = (CommissionRates(self.luck.choice((0, 40_000)), self.luck.choice((0, 100_000, 500_000))),)
        margin = msgspec.structs.replace(plain.margin, liquidation=self.rules)
        self.symbols = {rules.name: rules for rules in symbols}
        return msgspec.structs.replace(plain, house=house, symbols=symbols, commissions=fees, margin=margin)

    def _beginning(self) -> list[AnyCommand]:
        commands: list[AnyCommand] = []
        for account in PEOPLE:
            commands.append(CreateAccount(f"gambler {account}", vip=9))
            commands.append(ChangeAccount(account, terms_signed=True))
            if account % 2:
                commands.append(SetMaxLeverage(account, "", 0, 5))
            for asset in self.luck.sample(("BTC", "ETH", "USDT", "BNB"), 2):
                commands.append(Deposit(account, CROSS, asset, 100 * E8 // WORTH[asset]))
            pair = PAIRS[account % len(PAIRS)]
            commands.append(OpenIsolated(account, "", 0, pair))
            commands.append(Deposit(account, pair, "USDT", 60 * E8))
            if account % 3 == 0:
                commands.append(Deposit(account, CROSS, "ODD", 5 * E8))
                commands.append(
                    CreateSpecialKey(account, "", 0, CROSS, f"k{account}", "bot", KeyKind.HMAC, "", (), True)
                )
            if account % 4 == 0:
                commands.append(SetBnbBurn(account, "", 0, True, True))
        for asset in WORTH:
            commands.append(CreateAccount(f"rich in {asset}"))
            commands.append(Deposit(PEOPLE[-1] + 1 + list(WORTH).index(asset), CROSS, asset, 10_000 * E8))
        commands.reverse()
        return commands

    def opening(self) -> tuple[int, AnyCommand]:
        return self.at_ms, Open(self.venue(), 1, 1)

    def draw(self) -> tuple[int, AnyCommand]:
        if self.next:
            return self.at_ms, self.next.pop()
        self.at_ms += self.luck.choice((0, 0, 0, 1, 300, 2_000, 2_000, 60_000))
        if self.luck.random() < 0.02:
            self.at_ms += 3_600_000 - self.at_ms % 3_600_000
        account = self.luck.choice(PEOPLE)
        scope = self.luck.choice((CROSS, CROSS, PAIRS[account % len(PAIRS)]))
        makers = (
            (25, self._leap),
            (25, self._plunge),
            (20, self._offer),
            (12, self._order),
            (4, self._list),
            (3, self._liquidate),
            (4, self._repay_loan),
            (3, self._deposit),
            (2, self._cancel),
            (1, self._other_rules),
        )
        make = self.luck.choices([make for _, make in makers], [weight for weight, _ in makers])[0]
        return self.at_ms, make(account, scope)

    def _leap(self, _account: int, _scope: Scope) -> AnyCommand:
        factor = self.luck.choice((60, 80, 90, 95, 97, 103, 105, 110, 120, 170))
        alike = self.luck.random() < 0.6
        moved: list[tuple[str, int]] = []
        for symbol, price in self.index.items():
            if alike or self.luck.random() < 0.4:
                price = price * (factor if symbol != "ETHBTC" else 100) // 100
                price = max(START[symbol] // 30, min(price, START[symbol] * 30))
                self.index[symbol] = price
                if symbol in self.symbols:
                    moved.append((symbol, price))
        return SetIndex(tuple(moved))

    def _rules_for(self, scope: Scope) -> Symbol:
        return self.symbols[scope] if scope != CROSS else self.luck.choice(list(self.symbols.values()))

    def _plunge(self, account: int, scope: Scope) -> AnyCommand:
        """Borrow nearly all that may be borrowed, and then bet it."""
        rules = self._rules_for(scope)
        asset = self.luck.choice((rules.base, rules.quote))
        found = self.live.live.max_borrowable(account, scope, asset)
        most = 0 if isinstance(found, Rejected) else found.amount
        self.next = [self._bet(account, scope, rules, asset, most)]
        return Borrow(account, "", 0, scope, asset, max(1, most - self.luck.choice((0, 1, most // 10))))

    def _bet(self, account: int, scope: Scope, rules: Symbol, asset: str, amount: int) -> AnyCommand:
        sells = asset == rules.base
        step = rules.step_size
        spent = self.luck.choice((amount, amount * 9 // 10, amount // 2))
        return self._placed(
            account, scope, rules, sells, spent // step * step if sells else 0, 0 if sells else spent, 0
        )

    def _placed(
        self, account: int, scope: Scope, rules: Symbol, sells: bool, quantity: int, budget: int, price: int
    ) -> PlaceOrder:
        return PlaceOrder(
            account,
            "",
            0,
            scope,
            rules.name,
            Side.SELL if sells else Side.BUY,
            OrderType.LIMIT if price else OrderType.MARKET,
            TimeInForce.GTC,
            quantity,
            budget,
            price,
            "",
            self.luck.choice((SelfTradePrevention.NONE, SelfTradePrevention.EXPIRE_MAKER)),
            self.luck.choice((SideEffect.NO_SIDE_EFFECT, SideEffect.AUTO_BORROW_REPAY))
            if price
            else SideEffect.NO_SIDE_EFFECT,
            self.luck.random() < 0.5,
        )

    def _limit(self, account: int, scope: Scope) -> PlaceOrder:
        rules = self._rules_for(scope)
        near = self.index.get(rules.name, START[rules.name]) * self.luck.randint(93, 107) // 100
        price = max(rules.tick_size, near // rules.tick_size * rules.tick_size)
        quantity = (
            self.luck.choice((10, 50, 200)) * E8 // WORTH[rules.base] // rules.step_size * rules.step_size
        )
        return self._placed(account, scope, rules, self.luck.random() < 0.5, quantity, 0, price)

    def _offer(self, _account: int, _scope: Scope) -> AnyCommand:
        """The rich stand in the book, and are sometimes there for the poor."""
        order = self._limit(PEOPLE[-1] + 1, CROSS)
        rules = self.symbols[order.symbol]
        pays = rules.base if order.side is Side.SELL else rules.quote
        return msgspec.structs.replace(order, account_id=PEOPLE[-1] + 1 + list(WORTH).index(pays))

    def _order(self, account: int, scope: Scope) -> AnyCommand:
        return self._limit(account, scope)

    def _list(self, account: int, scope: Scope) -> AnyCommand:
        rules = self._rules_for(scope)
        last = self.index.get(rules.name, START[rules.name])
        tick = rules.tick_size
        quantity = 10 * E8 // WORTH[rules.base] // rules.step_size * rules.step_size
        up, down = last * 130 // 100 // tick * tick, last * 80 // 100 // tick * tick
        return PlaceOrderList(
            account,
            "",
            0,
            scope,
            rules.name,
            Contingency.OCO,
            "",
            (
                Leg(Side.SELL, OrderType.LIMIT_MAKER, TimeInForce.GTC, quantity, up),
                Leg(Side.SELL, OrderType.STOP_LOSS, TimeInForce.GTC, quantity, 0, down),
            ),
            SelfTradePrevention.NONE,
            SideEffect.MARGIN_BUY,
            True,
        )

    def _liquidate(self, account: int, scope: Scope) -> AnyCommand:
        return ManualLiquidate(account, "", 0, scope)

    def _repay_loan(self, account: int, _scope: Scope) -> AnyCommand:
        owed = self.live.live.liquidation_loan(account)
        most = owed.amount - owed.repaid
        self.next = [
            RepayLiquidationLoan(account, "", 0, "USDC", self.luck.choice((most, most // 2, most + 1)))
        ]
        return Deposit(account, SPOT, "USDC", most or 1)

    def _deposit(self, account: int, scope: Scope) -> AnyCommand:
        asset = self.luck.choice(("BTC", "ETH", "BNB", "USDT")) if scope == CROSS else "USDT"
        return Deposit(account, scope, asset, self.luck.choice((1, 30, 100)) * E8 // WORTH[asset])

    def _cancel(self, account: int, scope: Scope) -> AnyCommand:
        return CancelAllOrders(account, "", 0, scope, self._rules_for(scope).name)

    def _other_rules(self, _account: int, _scope: Scope) -> AnyCommand:
        """Another commission, or a pair that closes for a while."""
        state = self.live.live.venue
        closed = self.luck.choice([*self.symbols, ""])
        symbols = tuple(
            msgspec.structs.replace(
                rules, status=SymbolStatus.BREAK if rules.name == closed else SymbolStatus.TRADING
            )
            for rules in state.symbols
        )
        return ChangeVenue(msgspec.structs.replace(state, symbols=symbols))


def told(workload: Gamblers, exchange: BareExchange, *, judged: bool = False) -> Iterator[Step]:
    """Everything that happened; judged step by step by the twin, where that is wanted."""
    submit = Judge(exchange).submit if judged else exchange.submit
    submit(*workload.opening())
    for _ in range(STEPS):
        before = len(exchange.log)
        submit(*workload.draw())
        assert len(exchange.log) < before + 400, "work that is due at one moment comes to no end"
        if workload.luck.random() < 0.05:
            exchange.reload()
    yield from exchange.log


def explained(
    steps: list[Step], base_and_quote: dict[str, tuple[str, str]]
) -> Counter[tuple[int, Scope, str]]:
    """What every wallet must hold, by what the events say moved value: each movement told once."""
    total: Counter[tuple[int, Scope, str]] = Counter()
    for step in steps:
        for event in step.events:
            match event:
                case Deposited() | Flowed():
                    total[event.account_id, event.scope, event.asset] += event.amount
                case Transferred():
                    total[event.account_id, event.source, event.asset] -= event.amount
                    total[event.account_id, event.target, event.asset] += event.amount
                case Borrowed():
                    total[event.account_id, event.scope, event.asset] += event.principal
                case Repaid() if event.source is not LoanSource.LIQUIDATION:
                    total[event.account_id, event.scope, event.asset] -= event.principal + event.interest
                case LiquidationLoanRepaid():
                    total[event.account_id, SPOT, event.asset] -= event.amount
                case OrderFilled() if not event.order.spec.liquidation_id:
                    spec, fill = event.order.spec, event.fill
                    base, quote = base_and_quote[spec.symbol]
                    key = (spec.account_id, spec.scope)
                    total[*key, base] += spec.side * fill.quantity
                    total[*key, quote] -= spec.side * fill.quote_quantity
                    total[*key, fill.commission_asset] -= fill.commission
                case MatchPrevented() if event.match.mode.name == "TRANSFER":
                    base, quote = base_and_quote[event.match.symbol]
                    quantity = event.match.taker_quantity
                    for order in (event.taker, event.maker):
                        key = (order.spec.account_id, order.spec.scope)
                        sign = 1 if order.spec.side is Side.BUY else -1
                        total[*key, base] += sign * quantity
                        total[*key, quote] -= sign * notional(quantity, event.match.price)
                case _:
                    pass
    return total


@pytest.mark.parametrize(
    "seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(6, 20))]
)
def test_whoever_breaks_every_atom_is_explained(seed: int) -> None:
    exchange = BareExchange()
    workload = Gamblers(seed, exchange)
    steps = list(told(workload, exchange, judged=True))
    pairs = {rules.name: (rules.base, rules.quote) for rules in exchange.live.venue.symbols}
    total = explained(steps, pairs)
    for account in exchange.live.account_ids():
        isolated = [view.symbol for view in exchange.live.isolated(account)]
        for scope in (SPOT, CROSS, *isolated):
            for row in exchange.live.balances(account, scope):
                assert total[account, scope, row.asset] == row.free + row.locked, (account, scope, row)

    again = BareExchange(check_everything=False)
    for step in steps:
        again.engine.apply(step.record)
    assert again.engine.state_hash() == exchange.engine.state_hash()


def test_every_way_to_end_is_met() -> None:
    met: Counter[tuple[LiquidationKind, LiquidationEnd]] = Counter()
    for seed in range(12):
        exchange = BareExchange(check_everything=False)
        kinds: dict[int, LiquidationKind] = {}
        for step in told(Gamblers(seed, exchange), exchange):
            for event in step.events:
                if isinstance(event, LiquidationBegan):
                    kinds[event.liquidation_id] = event.kind
                elif isinstance(event, LiquidationEnded):
                    met[kinds[event.liquidation_id], event.end] += 1
    every = {(LiquidationKind.FORCED, end) for end in LiquidationEnd}
    assert every | {(LiquidationKind.MANUAL, LiquidationEnd.RECOVERED)} == met.keys()
