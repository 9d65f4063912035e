"""The shape of what is known of the names of user data streams.

Owns: nothing but a shape, as `state` does.
"""

from __future__ import annotations

from openmargin.domain.enums import UserStream
from openmargin.domain.ids import Scope
from openmargin.domain.views import ListenKeyView


class ListenKeys:
    """The names that are good, from both sides."""

    def __init__(self) -> None:
        self.by_nonce: dict[int, ListenKeyView] = {}
        """The one that ends first stands first."""
        self.by_owner: dict[tuple[int, Scope, UserStream], int] = {}
        """The nonce of each: one for each stream of each trading account."""
