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
    index BTCUSDT 105 bought 3          with what was traded on the way; or `sold 3`
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

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

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
    Repay,
    SeedDebt,
    SetBnbBurn,
    SetIndex,
    SetMaxLeverage,
    SetRates,
    Transfer,
    Withdraw,
)
from openmargin.domain.enums import CancelReplaceMode, CancelRestriction, KeyKind, Permission, Side
from openmargin.domain.events import (
    AnyEvent,
    ListChanged,
    MatchPrevented,
    OrderActivated,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    OrderOpened,
)
from openmargin.domain.orders import ListView, OrderView
from openmargin.domain.reasons import Rejected
from openmargin.lab.simulate import Judge
from openmargin.runtime.bare import BareExchange
from tests.engine import story_index, story_keys, story_liquidation, story_listening, story_told
from tests.engine.story_orders import list_of_orders, options_of, order
from tests.engine.story_venue import DAY, MIDNIGHT, amount, plain_venue, time_of_day, with_rule

TABLES = Path(__file__).parent / "tables"
PERMISSIONS = {"read": Permission.READ, "trade": Permission.TRADE, "loan": Permission.MARGIN_LOAN}


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

    @property
    def midnight_ms(self) -> int:
        """When this day began."""
        return self.now - self.now % DAY

    def moment(self, text: str) -> int:
        """A time of this day, or of the next where it has passed."""
        at_ms = time_of_day(text)
        today = self.midnight_ms
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
                prices = tuple((symbol, amount(price)) for symbol, price, *_ in pairs)
                trades = tuple(
                    (symbol, amount(rest[1]), Side.BUY if rest[0] == "bought" else Side.SELL)
                    for symbol, _, *rest in pairs
                    if rest
                )
                self.submit(SetIndex(prices, int(words[0] == "walk"), trades))
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
                self.submit(list_of_orders(account, scope, line.split(maxsplit=2)[2], self.midnight_ms))
            case [who, "replaces", *_]:
                account, scope = self.who(who)
                self.submit(self.replacement(account, scope, line.split(maxsplit=2)[2]))
            case [who, verb, *rest]:
                account, scope = self.who(who)
                self.submit(self.command(account, scope, verb, rest))
            case _:
                raise AssertionError("nobody does anything here")

    def command(self, account: int, scope: str, verb: str, words: list[str]) -> AnyCommand:
        words, options = options_of(words, self.midnight_ms)
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
                return order(signed, scope, verb, words, options)
            case _:
                asked = story_liquidation.command(signed, scope, verb, words)
                asked = asked or story_listening.command(signed, scope, verb, words)
                return asked or story_keys.command(signed, scope, verb, words)

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
        for start, tell in story_told.words(self).items():
            if text == start or text.startswith(start + " "):
                found = tell(text)
                assert found == text, f"found: {found}"
                return
        name, rest = text.split(maxsplit=1)
        found = story_told.order_text(self, name, rest) if name in self.orders else self.person(name, rest)
        assert found == rest, f"found: {found}"

    def person(self, name: str, rest: str) -> str:
        """What there is to say of somebody."""
        return story_told.person(self, name, rest)

    def refusal(self) -> str:
        refused, self.refused = self.refused, None
        return refused.reason.name if refused is not None else "nothing"

    def having(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def told(self, word: str, kind: type[Any], text: Callable[[Any], str]) -> str:
        found = [text(event) for event in self.having(kind)]
        return f"{word} {', '.join(found)}" if found else f"no {word}"
