"""Market stories: a line is what somebody does, a line that begins with `=>` is what must come of it.

    ann has 100 USDT                    a deposit; margin wallets unless the name says `ann/spot`
    ann buys 5 @ 101 as a1              LIMIT GTC in BTCUSDT; more words: ioc fok maker ETHUSDT margin-buy
                                        auto-repay borrow-repay keep-loan, signed KEY, until 12:30
    ann sells 5 at market               MARKET; `for 500 USDT` sizes it in quote
    ann sells 5 stop 95                 STOP_LOSS; `stop 95 @ 94` STOP_LOSS_LIMIT; `profit 110` TAKE_PROFIT (`@ 109`)
    ann sells 5 stop trails 2%          trails from the next trade; `stop 95 trails 2%` from 95 on
    ann sells 5 @ 105 showing 1         an iceberg
    ann buys 5 @ 105 decrement          prevention: expire-taker expire-maker expire-both decrement transfer
    ann places OCO as L: sells 5 @ 110 maker as up; sells 5 stop 95 as down
    ann cancels a1                      or #7, or #7 a1, or all; `as c1` names the cancel; `list L` or `list #1`;
                                        only-new or only-partially-filled restricts it
    ann replaces a1 with buys 5 @ 101 as a2   cancel-replace; after the cancel's own words, `anyway` places where the
                                        cancel fails, and `over-limit` cancels where the counts are full
    ann amends a1 to 3 as a2            lowers its quantity to 3; `as a1` keeps the name
    ann borrows 5 BTC                   repays, withdraws; `moves 5 BTC to spot`
    ann brings 5 + 0.1 BTC              a debt from elsewhere, with its interest
    ann chooses 5x                      her cross leverage
    ann burns BNB for interest          or commission; `burns no BNB for interest`
    ann exchanges BTC, ETH              small debts, into one of USDT
    ann opens BTCUSDT                   closes; her wallets there are `ann/BTCUSDT`
    ann joins group 5                   a trade group; `leaves group`
    index BTCUSDT 105, ETHUSDT 11       clock 13:00, rules BTCUSDT min_notional 5 (a changed venue)
    walk BTCUSDT 105                    the same as a step of the walk
    rates USDT 0.0024 0.0012            daily rates from the next full hour on, VIP 0 first

    => refused REASON                   and what is not said to be refused must not be
    => trades 5 @ 101, 3 @ 102          of the last action, in order; `no trades`
    => book 2 @ 100 | 3 @ 103, 1 @ 104  bids, then asks, the best first
    => ann 5 BTC, 3 BTC locked, owes 10 + 0.1 USDT
    => a1 PARTIALLY_FILLED 5 for 505    status, base and quote so far; also `prevented 2`, `by OCO_TRIGGER`
    => rates 0.0024 USDT from 13:00     told of a change, for VIP 0; `no rates`
    => exchanged 0.01 + 0.001 BTC for 1.1 USDT      a small debt; `no exchange`
    => restricted BTC | ETH             assets that are reduce-only, and those over their cap
    => wakes a1, b1                     whose stop was reached, or who came to life; `no wakes`
    => prevented EXPIRE_MAKER 0 and 5 @ 100    what taker and maker lost; `no prevented`
    => a1 is 3                          an order's whole quantity; `, showing 1` with the iceberg's part
    => list L OPEN                      or DONE
    => halves canceled, placed          of a cancel-replace: or the reason, or `not attempted`

What they say of special keys stands in `story_keys`, of margin calls and liquidations in `story_liquidation`, of user
data streams in `story_listening`, of index scripts in `story_index`.

Every story is told to the engine with all invariants on and to the twin, once straight through and once with a
restart from a snapshot after every line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from openmargin.domain.commands import (
    AmendOrder,
    AnyCommand,
    Borrow,
    CancelAllOrders,
    CancelOrder,
    CancelOrderList,
    CancelReplace,
    ChangeAccount,
    ChangeVenue,
    CloseIsolated,
    CreateAccount,
    CreateKey,
    Deposit,
    ExchangeSmallLiabilities,
    Open,
    OpenIsolated,
    PlaceOrder,
    PlaceOrderList,
    Repay,
    SeedDebt,
    SetBnbBurn,
    SetIndex,
    SetMaxLeverage,
    SetRates,
    Transfer,
    Withdraw,
)
from openmargin.domain.enums import (
    CancelReplaceMode,
    CancelRestriction,
    Contingency,
    ExpiryReason,
    KeyKind,
    OrderType,
    Permission,
    SelfTradePrevention,
    Side,
    SideEffect,
    TimeInForce,
)
from openmargin.domain.events import (
    AnyEvent,
    Borrowed,
    CancelReplaced,
    InterestAccrued,
    ListChanged,
    MatchPrevented,
    OrderActivated,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    OrderOpened,
    RatesChanged,
    Repaid,
    SmallLiabilityExchanged,
    Traded,
)
from openmargin.domain.money import format_short, parse_e8
from openmargin.domain.orders import Leg, ListView, OrderView
from openmargin.domain.reasons import Rejected
from openmargin.domain.venue import (
    Asset,
    CollateralTier,
    CommissionRates,
    HouseRules,
    IsolatedTier,
    LeverageLevels,
    LoanTerms,
    MarginRules,
    Symbol,
    Venue,
)
from openmargin.engine import views
from openmargin.lab.simulate import Judge
from openmargin.runtime.bare import BareExchange
from tests.engine import story_index, story_keys, story_liquidation, story_listening

TABLES = Path(__file__).parent / "tables"
MIDNIGHT = 1_767_225_600_000
DAY = 86_400_000
SIDE_EFFECTS = {
    "margin-buy": SideEffect.MARGIN_BUY,
    "auto-repay": SideEffect.AUTO_REPAY,
    "borrow-repay": SideEffect.AUTO_BORROW_REPAY,
}
PERMISSIONS = {"read": Permission.READ, "trade": Permission.TRADE, "loan": Permission.MARGIN_LOAN}
PREVENTIONS = {
    mode.name.lower().replace("_", "-"): mode
    for mode in SelfTradePrevention
    if mode is not SelfTradePrevention.NONE
}
RESTRICTIONS = {one.name.lower().replace("_", "-"): one for one in CancelRestriction if one}
COUNTS = (
    "average_price_minutes",
    "max_num_orders",
    "max_num_algo_orders",
    "max_num_iceberg_orders",
    "max_num_order_lists",
    "max_num_order_amends",
    "iceberg_parts",
    "min_trailing_above_delta",
    "max_trailing_above_delta",
    "min_trailing_below_delta",
    "max_trailing_below_delta",
    "isolated_accounts_max",
    "small_liabilities_max",
    "index_max_age_ms",
    "small_liability_interval_ms",
    "isolated_reclose_ms",
    "min_vip",
    "keys_max",
    "ips_max",
    "name_max",
    "cooldown_ms",
    "levels",
    "limit_10s",
    "limit_day",
    "taker_first_fill_credit",
    "maker_first_fill_credit",
    "call_repeat_ms",
    "wait_ms",
    "latency_ms",
)
"""Rules that are whole numbers; other numbers have eight decimals."""
SYMBOL = re.compile(r"[A-Z]{6,}$")


class Story(NamedTuple):
    title: str
    lines: list[tuple[int, str]]
    """Each with its number in the file."""


def stories(path: Path) -> Iterator[Story]:
    """The stories of a table; what stands before the first one belongs to all."""
    preamble: list[tuple[int, str]] = []
    story: Story | None = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.strip()
        if text.startswith("# "):
            continue
        if text.startswith("== "):
            if story is not None:
                yield story
            story = Story(text[3:], list(preamble))
        elif text:
            (story.lines if story is not None else preamble).append((number, text))
    if story is not None:
        yield story


def amount(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    parsed = parse_e8(text.removeprefix("-").replace(",", ""))
    assert parsed is not None, f"{text} is finer than an atom"
    return sign * parsed


def time_of_day(text: str) -> int:
    hours, minutes, *seconds = text.split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds[0] if seconds else 0)) * 1000)


def isolated_tier(text: str) -> IsolatedTier:
    """multiple:initial:liquidation:base limit:quote limit"""
    return IsolatedTier(*(amount(number) for number in text.split(":")))


def plain_venue() -> Venue:
    """BTC at 100, ETH and BNB at 10; no fees, no filters but ticks and steps, 0.01 % interest an hour, no house.

    Isolated: BTCUSDT at 10x up to 10 BTC or 1,000 USDT of debt, then at 5x up to 100 BTC or 10,000 USDT.
    """
    terms = (LoanTerms(amount("0.0024"), amount("1000000")), LoanTerms(amount("0.0012"), amount("2000000")))
    pool = amount("1000000")
    return Venue(
        "story",
        (
            Asset("BTC", "Bitcoin", pool_capital=pool, loan_terms=terms),
            Asset("ETH", "Ether", pool_capital=pool, loan_terms=terms),
            Asset("USDT", "Tether", pool_capital=pool, loan_terms=terms),
            Asset("BNB", "BNB", pool_capital=pool, loan_terms=terms),
            Asset("ODD", "Without a price", pool_capital=pool, loan_terms=terms),
        ),
        (
            Symbol(
                "BTCUSDT",
                "BTC",
                "USDT",
                amount("100"),
                amount("0.01"),
                amount("0.001"),
                isolated_tiers=(
                    isolated_tier("10:1.111:1.05:10:1000"),
                    isolated_tier("5:1.25:1.15:100:10000"),
                ),
            ),
            Symbol("ETHUSDT", "ETH", "USDT", amount("10"), amount("0.01"), amount("0.001")),
            Symbol("BNBUSDT", "BNB", "USDT", amount("10"), amount("0.01"), amount("0.001")),
            Symbol("ETHBTC", "ETH", "BTC", amount("0.1"), amount("0.00001"), amount("0.001")),
        ),
        (CommissionRates(0, 0),),
        MarginRules(
            (
                LeverageLevels(3, amount("1.5"), amount("1.3"), amount("1.1")),
                LeverageLevels(5, amount("1.25"), amount("1.16"), amount("1.1")),
            )
        ),
        house=HouseRules(
            enabled=False,
            levels=3,
            spread=amount("0.02"),
            level_gap=amount("0.01"),
            level_value=amount("1000"),
        ),
    )


def with_rule(venue: Venue, words: list[str]) -> Venue:
    """The venue with one rule altered: `BTC min_borrow 1`, `house enabled yes`, `fees 0.001 0.002`…"""
    what, *rest = words
    if what == "drop" and rest[0].endswith("x"):
        left = tuple(row for row in venue.margin.leverages if f"{row.leverage}x" != rest[0])
        return msgspec.structs.replace(venue, margin=msgspec.structs.replace(venue.margin, leverages=left))
    if what == "drop":
        return msgspec.structs.replace(
            venue,
            symbols=tuple(symbol for symbol in venue.symbols if symbol.name != rest[0]),
            assets=tuple(asset for asset in venue.assets if asset.name != rest[0]),
        )
    if what == "adds":
        return msgspec.structs.replace(
            venue,
            assets=(
                *venue.assets,
                Asset(
                    rest[0], rest[0], pool_capital=amount("1000000"), loan_terms=venue.assets[0].loan_terms
                ),
            ),
            symbols=(
                *venue.symbols,
                Symbol(f"{rest[0]}USDT", rest[0], "USDT", amount(rest[1]), amount("0.01"), amount("0.001")),
            ),
        )
    if what == "fees":
        rows = tuple(CommissionRates(amount(rest[i]), amount(rest[i + 1])) for i in range(0, len(rest), 2))
        return msgspec.structs.replace(venue, commissions=rows)
    if what == "liquidation":
        margin = msgspec.structs.replace(
            venue.margin, liquidation=_with_field(venue.margin.liquidation, rest[0], rest[1:])
        )
        return msgspec.structs.replace(venue, margin=margin)
    if what in ("orders", "margin", "house", "special_keys"):
        part = getattr(venue, what)
        return msgspec.structs.replace(venue, **{what: _with_field(part, rest[0], rest[1:])})
    for group in ("assets", "symbols"):
        rows = getattr(venue, group)
        if any(row.name == what for row in rows):
            changed = tuple(_with_field(row, rest[0], rest[1:]) if row.name == what else row for row in rows)
            return msgspec.structs.replace(venue, **{group: changed})
    raise AssertionError(f"no rule is called {what}")


def _with_field(part: Any, field: str, words: list[str]) -> Any:
    value: Any = words[0] if words else ""
    present = getattr(part, field)
    if field == "collateral_tiers":  # up_to:borrow:transfer
        triples = [word.split(":") for word in words]
        value = tuple(CollateralTier(*(amount(number) for number in triple)) for triple in triples)
    elif field == "loan_terms":  # daily rate:limit
        pairs = [word.split(":") for word in words]
        value = tuple(LoanTerms(*(amount(number) for number in pair)) for pair in pairs)
    elif field in ("list_at_ms", "delist_at_ms"):  # A time of the first day, or 0.
        value = MIDNIGHT + time_of_day(words[0]) if words[0] != "0" else 0
    elif isinstance(present, IntEnum):
        value = type(present)[words[0]]
    elif isinstance(present, str):
        value = words[0]
    elif isinstance(present, bool):
        value = words[0] == "yes"
    elif field == "isolated_tiers":
        value = tuple(isolated_tier(word) for word in words)
    elif field == "self_trade_preventions":
        value = tuple(SelfTradePrevention[word] for word in words)
    elif field in COUNTS:
        value = int(words[0])
    else:
        value = amount(words[0])
    return msgspec.structs.replace(part, **{field: value})


class Teller:
    """Tells one story to an engine and its judge."""

    def __init__(self, *, restarts: bool) -> None:
        self.restarts = restarts
        self.target = BareExchange()
        self.judge = Judge(self.target)
        self.venue = plain_venue()
        self.now = MIDNIGHT + 12 * 3_600_000
        self.people: dict[str, int] = {}
        self.orders: dict[str, OrderView] = {}
        self.lists: dict[str, ListView] = {}
        self.events: list[AnyEvent] = []
        self.refused: Rejected | None = None
        """A refusal that no line has spoken of yet."""

    def tell(self, story: Story) -> None:
        lines = list(story.lines)
        while lines[0][1].startswith("venue "):
            self.venue = with_rule(self.venue, lines.pop(0)[1].split()[1:])
        self.submit(Open(self.venue, 1, 1))
        for number, line in lines:
            try:
                if line.startswith("=> "):
                    self.expect(line[3:])
                else:
                    assert self.refused is None, f"refused before: {self.refused}"
                    self.act(line)
                    if self.restarts:
                        self.target.reload()
            except AssertionError as error:
                raise AssertionError(f"line {number}: {line}\n{error}") from error
        assert self.refused is None, f"refused at the end: {self.refused}"

    def submit(self, command: AnyCommand) -> None:
        self.events = self.judge.submit(self.now, command)
        self.refused = None
        for event in self.events:
            match event:
                case Rejected():
                    self.refused = event
                case (
                    OrderAmended(order=order)
                    | OrderOpened(order=order)
                    | OrderActivated(order=order)
                    | OrderFilled(order=order)
                    | OrderClosed(order=order)
                ):
                    self.orders[order.spec.client_order_id] = order
                case MatchPrevented(taker=taker, maker=maker):
                    self.orders[taker.spec.client_order_id] = taker
                    self.orders[maker.spec.client_order_id] = maker
                case ListChanged(order_list=order_list):
                    self.lists[order_list.client_list_id] = order_list
                case _:
                    pass
        if isinstance(self.judge, Judge):
            for account, scope in self.judge.twin.scopes():
                self.judge.look_closer(account, scope)

    def who(self, word: str) -> tuple[int, str]:
        """Account and scope; somebody new gets an account."""
        name, _, scope = word.partition("/")
        if name.startswith("#"):
            return int(name[1:]), scope or "cross"
        if name not in self.people:
            self.submit(CreateAccount(name))
            self.people[name] = len(self.people) + 1
        return self.people[name], scope or "cross"

    def moment(self, text: str) -> int:
        """A time of this day, or of the next where it has passed."""
        at_ms = time_of_day(text)
        today = self.now - self.now % DAY
        return today + at_ms if today + at_ms >= self.now else today + DAY + at_ms

    # What people do

    def act(self, line: str) -> None:
        words = line.split()
        match words:
            case ["clock", time]:
                self.now = self.moment(time)
                self.submit(SetIndex(()))
            case [("index" | "walk"), *_]:
                pairs = [part.split() for part in line.split(maxsplit=1)[1].split(",")]
                prices = tuple((symbol, amount(price)) for symbol, price in pairs)
                self.submit(SetIndex(prices, walk_steps=int(words[0] == "walk")))
            case ["script", *_]:
                self.submit(story_index.command(line))
            case ["rates", asset, *daily]:
                self.submit(SetRates(((asset, tuple(amount(rate) for rate in daily)),)))
            case ["rules", *rule]:
                self.venue = with_rule(self.venue, rule)
                self.submit(ChangeVenue(self.venue))
            case ["account", name, *more]:
                options = dict(zip(more[::2], more[1::2], strict=True))
                self.submit(
                    CreateAccount(name, int(options.get("vip", 0)), master_id=int(options.get("under", 0)))
                )
                if self.refused is None:
                    self.people[name] = len(self.people) + 1
            case [who, "places", *_]:
                account, scope = self.who(who)
                self.submit(self.list_of_orders(account, scope, line.split(maxsplit=2)[2]))
            case [who, "replaces", *_]:
                account, scope = self.who(who)
                self.submit(self.replacement(account, scope, line.split(maxsplit=2)[2]))
            case [who, verb, *rest]:
                account, scope = self.who(who)
                self.submit(self.command(account, scope, verb, rest))
            case _:
                raise AssertionError("nobody does anything here")

    def command(self, account: int, scope: str, verb: str, words: list[str]) -> AnyCommand:
        words, options = self.options(words)
        signed = (account, options.get("key", ""), options.get("until", 0))
        match verb, words:
            case "has", [number, asset]:
                return Deposit(account, scope, asset, amount(number))
            case "withdraws", [number, asset]:
                return Withdraw(account, scope, asset, amount(number))
            case "moves", [number, asset, "to", *target]:
                return Transfer(*signed, scope, (*target, options.get("symbol"))[0], asset, amount(number))
            case "borrows", [number, asset]:
                return Borrow(*signed, scope, asset, amount(number))
            case "repays", [number, asset]:
                return Repay(*signed, scope, asset, amount(number))
            case "brings", [principal, "+", interest, asset]:
                return SeedDebt(account, scope, asset, amount(principal), amount(interest))
            case "chooses", [leverage]:
                return SetMaxLeverage(*signed, int(leverage.removesuffix("x")))
            case "exchanges", assets:
                names = [asset.removesuffix(",") for asset in assets]
                return ExchangeSmallLiabilities(*signed, tuple(names))
            case "burns", ["BNB", "for", *uses]:
                return SetBnbBurn(*signed, "commission" in uses or None, "interest" in uses or None)
            case "burns", ["no", "BNB", "for", *uses]:
                spot, interest = (False if use in uses else None for use in ("commission", "interest"))
                return SetBnbBurn(*signed, spot, interest)
            case "becomes", ["vip", number]:
                return ChangeAccount(account, vip=int(number))
            case "gets", ["key", name, *permissions]:
                allowed = tuple(PERMISSIONS[word] for word in permissions)
                return CreateKey(account, name, KeyKind.HMAC, "", allowed, ())
            case "joins", ["group", number]:
                return ChangeAccount(account, trade_group_id=int(number))
            case "leaves", ["group"]:
                return ChangeAccount(account, trade_group_id=-1)
            case "opens", []:
                return OpenIsolated(*signed, options["symbol"])
            case "closes", []:
                return CloseIsolated(*signed, options["symbol"])
            case "cancels", ["list", *names]:
                numbers = [int(name[1:]) for name in names if name.startswith("#")]
                named = "".join(name for name in names if not name.startswith("#"))
                symbol = options.get("symbol", "BTCUSDT")
                return CancelOrderList(
                    *signed, scope, symbol, numbers[0] if numbers else -1, named, options.get("as", "")
                )
            case "cancels", ["all"]:
                return CancelAllOrders(*signed, scope, options.get("symbol", "BTCUSDT"))
            case "amends", [*names, "to", number]:
                numbers = sum(int(name[1:]) for name in names if name.startswith("#"))
                named = "".join(name for name in names if not name.startswith("#"))
                symbol = options.get("symbol", "BTCUSDT")
                return AmendOrder(
                    *signed, scope, symbol, numbers, named, amount(number), options.get("as", "")
                )
            case "cancels", names:
                number = sum(int(name[1:]) for name in names if name.startswith("#"))
                named = "".join(name for name in names if not name.startswith("#"))
                symbol = options.get("symbol", "BTCUSDT")
                restriction = options.get("restriction", CancelRestriction.NONE)
                return CancelOrder(*signed, scope, symbol, number, named, options.get("as", ""), restriction)
            case (("buys" | "sells"), _):
                return self.order(signed, scope, verb, words, options)
            case _:
                asked = story_liquidation.command(signed, scope, verb, words)
                asked = asked or story_listening.command(signed, scope, verb, words)
                return asked or story_keys.command(signed, scope, verb, words)

    def options(self, words: list[str]) -> tuple[list[str], dict[str, Any]]:
        """Split off the words that say how."""
        left: list[str] = []
        options: dict[str, Any] = {}
        words = list(words)
        while words:
            word = words.pop(0)
            if word == "as":
                options["as"] = words.pop(0)
            elif word == "signed":
                options["key"] = words.pop(0)
            elif word == "until":
                options["until"] = self.now - self.now % DAY + time_of_day(words.pop(0))
            elif word in SIDE_EFFECTS:
                options["effect"] = SIDE_EFFECTS[word]
            elif word in RESTRICTIONS:
                options["restriction"] = RESTRICTIONS[word]
            elif word in PREVENTIONS:
                options["prevention"] = PREVENTIONS[word]
            elif word == "showing":
                options["showing"] = amount(words.pop(0))
            elif word == "trails":
                options["trails"] = round(float(words.pop(0).removesuffix("%")) * 100)
            elif word in ("ioc", "fok", "maker", "keep-loan"):
                options[word] = True
            elif SYMBOL.match(word):
                options["symbol"] = word
            else:
                left.append(word)
        return left, options

    def order(
        self, signed: tuple[int, str, int], scope: str, verb: str, words: list[str], options: dict[str, Any]
    ) -> PlaceOrder:
        leg, quote_quantity = self.leg(verb, words, options)
        return PlaceOrder(
            *signed,
            scope,
            options.get("symbol", "BTCUSDT"),
            leg.side,
            leg.type,
            leg.time_in_force,
            leg.quantity,
            quote_quantity,
            leg.price,
            leg.client_order_id,
            options.get("prevention", SelfTradePrevention.NONE),
            options.get("effect", SideEffect.NO_SIDE_EFFECT),
            not options.get("keep-loan", False),
            leg.stop_price,
            leg.trailing_delta,
            leg.iceberg_quantity,
        )

    def leg(self, verb: str, words: list[str], options: dict[str, Any]) -> tuple[Leg, int]:
        """One order as asked, and what it is to spend or to earn where it is sized in quote."""
        assert verb in ("buys", "sells"), f"nobody can do this: {verb}"
        quantity = quote_quantity = price = stop_price = 0
        kind = OrderType.LIMIT_MAKER if options.get("maker") else OrderType.LIMIT
        stops = {
            "stop": (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT),
            "profit": (OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT),
        }
        match words:
            case [number, "@", limit]:
                quantity, price = amount(number), amount(limit)
            case [number, "at", "market"]:
                quantity, kind = amount(number), OrderType.MARKET
            case ["for", number, _]:
                quote_quantity, kind = amount(number), OrderType.MARKET
            case [number, ("stop" | "profit") as which]:
                quantity, kind = amount(number), stops[which][0]
            case [number, ("stop" | "profit") as which, "@", limit]:
                quantity, kind, price = amount(number), stops[which][1], amount(limit)
            case [number, ("stop" | "profit") as which, stop]:
                quantity, kind, stop_price = amount(number), stops[which][0], amount(stop)
            case [number, ("stop" | "profit") as which, stop, "@", limit]:
                quantity, kind = amount(number), stops[which][1]
                stop_price, price = amount(stop), amount(limit)
            case [
                number,
                "at",
                "market",
                "for",
                sum_of_quote,
                _,
            ]:  # What no client should send, and the next.
                quantity, quote_quantity, kind = amount(number), amount(sum_of_quote), OrderType.MARKET
            case [number, "at", "market", "stop", stop]:
                quantity, kind, stop_price = amount(number), OrderType.MARKET, amount(stop)
            case _:
                raise AssertionError(f"no order reads like this: {words}")
        time_in_force = TimeInForce.GTC
        if options.get("ioc"):
            time_in_force = TimeInForce.IOC
        if options.get("fok"):
            time_in_force = TimeInForce.FOK
        leg = Leg(
            Side.BUY if verb == "buys" else Side.SELL,
            kind,
            time_in_force,
            quantity,
            price,
            stop_price,
            options.get("trails", 0),
            options.get("showing", 0),
            options.get("as", ""),
        )
        return leg, quote_quantity

    def list_of_orders(self, account: int, scope: str, text: str) -> PlaceOrderList:
        head, _, body = text.partition(":")
        (contingency,), options = self.options(head.split())
        legs: list[Leg] = []
        for part in body.split(";"):
            verb, *rest = part.split()
            words, own = self.options(rest)
            legs.append(self.leg(verb, words, own)[0])
        return PlaceOrderList(
            account,
            options.get("key", ""),
            options.get("until", 0),
            scope,
            options.get("symbol", "BTCUSDT"),
            Contingency[contingency],
            options.get("as", ""),
            tuple(legs),
            options.get("prevention", SelfTradePrevention.NONE),
            options.get("effect", SideEffect.NO_SIDE_EFFECT),
            not options.get("keep-loan", False),
        )

    def replacement(self, account: int, scope: str, text: str) -> CancelReplace:
        old, _, new = text.partition(" with ")
        words = old.split()
        named = [word for word in words if word not in ("anyway", "over-limit")]
        cancel = self.command(account, scope, "cancels", named)
        verb, *rest = new.split()
        order = self.command(account, scope, verb, rest)
        assert isinstance(cancel, CancelOrder)
        assert isinstance(order, PlaceOrder)
        mode = CancelReplaceMode.ALLOW_FAILURE if "anyway" in words else CancelReplaceMode.STOP_ON_FAILURE
        return CancelReplace(
            account, order.api_key, order.expires_at_ms, mode, cancel, order, "over-limit" in words
        )

    # What must come of it

    def expect(self, text: str) -> None:
        told: dict[str, Callable[[str], str]] = {
            "refused": lambda _: f"refused {self.refusal()}",
            "trades": lambda _: self.told("trades", Traded, lambda t: f"{_n(t.quantity)} @ {_n(t.price)}"),
            "no trades": lambda _: self.told("trades", Traded, lambda t: f"{_n(t.quantity)} @ {_n(t.price)}"),
            "lent": lambda _: self.told("lent", Borrowed, lambda b: f"{_n(b.principal)} {b.asset}"),
            "no loan": lambda _: "no loan" if not self.having(Borrowed) else "a loan",
            "paid back": lambda _: self.told(
                "paid back", Repaid, lambda r: f"{_n(r.principal)} + {_n(r.interest)} {r.asset}"
            ),
            "interest": lambda _: self.told(
                "interest", InterestAccrued, lambda i: f"{_n(i.interest)} {i.asset}"
            ),
            "restricted": lambda _: self.restricted(),
            "exchanged": self.exchanged,
            "rates": self.rates_told,
            "no rates": self.rates_told,
            "no interest": lambda _: "no interest" if not self.having(InterestAccrued) else "interest",
            "fees": lambda _: self.told(
                "fees", OrderFilled, lambda f: f"{_n(f.fill.commission)} {f.fill.commission_asset}"
            ),
            "wakes": self.woken,
            "no wakes": self.woken,
            "prevented": self.prevented,
            "no prevented": self.prevented,
            "list": self.list_text,
            "halves": self.halves,
            "no fees": lambda _: "no fees" if not self.having(OrderFilled) else "fees",
            "book": self.book,
            **story_liquidation.words(self),
            **story_index.words(self),
            "last": lambda _: f"last {_n(views.last_price(self.target.engine.state, 'BTCUSDT'))}",
        }
        for start, tell in told.items():
            if text == start or text.startswith(start + " "):
                found = tell(text)
                assert found == text, f"found: {found}"
                return
        name, rest = text.split(maxsplit=1)
        found = self.order_text(name, rest) if name in self.orders else self.person(name, rest)
        assert found == rest, f"found: {found}"

    def refusal(self) -> str:
        refused, self.refused = self.refused, None
        return refused.reason.name if refused is not None else "nothing"

    def having(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def told(self, word: str, kind: type[Any], text: Callable[[Any], str]) -> str:
        found = [text(event) for event in self.having(kind)]
        return f"{word} {', '.join(found)}" if found else f"no {word}"

    def restricted(self) -> str:
        view = self.target.live.restricted()
        return f"restricted {' '.join(view.open_long) or '-'} | {' '.join(view.over_cap) or '-'}"

    def exchanged(self, _: str) -> str:
        def tell(event: SmallLiabilityExchanged) -> str:
            was = f"{_n(event.principal)} + {_n(event.interest)} {event.asset}"
            return f"{was} for {_n(event.target_amount)} {event.target_asset}"

        return self.told("exchanged", SmallLiabilityExchanged, tell)

    def rates_told(self, _: str) -> str:
        def tell(event: RatesChanged) -> str:
            minutes = event.effective_ms % DAY // 60_000
            return f"{_n(event.daily_rates[0])} {event.asset} from {minutes // 60}:{minutes % 60:02}"

        return self.told("rates", RatesChanged, tell)

    def woken(self, _: str) -> str:
        return self.told("wakes", OrderActivated, lambda event: event.order.spec.client_order_id)

    def prevented(self, _: str) -> str:
        def tell(event: MatchPrevented) -> str:
            match = event.match
            lost = f"{_n(match.taker_quantity)} and {_n(match.maker_quantity)}"
            return f"{match.mode.name} {lost} @ {_n(match.price)}"

        return self.told("prevented", MatchPrevented, tell)

    def halves(self, _: str) -> str:
        """What became of a cancel-replace."""
        for event in self.having(CancelReplaced):
            canceled = event.not_canceled.reason.name if event.not_canceled is not None else "canceled"
            placed = event.not_placed.reason.name if event.not_placed is not None else "placed"
            return f"halves {canceled}, {placed if event.is_attempted else 'not attempted'}"
        return "nothing was replaced"

    def list_text(self, text: str) -> str:
        name = text.split()[1]
        return f"list {name} {'DONE' if self.lists[name].is_done else 'OPEN'}"

    def book(self, text: str) -> str:
        words = text.split()
        symbol = words[1] if SYMBOL.match(words[1]) else "BTCUSDT"
        depth = views.depth(self.target.engine.state, symbol, 10)
        sides = [
            ", ".join(f"{_n(quantity)} @ {_n(price)}" for price, quantity in side) or "-"
            for side in (depth.bids, depth.asks)
        ]
        start = f"book {symbol} " if symbol == words[1] else "book "
        return start + " | ".join(sides)

    def order_text(self, name: str, rest: str) -> str:
        order = self.orders[name]
        if rest.startswith("is "):
            part = f", showing {_n(order.spec.iceberg_quantity)}" if ", showing " in rest else ""
            return f"is {_n(order.spec.quantity)}{part}"
        progress = f" {_n(order.executed_quantity)} for {_n(order.executed_quote)}" if " for " in rest else ""
        more = f", prevented {_n(order.prevented_quantity)}" if ", prevented " in rest else ""
        if order.expiry_reason is not ExpiryReason.NONE and ", by " in rest:
            more += f", by {order.expiry_reason.name}"
        return order.status.name + progress + more

    def person(self, name: str, rest: str) -> str:
        account, scope = self.who(name)
        live = self.target.live
        words = rest.split()
        for told in (story_keys.told, story_liquidation.told, story_listening.told):
            found_elsewhere = told(live, account, scope, rest)
            if found_elsewhere is not None:
                return found_elsewhere
        if words[0] == "level":
            view = live.margin(account, scope)
            return f"level {_n(view.margin_level)} {view.status.name}"
        if words[0] == "collateral":
            return f"collateral {_n(live.margin(account, scope).collateral_level)}"
        if words[:2] == ["may", "borrow"]:
            return f"may borrow {_n(live.max_borrowable(account, scope, words[3]).amount)} {words[3]}"
        if words[0] == "risks":
            return f"risks {_n(live.margin(account, scope).open_order_loss_in_valuation)}"
        if words[:2] == ["may", "exchange"]:
            small = [
                f"{v.asset} for {_n(v.target_amount)} {v.target_asset}"
                for v in live.small_liabilities(account)
            ]
            return f"may exchange {', '.join(small) or 'nothing'}"
        if words[:2] == ["may", "move"]:
            return f"may move {_n(live.max_transferable(account, scope, words[3]))} {words[3]}"
        if words[0] == "liquidates":
            view = next(view for view in live.isolated(account) if view.symbol == scope)
            return f"liquidates at {_n(view.liquidation_price)}"
        if words[0] == "counts":
            counts = views.order_counts_of(self.target.engine.state, account, scope, self.now)
            return f"counts {', '.join(str(count.count) for count in counts)}"
        rows = {row.asset: row for row in live.balances(account, scope)}
        found: list[str] = []
        for part in rest.split(", "):
            row = rows[part.removesuffix(" locked").split()[-1]]
            if part.startswith("owes no"):
                nothing = row.borrowed == row.interest == 0
                found.append(part if nothing else f"owes {_n(row.borrowed)} + {_n(row.interest)} {row.asset}")
            elif part.startswith("owes"):
                found.append(f"owes {_n(row.borrowed)} + {_n(row.interest)} {row.asset}")
            elif part.endswith("locked"):
                found.append(f"{_n(row.locked)} {row.asset} locked")
            else:
                found.append(f"{_n(row.free)} {row.asset}")
        return ", ".join(found)


_n = format_short
