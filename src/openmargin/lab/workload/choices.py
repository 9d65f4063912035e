"""What an account chooses for itself: special keys, leverage, how it pays."""

from __future__ import annotations

import msgspec

from openmargin.domain.commands import (
    AnyCommand,
    Borrow,
    CancelAllOrders,
    CreateSpecialKey,
    DeleteSpecialKeys,
    EditSpecialKeyIps,
    ExitSpecialKeyMode,
    PlaceOrder,
    PlaceOrderList,
    SetBnbBurn,
    SetMaxLeverage,
    Signed,
)
from openmargin.domain.enums import KeyKind, SideEffect
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.lab.workload.crowd import Crowd


class Choices(Crowd):
    """Everything that an account sets and that moves no value."""

    def _leverage(self) -> AnyCommand:
        account, _ = self._who()
        leverage = self.chance.choice((3, 3, 3, 5, 5, 10))
        if leverage == 5 and self._exists(account, CROSS) and self.chance.random() < 0.5:
            # And use it, only to be refused the way back.
            most = self.window.borrowable(account, CROSS, "USDT") * 2
            self.first += [
                Borrow(account, "", 0, CROSS, "USDT", most * 9 // 10),
                SetMaxLeverage(account, "", 0, 3),
            ]
        return SetMaxLeverage(account, *self._signature(), leverage)

    def _burn(self) -> AnyCommand:
        account, _ = self._who()
        spot, interest = self.chance.choices((True, False, None), (3, 1, 1), k=2)
        return SetBnbBurn(account, *self._signature(), spot, interest)

    def _special_key(self) -> AnyCommand:
        """Make one, edit it, delete some, or leave the mode."""
        account, scope = self._who()
        if scope == SPOT and self.chance.random() < 0.9:
            scope = CROSS
        luck = self.chance.random()
        signature = self._signature()
        key = self.chance.choice(self.special[-4:]) if self.special else "reader"
        known = self._special_keys()
        if known and luck < 0.35 and self.chance.random() < 0.8:
            view = self.chance.choice(known)
            account, scope, key = view.account_id, view.special_scope, view.api_key
        ips = tuple(f"10.0.0.{number}" for number in range(self.chance.choice((0, 0, 1, 2, 3))))
        if self.chance.random() < 0.3:
            ips = ("0.0.0.0", *ips)
        if luck < 0.15:
            return EditSpecialKeyIps(account, *signature, scope, key, ips)
        if luck < 0.27:
            return DeleteSpecialKeys(account, *signature, scope, key, "")
        if luck < 0.35:
            return DeleteSpecialKeys(account, *signature, scope, "", self.chance.choice(("bot", "desk")))
        if luck < 0.45:
            if known and self.chance.random() < 0.7:
                account = self.chance.choice(known).account_id
            if self.chance.random() < 0.85:  # Is there anybody who would come back at once?
                self.first.append(self._new_special_key(account, CROSS, ips))
            return ExitSpecialKeyMode(account, *signature)
        return self._new_special_key(account, scope, ips)

    def _new_special_key(self, account: int, scope: Scope, ips: tuple[str, ...]) -> AnyCommand:
        key = f"special {len(self.special)}"
        if self.special and self.chance.random() < 0.1:
            key = self.special[-1]
        self.special.append(key)
        return CreateSpecialKey(
            account,
            *self._signature(),
            scope,
            key,
            self.chance.choice(("bot", "bot", "desk", "desk", "", " x", "a name that is too long")),
            self.chance.choice((KeyKind.HMAC, KeyKind.RSA, KeyKind.ED25519)),
            "",
            ips,
            self.chance.random() < 0.7,
        )

    def _by_special_key(self, command: AnyCommand) -> AnyCommand:
        """Now and then what somebody asks is signed with a special key of his, mostly the right one."""
        if not isinstance(command, Signed) or self.chance.random() > 0.15:
            return command
        mine = [key for key in self._special_keys() if key.account_id == command.account_id]
        if not mine:
            return command
        key = self.chance.choice(mine)
        command = msgspec.structs.replace(command, api_key=key.api_key)
        if isinstance(command, PlaceOrder | PlaceOrderList | CancelAllOrders) and self.chance.random() < 0.9:
            command = msgspec.structs.replace(command, scope=key.special_scope)
        if isinstance(command, PlaceOrder | PlaceOrderList) and self.chance.random() < 0.9:
            command = msgspec.structs.replace(command, side_effect=SideEffect.NO_SIDE_EFFECT)
        return command
