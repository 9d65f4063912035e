"""Special keys, which trade for one margin account, and Special Key Mode (mechanics 8).

The first key of a cross account takes it into the mode; only a granted exit leads out again.
"""

from __future__ import annotations

from openmargin.domain.commands import (
    CreateSpecialKey,
    DeleteSpecialKeys,
    EditSpecialKeyIps,
    ExitSpecialKeyMode,
)
from openmargin.domain.enums import AccountType, KeyKind, Permission
from openmargin.domain.events import KeyChanged
from openmargin.domain.ids import ANY_ADDRESS, CROSS, SPOT, SYSTEM_ACCOUNT_ID, Scope
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.views import KeyView
from openmargin.engine import accounts, keys
from openmargin.engine.state import Account, State


def create(state: State, command: CreateSpecialKey) -> Rejected | None:
    """Give a margin account a special key; its first cross key takes the account into Special Key Mode."""
    account = state.accounts.get(command.account_id)
    if account is None or command.account_id == SYSTEM_ACCOUNT_ID:
        return Rejected(Reason.UNKNOWN_ACCOUNT)
    trading = accounts.trading(state, command.account_id, command.scope)
    if trading is None or trading.scope == SPOT:
        return Rejected(Reason.UNKNOWN_SCOPE)
    refused = _refuse_owner(state, account)
    if refused is not None:
        return refused
    if trading.liquidation is not None:
        return Rejected(Reason.LIQUIDATING)
    if not _is_name(command.api_name, state.venue.special_keys.name_max):
        return Rejected(Reason.KEY_NAME_WRONG)
    if _has_too_many(state, command.ips):
        return Rejected(Reason.TOO_MANY_IPS)
    if keys.is_full(state, account):
        return Rejected(Reason.TOO_MANY_KEYS)
    if command.new_key in state.keys:
        return Rejected(Reason.KEY_EXISTS)

    # From here on nothing may be refused.
    is_reader = command.kind is KeyKind.ED25519 and not command.may_trade
    keys.add(
        state,
        KeyView(
            command.new_key,
            command.account_id,
            command.kind,
            command.public_key,
            (Permission.READ,) if is_reader else (Permission.READ, Permission.TRADE),
            command.ips or (ANY_ADDRESS,),
            keys.next_serial(state),
            command.api_name,
            command.scope,
            state.at_ms,
        ),
    )
    if command.scope == CROSS and not account.in_special_mode:
        account.in_special_mode = True
        accounts.tell(state, account)
    return None


def edit_ips(state: State, command: EditSpecialKeyIps) -> Rejected | None:
    """Let a special key be used from these addresses and no others."""
    key = _key(state, command.account_id, command.scope, command.edited_key)
    if key is None:
        return Rejected(Reason.UNKNOWN_SPECIAL_KEY)
    if _has_too_many(state, command.ips):
        return Rejected(Reason.TOO_MANY_IPS)

    # From here on nothing may be refused.
    ips = command.ips or (ANY_ADDRESS,)
    keys.put(
        state,
        KeyView(
            key.api_key,
            key.account_id,
            key.kind,
            key.public_key,
            key.permissions,
            ips,
            key.serial,
            key.api_name,
            key.special_scope,
            key.created_at_ms,
        ),
    )
    state.events.append(KeyChanged(key.account_id, key.api_key, ips))
    return None


def delete(state: State, command: DeleteSpecialKeys) -> Rejected | None:
    """Delete a special key, or all of a name. The account stays in Special Key Mode."""
    account = state.accounts.get(command.account_id)
    if command.deleted_key or account is None:
        key = _key(state, command.account_id, command.scope, command.deleted_key)
        found = [key] if key is not None else []
    else:
        found = [key for key in of_scope(account, command.scope) if key.api_name == command.api_name]
    if not found:
        return Rejected(Reason.UNKNOWN_SPECIAL_KEY)

    # From here on nothing may be refused.
    for key in found:
        keys.remove(state, key)
    return None


def exit_mode(state: State, command: ExitSpecialKeyMode) -> Rejected | None:
    """Delete all special keys of the cross account and go back to the standard checks; nothing where it is not in the mode."""
    account = state.accounts.get(command.account_id)
    if account is None or command.account_id == SYSTEM_ACCOUNT_ID:
        return Rejected(Reason.UNKNOWN_ACCOUNT)
    if not account.in_special_mode:
        return None
    if account.account_type is not AccountType.CROSS_CLASSIC:
        return Rejected(Reason.PRODUCT_HAS_NO_SPECIAL_KEYS)
    if account.trading[CROSS].liquidation is not None:
        return Rejected(Reason.LIQUIDATING)
    if account.trading[CROSS].debts:
        return Rejected(Reason.SPECIAL_MODE_HAS_DEBT)
    if _is_held_by_loan(state, account):
        return Rejected(Reason.LIQUIDATION_LOAN_OWED)

    # From here on nothing may be refused.
    for key in of_scope(account, CROSS):
        keys.remove(state, key)
    account.in_special_mode = False
    account.left_special_mode_ms = state.at_ms
    accounts.tell(state, account)
    return None


def of_scope(account: Account, scope: Scope) -> list[KeyView]:
    """The special keys of one margin account, the oldest first."""
    return [key for key in account.keys.values() if key.special_scope == scope]


def _key(state: State, account_id: int, scope: Scope, api_key: str) -> KeyView | None:
    """The key, where it is a special one of that margin account."""
    key = state.keys.get(api_key)
    if key is None or key.account_id != account_id or not key.special_scope or key.special_scope != scope:
        return None
    return key


def _refuse_owner(state: State, account: Account) -> Rejected | None:
    """Why this account may have no new special keys now; None where it may."""
    rules = state.venue.special_keys
    if account.account_type is not AccountType.CROSS_CLASSIC:
        return Rejected(Reason.PRODUCT_HAS_NO_SPECIAL_KEYS)
    if account.vip < rules.min_vip:
        return Rejected(Reason.VIP_TOO_LOW)
    if not _terms_bind(state, account):
        return Rejected(Reason.TERMS_NOT_SIGNED)
    if _is_held_by_loan(state, account):
        return Rejected(Reason.LIQUIDATION_LOAN_OWED)
    left_ms = account.left_special_mode_ms
    if left_ms and state.at_ms < left_ms + rules.cooldown_ms:
        return Rejected(Reason.SPECIAL_KEY_COOLDOWN)
    return None


def _terms_bind(state: State, account: Account) -> bool:
    """Did the account sign the terms, or a master above it?"""
    while not account.terms_signed:
        if not account.master_id:
            return False
        account = state.accounts[account.master_id]
    return True


def _is_held_by_loan(state: State, account: Account) -> bool:
    owed = account.liquidation_loan - account.liquidation_loan_repaid
    return owed > 0 and state.venue.special_keys.blocked_by_loan


def _is_name(text: str, most: int) -> bool:
    return 0 < len(text) <= most and text.isprintable() and text.strip() == text


def _has_too_many(state: State, ips: tuple[str, ...]) -> bool:
    """More addresses than one key may name? The initial 0.0.0.0 is none of them (mechanics 13b)."""
    named = sum(address != ANY_ADDRESS for address in ips)
    return named > state.venue.special_keys.ips_max
