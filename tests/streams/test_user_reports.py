"""Every event of a user data stream has the fields and JSON types of its documented example, field by field."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import Struct

from openmargin.api.ws import user_reports
from openmargin.api.ws.user_events import told
from openmargin.runtime.feed import Happened
from tests.conformance.test_goldens import differences
from tests.engine.story import Story, Teller

REPORT: dict[str, Any] = {
    "e": "executionReport",
    "E": 1499405658658,
    "s": "ETHBTC",
    "c": "mUvoqJxFIILMdfAW5iGSOW",
    "S": "BUY",
    "o": "LIMIT",
    "f": "GTC",
    "q": "1.00000000",
    "p": "0.10264410",
    "P": "0.00000000",
    "F": "0.00000000",
    "g": -1,
    "C": "",
    "x": "NEW",
    "X": "NEW",
    "r": "NONE",
    "i": 4293153,
    "l": "0.00000000",
    "z": "0.00000000",
    "L": "0.00000000",
    "n": "0",
    "N": None,
    "T": 1499405658657,
    "t": -1,
    "I": 8641984,
    "w": True,
    "m": False,
    "M": False,
    "O": 1499405658657,
    "Z": "0.00000000",
    "Y": "0.00000000",
    "Q": "0.00000000",
    "W": 1499405658657,
    "V": "NONE",
}
"""Spot user data stream, Order Update. `v` is conditional, and stands in the example for an order that it does not fit."""
UNWORKED = {name: value for name, value in REPORT.items() if name != "W"}
PREVENTED = {"v": 3, "A": "3.000000", "B": "3.000000", "U": 37, "Cs": "BTCUSDT"} | {
    "pl": "2.123456",
    "pL": "0.10000001",
    "pY": "0.21234562",
}
"""Conditional Fields in Execution Report: what appears for orders that expired due to STP."""

FUNDED = ("ann has 1000 USDT", "ann has 5 BTC", "bob has 1000 USDT", "bob has 5 BTC")
TAPE = ("venue house enabled yes", "venue house levels 0")


class Example(Struct):
    documented: dict[str, Any]
    story: tuple[str, ...]
    """The last line causes the event, and perhaps others."""
    of: dict[str, Any]
    """The fields that tell it from the others."""
    values: dict[str, Any] = {}
    """Fields whose value is known."""


EXAMPLES = {
    "new": Example(
        REPORT,
        (*FUNDED, "ann buys 1 @ 90 as a1"),
        {"x": "NEW"},
        {"c": "a1", "C": "", "X": "NEW", "q": "1.00000000", "p": "90.00000000", "w": True, "t": -1, "g": -1},
    ),
    "iceberg": Example(
        REPORT,
        (*FUNDED, "ann buys 2 @ 90 showing 1 as a1"),
        {"x": "NEW"},
        {"F": "1.00000000", "q": "2.00000000"},
    ),
    "stop that waits": Example(
        UNWORKED,
        (*TAPE, *FUNDED, "ann sells 1 stop 95 @ 94 as a1"),
        {"x": "NEW"},
        {"o": "STOP_LOSS_LIMIT", "P": "95.00000000", "p": "94.00000000", "w": False},
    ),
    "stop that woke": Example(
        REPORT,
        (*TAPE, *FUNDED, "ann sells 1 stop 95 @ 94 as a1", "index BTCUSDT 95"),
        {"x": "NEW"},
        {"o": "STOP_LOSS_LIMIT", "X": "NEW", "w": True},
    ),
    "trailing stop": Example(
        {**UNWORKED, "d": 4, "D": 1668680518494},
        (*TAPE, *FUNDED, "ann sells 1 stop trails 2% as a1"),
        {"x": "NEW"},
        {"d": 200, "D": -1},
    ),
    "trade of the taker": Example(
        {**REPORT, "N": "BNB"},
        (*FUNDED, "bob sells 1 @ 100 as b1", "ann buys 1 @ 101 as a1"),
        {"x": "TRADE", "c": "a1"},
        {
            "X": "FILLED",
            "l": "1.00000000",
            "L": "100.00000000",
            "Y": "100.00000000",
            "z": "1.00000000",
            "Z": "100.00000000",
            "N": "BTC",
            "t": 1,
            "m": False,
            "w": False,
        },
    ),
    "trade of the maker": Example(
        {**REPORT, "N": "BNB"},
        (*FUNDED, "bob sells 2 @ 100 as b1", "ann buys 1 @ 101 as a1"),
        {"x": "TRADE", "c": "b1"},
        {"X": "PARTIALLY_FILLED", "m": True, "w": True, "N": "USDT"},
    ),
    "canceled": Example(
        REPORT,
        (*FUNDED, "ann buys 1 @ 90 as a1", "ann cancels a1 as c1"),
        {"x": "CANCELED"},
        {"X": "CANCELED", "c": "c1", "C": "a1", "w": False},
    ),
    "replaced": Example(
        REPORT,
        (*FUNDED, "ann buys 2 @ 90 as a1", "ann amends a1 to 1 as a2"),
        {"x": "REPLACED"},
        {"X": "NEW", "c": "a2", "C": "a1", "q": "1.00000000", "I": 1, "w": True},
    ),
    "expired": Example(
        {**REPORT, "eR": "INSUFFICIENT_LIQUIDITY"},
        (*FUNDED, "ann buys 1 @ 90 ioc as a1"),
        {"x": "EXPIRED"},
        {"X": "EXPIRED", "C": "", "eR": "UNFILLED_IOC_QUANTITY_EXPIRED", "w": False},
    ),
    "prevented": Example(
        {**REPORT, **PREVENTED},
        (*FUNDED, "ann sells 1 @ 100 as m", "ann buys 3 @ 100 expire-taker as t"),
        {"x": "TRADE_PREVENTION"},
        {
            "c": "t",
            "X": "EXPIRED_IN_MATCH",
            "V": "EXPIRE_TAKER",
            "v": 1,
            "A": "3.00000000",
            "B": "3.00000000",
            "U": 1,
            "Cs": "BTCUSDT",
            "pl": "1.00000000",
            "pL": "100.00000000",
            "pY": "100.00000000",
            "l": "0.00000000",
            "L": "0.00000000",
            "Y": "0.00000000",
        },
    ),
    "prevented within a group": Example(
        {**REPORT, **PREVENTED, "u": 1},
        (
            *FUNDED,
            "ann joins group 5",
            "bob joins group 5",
            "bob sells 2 @ 100",
            "ann buys 1 @ 100 decrement as t",
        ),
        {"x": "TRADE_PREVENTION", "c": "t"},
        {"u": 5, "V": "DECREMENT"},
    ),
    "an order that lost some of it before": Example(
        {**REPORT, "v": 3, "A": "3.000000"},
        (*FUNDED, "ann sells 2 @ 100 as m", "ann buys 1 @ 100 decrement as t", "ann cancels m as c1"),
        {"x": "CANCELED"},
        {"A": "1.00000000", "v": 1},
    ),
    "list": Example(
        {
            "e": "listStatus",
            "E": 1564035303637,
            "s": "ETHBTC",
            "g": 2,
            "c": "OCO",
            "l": "EXEC_STARTED",
            "L": "EXECUTING",
            "r": "NONE",
            "C": "F4QN4G8DlFATFlIUQ0cjdD",
            "T": 1564035303625,
            "O": [{"s": "ETHBTC", "i": 17, "c": "AJYsMjErWJesZvqlJCTUgL"}],
        },
        (*FUNDED, "ann places OTO as L: buys 5 @ 90 as w; sells 5 @ 110 as p"),
        {"e": "listStatus"},
        {"c": "OTO", "C": "L", "l": "EXEC_STARTED", "L": "EXECUTING", "g": 1},
    ),
    "wallets": Example(
        {
            "e": "outboundAccountPosition",
            "E": 1564034571105,
            "u": 1564034571073,
            "B": [{"a": "ETH", "f": "10000.000000", "l": "0.000000"}],
        },
        ("ann has 1000 USDT", "ann buys 1 @ 90 as a1"),
        {"e": "outboundAccountPosition"},
        {"B": [{"a": "USDT", "f": "910.00000000", "l": "90.00000000"}]},
    ),
    "value": Example(
        {"e": "balanceUpdate", "E": 1573200697110, "a": "BTC", "d": "100.00000000", "T": 1573200697068},
        ("ann has 1000 USDT", "ann moves 10 USDT to spot"),
        {"e": "balanceUpdate", "d": "-10.00000000"},
        {"a": "USDT"},
    ),
    "margin call": Example(
        {"e": "MARGIN_LEVEL_STATUS_CHANGE", "E": 1701949763462, "l": "1.1", "s": "MARGIN_CALL"},
        ("ann has 100 BTC", "ann borrows 10000 USDT", "index BTCUSDT 30.01"),
        {"e": "MARGIN_LEVEL_STATUS_CHANGE"},
        {"s": "MARGIN_CALL", "l": "1.29997"},
    ),
    "liability": Example(
        {
            "e": "USER_LIABILITY_CHANGE",
            "E": 1701949801133,
            "a": "BTC",
            "t": "BORROW",
            "p": "0.00000100",
            "i": "0.00000000",
        },
        ("ann has 100 BTC", "ann borrows 100 USDT"),
        {"e": "USER_LIABILITY_CHANGE", "t": "BORROW"},
        {"a": "USDT", "p": "100.00000000", "i": "0.00000000"},
    ),
}


class Recorder(Teller):
    """Tells a story, and keeps all that its last line tells anybody."""

    def act(self, line: str) -> None:
        done = len(self.target.log)
        super().act(line)
        self.heard = [
            msgspec.json.decode(one.render(1))
            for step in self.target.log[done:]
            for one in told(Happened(step.record.seq, step.record.at_ms, list(step.events)))
        ]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_event_is_shaped_like_its_documented_example(name: str) -> None:
    example = EXAMPLES[name]
    teller = Recorder(restarts=False)
    teller.tell(Story(name, list(enumerate(example.story))))
    [event] = [heard for heard in teller.heard if example.of.items() <= heard.items()]
    assert list(differences(example.documented, event, {})) == []
    assert {field: event[field] for field in example.values} == example.values
    assert event["E"] == event.get("T", event["E"]) == teller.now


def test_labels_of_the_client_are_told_where_it_sent_some() -> None:
    teller = Recorder(restarts=False)
    teller.tell(Story("labels", list(enumerate((*FUNDED, "ann buys 1 @ 90 as a1")))))
    order = teller.orders["a1"]
    labeled = msgspec.structs.replace(
        order, spec=msgspec.structs.replace(order.spec, strategy_id=1, strategy_type=1_000_000)
    )
    event = msgspec.json.decode(user_reports.execution_report(labeled, "NEW", 1, 5, 1))
    assert list(differences({**REPORT, "j": 1, "J": 1000000}, event, {})) == []


def test_times_come_in_the_unit_that_was_asked_for() -> None:
    teller = Recorder(restarts=False)
    teller.tell(Story("units", list(enumerate((*FUNDED, "ann buys 1 @ 90 as a1")))))
    order = teller.orders["a1"]
    event = msgspec.json.decode(user_reports.execution_report(order, "NEW", 1, teller.now, 1000))
    assert {event[field] for field in ("E", "T", "O", "W")} == {teller.now * 1000}


@pytest.mark.parametrize(("is_margin", "time"), [(True, "5000"), (False, 5000)])
def test_the_end_of_a_key_is_told_as_the_scope_s_reference_has_it(is_margin: bool, time: object) -> None:
    event = msgspec.json.decode(user_reports.key_expired("key", 5, 1000, is_margin=is_margin))
    assert event == {"e": "listenKeyExpired", "E": time, "listenKey": "key"}
    terminated = msgspec.json.decode(user_reports.stream_terminated(5, 1))
    assert terminated == {"e": "eventStreamTerminated", "E": 5}
