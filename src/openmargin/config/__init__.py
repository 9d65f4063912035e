"""What the operator says: the venue's rules and the server's settings, read from TOML and checked.

Never: read by the rooms below; `main` hands them what they need.
"""

from openmargin.config.venue_file import ConfigError, load_venue

__all__ = ["ConfigError", "load_venue"]
