"""What market stories expect: what was told of the last thing that was done, and what is there now."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from openmargin.domain.enums import ExpiryReason
from openmargin.domain.events import (
    Borrowed,
    CancelReplaced,
    InterestAccrued,
    MatchPrevented,
    OrderActivated,
    OrderFilled,
    RatesChanged,
    Repaid,
    SmallLiabilityExchanged,
    Traded,
)
from openmargin.domain.money import format_short
from openmargin.engine import views
from tests.engine import story_index, story_keys, story_liquidation, story_listening
from tests.engine.story_orders import SYMBOL
from tests.engine.story_venue import DAY

if TYPE_CHECKING:
    from tests.engine.story import Teller

_n = format_short


def words(teller: Teller) -> dict[str, Callable[[str], str]]:
    """What a line of expectation may begin with, and what then is found."""
    return {
        "refused": lambda _: f"refused {teller.refusal()}",
        "trades": lambda _: teller.told("trades", Traded, lambda t: f"{_n(t.quantity)} @ {_n(t.price)}"),
        "no trades": lambda _: teller.told("trades", Traded, lambda t: f"{_n(t.quantity)} @ {_n(t.price)}"),
        "lent": lambda _: teller.told("lent", Borrowed, lambda b: f"{_n(b.principal)} {b.asset}"),
        "no loan": lambda _: "no loan" if not teller.having(Borrowed) else "a loan",
        "paid back": lambda _: teller.told(
            "paid back", Repaid, lambda r: f"{_n(r.principal)} + {_n(r.interest)} {r.asset}"
        ),
        "interest": lambda _: teller.told(
            "interest", InterestAccrued, lambda i: f"{_n(i.interest)} {i.asset}"
        ),
        "restricted": lambda _: restricted(teller),
        "exchanged": lambda text: exchanged(teller, text),
        "rates": lambda text: rates_told(teller, text),
        "no rates": lambda text: rates_told(teller, text),
        "no interest": lambda _: "no interest" if not teller.having(InterestAccrued) else "interest",
        "fees": lambda _: teller.told(
            "fees", OrderFilled, lambda f: f"{_n(f.fill.commission)} {f.fill.commission_asset}"
        ),
        "wakes": lambda text: woken(teller, text),
        "no wakes": lambda text: woken(teller, text),
        "prevented": lambda text: prevented(teller, text),
        "no prevented": lambda text: prevented(teller, text),
        "list": lambda text: list_text(teller, text),
        "halves": lambda text: halves(teller, text),
        "no fees": lambda _: "no fees" if not teller.having(OrderFilled) else "fees",
        "book": lambda text: book(teller, text),
        **story_liquidation.words(teller),
        **story_index.words(teller),
        "last": lambda _: f"last {_n(views.last_price(teller.target.engine.state, 'BTCUSDT'))}",
    }


def restricted(teller: Teller) -> str:
    view = teller.target.live.restricted()
    return f"restricted {' '.join(view.open_long) or '-'} | {' '.join(view.over_cap) or '-'}"


def exchanged(teller: Teller, _: str) -> str:
    def tell(event: SmallLiabilityExchanged) -> str:
        was = f"{_n(event.principal)} + {_n(event.interest)} {event.asset}"
        return f"{was} for {_n(event.target_amount)} {event.target_asset}"

    return teller.told("exchanged", SmallLiabilityExchanged, tell)


def rates_told(teller: Teller, _: str) -> str:
    def tell(event: RatesChanged) -> str:
        minutes = event.effective_ms % DAY // 60_000
        return f"{_n(event.daily_rates[0])} {event.asset} from {minutes // 60}:{minutes % 60:02}"

    return teller.told("rates", RatesChanged, tell)


def woken(teller: Teller, _: str) -> str:
    return teller.told("wakes", OrderActivated, lambda event: event.order.spec.client_order_id)


def prevented(teller: Teller, _: str) -> str:
    def tell(event: MatchPrevented) -> str:
        match = event.match
        lost = f"{_n(match.taker_quantity)} and {_n(match.maker_quantity)}"
        return f"{match.mode.name} {lost} @ {_n(match.price)}"

    return teller.told("prevented", MatchPrevented, tell)


def halves(teller: Teller, _: str) -> str:
    """What became of a cancel-replace."""
    for event in teller.having(CancelReplaced):
        canceled = event.not_canceled.reason.name if event.not_canceled is not None else "canceled"
        placed = event.not_placed.reason.name if event.not_placed is not None else "placed"
        return f"halves {canceled}, {placed if event.is_attempted else 'not attempted'}"
    return "nothing was replaced"


def list_text(teller: Teller, text: str) -> str:
    name = text.split()[1]
    return f"list {name} {'DONE' if teller.lists[name].is_done else 'OPEN'}"


def book(teller: Teller, text: str) -> str:
    words = text.split()
    symbol = words[1] if SYMBOL.match(words[1]) else "BTCUSDT"
    depth = views.depth(teller.target.engine.state, symbol, 10)
    sides = [
        ", ".join(f"{_n(quantity)} @ {_n(price)}" for price, quantity in side) or "-"
        for side in (depth.bids, depth.asks)
    ]
    start = f"book {symbol} " if symbol == words[1] else "book "
    return start + " | ".join(sides)


def order_text(teller: Teller, name: str, rest: str) -> str:
    order = teller.orders[name]
    if rest.startswith("is "):
        part = f", showing {_n(order.spec.iceberg_quantity)}" if ", showing " in rest else ""
        return f"is {_n(order.spec.quantity)}{part}"
    progress = f" {_n(order.executed_quantity)} for {_n(order.executed_quote)}" if " for " in rest else ""
    more = f", prevented {_n(order.prevented_quantity)}" if ", prevented " in rest else ""
    if order.expiry_reason is not ExpiryReason.NONE and ", by " in rest:
        more += f", by {order.expiry_reason.name}"
    return order.status.name + progress + more


def person(teller: Teller, name: str, rest: str) -> str:
    account, scope = teller.who(name)
    live = teller.target.live
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
            f"{v.asset} for {_n(v.target_amount)} {v.target_asset}" for v in live.small_liabilities(account)
        ]
        return f"may exchange {', '.join(small) or 'nothing'}"
    if words[:2] == ["may", "move"]:
        return f"may move {_n(live.max_transferable(account, scope, words[3]))} {words[3]}"
    if words[0] == "liquidates":
        view = next(view for view in live.isolated(account) if view.symbol == scope)
        return f"liquidates at {_n(view.liquidation_price)}"
    if words[0] == "counts":
        counts = views.order_counts_of(teller.target.engine.state, account, scope, teller.now)
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
