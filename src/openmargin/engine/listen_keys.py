"""Names of user data streams: when they begin, how long they are good, and when nobody kept them.

Owns: who has which. What a client calls the name is made of the nonce outside of the engine, which never learns it.
"""

from __future__ import annotations

from typing import Final

from openmargin.domain.commands import CloseListenKey, ExpireListenKeys, KeepListenKey, OpenListenKey
from openmargin.domain.enums import UserStream
from openmargin.domain.events import ListenKeyEnded, ListenKeyKept
from openmargin.domain.ids import CROSS, SYSTEM_ACCOUNT_ID, Scope
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.views import ListenKeyView
from openmargin.engine import accounts, agenda
from openmargin.engine.state import State

VALID_MS: Final = 60 * 60_000
"""How long a name is good after it was last asked for or extended (semantics 10). One length for all names keeps them
in the order in which they end."""

_STEP: Final = 100
"""How many names one step ends."""


def open_key(state: State, command: OpenListenKey) -> Rejected | None:
    """Name a stream; one that has a name keeps it, and has it extended."""
    if accounts.trading(state, command.account_id, command.scope) is None:
        return Rejected(Reason.UNKNOWN_SCOPE)
    if command.stream is not UserStream.TRADE and command.scope != CROSS:
        return Rejected(Reason.UNKNOWN_SCOPE)  # Risk is told of cross accounts alone.
    owner = (command.account_id, command.scope, command.stream)
    nonce = state.listen_keys.by_owner.get(owner)
    if nonce is None and (command.nonce <= 0 or command.nonce in state.listen_keys.by_nonce):
        return Rejected(Reason.KEY_EXISTS)

    # From here on nothing may be refused.
    _extend(state, owner, command.nonce if nonce is None else nonce)
    return None


def keep(state: State, command: KeepListenKey) -> Rejected | None:
    """Extend a name that is good."""
    owner = (command.account_id, command.scope, command.stream)
    if state.listen_keys.by_owner.get(owner) != command.nonce:
        return Rejected(Reason.UNKNOWN_LISTEN_KEY)

    # From here on nothing may be refused.
    _extend(state, owner, command.nonce)
    return None


def close(state: State, command: CloseListenKey) -> Rejected | None:
    """End a name that is good."""
    nonce = state.listen_keys.by_owner.get((command.account_id, command.scope, command.stream))
    if nonce is None or command.nonce not in (0, nonce):
        return Rejected(Reason.UNKNOWN_LISTEN_KEY)

    # From here on nothing may be refused.
    _end(state, state.listen_keys.by_nonce[nonce], is_expired=False)
    _plan(state)
    return None


def expire_all(state: State, command: ExpireListenKeys) -> Rejected | None:
    """End every name of an account at once, as if nobody had kept it."""
    if command.account_id not in state.accounts or command.account_id == SYSTEM_ACCOUNT_ID:
        return Rejected(Reason.UNKNOWN_ACCOUNT)

    # From here on nothing may be refused.
    for key in list(state.listen_keys.by_nonce.values()):
        if key.account_id == command.account_id:
            _end(state, key, is_expired=True)
    _plan(state)
    return None


def expire(state: State) -> None:
    """End some of the names that nobody kept, the oldest first."""
    for key in list(state.listen_keys.by_nonce.values())[:_STEP]:
        if key.expires_at_ms > state.at_ms:
            break
        _end(state, key, is_expired=True)
    _plan(state)


def _extend(state: State, owner: tuple[int, Scope, UserStream], nonce: int) -> None:
    account_id, scope, stream = owner
    expires_at_ms = state.at_ms + VALID_MS
    keys = state.listen_keys
    keys.by_nonce.pop(nonce, None)  # The one that ends last stands last.
    keys.by_nonce[nonce] = ListenKeyView(account_id, scope, stream, nonce, expires_at_ms)
    keys.by_owner[owner] = nonce
    state.events.append(ListenKeyKept(account_id, scope, stream, nonce, expires_at_ms))
    _plan(state)


def _end(state: State, key: ListenKeyView, *, is_expired: bool) -> None:
    del state.listen_keys.by_nonce[key.nonce]
    del state.listen_keys.by_owner[key.account_id, key.scope, key.stream]
    state.events.append(ListenKeyEnded(key.account_id, key.scope, key.stream, key.nonce, is_expired))


def _plan(state: State) -> None:
    """Come back when the first of those that are left ends."""
    due_ms = -1
    for key in state.listen_keys.by_nonce.values():
        due_ms = key.expires_at_ms
        break
    agenda.move(state, agenda.EXPIRE, due_ms)
