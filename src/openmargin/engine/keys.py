"""API keys: what the engine knows of them, and whether a signed command may still run."""

from __future__ import annotations

from openmargin.domain.commands import (
    AmendOrder,
    Borrow,
    CancelAllOrders,
    CancelOrder,
    CancelOrderList,
    CancelReplace,
    CloseListenKey,
    CreateKey,
    KeepListenKey,
    OpenListenKey,
    PlaceOrder,
    PlaceOrderList,
    Repay,
    Signed,
    Transfer,
)
from openmargin.domain.enums import Permission, SideEffect
from openmargin.domain.events import KeyCreated, KeyDeleted
from openmargin.domain.ids import SYSTEM_ACCOUNT_ID
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.views import KeyView
from openmargin.engine.state import Account, State


def create(state: State, command: CreateKey) -> Rejected | None:
    """Give an account a key. The serial, with the key itself, is what its secret is derived from."""
    account = state.accounts.get(command.account_id)
    if account is None or command.account_id == SYSTEM_ACCOUNT_ID:
        return Rejected(Reason.UNKNOWN_ACCOUNT)
    if is_full(state, account):
        return Rejected(Reason.TOO_MANY_KEYS)
    if command.api_key in state.keys:
        return Rejected(Reason.KEY_EXISTS)

    # From here on nothing may be refused.
    add(
        state,
        KeyView(
            command.api_key,
            command.account_id,
            command.kind,
            command.public_key,
            command.permissions,
            command.ips,
            next_serial(state),
            created_at_ms=state.at_ms,
        ),
    )
    return None


def is_full(state: State, account: Account) -> bool:
    """Has the account as many keys, special ones included, as one may have (mechanics 8)?"""
    return len(account.keys) >= state.venue.special_keys.keys_max


def next_serial(state: State) -> int:
    """The number of a new key: never one twice, so that a name used again has another secret."""
    serial = state.next_key_serial
    state.next_key_serial = serial + 1
    return serial


def add(state: State, key: KeyView) -> None:
    """Let a key in, and say so."""
    put(state, key)
    state.events.append(KeyCreated(key.account_id, key.api_key, key.kind, key.permissions, key.special_scope))


def put(state: State, key: KeyView) -> None:
    """Know a key, new or altered, from both sides."""
    state.keys[key.api_key] = key
    state.accounts[key.account_id].keys[key.api_key] = key


def remove(state: State, key: KeyView) -> None:
    """Forget a key, and say so. What it ordered before goes on."""
    del state.keys[key.api_key]
    del state.accounts[key.account_id].keys[key.api_key]
    state.events.append(KeyDeleted(key.account_id, key.api_key))


def refuse_signed(state: State, command: Signed, permission: Permission) -> Rejected | None:
    """Look again at key and window: either may have ended while the command waited its turn."""
    if command.api_key:
        key = state.keys.get(command.api_key)
        if key is None or key.account_id != command.account_id:
            return Rejected(Reason.UNKNOWN_KEY)
        if key.special_scope:
            refused = _refuse_special(key, command)
            if refused is not None:
                return refused
        if permission not in key.permissions:
            return Rejected(Reason.KEY_NOT_PERMITTED)
    if command.expires_at_ms and state.at_ms > command.expires_at_ms:
        return Rejected(Reason.WINDOW_CLOSED)
    return None


def _refuse_special(key: KeyView, command: Signed) -> Rejected | None:
    """A special key trades for its own margin account and listens to it, and does nothing else (mechanics 8)."""
    scope = key.special_scope
    if type(command) is PlaceOrder:
        return _refuse_effect(command.scope == scope, command.side_effect)
    if type(command) is PlaceOrderList:
        return _refuse_effect(command.scope == scope, command.side_effect)
    if type(command) is CancelReplace:
        is_own = command.cancel.scope == scope and command.order.scope == scope
        return _refuse_effect(is_own, command.order.side_effect)
    if type(command) is CancelOrder:
        return _refuse_effect(command.scope == scope, SideEffect.NO_SIDE_EFFECT)
    if type(command) is CancelAllOrders:
        return _refuse_effect(command.scope == scope, SideEffect.NO_SIDE_EFFECT)
    if type(command) is AmendOrder:
        return _refuse_effect(command.scope == scope, SideEffect.NO_SIDE_EFFECT)
    if type(command) is CancelOrderList:
        return _refuse_effect(command.scope == scope, SideEffect.NO_SIDE_EFFECT)
    if type(command) is OpenListenKey:
        return _refuse_effect(command.scope == scope, SideEffect.NO_SIDE_EFFECT)
    if type(command) is KeepListenKey:
        return _refuse_effect(command.scope == scope, SideEffect.NO_SIDE_EFFECT)
    if type(command) is CloseListenKey:
        return _refuse_effect(command.scope == scope, SideEffect.NO_SIDE_EFFECT)
    if type(command) is Borrow or type(command) is Repay or type(command) is Transfer:
        return Rejected(Reason.SPECIAL_KEY_MAY_NOT_BORROW)
    return Rejected(Reason.KEY_NOT_PERMITTED)


def _refuse_effect(is_own: bool, side_effect: SideEffect) -> Rejected | None:
    if not is_own:
        return Rejected(Reason.KEY_NOT_PERMITTED)
    if side_effect is not SideEffect.NO_SIDE_EFFECT:
        return Rejected(Reason.SPECIAL_KEY_MAY_NOT_BORROW)
    return None
