"""Identity: the names of trading accounts, and client order ids when the client sent none."""

from __future__ import annotations

from typing import Final, TypeAlias

Scope: TypeAlias = str
"""Which wallets of an account an order or a loan draws on: SPOT, CROSS, or the symbol of an isolated pair."""

SPOT: Final = "spot"
CROSS: Final = "cross"

SYSTEM_ACCOUNT_ID: Final = 0
"""The account that owns the exchange's own wallets; people's accounts start at 1."""

WORLD: Final = "world"
FEES: Final = "fees"
MAKER: Final = "maker"
POOL: Final = "pool"
INSURANCE: Final = "insurance"
LIQUIDATION: Final = "liquidation"
CONVERSION: Final = "conversion"
SYSTEM_SCOPES: Final = (WORLD, FEES, MAKER, POOL, INSURANCE, LIQUIDATION, CONVERSION)
"""The system accounts that, with everyone's wallets, sum to zero in each asset."""

ANY_ADDRESS: Final = "0.0.0.0"
"""Stands in the IP list of a fresh key and restricts nothing (mechanics 13b)."""

NO_LIST: Final = -1
"""The list id of an order that belongs to no list."""

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS: Final = [first + second for first in _ALPHABET for second in _ALPHABET]
_MASK: Final = (1 << 64) - 1


def _mix(value: int) -> int:
    """A bijection of 64-bit integers that scatters neighbours (the splitmix64 finaliser)."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def generated_client_id(seq: int, ordinal: int) -> str:
    """The client id of the `ordinal`-th name that record `seq` needs: 22 letters and digits, never one twice.

    A function of the journal alone, so that replay names orders as the first run did.
    """
    first = _mix(seq * 8192 + ordinal)
    number = (first << 64) | _mix(first)
    pairs: list[str] = []
    for _ in range(11):
        number, index = divmod(number, 3844)
        pairs.append(_PAIRS[index])
    return "".join(pairs)
