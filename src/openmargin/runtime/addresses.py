"""Lists of IP addresses that people hand in, as keys keep them."""

from __future__ import annotations

from ipaddress import ip_address


class AddressRefused(Exception):
    """What should be an IP address is none; the message is what was written."""


def parse_addresses(text: str) -> tuple[str, ...]:
    """Addresses separated by commas, each written as servers report it and none of them twice.

    Raises AddressRefused.
    """
    return tuple(dict.fromkeys(_address(part.strip()) for part in text.split(",")))


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise AddressRefused(text) from None
