"""A market as a text: one line for each command, as `openmargin simulate --script` plays it.

    1767225580000 Deposit {"account_id":1,"scope":"","asset":"USDT","amount":100000000}
      look 1 BTCUSDT
      meet kill-in-sync occurrence=2 share=500 damage=flipped

Times are milliseconds since 1970, amounts are atoms. What a line does not name has its default. A `look` compares
everything that can be asked of an account after the command above it; what is met happens to the exchange before or
during the command below. Lines that begin with # are for the reader.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from openmargin.domain.commands import AnyCommand
from openmargin.domain.ids import Scope
from openmargin.lab.simulation.mishaps import Damage, Mishap, MishapKind

_COMMANDS: typing.Final[dict[str, type[AnyCommand]]] = {
    kind.__name__: kind for kind in typing.get_args(AnyCommand)
}


class ScriptDamaged(Exception):
    """A line is no part of a script; says which and why."""


class Play(Struct, frozen=True):
    """One thing that is asked of an exchange, and what surrounds it."""

    at_ms: int
    command: AnyCommand
    mishap: Mishap | None = None
    """What befalls the exchange before or during it."""
    look: tuple[int, Scope] | None = None
    """Whose account is looked at closely after it."""


def written(plays: Sequence[Play], remarks: Sequence[str] = ()) -> str:
    """The text of a market."""
    lines = [f"# {line}".rstrip() for remark in remarks for line in remark.splitlines()]
    for play in plays:
        if play.mishap is not None:
            mishap = play.mishap
            lines.append(
                f"  meet {mishap.kind.value} occurrence={mishap.occurrence} share={mishap.share}"
                f" damage={mishap.damage.value}"
            )
        lines.append(f"{play.at_ms} {type(play.command).__name__} {_fields(play.command)}")
        if play.look is not None:
            lines.append(f"  look {play.look[0]} {json.dumps(play.look[1])}")
    return "\n".join(lines) + "\n"


def read(text: str) -> list[Play]:
    """The market that a text tells of; raises ScriptDamaged."""
    plays: list[Play] = []
    mishap: Mishap | None = None
    for number, line in _told(text):
        try:
            first, _, rest = line.partition(" ")
            if first == "meet":
                mishap = _mishap(rest)
            elif first == "look":
                account, _, scope = rest.partition(" ")
                plays[-1] = msgspec.structs.replace(plays[-1], look=(int(account), json.loads(scope)))
            else:
                name, _, fields = rest.partition(" ")
                plays.append(Play(int(first), _command(name, fields), mishap))
                mishap = None
        except (ValueError, KeyError, IndexError, TypeError, msgspec.MsgspecError) as error:
            raise ScriptDamaged(f"line {number}: {error!r} in {line[:80]!r}") from error
    if not plays:
        raise ScriptDamaged("there is no command in it")
    return plays


def _told(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            yield number, line


def _fields(command: AnyCommand) -> str:
    """What differs from the defaults."""
    _, *values = msgspec.to_builtins(command)
    defaults = _defaults(type(command))
    named = dict(zip(command.__struct_fields__, values, strict=True))
    kept = {name: value for name, value in named.items() if name not in defaults or value != defaults[name]}
    return json.dumps(kept, separators=(",", ":"))


def _command(name: str, fields: str) -> AnyCommand:
    kind = _COMMANDS[name]
    given: dict[str, object] = json.loads(fields)
    unknown = given.keys() - set(kind.__struct_fields__)
    if unknown:
        raise ValueError(f"{name} has no {', '.join(sorted(unknown))}")
    values = {**_defaults(kind), **given}
    return msgspec.convert([name, *(values[field] for field in kind.__struct_fields__)], AnyCommand)


def _defaults(kind: type[AnyCommand]) -> dict[str, object]:
    return {
        field.name: msgspec.to_builtins(field.default)
        for field in msgspec.structs.fields(kind)
        if field.default is not msgspec.NODEFAULT
    }


def _mishap(words: str) -> Mishap:
    kind, *details = words.split()
    named: dict[str, str] = dict(_pairs(details))
    return Mishap(
        MishapKind(kind),
        int(named.get("occurrence", "1")),
        int(named.get("share", "0")),
        Damage(named.get("damage", Damage.NONE.value)),
    )


def _pairs(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        name, _, value = word.partition("=")
        yield name, value
