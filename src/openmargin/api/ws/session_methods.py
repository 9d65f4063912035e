"""Methods about the connection itself, which HTTP has no endpoint for: log on, log out, look."""

from __future__ import annotations

from typing import Final

from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import NO_HMAC_SESSION, NO_RSA_SESSION, ApiError
from openmargin.api.params import NoParams
from openmargin.api.render import Reply
from openmargin.api.ws.sessions import Session
from openmargin.domain.enums import KeyKind

DOOR: Final = "WS"
"""In the place of HTTP's method, in the names of rows that HTTP does not serve."""


class SessionStatus(Reply):
    api_key: str | None
    authorized_since: int | None
    connected_since: int
    return_rate_limits: bool
    server_time: int
    user_data_stream: bool | None


@endpoint(DOOR, "session.logon", Security.SIGNED, Weight(2), refuses=(NO_HMAC_SESSION, NO_RSA_SESSION))
async def logon(call: Call, _asked: NoParams) -> SessionStatus:
    """Log on with an Ed25519 key, which then stands for all messages that name no other"""
    key = call.exchange.live.key(call.sender.api_key)
    assert key is not None, "the message was signed with it"
    if key.kind is not KeyKind.ED25519:
        raise ApiError(NO_RSA_SESSION if key.kind is KeyKind.RSA else NO_HMAC_SESSION)
    session_of(call).log_on(key, call.exchange.clock.now_ms())
    return _status(call)


@endpoint(DOOR, "session.status", Security.NONE, Weight(2))
async def status(call: Call, _asked: NoParams) -> SessionStatus:
    """Query the session: which key, since when"""
    return _status(call)


@endpoint(DOOR, "session.logout", Security.NONE, Weight(2))
async def logout(call: Call, _asked: NoParams) -> SessionStatus:
    """Forget the session's key; the connection stays open"""
    session_of(call).log_out(call.exchange.live.now_ms())
    return _status(call)


def session_of(call: Call) -> Session:
    assert call.session is not None, "this came over no connection of the WebSocket API"
    return call.session


def _status(call: Call) -> SessionStatus:
    session = session_of(call)
    since = session.authorized_ms
    return SessionStatus(
        api_key=session.api_key,
        authorized_since=None if since is None else call.in_unit(since),
        connected_since=call.in_unit(session.connected_ms),
        return_rate_limits=session.returns_rate_limits,
        server_time=call.server_time(),
        # The reference has null where user data cannot be had.
        user_data_stream=None if session.listening is None else bool(session.listening.ids),
    )
