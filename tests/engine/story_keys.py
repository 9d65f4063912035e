"""What market stories say of special keys.

ann signs terms                     becomes portfolio, becomes classic
ann makes k1 named bot ed25519 reads from 10.0.0.7,10.0.0.8      rsa; else HMAC; may trade; from anywhere
ann edits k1 from 10.0.0.7          deletes k1; deletes named bot
ann leaves special mode
=> ann keys k1 bot READ 10.0.0.7+10.0.0.8, k2 desk TRADE 0.0.0.0   or `no keys`
=> ann is in special mode           or `standard mode`
"""

from __future__ import annotations

from openmargin.domain.commands import (
    AnyCommand,
    ChangeAccount,
    CreateSpecialKey,
    DeleteSpecialKeys,
    EditSpecialKeyIps,
    ExitSpecialKeyMode,
)
from openmargin.domain.enums import AccountType, KeyKind, Permission
from openmargin.domain.ids import Scope
from openmargin.runtime.live import Live

ACCOUNT_TYPES = {"portfolio": AccountType.PORTFOLIO_MARGIN, "classic": AccountType.CROSS_CLASSIC}
KINDS = {"ed25519": KeyKind.ED25519, "rsa": KeyKind.RSA}


def command(signed: tuple[int, str, int], scope: Scope, verb: str, words: list[str]) -> AnyCommand:
    account = signed[0]
    match verb, words:
        case "signs", ["terms"]:
            return ChangeAccount(account, terms_signed=True)
        case "becomes", [kind]:
            return ChangeAccount(account, account_type=ACCOUNT_TYPES[kind])
        case "makes", [key, "named", *rest]:
            rest, ips = _split_addresses(rest)
            kind = next((KINDS[word] for word in rest if word in KINDS), KeyKind.HMAC)
            name = " ".join(word for word in rest if word not in (*KINDS, "reads")).replace("_", " ")
            return CreateSpecialKey(*signed, scope, key, name, kind, "", ips, "reads" not in rest)
        case "edits", [key, *rest]:
            return EditSpecialKeyIps(*signed, scope, key, _split_addresses(rest)[1])
        case "deletes", ["named", name]:
            return DeleteSpecialKeys(*signed, scope, "", name)
        case "deletes", [key, "named", name]:
            return DeleteSpecialKeys(*signed, scope, key, name)
        case "deletes", [key]:
            return DeleteSpecialKeys(*signed, scope, key, "")
        case "leaves", ["special", "mode"]:
            return ExitSpecialKeyMode(*signed)
        case _:
            raise AssertionError(f"nobody can do this: {verb} {words}")


def _split_addresses(words: list[str]) -> tuple[list[str], tuple[str, ...]]:
    if "from" not in words:
        return words, ()
    at = words.index("from")
    return words[:at], tuple(words[at + 1].split(","))


def told(live: Live, account: int, scope: Scope, rest: str) -> str | None:
    """What there is to say of keys and mode; None where `rest` is about something else."""
    if rest.startswith("is in "):
        view = live.account(account)
        assert view is not None
        return f"is in {'special' if view.in_special_mode else 'standard'} mode"
    if rest.split()[0] != "keys" and rest != "no keys":
        return None
    keys = [
        f"{key.api_key} {key.api_name} "
        f"{'TRADE' if Permission.TRADE in key.permissions else 'READ'} {'+'.join(key.ips)}"
        for key in live.special_keys(account, scope)
    ]
    return f"keys {', '.join(keys)}" if keys else "no keys"
