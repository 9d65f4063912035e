"""Engines with one fault each, and who finds it: the judges on trial.

    python -m tests.engine.mutants [WORD ...]       only those whose name has one of the words

Every mutant is a copy of the package with one line altered. The random markets and the stories are then put to it in
a process of its own; a mutant that neither of them finds is a hole in the tests, not in the engine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "openmargin"
SEEDS = range(16)
STEPS = 250


class Mutant(NamedTuple):
    name: str
    file: str
    """In the engine."""
    table: str
    """Whose stories know best."""
    right: str
    wrong: str

    @property
    def source(self) -> str:
        """The file as it stands."""
        return (PACKAGE / "engine" / f"{self.file}.py").read_text()


MUTANTS = (
    # Who meets whom
    Mutant("who comes last is served first", "books", "house", "if at_front and level.first", "if level.first"),
    Mutant("the worst price is served first", "matching", "matching", "index = len(side.ranks) - 1", "index = 0"),
    Mutant("a price that is met exactly is no match", "matching", "matching", "maker_price) >= 0", "maker_price) > 0"),
    Mutant("a budget is not counted down", "matching", "market_orders", "self.budget -= notional(taken, price)", "pass"),
    Mutant("a budget may break a step", "matching", "market_orders", "floor_to_step(self.budget * E8 // price, self.step)\n            if affordable", "self.budget * E8 // price\n            if affordable"),
    Mutant("a woken buy ignores what it holds", "execution", "stops", "if order.price or order.sign < 0:", "if order.remaining:"),
    Mutant("FOK fills what it can", "execution", "oto", "    if not killed:", "    if matches:"),
    Mutant("an aggregate trade spans prices", "tape", "matching", "key = (state.seq, taker_id, price, int(taker_side))", "key = (state.seq, taker_id, 0, int(taker_side))"),
    Mutant("an aggregate trade spans takers", "tape", "matching", "key = (state.seq, taker_id, price, int(taker_side))", "key = (state.seq, 0, price, int(taker_side))"),
    # Self-trade prevention
    Mutant("DECREMENT takes one atom less", "matching", "prevention", "lost = min(maker.remaining, wanted)", "lost = min(maker.remaining, wanted) - 1 or 1"),
    Mutant("EXPIRE_TAKER goes on", "matching", "prevention", "Match(maker, price, wanted, mode))\n            self.is_over = True", "Match(maker, price, wanted, mode))"),
    Mutant("the maker's mode decides", "matching", "prevention", "        return DECREMENT\n    return mode", "        return DECREMENT\n    return maker.prevention"),
    Mutant("a trade group is nobody", "matching", "prevention", "return group >= 0 and group == ", "return group > 10**9 and group == "),
    Mutant("without a group all are one", "matching", "prevention", "return group >= 0 and group == ", "return group == "),
    Mutant("TRANSFER to oneself", "matching", "prevention", " or same_account(book, taker, maker.account)", ""),
    Mutant("TRANSFER without the maker's will", "matching", "prevention", "(maker.prevention is not TRANSFER or same_account(book, taker, maker.account))", "same_account(book, taker, maker.account)"),
    Mutant("what prevention took stays locked", "settlement", "prevention", "    elif order.price or order.sign < 0:\n        hold(", "    elif order.price < 0:\n        hold("),
    Mutant("a prevented loan is not repaid", "settlement", "prevention", "    for order in ended:\n        finish(state, order)", "    for order in ended:\n        order.loan = 0\n        finish(state, order)"),
    # Icebergs
    Mutant("the next part stands in front", "books", "icebergs", "            _unlink(level, order)\n            _append(level, order)", "            pass"),
    Mutant("the next part is all that is left", "books", "icebergs", "order.hidden = max(0, order.remaining - order.iceberg)\n        level", "order.hidden = 0\n        level"),
    Mutant("prevention takes what is shown first", "books", "prevention", "order.hidden = max(0, order.hidden - quantity)", "order.hidden = max(0, min(order.hidden, order.remaining - 1))"),
    Mutant("a taker sees only what is shown", "matching", "icebergs", "                if maker.hidden:\n", "                if maker.hidden < 0:\n"),
    # Stops
    Mutant("a rising stop must be passed", "triggers", "stops", "stops.rising.best() <= price", "stops.rising.best() < price"),
    Mutant("a falling stop must be passed", "triggers", "stops", "stops.falling.best() >= price", "stops.falling.best() > price"),
    Mutant("a stop may lie at the market", "asks", "stops", "(price - ask.stop_price) >= 0", "(price - ask.stop_price) > 0"),
    Mutant("a buy stop holds no buffer", "asks", "stops", "with_buffer(reference, state.venue.margin.market_buffer)", "reference"),
    Mutant("the extreme is not followed", "triggers", "trailing", "lifted.extreme = price", "lifted.extreme = lifted.extreme or price"),
    Mutant("a trailing order turns a hair too late", "triggers", "trailing", "price * BASIS > threshold", "price * BASIS >= threshold"),
    Mutant("the stop price is the first extreme", "triggers", "trailing", "_group_at(side, side.sign * price)", "_group_at(side, side.sign * order.spec.stop_price)"),
    Mutant("trailing begins with the last price", "triggers", "trailing", "_join_group(_side_of(book, order).starting, order)", "_join_group(_group_at(_side_of(book, order), _side_of(book, order).sign * book.last_price), order)"),
    Mutant("who trails longer wakes later", "triggers", "trailing", "at_front=at_front)", "at_front=False)"),
    Mutant("the widest wakes first", "triggers", "trailing", "return -reached[0], -reached[1]", "return reached[0], -reached[1]"),
    Mutant("a cascade stops after one", "cascade", "stops", "            budget -= 1\n", "            budget = 0\n            state.woken.clear()\n"),
    # Cancel-replace
    Mutant("a failed cancel stops nothing", "replacing", "replacing", "is_attempted = not_canceled is None or command.mode is CancelReplaceMode.ALLOW_FAILURE", "is_attempted = True"),
    Mutant("what is not attempted is not counted", "replacing", "replacing", "        order_counts.add(account, 1, state.at_ms)\n", "        pass\n"),
    Mutant("a broken filter costs the old order", "replacing", "replacing", "    if refused is not None and refused.reason not in DECIDED_LATER:", "    if refused is not None and state is None:"),
    Mutant("full counts never keep the old order", "replacing", "replacing", "if over_limit is not None and not command.cancels_over_limit:", "if over_limit is not None and state is None:"),
    Mutant("a restricted cancel is not", "orders", "endings", "    if not may_end(order, command.restriction):", "    if order is None:"),
    # Amendments
    Mutant("an amended pair parts", "amending", "amending", "return [order, *[leg for leg in order_list.legs[-2:] if leg is not order]]", "return [order]"),
    Mutant("an amendment frees nothing", "amending", "amending", "        settlement.hold(state, order, settlement.reserve(order))", "        pass"),
    Mutant("an amendment is prevention", "amending", "amending", "settlement.cut(state, book, order, lost)", "settlement._forgo(state, book, order, lost)"),
    Mutant("an order may be amended to what is done", "amending", "amending", "if quantity <= order.executed + order.prevented:", "if quantity < order.executed + order.prevented:"),
    Mutant("amendments are not counted", "amending", "amending", "order.amendments += 1", "order.amendments += 0"),
    Mutant("a name is not given back", "amending", "amending", "    del siblings.by_client_id[order.client_order_id]\n", ""),
    Mutant("an amended order loses its turn", "amending", "amending", "    settlement.cut(state, book, order, lost)\n", "    settlement.cut(state, book, order, lost)\n    if order.level is not None and order.later is not None and order.later.price == order.price:\n        settlement.books._unlink(order.level, order)\n        settlement.books._append(order.level, order)\n"),
    # Lists
    Mutant("the other leg stays open", "order_lists", "oco", 'settlement.end(state, book, other, EXPIRE, "", ExpiryReason.OCO_TRIGGER)', "pass"),
    Mutant("a pair's funds are released twice", "settlement", "oco", "    order_list.held = 0\n", "    pass\n"),
    Mutant("a pair holds what the cheaper costs", "settlement", "oco", "held = max(reserve(pair[0]), reserve(pair[1]))", "held = min(reserve(pair[0]), reserve(pair[1]))"),
    Mutant("a pair needs funds for both", "order_lists", "oco", "dearer = max(asks.needs(state, book, pair[0]), asks.needs(state, book, pair[1]))", "dearer = asks.needs(state, book, pair[0]) + asks.needs(state, book, pair[1])"),
    Mutant("the chosen leg keeps the dearer's funds", "settlement", "oco", "    hold(state, order, reserve(order))\n    state.chosen", "    state.chosen"),
    Mutant("a part of the working order is enough", "order_lists", "oto", "        if order.status is FILLED:", "        if order.executed:"),
    Mutant("a cancelled leg leaves the other", "order_lists", "oco", "        if order.order_list is not None:\n            end_by_user(state, book, order.order_list, cancel_client_id)\n        else:\n            settlement.end(", "        if order:\n            settlement.end("),
    Mutant("a list's loan is kept", "order_lists", "oco", "if order_list.loan and order_list.auto_repay and", "if order_list.loan < 0 and"),
    Mutant("a list counts as one order", "order_lists", "oco", "order_counts.add(account, len(wanted), state.at_ms)", "order_counts.add(account, 1, state.at_ms)"),
    Mutant("a pending maker takes", "order_lists", "oto", "if matches and not order.row.takes_liquidity:", "if matches and not order.row.takes_liquidity and order.executed:"),
    Mutant("a pending stop never looks back", "order_lists", "oto", "if triggers.reached(book, order):", "if order.executed:"),
    Mutant("lists follow after the stops", "cascade", "oco", "        if state.chosen:\n", "        if state.chosen and not state.woken:\n"),
    Mutant("a leg may lie at the market", "order_lists", "oco", "where * (level - price) <= 0", "where * (level - price) < 0"),
    # Filters, counts, isolated accounts
    Mutant("trailing bounds are swapped", "filters", "trailing", "    if above > 0:\n", "    if above < 0:\n"),
    Mutant("parts of an iceberg are rounded down", "filters", "icebergs", "ceil_div(quantity, iceberg)", "quantity // iceberg"),
    Mutant("a maker's first fill gives back a taker's", "settlement", "oco", "credit = state.maker_credit if is_maker", "credit = state.taker_credit if is_maker"),
    Mutant("a tier needs to hold one debt", "risk", "isolated", "base <= tier.base_limit and quote", "base <= tier.base_limit or quote"),
    Mutant("isolated is measured like cross", "risk", "isolated", "account.scope == CROSS or account.scope == SPOT", "account.scope"),
    Mutant("an account closes with its debts", "isolated", "isolated", "if trading.debts or (orders", "if (orders"),
    # Special keys
    Mutant("deleting the last special key leaves the mode", "special_keys", "special_keys", "    for key in found:\n        keys.remove(state, key)\n", "    for key in found:\n        keys.remove(state, key)\n        if account is not None and not account.keys:\n            account.in_special_mode = False\n"),
    Mutant("the exit takes the keys of pairs too", "special_keys", "special_keys", "for key in of_scope(account, CROSS):", "for key in list(account.keys.values()):"),
    Mutant("the exit forgets the cooldown", "special_keys", "special_keys", "    account.left_special_mode_ms = state.at_ms\n", ""),
    Mutant("terms bind their signer alone", "special_keys", "special_keys", "        if not account.master_id:\n", "        if account.master_id >= 0:\n"),
    Mutant("a pair's key takes the account into the mode", "special_keys", "special_keys", "if command.scope == CROSS and not account", "if not account"),
    Mutant("every kind of key may be for reading alone", "special_keys", "special_keys", "command.kind is KeyKind.ED25519 and not command.may_trade", "not command.may_trade"),
    Mutant("a special key trades for every account", "keys", "special_keys", "    if not is_own:\n        return Rejected(Reason.KEY_NOT_PERMITTED)\n", ""),
    Mutant("a special key's orders may borrow", "keys", "special_keys", "if side_effect is not SideEffect.NO_SIDE_EFFECT:", "if side_effect is SideEffect.AUTO_REPAY:"),
    Mutant("a liquidation loan keeps nobody in the mode", "special_keys", "liquidation_loan", "    return owed > 0 and state.venue", "    return owed < 0 and state.venue"),
    Mutant("keys are made in the midst of a liquidation", "special_keys", "liquidation_loan", "    if trading.liquidation is not None:\n        return Rejected(Reason.LIQUIDATING)\n", ""),
    Mutant("a name wins over a key", "special_keys", "special_keys", "if command.deleted_key or account is None:", "if not command.api_name or account is None:"),
    # Loans
    Mutant("a pair's losses add up", "open_loss", "open_loss", "total += max(_of_order", "total += sum(_of_order"),
    Mutant("an order's own loan is no debt", "open_loss", "open_loss", "liabilities = found.liabilities + lent", "liabilities = found.liabilities"),
    Mutant("a gain pays for another's loss", "open_loss", "open_loss", "return max(0, _counted(state, account, paid, pays) - _counted(state, account, received, receives))", "return _counted(state, account, paid, pays) - _counted(state, account, received, receives)"),
    Mutant("locked funds are all lost", "open_loss", "open_loss", " or found.left > of(state, account)", ""),
    Mutant("the tier is that of before the loan", "risk", "open_loss", "+ (loan if asset == rules.quote else 0)", "+ 0"),
    Mutant("rates change at once", "rates", "rates", "if hour_ms >= rates.next_from_ms", "if hour_ms >= rates.next_from_ms - HOUR_MS"),
    Mutant("an hour in BNB has no discount", "interest", "bnb", "price, margin.burn_interest_discount, half_up", "price, 0, half_up"),
    Mutant("BNB that is not there pays", "commission", "bnb", "if 0 <= due <= spare", "if 0 <= due"),
    Mutant("a small debt is rounded down", "small_liability", "small_liabilities", "return ceil_div(value, price)", "return value // price"),
    Mutant("a nearly empty pool lends", "loans", "loan_limits", "return left if left * E8 > floor else 0", "return left"),
    Mutant("a debt from elsewhere bears no interest", "loans", "debts_from_elsewhere", "    interest.schedule(state)\n    return None", "    return None"),
    Mutant("a debt from elsewhere comes with its money", "loans", "debts_from_elsewhere", "ledger.move(state, pool, world, command.principal)", "ledger.move(state, pool, account.wallet(command.asset), command.principal)"),
    Mutant("a debt from elsewhere owes no old interest", "loans", "debts_from_elsewhere", "    debt.interest += command.interest\n", ""),
    Mutant("a debt from elsewhere concerns no level", "loans", "debts_from_elsewhere", "    debts.stir(state, account)\n    if command.principal:", "    if command.principal:"),
    Mutant("borrowed units cost nothing past the last bracket", "risk", "loan_limits", "return lent + room // initial  #", "return lent  #"),
    Mutant("brackets are looked at from nothing upwards", "risk", "loan_limits", "held = (wallet.free + wallet.locked) * price if wallet is not None else 0\n        amount", "held = 0\n        amount"),
    Mutant("a price through another is as old as the newer", "index", "index_age", "since[asset] = min(", "since[asset] = max("),
    Mutant("an order forgets what it is to repay from", "dump", "auto_repay", "    order.earned = kept.earned\n", ""),
    Mutant("a cap binds before it is passed", "restrictions", "restrictions", "return 0 < asset.max_collateral < state", "return 0 < asset.max_collateral <= state"),
    Mutant("nobody may buy back", "restrictions", "restrictions", "    if held + quantity <= owed:\n        return None\n", ""),
    Mutant("a delisting happens again", "delisting", "delisting", "        state.delisted[state.delisting] = dict(_dates(state))[state.delisting]\n        state.delisting = \"\"\n", "        state.delisting = \"\"\n        agenda.move(state, agenda.DELIST, -1)\n        return\n"),
    Mutant("a pair's delisting spares isolated debts", "delisting", "delisting", "(book.rules.base, book.rules.quote))", "())"),
    Mutant("a delisting sells other assets at the level itself", "delisting", "delisting", "    return level < state", "    return level <= state"),
    Mutant("a delisting sells first what has the last name", "delisting", "delisting", "        if value > most:\n            found, most = asset, value", "        if value:\n            found, most = asset, value"),
    Mutant("a pool keeps its first capital", "setup", "restrictions", "        pool.capital = asset.pool_capital\n", "        pool.capital = max(pool.capital, asset.pool_capital)\n"),
    # The index and the house
    Mutant("a ramp is a move ahead", "index_scripts", "index_scripts", "way = _way(stage.pace, script.moves_done, stage.moves)", "way = _way(stage.pace, script.moves_done + 1, stage.moves)"),
    Mutant("a crash is steep at its end", "index_scripts", "index_scripts", "    if pace is Pace.FAST_FIRST:", "    if pace < 0:"),
    Mutant("a share counts from the script's beginning", "index_scripts", "index_scripts", "[(symbol, sign, state.books[symbol].index_price) for symbol, sign, _ in script.starts]", "[(symbol, sign, start or state.books[symbol].index_price) for symbol, sign, start in script.starts]"),
    Mutant("a quote asset rises in its pairs", "index_scripts", "index_scripts", "(symbol, 1 if base else -1)", "(symbol, 1)"),
    Mutant("a stopped feed stays so", "index_scripts", "index_scripts", "    elif stage.kind is StageKind.STOP:\n        _resume(state, script)\n", ""),
    Mutant("a script that is ended keeps its feed stopped", "index_scripts", "index_scripts", "            if script.stages[script.stage].kind is StageKind.STOP:\n                _resume(state, script)\n", ""),
    Mutant("a stopped feed has a price", "index", "index_scripts", "return -1 if book.symbol in state.feeds.stopped else book.index_at_ms", "return book.index_at_ms"),
    Mutant("the walk moves what a script moves", "house", "index_scripts", "if symbol not in feeds.scripted and symbol not in feeds.stopped", "if symbol not in feeds.stopped"),
    Mutant("the house is never late", "house", "house_latency", "if latency_ms > 0 and state.house_quotes:", "if latency_ms < 0 and state.house_quotes:"),
    Mutant("each move makes the house wait anew", "house", "house_latency", "    lagging += [(due_ms, symbol) for symbol in symbols if symbol not in known]\n", "    lagging[:] = [item for item in lagging if item[1] not in symbols]\n    lagging += [(due_ms, symbol) for symbol in symbols]\n"),
    Mutant("quotes change their size before the house knows", "house", "house_latency", "house, book.seen_index, book.seen_mark)", "house, book.seen_index, state.marks[rules.quote])"),
    Mutant("what was traded on the way is told again", "house", "house", "    book.tape_quantity = -1\n", ""),
    # Margin calls and liquidation
    Mutant("a call is told once", "watch", "liquidation_calls", "        account.called_at_ms = 0\n\n\ndef look", "        pass\n\n\ndef look"),
    Mutant("a call is told at every hour", "watch", "liquidation_calls", "state.at_ms - account.called_at_ms >= repeat_ms", "state.at_ms > account.called_at_ms"),
    Mutant("an index concerns no isolated account", "watch", "liquidation_calls", "    for symbol, _ in symbols:\n", "    for symbol, _ in symbols[:0]:\n"),
    Mutant("what comes to a debtor is not watched", "debts", "liquidation_calls", "    wallet.watch = WATCHED\n    expose", "    expose"),
    Mutant("a sale is a step short", "sizing", "liquidation_selling", "(base // step + 1) * step", "max(1, base // step) * step"),
    Mutant("a sale counts on the index", "sizing", "liquidation_selling", "return (E8 - slip) * (E8 - taker) // E8", "return E8 - taker"),
    Mutant("a short is sized like a long", "sizing", "liquidation_selling", "    if sign < 0:\n        return (E8", "    if sign:\n        return (E8"),
    Mutant("the smallest debt is repaid first", "proceeds", "liquidation_routes", "        if value > largest:", "        if value and (value < largest or not largest):"),
    Mutant("the larger collateral goes before the direct one", "sizing", "liquidation_routes", "rank = (_pair(state, account, asset, owed)[1] != 0, value)", "rank = (True, value)"),
    Mutant("a closed pair is a way", "sizing", "liquidation_routes", " or not book.rules.trading:", ":"),
    Mutant("the fee is nobody's", "proceeds", "liquidation_selling", "    if fee:\n", "    if fee < 0:\n"),
    Mutant("the fee follows the price", "proceeds", "liquidation_selling", "    if mark is None:\n        mark = risk", "    if mark is not None:\n        mark = risk"),
    Mutant("orders never go further", "liquidation", "liquidation_selling", "    liquidation.tries += 1\n", ""),
    Mutant("a liquidation stops where the call ends", "liquidation", "liquidation_selling", "is_above(risk.bars_of(state, account).initial)", "is_above(risk.bars_of(state, account).margin_call)"),
    Mutant("the price at the band is no depth", "liquidation", "liquidation_takeover", "sign * (bound - price * E8) < 0", "sign * (bound - price * E8) <= 0"),
    Mutant("a takeover takes its fee of nothing", "takeover", "liquidation_takeover", "asset, min(fee, rest))", "asset, fee)"),
    Mutant("a takeover covers the smaller debt first", "takeover", "liquidation_takeover", "sized.append((-value, asset))", "sized.append((value, asset))"),
    Mutant("what is set aside is kept from the debts", "bankruptcy", "liquidation_takeover", "    if state.venue.margin.liquidation.fee_within_equity:\n", "    if not state:\n"),
    Mutant("a liquidation loan is rounded down", "bankruptcy", "liquidation_loan", "owner.liquidation_loan += ceil_div(deficit, mark)", "owner.liquidation_loan += deficit // mark"),
    Mutant("isolated accounts owe the fund", "bankruptcy", "liquidation_loan", "if account.scope != CROSS or owner.account_type", "if owner.account_type"),
    Mutant("a cancelled order repays its loan itself", "settlement", "liquidation_locks", " and not kept and order.account.liquidation is None:", " and not kept:"),
    Mutant("forced orders give back counts", "settlement", "liquidation_locks", "if order.executed == 0 and not order.is_forced:", "if order.executed == 0:"),
    Mutant("an owner cancels what a liquidation placed", "orders", "liquidation_locks", "    if order.is_forced:\n        return False\n", ""),
    Mutant("manual liquidation stops early", "liquidation", "liquidation_manual", "(liquidation.is_forced and _is_enough(state, account, liquidation))", "_is_enough(state, account, liquidation)"),
    Mutant("a snapshot forgets what is set aside", "dump", "liquidation_selling", "    liquidation.aside = dict(kept.aside)\n", ""),
    Mutant("a snapshot forgets how often it tried", "dump", "liquidation_selling", "    liquidation.tries = kept.tries\n", ""),
    Mutant("an iceberg always goes to the back", "books", "icebergs", "if not book.rules.iceberg_keeps_place:", "if True:"),
    Mutant("owners are no hand", "matching", "prevention", "(book.rules.prevention_by_account and taker.owner is maker.owner)", "False"),
    # Snapshots
    Mutant("a snapshot shows what is hidden", "dump", "icebergs", "    order.hidden = kept.hidden\n", ""),
    Mutant("a snapshot parts a pair", "dump", "oco", "    order.is_paired = kept.is_paired\n", ""),
    Mutant("a snapshot forgets whose keys there are", "dump", "special_keys", "        state.accounts[key.account_id].keys[key.api_key] = key\n", ""),
    Mutant("a snapshot forgets an extreme", "dump", "trailing", "        group = TrailingGroup(extreme)\n", "        group = TrailingGroup(extreme - 10**8)\n"),
)  # fmt: skip


class Verdict(NamedTuple):
    mutant: Mutant
    markets: str
    """What the random markets found; empty where nothing."""
    stories: str


def put_on_trial(mutant: Mutant, *, everywhere: bool) -> Verdict:
    """Let the judges look at one mutant: all of them, or until one has found it."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(PACKAGE, Path(folder, "openmargin"), ignore=shutil.ignore_patterns("__pycache__"))
        file = Path(folder, "openmargin", "engine", f"{mutant.file}.py")
        file.write_text(mutant.source.replace(mutant.right, mutant.wrong))
        environment = {
            **os.environ,
            "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        judges = "all" if everywhere else mutant.table
        command = [sys.executable, "-m", "tests.engine.mutants", "--judge", judges]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    markets, stories = done.stdout.splitlines()
    return Verdict(mutant, markets, stories)


def verdicts(mutants: Iterable[Mutant], *, everywhere: bool) -> Iterator[Verdict]:
    """Each mutant's verdict, as many trials at once as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda mutant: put_on_trial(mutant, everywhere=everywhere), mutants)


def judge(table: str) -> None:
    """Judge the engine that this process has; print who found what, on one line each.

    With the name of a table a few markets are tried, then its stories, and the rest only where these find nothing.
    """
    everywhere = table == "all"
    markets = _markets(SEEDS if everywhere else SEEDS[:2])
    stories = ""
    if everywhere or not markets:
        stories = _stories(table) or _stories("all")
    if not (markets or stories):
        markets = _markets(SEEDS)
    print(markets)
    print(stories)


def _markets(seeds: Iterable[int]) -> str:
    from openmargin.lab.simulate import Disagreement, run
    from openmargin.lab.simulation.engine_alone import EngineAlone

    for seed in seeds:
        try:
            run(seed, STEPS, EngineAlone())
        except Disagreement as difference:
            return f"seed {seed}, step {len(difference.plays) - 1}"
    return ""


def _stories(table: str) -> str:
    """The first story that goes wrong, told straight through, and then with a restart after every line."""
    from tests.engine.story import TABLES, Teller, stories

    tables = sorted(TABLES.glob("*.txt")) if table == "all" else [TABLES / f"{table}.txt"]
    for restarts in (False, True):
        for path in tables:
            for story in stories(path):
                try:
                    Teller(restarts=restarts).tell(story)
                except Exception:
                    return f"{path.stem}: {story.title}"
    return ""


def main(words: list[str]) -> int:
    if words[:1] == ["--judge"]:
        judge(words[1])
        return 0
    chosen = [m for m in MUTANTS if not words or any(word in m.name for word in words)]
    missed = 0
    print(f"{'mutant':44} {'random markets':22} story")
    for mutant, markets, told in verdicts(chosen, everywhere=True):
        missed += not (markets or told)
        print(f"{mutant.name:44} {markets or '-':22} {told or '-'}", flush=True)
    print(f"{len(chosen)} mutants, {len(chosen) - missed} found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
