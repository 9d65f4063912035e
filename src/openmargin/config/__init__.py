"""What the operator says: the venue's rules and the server's settings, read from TOML and checked.

Never: read by the rooms below; `main` hands them what they need.
"""

from openmargin.config.settings import MEMORY, Settings, load_settings
from openmargin.config.venue_file import ConfigError, load_venue

__all__ = ["MEMORY", "ConfigError", "Settings", "load_settings", "load_venue"]
