"""The writer: where the pure engine meets time, disk and callers."""
