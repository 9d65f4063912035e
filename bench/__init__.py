"""Measurements: printed beside those of peers in the same run, and never a reason to fail."""
