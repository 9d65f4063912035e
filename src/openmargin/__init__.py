"""OpenMargin: the margin exchange that anyone can run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openmargin.sdk import Exchange, Leg, Reason, Refused

__version__ = "0.2.0"
__all__ = ["Exchange", "Leg", "Reason", "Refused", "__version__"]


def __getattr__(name: str) -> object:
    """The Python API, imported when it is first asked for: the command line starts without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from openmargin import sdk

    return getattr(sdk, name)
