"""Market stories (see tests/engine/story.py) and what user data streams tell of each line, in which order.

    => ann hears NEW a1 NEW on book; holds USDT 500 + 500       of the last action, all of it; `ann/spot` for other wallets
    => ann hears nothing

An order's report is its execution type, name and status, and then what is particular to it: `5 @ 100` traded, `as maker`,
`for c1` the cancelled or renamed order's own name, `by` an expiry reason, `loses 3 of 5` to prevention. `holds` is free +
locked. `USDT +5` came other than by trading. `list L` has its type and status. What only a risk stream tells comes
in brackets.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from openmargin.api.ws.user_events import told
from openmargin.domain.enums import UserStream
from openmargin.domain.ids import CROSS
from openmargin.domain.money import format_short, parse_e8
from openmargin.runtime.feed import Happened
from tests.engine.story import Story, Teller, stories

TABLES = Path(__file__).parent / "tables"
ALL = {story.title: story for path in sorted(TABLES.glob("*.txt")) for story in stories(path)}


class Hearer(Teller):
    """Tells a story, and listens to every account."""

    def __init__(self) -> None:
        super().__init__(restarts=False)
        self.heard: dict[tuple[int, str], list[str]] = {}

    def act(self, line: str) -> None:
        done = len(self.target.log)
        super().act(line)
        self.heard = {}
        for step in self.target.log[done:]:
            record = step.record
            for one in told(Happened(record.seq, record.at_ms, list(step.events))):
                text = words(msgspec.json.decode(one.render(1)))
                if one.stream is UserStream.RISK:
                    text = f"[{text}]"
                self.heard.setdefault((one.account_id, one.scope), []).append(text)

    def person(self, name: str, rest: str) -> str:
        if not rest.startswith("hears ") or rest.removeprefix("hears ").isdecimal():
            return super().person(name, rest)
        who, _, scope = name.partition("/")
        account = self.people[who]
        return "hears " + ("; ".join(self.heard.get((account, scope or CROSS), [])) or "nothing")


def words(event: dict[str, Any]) -> str:
    """One event as the stories write it."""
    match event["e"]:
        case "executionReport":
            return report(event)
        case "listStatus":
            return f"list {event['C']} {event['c']} {event['l']}"
        case "outboundAccountPosition":
            return "holds " + ", ".join(f"{b['a']} {short(b['f'])} + {short(b['l'])}" for b in event["B"])
        case "balanceUpdate":
            sign = "" if event["d"].startswith("-") else "+"
            return f"{event['a']} {sign}{short(event['d'])}"
        case "USER_LIABILITY_CHANGE":
            return f"{event['t']} {event['a']} {short(event['p'])} + {short(event['i'])}"
        case _:
            return f"{event['s']} at {event['l']}"


def report(event: dict[str, Any]) -> str:
    text = f"{event['x']} {event['c']} {event['X']}"
    if event["w"]:
        text += " on book"
    if event["x"] == "TRADE":
        text += f" {short(event['l'])} @ {short(event['L'])}" + (" as maker" if event["m"] else "")
    if event["C"]:
        text += f" for {event['C']}"
    if "eR" in event:
        text += f" by {event['eR']}"
    if "B" in event:
        text += f" loses {short(event['B'])} of {short(event['pl'])}"
    return text


def short(text: str) -> str:
    sign = "-" if text.startswith("-") else ""
    value = parse_e8(text.removeprefix("-"))
    assert value is not None
    return sign + format_short(value)


@pytest.mark.parametrize("story", ALL.values(), ids=ALL.keys())
def test_story(story: Story) -> None:
    Hearer().tell(story)
