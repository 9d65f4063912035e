"""What market stories say of user data streams.

ann listens 7                       asks for a listen key made of 7; `listens risk 7`, `listens combined 7`
ann keeps 7                         extends it; `keeps risk 7`
ann loses its names                 all of them, as if nobody had kept one
ann hangs up 7                      ends it; `hangs up` whichever there is, `hangs up risk`
=> ann hears 7 until 13:00          or `does not hear 7`; `hears risk 7 until 13:00`
"""

from __future__ import annotations

from openmargin.domain.commands import (
    AnyCommand,
    CloseListenKey,
    ExpireListenKeys,
    KeepListenKey,
    OpenListenKey,
)
from openmargin.domain.enums import UserStream
from openmargin.domain.ids import Scope
from openmargin.runtime.live import Live

STREAMS = {"risk": UserStream.RISK, "combined": UserStream.COMBINED}
DAY_MS = 86_400_000


def command(signed: tuple[int, str, int], scope: Scope, verb: str, words: list[str]) -> AnyCommand | None:
    """None where they speak of something else."""
    match verb, words:
        case "loses", ["its", "names"]:
            return ExpireListenKeys(signed[0])
        case "listens", [*which, nonce]:
            return OpenListenKey(*signed, scope, _stream(which), int(nonce))
        case "keeps", [*which, nonce]:
            return KeepListenKey(*signed, scope, _stream(which), int(nonce))
        case "hangs", ["up", *which]:
            nonce = int(which.pop()) if which and which[-1].isdecimal() else 0
            return CloseListenKey(*signed, scope, _stream(which), nonce)
        case _:
            return None


def _stream(words: list[str]) -> UserStream:
    return STREAMS[words[0]] if words else UserStream.TRADE


def told(live: Live, account: int, scope: Scope, rest: str) -> str | None:
    """What there is to say of a listen key; None where `rest` is about something else."""
    words = rest.split()
    if words[0] != "hears" and words[:3] != ["does", "not", "hear"]:
        return None
    nonce = next(int(word) for word in words if word.isdecimal())
    key = live.listen_key(nonce)
    if key is None or (key.account_id, key.scope) != (account, scope):
        return f"does not hear {nonce}"
    which = "" if key.stream is UserStream.TRADE else f"{key.stream.name.lower()} "
    minutes = key.expires_at_ms % DAY_MS // 60_000
    return f"hears {which}{nonce} until {minutes // 60:02}:{minutes % 60:02}"
