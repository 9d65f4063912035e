"""Bytes: records in order, sealed so that damage shows, appended and synced, and read back."""
