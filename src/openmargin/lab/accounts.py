"""Accounts, their keys and their money, as the operator gives and takes them."""

from __future__ import annotations

from openmargin.domain.commands import ChangeAccount, CreateAccount, CreateKey, Deposit, Withdraw
from openmargin.domain.enums import AccountType, KeyKind, Permission
from openmargin.domain.events import AccountChanged
from openmargin.domain.ids import CROSS, SPOT
from openmargin.domain.money import format_e8
from openmargin.domain.reasons import Reason, Rejected
from openmargin.domain.views import AccountView
from openmargin.lab import shapes
from openmargin.lab.amounts import positive_e8
from openmargin.lab.bench import Bench, Path
from openmargin.lab.errors import Refused, refused
from openmargin.runtime.addresses import AddressRefused, parse_addresses
from openmargin.runtime.public_keys import PublicKeyRefused, check_public_key
from openmargin.runtime.secrets import generate_api_key


async def create_account(bench: Bench, _: Path, body: shapes.NewAccount) -> shapes.AccountMade:
    """Make an account with one key that may do everything."""
    kind = KeyKind[body.key_type]
    _check_public_key(kind, body.public_key)
    command = CreateAccount(body.name, body.vip, _account_type(body.account_type), body.master_id)
    account = await _submit_for_account(bench, command)
    key = await _create_key(bench, account.account_id, kind, body.public_key, tuple(Permission), ())
    return shapes.AccountMade(account_id=account.account_id, api_key=key.api_key, secret_key=key.secret_key)


async def change_account(bench: Bench, path: Path, body: shapes.AccountChanges) -> shapes.AccountShown:
    """Alter an account; what is absent stays."""
    kind = None if body.account_type is None else _account_type(body.account_type)
    command = ChangeAccount(path.account_id, body.vip, kind, body.terms_signed, body.trade_group_id)
    return _shown(await _submit_for_account(bench, command))


async def show_account(bench: Bench, path: Path, _body: None) -> shapes.AccountShown:
    """What an account is, and what its owner chose."""
    account = await bench.exchange.read(lambda live: live.account(path.account_id))
    if account is None:
        raise refused(Rejected(Reason.UNKNOWN_ACCOUNT))
    return _shown(account)


def _shown(account: AccountChanged | AccountView) -> shapes.AccountShown:
    return shapes.AccountShown(
        account_id=account.account_id,
        name=account.name,
        vip=account.vip,
        account_type=account.account_type.name,
        master_id=account.master_id,
        terms_signed=account.terms_signed,
        trade_group_id=account.trade_group_id,
        cross_leverage=account.cross_leverage,
        burns_bnb_for_commission=account.burns_bnb_for_commission,
        burns_bnb_for_interest=account.burns_bnb_for_interest,
        in_special_key_mode=account.in_special_mode,
    )


async def create_key(bench: Bench, path: Path, body: shapes.NewKey) -> shapes.KeyMade:
    """Give an account one more key, with fewer rights or for fewer addresses if so asked."""
    kind = KeyKind[body.key_type]
    _check_public_key(kind, body.public_key)
    permissions = tuple(sorted({Permission[name] for name in body.permissions}))
    return await _create_key(bench, path.account_id, kind, body.public_key, permissions, _addresses(body.ip))


async def deposit(bench: Bench, path: Path, body: shapes.Movement) -> shapes.WalletShown:
    """Bring value into a wallet from the outside world."""
    return await _move(bench, Deposit, path, body)


async def withdraw(bench: Bench, path: Path, body: shapes.Movement) -> shapes.WalletShown:
    """Take free value out of a wallet, to the outside world."""
    return await _move(bench, Withdraw, path, body)


async def _move(
    bench: Bench, command: type[Deposit] | type[Withdraw], path: Path, body: shapes.Movement
) -> shapes.WalletShown:
    amount = positive_e8("amount", body.amount)
    scope = _scope(bench, body)
    await bench.obey(command(path.account_id, scope, body.asset, amount))
    balances = await bench.exchange.read(lambda live: live.balances(path.account_id, scope))
    wallet = next(balance for balance in balances if balance.asset == body.asset)
    return shapes.WalletShown(free=format_e8(wallet.free), locked=format_e8(wallet.locked))


async def _create_key(
    bench: Bench,
    account_id: int,
    kind: KeyKind,
    public_key: str,
    permissions: tuple[Permission, ...],
    addresses: tuple[str, ...],
) -> shapes.KeyMade:
    api_key = generate_api_key()
    command = CreateKey(account_id, api_key, kind, public_key, permissions, addresses)
    await bench.obey(command)
    if kind is not KeyKind.HMAC:
        return shapes.KeyMade(api_key=api_key, secret_key=None)
    key = bench.exchange.live.key(api_key)
    assert key is not None, "a key that was made can be seen"
    return shapes.KeyMade(api_key=api_key, secret_key=bench.secrets.secret_for(key))


async def _submit_for_account(bench: Bench, command: CreateAccount | ChangeAccount) -> AccountChanged:
    events = (await bench.obey(command)).events
    return next(event for event in events if isinstance(event, AccountChanged))


def _account_type(name: shapes.AccountTypeName) -> AccountType:
    if name == "PORTFOLIO_MARGIN_PRO":
        raise Refused(
            422, "accounts of Portfolio Margin Pro are not supported", "use CROSS_CLASSIC or PORTFOLIO_MARGIN"
        )
    return AccountType[name]


def _check_public_key(kind: KeyKind, pem: str) -> None:
    try:
        check_public_key(kind, pem)
    except PublicKeyRefused as refusal:
        raise Refused(400, str(refusal), refusal.hint) from None


def _addresses(ip: str) -> tuple[str, ...]:
    try:
        return parse_addresses(ip) if ip else ()
    except AddressRefused as refusal:
        raise Refused(400, f'"{refusal}" is no IP address', 'write such as "127.0.0.1,10.0.0.7"') from None


def _scope(bench: Bench, body: shapes.Movement) -> str:
    if body.wallet == "ISOLATED":
        if all(symbol.name != body.symbol for symbol in bench.exchange.venue.symbols):
            raise Refused(400, f'"{body.symbol}" is no symbol', "name the pair of the isolated account")
        return body.symbol
    if body.symbol:
        raise Refused(400, f"a {body.wallet} wallet has no symbol", "leave it out")
    return {"SPOT": SPOT, "CROSS": CROSS}[body.wallet]
