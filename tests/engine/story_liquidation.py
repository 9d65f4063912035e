"""What market stories say of margin calls and liquidations.

ann liquidates herself              or ann/BTCUSDT
ann/spot repays loan 5 USDC         a liquidation loan
desk delays repayments 60           in seconds, whoever says it; 0 for no longer
=> statuses ann MARGIN_CALL 1.3, bob/BTCUSDT NORMAL 2    told with the last action, in order; `no statuses`
=> begins ann FORCED 110 against 100                     what is had and owed; `no liquidation`
=> forced sells 1.604 @ 54.45, buys 2 @ 11 ETHUSDT       orders that liquidations placed; `no forced orders`
=> ends ann RECOVERED fee 1.76, bob BANKRUPT deficit 3   also `takes over` words; `no end`
=> flows ann -1 BTC, 54 USDT, FEE -1 USDT                what conversions, takeovers and fees moved; `no flows`
=> moves ann SELL -1 BTC BTCUSDT, REPAY -3 USDT          what forced fills and repayments moved, as flows tell it
=> liquidates 100 + 0.1 USDT for 1.5 BTC                 the answer to the owner: a debt, and what was paid for it
=> fund 1.76 USDT, -3 BTC           what the insurance fund holds; `fund nothing`
=> ann is locked                    or `is free`
=> ann owes the fund 5 USDC, repaid 2
=> ann switches trade borrow in out or `switches none`
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from openmargin.domain.commands import AnyCommand, DelayLoanRepayments, ManualLiquidate, RepayLiquidationLoan
from openmargin.domain.enums import Flow, Side
from openmargin.domain.events import (
    DebtLiquidated,
    Flowed,
    LiquidationBegan,
    LiquidationEnded,
    MarginStatusChanged,
    OrderOpened,
)
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.money import format_short as _n
from openmargin.domain.money import parse_e8
from openmargin.runtime.live import Live

if TYPE_CHECKING:
    from tests.engine.story import Teller


def command(signed: tuple[int, str, int], scope: Scope, verb: str, words: list[str]) -> AnyCommand | None:
    """What somebody asks for; None where it is about something else."""
    match verb, words:
        case "liquidates", ["herself" | "himself"]:
            return ManualLiquidate(*signed, scope)
        case "repays", ["loan", number, asset]:
            paid = parse_e8(number.removeprefix("-"))
            assert paid is not None
            return RepayLiquidationLoan(*signed, asset, -paid if number.startswith("-") else paid)
        case "delays", ["repayments", seconds]:
            return DelayLoanRepayments(int(seconds) * 1_000)
        case _:
            return None


def words(teller: Teller) -> dict[str, Callable[[str], str]]:
    """What a line of expectation may begin with, and what then is found."""
    return {
        "statuses": lambda _: _statuses(teller),
        "no statuses": lambda _: _statuses(teller),
        "begins": lambda _: _begins(teller),
        "no liquidation": lambda _: _begins(teller),
        "forced": lambda _: _forced(teller),
        "no forced": lambda _: _forced(teller),
        "ends": lambda text: _ends(teller, text),
        "no end": lambda text: _ends(teller, text),
        "flows": lambda _: _flows(teller),
        "no flows": lambda _: _flows(teller),
        "moves": lambda _: _moves(teller),
        "liquidates": lambda _: _answer(teller),
        "fund": lambda _: _fund(teller),
    }


def _name(teller: Teller, event: Any) -> str:
    names = {number: name for name, number in teller.people.items()}
    name = names[event.account_id]
    return name if event.scope == CROSS else f"{name}/{event.scope}"


def _list(word: str, nothing: str, found: list[str]) -> str:
    return f"{word} {', '.join(found)}" if found else nothing


def _statuses(teller: Teller) -> str:
    found = [
        f"{_name(teller, event)} {event.status.name} {_n(event.level)}"
        for event in teller.having(MarginStatusChanged)
    ]
    return _list("statuses", "no statuses", found)


def _begins(teller: Teller) -> str:
    found = [
        f"{_name(teller, event)} {event.kind.name} {_n(event.assets)} against {_n(event.liabilities)}"
        for event in teller.having(LiquidationBegan)
    ]
    return _list("begins", "no liquidation", found)


def _forced(teller: Teller) -> str:
    found: list[str] = []
    for event in teller.having(OrderOpened):
        spec = event.order.spec
        if spec.liquidation_id:
            verb = "buys" if spec.side is Side.BUY else "sells"
            where = "" if spec.symbol == "BTCUSDT" else f" {spec.symbol}"
            found.append(f"{verb} {_n(spec.quantity)} @ {_n(spec.price)}{where}")
    return _list("forced", "no forced orders", found)


def _ends(teller: Teller, text: str) -> str:
    found: list[str] = []
    for event in teller.having(LiquidationEnded):
        fee = f" fee {_n(event.fee)}" if event.fee or " fee " in text else ""
        deficit = f" deficit {_n(event.deficit)}" if event.deficit else ""
        found.append(f"{_name(teller, event)} {event.end.name}{fee}{deficit}")
    return _list("ends", "no end", found)


def _flows(teller: Teller) -> str:
    kinds = {Flow.OTHER_LIQUIDATION: "", Flow.LIQUIDATION_FEE: "FEE "}
    return _list("flows", "no flows", _moved(teller, kinds))


def _moves(teller: Teller) -> str:
    kinds = {Flow.BUY_LIQUIDATION: "BUY ", Flow.SELL_LIQUIDATION: "SELL ", Flow.REPAY_LIQUIDATION: "REPAY "}
    return _list("moves", "no moves", _moved(teller, kinds))


def _moved(teller: Teller, kinds: dict[Flow, str]) -> list[str]:
    found: list[str] = []
    last = ""
    for event in teller.having(Flowed):
        if event.flow not in kinds:
            continue
        name = _name(teller, event)
        who = f"{name} " if name != last else ""
        last = name
        symbol = f" {event.symbol}" if event.symbol and event.scope == CROSS else ""
        found.append(f"{who}{kinds[event.flow]}{_n(event.amount)} {event.asset}{symbol}")
    return found


def _answer(teller: Teller) -> str:
    (event,) = teller.having(DebtLiquidated)
    debt = f"{_n(event.principal)} + {_n(event.interest)} {event.asset}"
    return f"liquidates {debt} for {_n(event.repaid_quantity)} {event.repaid_in}"


def _fund(teller: Teller) -> str:
    found = [f"{_n(row.balance)} {row.asset}" for row in teller.target.live.insurance_fund() if row.balance]
    return _list("fund", "fund nothing", found)


def told(live: Live, account: int, scope: Scope, rest: str) -> str | None:
    """What there is to say of one account; None where `rest` is about something else."""
    if rest in ("is locked", "is free"):
        return "is locked" if live.switches(account, scope).is_liquidating else "is free"
    if rest.startswith("owes the fund"):
        loan = live.liquidation_loan(account)
        repaid = f", repaid {_n(loan.repaid)}" if loan.repaid else ""
        return f"owes the fund {_n(loan.amount)} {loan.asset}{repaid}"
    if rest.startswith("switches"):
        view = live.switches(account, scope)
        on = {
            "trade": view.may_trade,
            "borrow": view.may_borrow,
            "in": view.may_transfer_in,
            "out": view.may_transfer_out,
        }
        return f"switches {' '.join(word for word, is_on in on.items() if is_on) or 'none'}"
    return None
