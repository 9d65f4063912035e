"""Who listens to whose account: names of user data streams, good for an hour at a time (semantics 10)."""

from __future__ import annotations

from openmargin.domain.commands import CloseListenKey, ExpireListenKeys, KeepListenKey, OpenListenKey
from openmargin.domain.enums import UserStream
from openmargin.domain.events import ListenKeyEnded, ListenKeyKept
from openmargin.domain.ids import CROSS, Scope
from openmargin.domain.reasons import Reason
from openmargin.lab.twin.liquidation import Liquidation
from openmargin.lab.twin.parts import HOUR

ENDED_AT_ONCE = 100


class Listening(Liquidation):
    """A list of names, in the order in which they were last asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.listening: list[tuple[int, Scope, UserStream, int, int]] = []
        """Account, scope, stream, nonce, and when it was last asked for."""

    def open_listen_key(self, command: OpenListenKey) -> Reason | None:
        account, scope, stream = command.account_id, command.scope, command.stream
        if not self.has_wallets(account, scope) or (stream is not UserStream.TRADE and scope != CROSS):
            return Reason.UNKNOWN_SCOPE
        nonce = self._nonce_of(command)
        if nonce is None and (command.nonce < 1 or any(row[3] == command.nonce for row in self.listening)):
            return Reason.KEY_EXISTS
        self._ask_for(account, scope, stream, nonce or command.nonce)
        return None

    def keep_listen_key(self, command: KeepListenKey) -> Reason | None:
        if self._nonce_of(command) != command.nonce:
            return Reason.UNKNOWN_LISTEN_KEY
        self._ask_for(command.account_id, command.scope, command.stream, command.nonce)
        return None

    def close_listen_key(self, command: CloseListenKey) -> Reason | None:
        nonce = self._nonce_of(command)
        if nonce is None or command.nonce not in (0, nonce):
            return Reason.UNKNOWN_LISTEN_KEY
        self._drop(nonce, expired=False)
        return None

    def expire_listen_keys(self, command: ExpireListenKeys) -> Reason | None:
        if not self.knows(command.account_id):
            return Reason.UNKNOWN_ACCOUNT
        for row in [row for row in self.listening if row[0] == command.account_id]:
            self._drop(row[3], expired=True)
        return None

    def end_listening(self) -> bool:
        """Some of the names that nobody asked for within the hour end; False where there is none."""
        late = [row[3] for row in self.listening if row[4] + HOUR <= self.now][:ENDED_AT_ONCE]
        for nonce in late:
            self._drop(nonce, expired=True)
        return bool(late)

    def _nonce_of(self, command: OpenListenKey | KeepListenKey | CloseListenKey) -> int | None:
        stream = (command.account_id, command.scope, command.stream)
        return next((row[3] for row in self.listening if row[:3] == stream), None)

    def _ask_for(self, account: int, scope: Scope, stream: UserStream, nonce: int) -> None:
        self.listening = [row for row in self.listening if row[3] != nonce]
        self.listening.append((account, scope, stream, nonce, self.now))
        self.events.append(ListenKeyKept(account, scope, stream, nonce, self.now + HOUR))

    def _drop(self, nonce: int, *, expired: bool) -> None:
        gone = next(row for row in self.listening if row[3] == nonce)
        self.listening.remove(gone)
        self.events.append(ListenKeyEnded(gone[0], gone[1], gone[2], nonce, expired))
