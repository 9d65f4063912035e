"""Who may call the lab: programs, and pages of this machine; not whatever page its operator's browser has open.

The lab asks nobody for a password, and a browser sends what any page tells it to. It says in `Origin` which page that
was. A page may also have its own name resolve to this machine, and then is of the same origin as the lab; so where only
this machine can connect, the name in `Host` has to be one that means this machine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from ipaddress import ip_address
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import msgspec
from starlette.responses import Response

from openmargin.lab.shapes import Refusal

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

EVERYBODY: Final = "*"
_HINT: Final = "name it in lab_hosts, under [server] in the configuration file"


class Callers:
    """The lab behind a look at who calls."""

    def __init__(self, lab: Application, host: str, named: Iterable[str]) -> None:
        """`host` is what the server listens at; `named` are names that the operator lets in besides."""
        self._lab = lab
        self._named = frozenset(name.lower() for name in named)
        self._is_of_this_machine = means_this_machine(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = None if EVERYBODY in self._named else self._problem(scope)
        if problem is None:
            await self._lab(scope, receive, send)
            return
        body = msgspec.json.encode(Refusal(error=problem, hint=_HINT))
        await Response(body, status_code=403, media_type="application/json")(scope, receive, send)

    def _problem(self, scope: Scope) -> str | None:
        """What is wrong with the caller; None where nothing is."""
        host = _header(scope, b"host")
        if host is not None and self._is_of_this_machine and not self._may(_name_of(f"//{host}")):
            return f"{host} is no name of this machine"
        origin = _header(scope, b"origin")
        if origin is None or self._is_same(origin, host) or _name_of(origin) in self._named:
            return None
        return f"a page of {origin} may not use the lab"

    def _may(self, name: str) -> bool:
        return means_this_machine(name) or name in self._named

    def _is_same(self, origin: str, host: str | None) -> bool:
        """Is it a page that came from this very address?"""
        return host is not None and origin.partition("://")[2].lower() == host.lower()


def means_this_machine(name: str) -> bool:
    """Does the name, or the address, mean this machine wherever it is said?"""
    name = name.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _name_of(url: str) -> str:
    """The host's name, in small letters; empty where there is none to be read."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _header(scope: Scope, wanted: bytes) -> str | None:
    """Its value; of several, one that nobody can mean."""
    found = [value for name, value in scope["headers"] if name == wanted]
    return b", ".join(found).decode("latin-1") if found else None
