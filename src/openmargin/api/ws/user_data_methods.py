"""Methods that begin and end subscriptions to user data; see `subscriptions` for what they are."""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.errors import WIRE_ERRORS, ApiError
from openmargin.api.params import NoParams, Params
from openmargin.api.render import Nothing, Reply
from openmargin.api.ws.session_methods import DOOR, session_of
from openmargin.api.ws.sessions import Listening
from openmargin.domain.ids import SPOT, Scope
from openmargin.domain.reasons import Reason

_WEIGHT: Final = Weight(2)
_NO_USER_DATA: Final = errors.unsupported("no user data goes to this connection.")
_BEGINNING: Final = (
    Reason.UNKNOWN_SCOPE,
    _NO_USER_DATA,
    errors.ALREADY_SUBSCRIBED,
    errors.too_many_subscriptions(0),
    errors.NO_MORE_SUBSCRIPTIONS,
)


class Subscribed(Reply):
    subscription_id: int


class SubscribedUntil(Subscribed):
    expiration_time: int


class TokenParams(Params, frozen=True, kw_only=True):
    listen_token: Annotated[str, params.text("listenToken")]


class UnsubscribeParams(Params, frozen=True, kw_only=True):
    subscription_id: Annotated[int | None, params.number("subscriptionId", "All where not sent.")] = None


@endpoint(
    DOOR,
    "userDataStream.subscribe",
    Security.NONE,
    _WEIGHT,
    refuses=(errors.NOT_LOGGED_ON, *_BEGINNING),
)
async def subscribe(call: Call, _asked: NoParams) -> Subscribed:
    """Listen to the account of the session's key"""
    session = session_of(call)
    key = None if session.api_key is None else call.exchange.live.key(session.api_key)
    if key is None:
        raise ApiError(errors.NOT_LOGGED_ON)
    return _subscribed(call, key.account_id, key.special_scope or SPOT, is_of_session=True)


@endpoint(DOOR, "userDataStream.subscribe.signature", Security.SIGNED, _WEIGHT, refuses=_BEGINNING)
async def subscribe_signed(call: Call, _asked: NoParams) -> Subscribed:
    """Listen to the account of the key that signed the message"""
    return _subscribed(call, call.sender.account_id, call.sender.scope)


@endpoint(
    DOOR,
    "userDataStream.subscribe.listenToken",
    Security.NONE,
    _WEIGHT,
    params=TokenParams,
    refuses=(errors.BAD_LISTEN_TOKEN, *_BEGINNING),
)
async def subscribe_by_token(call: Call, asked: TokenParams) -> SubscribedUntil:
    """Listen to the margin account that a listen token names, until it ends; a newer token prolongs that"""
    subscription_id, expires_at_ms = _listening(call).subscribe_by_token(asked.listen_token)
    return SubscribedUntil(subscription_id, call.in_unit(expires_at_ms))


@endpoint(
    DOOR,
    "userDataStream.unsubscribe",
    Security.NONE,
    _WEIGHT,
    params=UnsubscribeParams,
    refuses=(_NO_USER_DATA, errors.NOT_SUBSCRIBED),
)
async def unsubscribe(call: Call, asked: UnsubscribeParams) -> Nothing:
    """End one subscription or all; `eventStreamTerminated` is the last event of each"""
    _listening(call).unsubscribe(asked.subscription_id, call.exchange.live.now_ms())
    return Nothing()


@endpoint(DOOR, "session.subscriptions", Security.NONE, _WEIGHT, refuses=(_NO_USER_DATA,))
async def subscriptions(call: Call, _asked: NoParams) -> list[Subscribed]:
    """Query which subscriptions the connection has"""
    return [Subscribed(subscription_id) for subscription_id in _listening(call).ids]


def _subscribed(call: Call, account_id: int, scope: Scope, *, is_of_session: bool = False) -> Subscribed:
    listening = _listening(call)
    if not call.exchange.live.has_wallets(account_id, scope):
        raise ApiError(WIRE_ERRORS[Reason.UNKNOWN_SCOPE, call.dialect])
    return Subscribed(listening.subscribe(account_id, scope, is_of_session=is_of_session))


def _listening(call: Call) -> Listening:
    listening = session_of(call).listening
    if listening is None:
        raise ApiError(_NO_USER_DATA)
    return listening
