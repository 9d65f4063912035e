"""Names of user data streams: listen keys, which are kept alive, and listen tokens, which end by themselves.

One listen key for each stream of each trading account: who asks again gets the same, and another hour.
"""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import params
from openmargin.api.endpoint import Call, Payer, Security, Weight, endpoint
from openmargin.api.errors import WIRE_ERRORS, ApiError
from openmargin.api.params import NoParams, Params
from openmargin.api.render import Nothing, Reply
from openmargin.api.scopes import AccountParams, SymbolParams
from openmargin.domain.commands import CloseListenKey, KeepListenKey, OpenListenKey
from openmargin.domain.enums import UserStream
from openmargin.domain.events import ListenKeyKept
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.reasons import Reason
from openmargin.runtime.listen_names import ListenToken, listen_key, listen_token, new_nonce, nonce_of

_SPOT: Final = "/api/v3/userDataStream"
_CROSS: Final = "/sapi/v1/userDataStream"
_ISOLATED: Final = "/sapi/v1/userDataStream/isolated"
_RISK: Final = "/sapi/v1/margin/listen-key"
_COMBINED: Final = "/sapi/v2/margin/listen-key"
_TOKEN: Final = "/sapi/v1/userListenToken"

_STREAM: Final = Security.USER_STREAM
_UNKNOWN: Final = (Reason.UNKNOWN_LISTEN_KEY,)
_TOKEN_VALID_MS: Final = 86_400_000


class KeyReply(Reply):
    listen_key: str


class KeyParams(Params, frozen=True, kw_only=True):
    listen_key: Annotated[str, params.text("listenKey")]


class ClosingParams(Params, frozen=True, kw_only=True):
    listen_key: Annotated[str, params.text("listenKey", "Where not sent, whichever there is.")] = ""


class IsolatedKeyParams(KeyParams, frozen=True, kw_only=True):
    symbol: Annotated[str, params.symbol()]


class IsolatedClosingParams(ClosingParams, frozen=True, kw_only=True):
    symbol: Annotated[str, params.symbol()]


async def _open(call: Call, scope: Scope, stream: UserStream) -> KeyReply:
    sender = call.sender
    outcome = await call.submit(
        OpenListenKey(sender.account_id, sender.api_key, sender.expires_at_ms, scope, stream, new_nonce())
    )
    kept = next(event for event in outcome.events if isinstance(event, ListenKeyKept))
    return KeyReply(listen_key(call.secrets, kept.nonce))


async def _keep(call: Call, scope: Scope, stream: UserStream, name: str) -> Nothing:
    sender = call.sender
    nonce = _nonce(call, name)
    await call.submit(
        KeepListenKey(sender.account_id, sender.api_key, sender.expires_at_ms, scope, stream, nonce)
    )
    return Nothing()


async def _close(call: Call, scope: Scope, stream: UserStream, name: str) -> Nothing:
    sender = call.sender
    nonce = _nonce(call, name) if name else 0
    await call.submit(
        CloseListenKey(sender.account_id, sender.api_key, sender.expires_at_ms, scope, stream, nonce)
    )
    return Nothing()


def _nonce(call: Call, name: str) -> int:
    nonce = nonce_of(call.secrets, name)
    if nonce is None:
        raise ApiError(WIRE_ERRORS[Reason.UNKNOWN_LISTEN_KEY, call.dialect])
    return nonce


# --- the spot API: the spot wallet, or the margin account of a special key ---------------------------------------


@endpoint("POST", _SPOT, _STREAM, Weight(2), refuses=(Reason.UNKNOWN_SCOPE,))
async def open_spot_stream(call: Call, _asked: NoParams) -> KeyReply:
    """Start a user data stream"""
    return await _open(call, call.sender.scope, UserStream.TRADE)


@endpoint("PUT", _SPOT, _STREAM, Weight(2), params=KeyParams, refuses=_UNKNOWN)
async def keep_spot_stream(call: Call, asked: KeyParams) -> Nothing:
    """Keep a user data stream alive"""
    return await _keep(call, call.sender.scope, UserStream.TRADE, asked.listen_key)


@endpoint("DELETE", _SPOT, _STREAM, Weight(2), params=ClosingParams, refuses=_UNKNOWN)
async def close_spot_stream(call: Call, asked: ClosingParams) -> Nothing:
    """Close a user data stream"""
    return await _close(call, call.sender.scope, UserStream.TRADE, asked.listen_key)


# --- the trade data streams of margin accounts, as clients still call them ---------------------------------------


@endpoint("POST", _CROSS, _STREAM, Weight(1))
async def open_cross_stream(call: Call, _asked: NoParams) -> KeyReply:
    """Start the user data stream of the cross account (legacy)"""
    return await _open(call, CROSS, UserStream.TRADE)


@endpoint("PUT", _CROSS, _STREAM, Weight(1), params=KeyParams, refuses=_UNKNOWN)
async def keep_cross_stream(call: Call, asked: KeyParams) -> Nothing:
    """Keep the user data stream of the cross account alive (legacy)"""
    return await _keep(call, CROSS, UserStream.TRADE, asked.listen_key)


@endpoint("DELETE", _CROSS, _STREAM, Weight(1), params=ClosingParams, refuses=_UNKNOWN)
async def close_cross_stream(call: Call, asked: ClosingParams) -> Nothing:
    """Close the user data stream of the cross account (legacy)"""
    return await _close(call, CROSS, UserStream.TRADE, asked.listen_key)


@endpoint("POST", _ISOLATED, _STREAM, Weight(1), params=SymbolParams, refuses=(Reason.UNKNOWN_SCOPE,))
async def open_isolated_stream(call: Call, asked: SymbolParams) -> KeyReply:
    """Start the user data stream of an isolated account (legacy)"""
    return await _open(call, asked.symbol, UserStream.TRADE)


@endpoint("PUT", _ISOLATED, _STREAM, Weight(1), params=IsolatedKeyParams, refuses=_UNKNOWN)
async def keep_isolated_stream(call: Call, asked: IsolatedKeyParams) -> Nothing:
    """Keep the user data stream of an isolated account alive (legacy)"""
    return await _keep(call, asked.symbol, UserStream.TRADE, asked.listen_key)


@endpoint("DELETE", _ISOLATED, _STREAM, Weight(1), params=IsolatedClosingParams, refuses=_UNKNOWN)
async def close_isolated_stream(call: Call, asked: IsolatedClosingParams) -> Nothing:
    """Close the user data stream of an isolated account (legacy)"""
    return await _close(call, asked.symbol, UserStream.TRADE, asked.listen_key)


# --- what the cross account owes and how it stands -----------------------------------------------------------------


@endpoint("POST", _RISK, _STREAM, Weight(1, Payer.UID))
async def open_risk_stream(call: Call, _asked: NoParams) -> KeyReply:
    """Start the risk data stream of the cross account"""
    return await _open(call, CROSS, UserStream.RISK)


@endpoint("PUT", _RISK, _STREAM, Weight(1, Payer.UID), params=KeyParams, refuses=_UNKNOWN)
async def keep_risk_stream(call: Call, asked: KeyParams) -> Nothing:
    """Keep the risk data stream of the cross account alive"""
    return await _keep(call, CROSS, UserStream.RISK, asked.listen_key)


@endpoint("DELETE", _RISK, _STREAM, Weight(3000, Payer.UID), params=ClosingParams, refuses=_UNKNOWN)
async def close_risk_stream(call: Call, asked: ClosingParams) -> Nothing:
    """Close the risk data stream of the cross account"""
    return await _close(call, CROSS, UserStream.RISK, asked.listen_key)


# --- both in one stream ----------------------------------------------------------------------------------------------


@endpoint("POST", _COMBINED, _STREAM, Weight(1))
async def open_combined_stream(call: Call, _asked: NoParams) -> KeyReply:
    """Start the user data stream of the cross account, risk included"""
    return await _open(call, CROSS, UserStream.COMBINED)


@endpoint("PUT", _COMBINED, _STREAM, Weight(1), params=KeyParams, refuses=_UNKNOWN)
async def keep_combined_stream(call: Call, asked: KeyParams) -> Nothing:
    """Keep the user data stream of the cross account alive, risk included"""
    return await _keep(call, CROSS, UserStream.COMBINED, asked.listen_key)


@endpoint("DELETE", _COMBINED, _STREAM, Weight(1), params=ClosingParams, refuses=_UNKNOWN)
async def close_combined_stream(call: Call, asked: ClosingParams) -> Nothing:
    """Close the user data stream of the cross account, risk included"""
    return await _close(call, CROSS, UserStream.COMBINED, asked.listen_key)


# --- tokens ------------------------------------------------------------------------------------------------------------


class TokenParams(AccountParams, frozen=True, kw_only=True):
    validity: Annotated[
        int, params.count("validity", _TOKEN_VALID_MS, "How many milliseconds the token is good.")
    ] = _TOKEN_VALID_MS


class TokenReply(Reply):
    token: str
    expiration_time: int


@endpoint("POST", _TOKEN, _STREAM, Weight(1, Payer.UID), params=TokenParams, refuses=(Reason.UNKNOWN_SCOPE,))
async def create_listen_token(call: Call, asked: TokenParams) -> TokenReply:
    """Create a token for the user data stream of a margin account"""
    scope = asked.scope
    # Durable, so that no token outlives an account that a crash takes back.
    expires_at_ms = await call.read(scope, lambda live: live.now_ms() + asked.validity)
    token = ListenToken(call.sender.account_id, scope, expires_at_ms)
    return TokenReply(listen_token(call.secrets, call.exchange.opened_ms(), token), expires_at_ms)
