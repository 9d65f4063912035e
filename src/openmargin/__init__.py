"""OpenMargin: the margin exchange that anyone can run."""

__version__ = "0.2.0"
