"""API keys, what each may be used for, and Special Key Mode (mechanics 8)."""

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
    CreateSpecialKey,
    DeleteSpecialKeys,
    EditSpecialKeyIps,
    ExchangeSmallLiabilities,
    ExitSpecialKeyMode,
    KeepListenKey,
    OpenListenKey,
    PlaceOrder,
    PlaceOrderList,
    Repay,
    RepayLiquidationLoan,
    SetBnbBurn,
    SetMaxLeverage,
    Signed,
    Transfer,
)
from openmargin.domain.enums import AccountType, KeyKind, Permission, SideEffect
from openmargin.domain.events import KeyChanged, KeyCreated, KeyDeleted
from openmargin.domain.ids import CROSS, SPOT, Scope
from openmargin.domain.reasons import Reason
from openmargin.domain.views import KeyView
from openmargin.lab.twin.funding import Funding
from openmargin.lab.twin.parts import TwinKey

EVERYWHERE = "0.0.0.0"
LOANS = (Borrow, Repay, Transfer)
LISTENS = OpenListenKey | KeepListenKey | CloseListenKey
MOVES_VALUE = (*LOANS, ExchangeSmallLiabilities, RepayLiquidationLoan)


class Keys(Funding):
    """Who may ask for what."""

    def create_key(self, command: CreateKey) -> Reason | None:
        if not self.knows(command.account_id):
            return Reason.UNKNOWN_ACCOUNT
        if self._is_full(command.account_id):
            return Reason.TOO_MANY_KEYS
        if command.api_key in self.keys:
            return Reason.KEY_EXISTS
        self._let_in(
            TwinKey(
                command.api_key,
                command.account_id,
                command.kind,
                command.public_key,
                list(command.permissions),
                list(command.ips),
                self.now,
            )
        )
        return None

    def create_special_key(self, command: CreateSpecialKey) -> Reason | None:
        rules = self.venue.special_keys
        if not self.knows(command.account_id):
            return Reason.UNKNOWN_ACCOUNT
        if command.scope == SPOT or not self.has_wallets(command.account_id, command.scope):
            return Reason.UNKNOWN_SCOPE
        owner = self.accounts[command.account_id - 1]
        if owner.kind is AccountType.PORTFOLIO_MARGIN:
            return Reason.PRODUCT_HAS_NO_SPECIAL_KEYS
        if owner.vip < rules.min_vip:
            return Reason.VIP_TOO_LOW
        if not any(self.accounts[number - 1].terms_signed for number in self._lineage(command.account_id)):
            return Reason.TERMS_NOT_SIGNED
        if self._owes_the_fund(command.account_id):
            return Reason.LIQUIDATION_LOAN_OWED
        if owner.left_special_mode is not None and self.now - owner.left_special_mode < rules.cooldown_ms:
            return Reason.SPECIAL_KEY_COOLDOWN
        if self.liquidation_of(command.account_id, command.scope) is not None:
            return Reason.LIQUIDATING
        name = command.api_name
        if not 1 <= len(name) <= rules.name_max or name != name.strip() or not name.isprintable():
            return Reason.KEY_NAME_WRONG
        if len([ip for ip in command.ips if ip != EVERYWHERE]) > rules.ips_max:
            return Reason.TOO_MANY_IPS
        if self._is_full(command.account_id):
            return Reason.TOO_MANY_KEYS
        if command.new_key in self.keys:
            return Reason.KEY_EXISTS
        may = [Permission.READ, Permission.TRADE]
        if command.kind is KeyKind.ED25519 and not command.may_trade:
            may = [Permission.READ]
        ips = list(command.ips) if command.ips else [EVERYWHERE]
        self._let_in(
            TwinKey(
                command.new_key,
                command.account_id,
                command.kind,
                command.public_key,
                may,
                ips,
                self.now,
                name,
                command.scope,
            )
        )
        if command.scope == CROSS and not owner.in_special_mode:
            owner.in_special_mode = True
            self.tell_account(command.account_id)
        return None

    def edit_special_key(self, command: EditSpecialKeyIps) -> Reason | None:
        found = [
            key
            for key in self._special(command.account_id, command.scope)
            if key.api_key == command.edited_key
        ]
        if not found:
            return Reason.UNKNOWN_SPECIAL_KEY
        if len(command.ips) - command.ips.count(EVERYWHERE) > self.venue.special_keys.ips_max:
            return Reason.TOO_MANY_IPS
        found[0].ips = list(command.ips) if command.ips else [EVERYWHERE]
        self.events.append(KeyChanged(command.account_id, command.edited_key, tuple(found[0].ips)))
        return None

    def delete_special_keys(self, command: DeleteSpecialKeys) -> Reason | None:
        doomed = [
            key
            for key in self._special(command.account_id, command.scope)
            if (key.api_key == command.deleted_key if command.deleted_key else key.name == command.api_name)
        ]
        if not doomed:
            return Reason.UNKNOWN_SPECIAL_KEY
        self._forget(doomed)
        return None

    def exit_special_mode(self, command: ExitSpecialKeyMode) -> Reason | None:
        if not self.knows(command.account_id):
            return Reason.UNKNOWN_ACCOUNT
        owner = self.accounts[command.account_id - 1]
        if not owner.in_special_mode:
            return None
        if owner.kind is AccountType.PORTFOLIO_MARGIN:
            return Reason.PRODUCT_HAS_NO_SPECIAL_KEYS
        if self.liquidation_of(command.account_id, CROSS) is not None:
            return Reason.LIQUIDATING
        if any(key[:2] == (command.account_id, CROSS) for key in self.debts):
            return Reason.SPECIAL_MODE_HAS_DEBT
        if self._owes_the_fund(command.account_id):
            return Reason.LIQUIDATION_LOAN_OWED
        self._forget(self._special(command.account_id, CROSS))
        owner.in_special_mode = False
        owner.left_special_mode = self.now
        self.tell_account(command.account_id)
        return None

    def _owes_the_fund(self, account: int) -> bool:
        return self.venue.special_keys.blocked_by_loan and self.liquidation_loan(account) > 0

    # --- Who signed --------------------------------------------------------------------------------------------

    def bad_signature(self, command: Signed) -> Reason | None:
        """Why the key or the window of a command is not good; None where both are."""
        if command.api_key:
            key = self.keys.get(command.api_key)
            if key is None or key.account_id != command.account_id:
                return Reason.UNKNOWN_KEY
            if key.scope:
                bad = _beyond_a_special_key(key.scope, command)
                if bad is not None:
                    return bad
            if _permission(command) not in key.permissions:
                return Reason.KEY_NOT_PERMITTED
        if command.expires_at_ms and self.now > command.expires_at_ms:
            return Reason.WINDOW_CLOSED
        return None

    def special_keys(self, account: int, scope: Scope) -> list[KeyView]:
        """The special keys of one margin account, in the order in which they were made."""
        return [key.view() for key in self._special(account, scope)]

    def _special(self, account: int, scope: Scope) -> list[TwinKey]:
        return [
            key
            for key in self.keys.values()
            if key.account_id == account and key.scope and key.scope == scope
        ]

    def _is_full(self, account: int) -> bool:
        mine = [key for key in self.keys.values() if key.account_id == account]
        return len(mine) >= self.venue.special_keys.keys_max

    def _lineage(self, account: int) -> list[int]:
        """The account, its master, and whoever is above that."""
        found: list[int] = []
        while account:
            found.append(account)
            account = self.accounts[account - 1].master_id
        return found

    def _let_in(self, key: TwinKey) -> None:
        self.keys_made += 1
        key.serial = self.keys_made
        self.keys[key.api_key] = key
        self.events.append(
            KeyCreated(key.account_id, key.api_key, key.kind, tuple(key.permissions), key.scope)
        )

    def _forget(self, doomed: list[TwinKey]) -> None:
        for key in doomed:
            del self.keys[key.api_key]
            self.events.append(KeyDeleted(key.account_id, key.api_key))


def _permission(command: Signed) -> Permission:
    """What a key must be allowed for this."""
    if isinstance(command, SetMaxLeverage | SetBnbBurn | LISTENS):
        return Permission.READ
    return Permission.MARGIN_LOAN if isinstance(command, MOVES_VALUE) else Permission.TRADE


def _beyond_a_special_key(scope: Scope, command: Signed) -> Reason | None:
    """A special key is for orders of its own account that borrow and repay nothing, and for listening to it."""
    match command:
        case PlaceOrder() | PlaceOrderList():
            scopes, effect = {command.scope}, command.side_effect
        case CancelReplace():
            scopes, effect = {command.cancel.scope, command.order.scope}, command.order.side_effect
        case CancelOrder() | CancelAllOrders() | CancelOrderList() | AmendOrder():
            scopes, effect = {command.scope}, SideEffect.NO_SIDE_EFFECT
        case OpenListenKey() | KeepListenKey() | CloseListenKey():
            scopes, effect = {command.scope}, SideEffect.NO_SIDE_EFFECT
        case _:
            is_loan = isinstance(command, LOANS)
            return Reason.SPECIAL_KEY_MAY_NOT_BORROW if is_loan else Reason.KEY_NOT_PERMITTED
    if scopes != {scope}:
        return Reason.KEY_NOT_PERMITTED
    return None if effect is SideEffect.NO_SIDE_EFFECT else Reason.SPECIAL_KEY_MAY_NOT_BORROW
