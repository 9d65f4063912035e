"""Faults, as the operator asks for them."""

from __future__ import annotations

from typing import cast

from openmargin.domain.commands import AnyCommand, DelayLoanRepayments, ExpireListenKeys
from openmargin.lab import fault_shapes as shapes
from openmargin.lab.bench import Bench, Path
from openmargin.lab.errors import Refused
from openmargin.lab.faults.rules import (
    MAY_EXECUTE,
    OF_THE_EXCHANGE,
    TAKES_SECONDS,
    Fault,
    Faults,
    Rule,
    Standing,
    is_of_streams,
)

_DEFAULT_SECONDS = 1.0


async def add_fault(bench: Bench, _path: Path, body: shapes.NewFault) -> shapes.FaultShown:
    """Have something go wrong on the wire from now on."""
    faults = _faults(bench)
    fault = Fault(body.fault)
    _require_sense(body, fault, faults)
    if fault in OF_THE_EXCHANGE:
        return await _command(bench, fault, body)
    seconds = 0.0
    if fault in TAKES_SECONDS:
        seconds = _DEFAULT_SECONDS if body.seconds is None else body.seconds
    rule = Rule(
        fault,
        body.method,
        body.path,
        body.account_id,
        body.probability,
        body.count,
        body.executed,
        seconds,
        body.seed,
    )
    return _shown(faults.add(rule))


async def show_faults(bench: Bench, _path: Path, _body: None) -> shapes.FaultsShown:
    """What goes wrong, and what did."""
    faults = _faults(bench)
    delay_ms = await bench.exchange.read(lambda live: live.repayment_delay_ms)
    own = (_of_exchange(Fault.PENDING_REPAYMENT, 0, delay_ms),) if delay_ms else ()
    return shapes.FaultsShown(
        faults=(*own, *(_shown(one) for one in faults.standing)),
        occurrences=tuple(
            shapes.FaultOccurrence(
                fault_id=one.fault_id,
                fault=cast(shapes.FaultName, one.fault),
                time=one.time,
                method=one.method,
                path=one.path,
                account_id=one.account_id,
                executed=one.executed,
            )
            for one in faults.occurrences
        ),
    )


async def remove_fault(bench: Bench, path: Path, _body: None) -> shapes.FaultsRemoved:
    """Take one rule back."""
    if path.fault_id == 0 and await _end_delay(bench):
        return shapes.FaultsRemoved(fault_ids=(0,))
    if not _faults(bench).remove(path.fault_id):
        raise Refused(404, "there is no such fault", "GET /lab/faults shows those that there are")
    return shapes.FaultsRemoved(fault_ids=(path.fault_id,))


async def remove_faults(bench: Bench, _path: Path, _body: None) -> shapes.FaultsRemoved:
    """Take all rules back."""
    ids = _faults(bench).clear()
    return shapes.FaultsRemoved(fault_ids=(0, *ids) if await _end_delay(bench) else tuple(ids))


async def _command(bench: Bench, fault: Fault, body: shapes.NewFault) -> shapes.FaultShown:
    """Have the exchange itself do what is asked: a command, and so in its journal."""
    delay_ms = 0
    command: AnyCommand = ExpireListenKeys(body.account_id)
    if fault is Fault.PENDING_REPAYMENT:
        delay_ms = round(1_000 * (_DEFAULT_SECONDS if body.seconds is None else body.seconds))
        if delay_ms == 0:
            raise Refused(400, "no repayment is pending for no time", "DELETE /lab/faults ends such delays")
        command = DelayLoanRepayments(delay_ms)
    await bench.obey(command)
    _faults(bench).note_command(Rule(fault, account_id=body.account_id))
    return _of_exchange(fault, body.account_id, delay_ms)


async def _end_delay(bench: Bench) -> bool:
    """Let repayments be carried out at once again; were they not?"""
    if not bench.exchange.live.repayment_delay_ms:
        return False
    await bench.obey(DelayLoanRepayments(0))
    return True


def _of_exchange(fault: Fault, account_id: int, delay_ms: int) -> shapes.FaultShown:
    return shapes.FaultShown(
        fault_id=0,
        fault=fault.value,
        method="",
        path="",
        account_id=account_id,
        probability=1.0,
        count=0,
        executed=True,
        seconds=delay_ms / 1_000,
        seed=0,
        times=1,
        is_over=fault is Fault.LISTEN_KEY_EXPIRY,
    )


def _faults(bench: Bench) -> Faults:
    if bench.faults is None:
        raise Refused(422, "nothing stands between this exchange and a wire", "serve it to have faults on it")
    return bench.faults


def _require_sense(body: shapes.NewFault, fault: Fault, faults: Faults) -> None:
    """Refuse what would be accepted and do nothing."""
    if body.executed and fault not in MAY_EXECUTE:
        names = ", ".join(one.value for one in MAY_EXECUTE)
        raise Refused(400, f"executed says nothing of {body.fault}", f"it is for {names}")
    if body.seconds is not None and fault not in TAKES_SECONDS:
        names = ", ".join(one.value for one in TAKES_SECONDS)
        raise Refused(400, f"seconds say nothing of {body.fault}", f"they are for {names}")
    if fault in OF_THE_EXCHANGE and (body.method or body.path or body.count or body.probability != 1):
        raise Refused(
            400, f"{body.fault} is about no requests", "leave out method, path, count and probability"
        )
    if fault is Fault.LISTEN_KEY_EXPIRY and not body.account_id:
        raise Refused(400, "nobody's listen keys are named", 'write "accountId": 1, whose keys are to end')
    if fault is Fault.PENDING_REPAYMENT and body.account_id:
        raise Refused(400, "every repayment is pending then", "leave out accountId")
    if is_of_streams(fault, body.path):
        _require_a_stream(body)
    elif body.path and not body.path.startswith(("/api", "/sapi", "/ws-api")):
        raise Refused(
            400, f"no request goes to {body.path}", "paths of requests begin with /api, /sapi or /ws-api"
        )
    if fault is Fault.RESTART and faults.restart is None:
        raise Refused(
            422, "this exchange would not survive a restart", "serve it from a directory: --data DIR"
        )


def _require_a_stream(body: shapes.NewFault) -> None:
    if body.method or body.account_id or body.executed:
        raise Refused(
            400,
            f"{body.fault} is about connections there",
            "leave out method, accountId and executed: messages of a stream have none",
        )
    if body.path and not body.path.startswith(("/ws", "/stream")):
        raise Refused(
            400, f"no WebSocket is at {body.path}", "paths of connections begin with /ws or /stream"
        )


def _shown(one: Standing) -> shapes.FaultShown:
    rule = one.rule
    return shapes.FaultShown(
        fault_id=one.fault_id,
        fault=rule.fault.value,
        method=rule.method,
        path=rule.path,
        account_id=rule.account_id,
        probability=rule.probability,
        count=rule.most,
        executed=rule.executed,
        seconds=rule.seconds,
        seed=rule.seed,
        times=one.times,
        is_over=one.is_over,
    )
