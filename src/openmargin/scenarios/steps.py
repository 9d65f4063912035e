"""What each step of a scenario does, and what it says of it."""

from __future__ import annotations

import msgspec
from msgspec import structs

from openmargin.config import toml_struct
from openmargin.config.venue_file import ConfigError, laid_over, venue_of
from openmargin.domain.commands import ChangeVenue, ScriptIndex
from openmargin.lab import errors as lab
from openmargin.lab.index_scripts import index_stages
from openmargin.scenarios import shapes
from openmargin.scenarios.reading import ScenarioError, span
from openmargin.scenarios.stage import Named, Stage
from openmargin.sdk import Leg
from openmargin.sdk.answers import Order


def take(stage: Stage, step: shapes.AnyStep) -> str:
    """Do it, and say what came of it. Raises Refused, or ScenarioError for what makes no sense."""
    try:
        return _taken(stage, step)
    except (ScenarioError, ConfigError, ValueError, KeyError, TypeError) as problem:
        raise ScenarioError(f"{words(step)}: {problem}") from None
    except lab.Refused as problem:
        raise ScenarioError(f"{words(step)}: {problem}; {problem.hint}") from None


def words(step: shapes.AnyStep) -> str:
    """The step in a line."""
    fields = msgspec.to_builtins(step)
    match step:
        case shapes.Order():
            said = [step.side, step.quantity or f"{step.quote_quantity} worth of", step.symbol]
            said += [f"at {step.price}"] if step.price else []
            hidden = {"side", "quantity", "quote_quantity", "symbol", "price"}
        case shapes.OrderList():
            said = [step.contingency, step.symbol, *(_leg(leg) for leg in step.legs)]
            hidden = {"contingency", "symbol", "legs"}
        case shapes.Price():
            said = ["price", *(f"{symbol} {price}" for symbol, price in step.prices.items())]
            hidden = {"prices"}
        case shapes.Script():
            said = ["script", step.symbol or " ".join(step.assets)]
            said.append(", then ".join(_stage(stage) for stage in fields["stages"]))
            hidden = {"symbol", "assets", "stages"}
        case _:
            said = [str(fields["do"]).replace("_", " ")]
            said += [str(fields[name]) for name in ("amount", "asset", "symbol", "to") if fields.get(name)]
            hidden = {"amount", "asset", "symbol", "to"}
    who = [f"{fields['who']}:"] if "who" in fields else []
    hidden |= {"who", "do", "at", "refused", "name"}
    more = [
        f"{name.replace('_', ' ')} {_shown(value)}"
        for name, value in fields.items()
        if name not in hidden and value != _default(step, name)
    ]
    return " ".join([*who, *said]) + "".join(f", {one}" for one in more)


def _stage(stage: dict[str, object]) -> str:
    return " ".join(
        [
            str(stage["do"]),
            *(
                f"{name} {_shown(value)}"
                for name, value in stage.items()
                if name != "do" and value is not None
            ),
        ]
    )


def _leg(leg: shapes.Leg) -> str:
    said = [leg.type, leg.side, leg.quantity]
    said += [f"at {leg.price}"] if leg.price else []
    said += [f"stop {leg.stop_price}"] if leg.stop_price else []
    return f"({' '.join(said)})"


def _taken(stage: Stage, step: shapes.AnyStep) -> str:
    exchange = stage.exchange
    match step:
        case shapes.Deposit():
            return f"has {stage.wallets(step.who).deposit(step.asset, step.amount).free} {step.asset}"
        case shapes.Withdraw():
            return f"has {stage.wallets(step.who).withdraw(step.asset, step.amount).free} {step.asset}"
        case shapes.Transfer():
            left = stage.wallets(step.who).transfer(step.asset, step.amount, step.to)
            return f"has {left.free} {step.asset} left"
        case shapes.Borrow():
            return f"owes {stage.wallets(step.who).borrow(step.asset, step.amount).owed} {step.asset}"
        case shapes.Repay():
            return f"owes {stage.wallets(step.who).repay(step.asset, step.amount).owed} {step.asset}"
        case shapes.Order():
            return _order(stage, step)
        case shapes.OrderList():
            return _list(stage, step)
        case shapes.Cancel():
            named = stage.order(step.order)
            wallets = stage.wallets(named.who)
            return wallets.cancel(wallets.order(named.symbol, named.order_id)).status.name
        case shapes.CancelAll():
            stage.wallets(step.who).cancel_all(step.symbol)
            return "no order is open"
        case shapes.Liquidate():
            stage.wallets(step.who).liquidate()
            return "the liquidation begins"
        case shapes.SpecialKey():
            account = stage.account(step.who)
            stage.keys[account.id] = account.create_special_key()
            return "trades with a special key from now on"
        case shapes.ExitSpecialMode():
            account = stage.account(step.who)
            account.exit_special_mode()
            stage.keys.pop(account.id, None)
            return "trades without special keys again"
        case shapes.RepayLoan():
            account = stage.account(step.who)
            owed = account.liquidation_loan
            account.repay_liquidation_loan(owed if step.amount is None else step.amount)
            return f"still owes {account.liquidation_loan}"
        case shapes.Price():
            exchange.prices(step.prices)
            return ""
        case shapes.Script():
            stages = tuple(one for asked in step.stages for one in index_stages(asked))
            exchange.do(ScriptIndex(step.symbol, step.assets, stages))
            return f"for {sum(one.lasts_ms for one in stages) / 1000:g} seconds"
        case shapes.Rates():
            terms = [one.loan_terms for one in exchange.venue.assets if one.name == step.asset]
            if not terms or not step.daily:
                raise ValueError("name an asset of the venue, and a rate at least")
            levels = len(terms[0])
            rates = (*step.daily, *[step.daily[-1]] * levels)[:levels]
            exchange.rates(step.asset, *rates)
            return "from the next full hour on"
        case shapes.Delist():
            return _delist(stage, step)
        case shapes.Rules():
            tables = laid_over(toml_struct.write(exchange.venue), step.changes)
            exchange.do(ChangeVenue(venue_of("changes", tables)))
            return "holds from now on"
        case shapes.Restart():
            stage.restart()
            return f"came back after {stage.exchange.mark() + 1} records"


def _order(stage: Stage, step: shapes.Order) -> str:
    placed = stage.wallets(step.who).place(
        step.symbol,
        step.side,
        step.quantity,
        step.price,
        type=step.type,
        quote_quantity=step.quote_quantity,
        stop_price=step.stop_price,
        trailing_delta=step.trailing_delta,
        iceberg=step.iceberg,
        time_in_force=step.time_in_force,
        side_effect=step.side_effect,
        self_trade_prevention=step.self_trade_prevention,
    )
    if step.name:
        stage.orders[step.name] = Named(step.who, step.symbol, placed.id)
    return _came_of(placed)


def _list(stage: Stage, step: shapes.OrderList) -> str:
    legs = [
        Leg(
            side=leg.side,
            type=leg.type,
            quantity=leg.quantity,
            price=leg.price,
            stop_price=leg.stop_price,
            trailing_delta=leg.trailing_delta,
            time_in_force=leg.time_in_force,
        )
        for leg in step.legs
    ]
    placed = stage.wallets(step.who).place_list(
        step.contingency, step.symbol, legs, side_effect=step.side_effect
    )
    for leg in step.legs:
        found = next(
            order for order in placed.orders if (order.type.name, order.side.name) == (leg.type, leg.side)
        )
        if leg.name:
            stage.orders[leg.name] = Named(step.who, step.symbol, found.id)
    return ", ".join(f"{order.type.name} {order.status.name}" for order in placed.orders)


def _came_of(order: Order) -> str:
    average = order.average_price
    filled = f" {order.executed} at {round(average, 8).normalize():f}" if average is not None else ""
    borrowed = f", borrowed {order.borrowed}" if order.borrowed else ""
    return f"{order.status.name}{filled}{borrowed}"


def _delist(stage: Stage, step: shapes.Delist) -> str:
    exchange = stage.exchange
    at_ms = exchange.now_ms + round(span(step.after).total_seconds() * 1000)
    venue = exchange.venue
    names = [one.name for one in (*venue.assets, *venue.symbols)]
    if bool(step.asset) == bool(step.symbol) or (step.asset or step.symbol) not in names:
        raise ValueError("name one asset or one symbol of the venue")
    exchange.do(
        ChangeVenue(
            structs.replace(
                venue,
                assets=tuple(
                    structs.replace(one, delist_at_ms=at_ms) if one.name == step.asset else one
                    for one in venue.assets
                ),
                symbols=tuple(
                    structs.replace(one, delist_at_ms=at_ms) if one.name == step.symbol else one
                    for one in venue.symbols
                ),
            )
        )
    )
    return f"on {exchange.now + span(step.after):%Y-%m-%d %H:%M}"


def _default(step: shapes.AnyStep, name: str) -> object:
    return {field.name: field.default for field in structs.fields(step)}.get(name)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_shown(one)}" for name, one in value.items()) + "}"  # pyright: ignore
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_shown, value)) + "]"  # pyright: ignore
    return f"{value:g}" if isinstance(value, float) else str(value)
