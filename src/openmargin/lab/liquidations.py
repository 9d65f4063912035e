"""What became of accounts that fell too low, and the fund that paid for some of them."""

from __future__ import annotations

from typing import Final

from openmargin.domain.ids import CROSS
from openmargin.domain.money import format_e8
from openmargin.domain.reasons import Reason, Rejected
from openmargin.history import queries
from openmargin.history.rows import LiquidationRow
from openmargin.lab import shapes
from openmargin.lab.bench import Bench, Path
from openmargin.lab.errors import refused

_SHOWN_MAX: Final = 100


async def show_liquidations(bench: Bench, path: Path, _body: None) -> shapes.Liquidations:
    """The liquidations of an account, the newest first; a hundred at most."""
    if bench.exchange.live.account(path.account_id) is None:
        raise refused(Rejected(Reason.UNKNOWN_ACCOUNT))
    rows, total = await bench.exchange.past.fetch(
        queries.Liquidations(account_id=path.account_id, limit=_SHOWN_MAX)
    )
    return shapes.Liquidations(total=total, liquidations=tuple(_shown(row) for row in rows))


def _shown(row: LiquidationRow) -> shapes.LiquidationShown:
    began, ended = row.began, row.ended
    return shapes.LiquidationShown(
        liquidation_id=began.liquidation_id,
        wallet="CROSS" if began.scope == CROSS else "ISOLATED",
        symbol="" if began.scope == CROSS else began.scope,
        kind=began.kind.name,
        assets=format_e8(began.assets),
        liabilities=format_e8(began.liabilities),
        began_at=began.at_ms,
        end=None if ended is None else ended.end.name,
        fee=None if ended is None else format_e8(ended.fee),
        deficit=None if ended is None else format_e8(ended.deficit),
        ended_at=None if ended is None else ended.at_ms,
    )


async def show_insurance(bench: Bench, _path: Path, _body: None) -> shapes.Insurance:
    """What the insurance fund has received and paid, and has left or owes, by asset."""
    fund = await bench.exchange.read(lambda live: live.insurance_fund())
    return shapes.Insurance(
        assets=tuple(
            shapes.FundShown(
                asset=row.asset,
                balance=format_e8(row.balance),
                received=format_e8(row.received),
                paid=format_e8(row.paid),
            )
            for row in fund
        )
    )
