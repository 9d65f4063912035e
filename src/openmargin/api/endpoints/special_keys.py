"""Special keys, which trade for a margin account through the spot API, and the way out of Special Key Mode.

These endpoints take ordinary keys alone: a special key is refused on all of /sapi.
"""

from __future__ import annotations

from typing import Annotated, Final

from openmargin.api import errors, params
from openmargin.api.endpoint import Call, Payer, Security, Weight, endpoint
from openmargin.api.errors import WIRE_ERRORS, ApiError
from openmargin.api.params import NoParams, Params
from openmargin.api.render import Nothing, Reply
from openmargin.domain.commands import (
    CreateSpecialKey,
    DeleteSpecialKeys,
    EditSpecialKeyIps,
    ExitSpecialKeyMode,
)
from openmargin.domain.enums import KeyKind, Permission
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.reasons import Reason
from openmargin.domain.views import KeyView
from openmargin.runtime.public_keys import PublicKeyRefused, kind_of_public_key
from openmargin.runtime.secrets import generate_api_key

_PATH: Final = "/sapi/v1/margin/apiKey"
_WEIGHT: Final = Weight(1, Payer.UID)

_KIND_WORDS: Final = {
    KeyKind.HMAC: "HMAC_SHA256",
    KeyKind.RSA: "RSA",
    KeyKind.ED25519: "Ed25519",
}
_MODES: Final = {"TRADE": Permission.TRADE, "READ": Permission.READ}
_ABOUT_IPS: Final = "Addresses that may use the key, separated by commas; 0.0.0.0 alone is all of them."
_BAD_PUBLIC_KEY: Final = errors.invalid("publicKey")
_NEITHER: Final = errors.missing_either("apiKey", "apiName")


def _kind_of(pem: str) -> tuple[KeyKind, str]:
    try:
        return kind_of_public_key(pem), pem
    except PublicKeyRefused:
        raise ApiError(_BAD_PUBLIC_KEY) from None


_PUBLIC_KEY: Final = params.Param(
    "publicKey",
    "STRING",
    _kind_of,
    about="PEM of an RSA or Ed25519 public key; without it the key is an HMAC key.",
    refusals=(_BAD_PUBLIC_KEY,),
    schema={"type": "string"},
)


class ScopeParams(Params, frozen=True, kw_only=True):
    """The cross account, or the isolated account of a symbol."""

    symbol: Annotated[
        Scope | None,
        params.symbol("symbol", "The pair of an isolated account; the cross account where not sent."),
    ] = None

    @property
    def scope(self) -> Scope:
        return self.symbol or CROSS


class CreateParams(ScopeParams, frozen=True, kw_only=True):
    api_name: Annotated[str, params.text("apiName", "A name for people; several keys may share one.")]
    ips: Annotated[tuple[str, ...], params.addresses("ip", _ABOUT_IPS)] = ()
    public_key: Annotated[tuple[KeyKind, str], _PUBLIC_KEY] = (KeyKind.HMAC, "")
    mode: Annotated[
        Permission,
        params.choice("permissionMode", _MODES, about="For Ed25519 keys; others can always trade."),
    ] = Permission.TRADE


class NewKeyReply(Reply):
    api_key: str
    secret_key: str | None
    """Shown now and never again; null where the owner has the private key."""
    type: str


@endpoint(
    "POST",
    _PATH,
    Security.TRADE,
    _WEIGHT,
    params=CreateParams,
    refuses=(
        Reason.UNKNOWN_SCOPE,
        Reason.PRODUCT_HAS_NO_SPECIAL_KEYS,
        Reason.VIP_TOO_LOW,
        Reason.TERMS_NOT_SIGNED,
        Reason.LIQUIDATION_LOAN_OWED,
        Reason.SPECIAL_KEY_COOLDOWN,
        Reason.LIQUIDATING,
        Reason.KEY_NAME_WRONG,
        Reason.TOO_MANY_IPS,
        Reason.TOO_MANY_KEYS,
    ),
)
async def create_special_key(call: Call, asked: CreateParams) -> NewKeyReply:
    """Create a special key"""
    kind, pem = asked.public_key
    api_key = generate_api_key()
    await call.submit(
        CreateSpecialKey(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            scope=asked.scope,
            new_key=api_key,
            api_name=asked.api_name,
            kind=kind,
            public_key=pem,
            ips=asked.ips,
            may_trade=asked.mode is Permission.TRADE,
        )
    )
    return NewKeyReply(api_key, _secret(call, api_key) if kind is KeyKind.HMAC else None, _KIND_WORDS[kind])


def _secret(call: Call, api_key: str) -> str | None:
    """What the owner signs with; none where the key is gone already."""
    key = call.exchange.live.key(api_key)
    return call.secrets.secret_for(key) if key is not None else None


class QueryParams(ScopeParams, frozen=True, kw_only=True):
    api_key: Annotated[str, params.text("apiKey")]


class KeyReply(Reply):
    api_name: str
    api_key: str
    ip: str
    type: str
    permission_mode: str


def _reply(key: KeyView) -> KeyReply:
    mode = Permission.TRADE if Permission.TRADE in key.permissions else Permission.READ
    return KeyReply(key.api_name, key.api_key, ",".join(key.ips), _KIND_WORDS[key.kind], mode.name)


@endpoint("GET", _PATH, Security.TRADE, _WEIGHT, params=QueryParams, refuses=(Reason.UNKNOWN_SPECIAL_KEY,))
async def query_special_key(call: Call, asked: QueryParams) -> KeyReply:
    """Query a special key"""
    found = await call.exchange.read(lambda live: live.special_keys(call.sender.account_id, asked.scope))
    for key in found:
        if key.api_key == asked.api_key:
            return _reply(key)
    raise ApiError(WIRE_ERRORS[Reason.UNKNOWN_SPECIAL_KEY, call.dialect])


@endpoint(
    "GET",
    "/sapi/v1/margin/api-key-list",
    Security.TRADE,
    _WEIGHT,
    params=ScopeParams,
    refuses=(errors.NO_ISOLATED_ACCOUNT,),
)
async def query_special_keys(call: Call, asked: ScopeParams) -> list[KeyReply]:
    """Query all special keys of a margin account"""
    call.require_known(asked.scope)
    found = await call.exchange.read(lambda live: live.special_keys(call.sender.account_id, asked.scope))
    return [_reply(key) for key in found]


class EditParams(ScopeParams, frozen=True, kw_only=True):
    api_key: Annotated[str, params.text("apiKey")]
    ips: Annotated[tuple[str, ...], params.addresses("ip", _ABOUT_IPS)]


@endpoint(
    "PUT",
    f"{_PATH}/ip",
    Security.TRADE,
    _WEIGHT,
    params=EditParams,
    refuses=(Reason.UNKNOWN_SPECIAL_KEY, Reason.TOO_MANY_IPS),
)
async def edit_special_key(call: Call, asked: EditParams) -> Nothing:
    """Edit the addresses of a special key"""
    await call.submit(
        EditSpecialKeyIps(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            scope=asked.scope,
            edited_key=asked.api_key,
            ips=asked.ips,
        )
    )
    return Nothing()


class DeleteParams(ScopeParams, frozen=True, kw_only=True):
    api_key: Annotated[str, params.text("apiKey", "Alone decides, where sent.")] = ""
    api_name: Annotated[str, params.text("apiName", "Deletes every key of that name.")] = ""


@endpoint(
    "DELETE",
    _PATH,
    Security.TRADE,
    _WEIGHT,
    params=DeleteParams,
    refuses=(_NEITHER, Reason.UNKNOWN_SPECIAL_KEY),
)
async def delete_special_keys(call: Call, asked: DeleteParams) -> Nothing:
    """Delete a special key, or all of a name"""
    if not (asked.api_key or asked.api_name):
        raise ApiError(_NEITHER)
    await call.submit(
        DeleteSpecialKeys(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
            scope=asked.scope,
            deleted_key=asked.api_key,
            api_name=asked.api_name,
        )
    )
    return Nothing()


@endpoint(
    "POST",
    "/sapi/v1/margin/exit-special-key-mode",
    Security.TRADE,
    Weight(10, Payer.UID),
    refuses=(
        Reason.PRODUCT_HAS_NO_SPECIAL_KEYS,
        Reason.LIQUIDATING,
        Reason.SPECIAL_MODE_HAS_DEBT,
        Reason.LIQUIDATION_LOAN_OWED,
    ),
)
async def exit_special_key_mode(call: Call, _asked: NoParams) -> Nothing:
    """Leave Special Key Mode"""
    await call.submit(
        ExitSpecialKeyMode(
            account_id=call.sender.account_id,
            api_key=call.sender.api_key,
            expires_at_ms=call.sender.expires_at_ms,
        )
    )
    return Nothing()
