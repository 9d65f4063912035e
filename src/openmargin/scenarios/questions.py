"""What an expectation may ask of the exchange, and how the answer is compared.

Owns: the words of `what` and `must`. docs/scenarios.md has the table; a test holds it against `QUESTIONS`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Any, Final, TypeAlias

from openmargin.scenarios.reading import ScenarioError
from openmargin.scenarios.shapes import Expectation
from openmargin.scenarios.stage import CROSS, Stage
from openmargin.sdk.answers import Order
from openmargin.sdk.facts import Event

Answer: TypeAlias = Decimal | str

_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def answer(stage: Stage, asked: Expectation) -> Answer:
    """What is so now. Raises ScenarioError where the question makes no sense."""
    word, _, of = asked.what.partition(" ")
    if word not in QUESTIONS:
        raise ScenarioError(f"what: {word!r} is no question; there are {', '.join(QUESTIONS)}")
    try:
        return QUESTIONS[word](stage, asked.who, of)
    except KeyError as missing:
        raise ScenarioError(f"what: {asked.what}: there is no {missing}") from None
    except (AttributeError, ValueError) as problem:
        raise ScenarioError(f"what: {asked.what}: {problem}") from None


def holds(found: Answer, must: str) -> bool:
    """Is the answer as it must be? Words can be equal or not; numbers can be compared."""
    sign, _, text = must.partition(" ")
    if sign not in _COMPARISONS or not text:
        raise ScenarioError(f'must: {must!r} is no comparison; write such as "= FILLED" or ">= 1.5"')
    if isinstance(found, str):
        if sign not in ("=", "!="):
            raise ScenarioError(f"must: {must!r}: {found} is a word, which is equal to another or not")
        return _COMPARISONS[sign](found, text)
    try:
        return _COMPARISONS[sign](found, Decimal(text))
    except InvalidOperation:
        raise ScenarioError(f"must: {must!r}: {text!r} is no number, and {found} is one") from None


def _status(stage: Stage, who: str, _of: str) -> Answer:
    margin = stage.wallets(who).margin()
    return "LIQUIDATING" if margin.is_liquidating else margin.status.name


def _end(stage: Stage, who: str, _of: str) -> Answer:
    """How the last liquidation ended."""
    liquidations = stage.wallets(who).liquidations()
    if not liquidations:
        return "NONE"
    end = liquidations[-1].end
    return "GOES_ON" if end is None else end.name


def _order(stage: Stage, of: str) -> Order | None:
    """The order of a name; None where it has not been placed, or was refused."""
    named = stage.orders.get(of)
    return None if named is None else stage.wallets(named.who).order(named.symbol, named.order_id)


def _order_status(stage: Stage, _who: str, of: str) -> Answer:
    order = _order(stage, of)
    return "ABSENT" if order is None else order.status.name


def _executed(stage: Stage, _who: str, of: str) -> Answer:
    order = _order(stage, of)
    return Decimal(0) if order is None else order.executed


def _average(stage: Stage, _who: str, of: str) -> Answer:
    order = _order(stage, of)
    return Decimal(0) if order is None or order.average_price is None else order.average_price


def _events(stage: Stage, who: str, of: str) -> Answer:
    """How many there were of a kind, and of somebody where a name is given."""
    kind, *wanted = of.split()
    account_id = stage.wallets(who).id if who else None
    return Decimal(
        sum(
            (account_id is None or event.fields.get("account_id") == account_id)
            and all(_says(event, each) for each in wanted)
            for event in stage.events(kind)
        )
    )


def _says(event: Event, wanted: str) -> bool:
    name, _, value = wanted.partition("=")
    found = getattr(event, name)
    return (found.name if isinstance(found, IntEnum) else str(found)) == value


def _open_orders(stage: Stage, who: str, of: str) -> Answer:
    return Decimal(len(stage.wallets(who).open_orders(of or None)))


QUESTIONS: Final[dict[str, Callable[[Stage, str, str], Answer]]] = {
    "level": lambda stage, who, _: stage.wallets(who).margin().level,
    "status": _status,
    "free": lambda stage, who, of: stage.wallets(who).balance(of).free,
    "locked": lambda stage, who, of: stage.wallets(who).balance(of).locked,
    "owed": lambda stage, who, of: stage.wallets(who).balance(of).owed,
    "interest": lambda stage, who, of: stage.wallets(who).balance(of).interest,
    "net": lambda stage, who, of: stage.wallets(who).balance(of).net,
    "borrowable": lambda stage, who, of: stage.wallets(who).max_borrowable(of),
    "loan": lambda stage, who, _: stage.account(who.removesuffix(f" {CROSS}")).liquidation_loan,
    "liquidations": lambda stage, who, _: Decimal(len(stage.wallets(who).liquidations())),
    "end": _end,
    "orders": _open_orders,
    "order": _order_status,
    "executed": _executed,
    "average": _average,
    "price": lambda stage, _, of: stage.exchange.price(of),
    "last": lambda stage, _, of: stage.exchange.last_price(of),
    "fund": lambda stage, _, of: stage.exchange.insurance_fund().get(of, Decimal(0)),
    "events": _events,
}
