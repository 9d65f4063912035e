"""API keys: what the engine knows of them, and whether a signed command may still run."""

from __future__ import annotations

from openmargin.domain.commands import CreateKey, Signed
from openmargin.domain.enums import Permission
from openmargin.domain.events import KeyCreated
from openmargin.domain.ids import SYSTEM_ACCOUNT_ID
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.views import KeyView
from openmargin.engine.state import State


def create(state: State, command: CreateKey) -> Rejected | None:
    """Give an account a key. The serial, with the key itself, is what its secret is derived from."""
    if command.account_id == SYSTEM_ACCOUNT_ID or command.account_id not in state.accounts:
        return Rejected(Reason.UNKNOWN_ACCOUNT)
    if command.api_key in state.keys:
        return Rejected(Reason.KEY_EXISTS)

    # From here on nothing may be refused.
    serial = state.next_key_serial
    state.next_key_serial = serial + 1
    state.keys[command.api_key] = KeyView(
        command.api_key,
        command.account_id,
        command.kind,
        command.public_key,
        command.permissions,
        command.ips,
        serial,
    )
    state.events.append(KeyCreated(command.account_id, command.api_key, command.kind, command.permissions))
    return None


def refuse_signed(state: State, command: Signed, permission: Permission) -> Rejected | None:
    """Look again at key and window: either may have ended while the command waited its turn."""
    if command.api_key:
        key = state.keys.get(command.api_key)
        if key is None or key.account_id != command.account_id:
            return Rejected(Reason.UNKNOWN_KEY)
        if permission not in key.permissions:
            return Rejected(Reason.KEY_NOT_PERMITTED)
    if command.expires_at_ms and state.at_ms > command.expires_at_ms:
        return Rejected(Reason.WINDOW_CLOSED)
    return None
